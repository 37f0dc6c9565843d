"""Whether keys and wording of the items have the form of their type, fit each other, and are alike in each language."""

from collections.abc import Iterator

from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder, LanguageFiles
from lms.catalogue.format import schema_faults
from lms.catalogue.items import TYPES, ItemType
from lms.catalogue.items.item_type import TEXT, same_ids


def item_faults(folder: CourseFolder) -> Iterator[Fault]:
    """Faults of the items in course.yaml, and of their wording in items.yaml of each language."""
    items = {item.get("id").text: item for item in folder.course.get("items").members}
    for files in folder.languages.values():
        for name, wording in files.items.entries.items():
            if name not in items:
                yield wording.fault(f"course.yaml has no item {name}")
        for name, item in items.items():
            if name not in files.items.entries:
                yield item.fault(f"has no wording in {files.folder}/items.yaml")
    for name, item in items.items():
        kind = TYPES.get(item.get("type").text)
        if kind is None:
            yield item.get("type").fault(f"must be one of: {', '.join(TYPES)}")
            continue
        yield from _key_faults(kind, item, folder)
        for files in folder.languages.values():
            if name in files.items.entries:
                yield from _wording_faults(kind, item, files.items.get(name), _reference(folder, files, name))


def _key_faults(kind: ItemType, item: Node, folder: CourseFolder) -> Iterator[Fault]:
    if not item.get("key").is_missing:
        yield from schema_faults(item.get("key"), kind.key)
    for picture in kind.pictures(item):
        if picture.text and picture.text not in folder.pictures:
            yield picture.fault(f"there is no picture {picture.text}")


def _reference(folder: CourseFolder, files: LanguageFiles, name: str) -> Node | None:
    """The same item's wording in the first language, unless this is the first or it has none."""
    if folder.first is None or folder.first is files:
        return None
    wording = folder.first.items.get(name)
    return wording if wording.entries else None


def _wording_faults(kind: ItemType, item: Node, wording: Node, reference: Node | None) -> Iterator[Fault]:
    yield from schema_faults(wording, _form_of(kind))
    yield from kind.faults_of_wording(wording)
    if reference is None:
        yield from kind.faults(item, wording)
    else:
        for part, entry in wording.entries.items():
            yield from _same_shape(entry, reference.get(part))


def _form_of(kind: ItemType) -> dict[str, object]:
    return {
        "type": "object",
        "required": ["ask", *(part for part in kind.wording if part not in kind.may_lack)],
        "additionalProperties": False,
        "properties": {"situation": TEXT, "ask": TEXT} | kind.wording,
    }


def _same_shape(node: Node, reference: Node) -> Iterator[Fault]:
    """Faults where a language has other ids than the first one, at any depth."""
    if reference.entries:
        yield from same_ids(node, reference, f"those in {reference.file}")
    for name, entry in node.entries.items():
        if reference.get(name).entries:
            yield from _same_shape(entry, reference.get(name))
