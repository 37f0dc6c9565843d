"""Whether the wording of the items fits their keys, in every language alike."""

from collections.abc import Iterator

from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder, LanguageFiles


def item_faults(folder: CourseFolder) -> Iterator[Fault]:
    """Faults between the items of course.yaml and their wording in items.yaml of each language."""
    items = {item.get("id").text: item for item in folder.course.get("items").members}
    for files in folder.languages.values():
        for name, wording in files.items.entries.items():
            if name not in items:
                yield wording.fault(f"course.yaml has no item {name}")
        for name, item in items.items():
            if name not in files.items.entries:
                yield item.fault(f"has no wording in {files.folder}/items.yaml")
            else:
                yield from _wording_faults(item, files.items.get(name), _reference(folder, files, name))
    if folder.first:
        for name, item in items.items():
            yield from _key_faults(item, folder.first.items.get(name))


def _reference(folder: CourseFolder, files: LanguageFiles, name: str) -> Node | None:
    """The same item's wording in the first language, unless this is the first or it has none."""
    if folder.first is None or folder.first is files:
        return None
    wording = folder.first.items.get(name)
    return wording if wording.entries else None


def _wording_faults(item: Node, wording: Node, reference: Node | None) -> Iterator[Fault]:
    kind, options = item.get("type").text, wording.get("options")
    for part, wanted_by in (("targets", "matching"), ("then", "scenario"), ("situation", "scenario")):
        if kind == wanted_by and wording.get(part).is_missing:
            yield wording.get(part).fault(f"is missing; a {kind} item needs it")
    for part in ("then", "targets"):
        if not wording.get(part).is_missing and kind != {"then": "scenario", "targets": "matching"}[part]:
            yield wording.get(part).fault(f"does not belong to a {kind} item")
    for part in ("why", "then"):
        if wording.get(part).entries:
            yield from _same_ids(wording.get(part), options, "the options")
    if reference:
        for part in ("options", "targets"):
            yield from _same_ids(wording.get(part), reference.get(part), f"those in {reference.file}")
    for part in ("options", "targets"):
        texts: set[str] = set()
        for entry in wording.get(part).entries.values():
            if entry.text.strip().lower() in texts:
                yield entry.fault("reads the same as one before it")
            texts.add(entry.text.strip().lower())


def _same_ids(node: Node, other: Node, others: str) -> Iterator[Fault]:
    for name in other.entries:
        if name not in node.entries:
            yield node.get(name).fault("is missing")
    for name, entry in node.entries.items():
        if name not in other.entries:
            yield entry.fault(f"is none of {others}")


def _key_faults(item: Node, wording: Node) -> Iterator[Fault]:
    """Faults of the key; ids are held against the wording in the first language."""
    options, targets = wording.get("options").entries, wording.get("targets").entries
    key = item.get("key")
    if not options or key.is_missing:
        return
    named = [key] if key.text else key.members
    for node in named:
        if node.text and node.text not in options:
            yield node.fault(f"{node.text} is none of the options")
    kind = item.get("type").text
    if kind == "multiple" and set(options) <= set(key.names):
        yield key.fault("names every option, so nothing is asked")
    if kind == "ordering":
        for option in options.keys() - set(key.names):
            yield key.fault(f"the option {option} has no place in the order")
    if kind == "matching":
        for option in options.keys() - key.entries.keys():
            yield key.fault(f"the option {option} has no target")
        for option, target in key.entries.items():
            if option not in options:
                yield target.fault(f"{option} is none of the options")
            if target.text not in targets:
                yield target.fault(f"{target.text} is none of the targets")
