"""Whether what is worded is finished and fit to print: no open marks, words to avoid, unknown names."""

import re
from collections.abc import Iterator

from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder, LanguageFiles
from lms.catalogue.markdown import PLACEHOLDER

# What an author must not leave in a text, in any language and in each. Options are shuffled, so none
# may be called by a letter; nobody is told that they have failed.
_UNFINISHED = (r"\[\?\]", r"\?\?\?", r"(?i)\blorem ipsum\b")
_BY_LETTER = r"\b(?i:svar|alternativ) [A-F]\b"  # codespell:ignore alternativ
_AVOIDED = {
    "sv": (r"(?i)\bunderkän\w+", r"(?i)\balla ovanstående\b", _BY_LETTER),
    "nb": (r"(?i)\bstrøket\b", r"(?i)\balle de ovennevnte\b", _BY_LETTER),
    "fi": (r"(?i)\bhylät\w+", r"(?i)\bkaikki edellä mainitut\b", r"\b(?i:vaihtoehto) [A-F]\b"),
    "en": (r"(?i)\ball of the above\b", r"\b(?i:answer|option) [A-F]\b"),
}
_MARKDOWN = re.compile(r"\*\*|\]\(|^#+ |__", re.MULTILINE)
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|<!--")


def wrong_words(text: str, files: LanguageFiles) -> Iterator[str]:
    """What a text must not say: each fault as a sentence."""
    for pattern in (*_UNFINISHED, *_AVOIDED.get(files.language, ())):
        if match := re.search(pattern, text):
            yield f"must not say {match[0]!r}"
    for match in PLACEHOLDER.finditer(text):
        if match[1].strip() not in files.values:
            yield f"the country has no value {match[0]}"
    if _HTML.search(text):
        yield "HTML is not read; write Markdown"


def word_faults(folder: CourseFolder) -> Iterator[Fault]:
    """Faults in the texts that stand in YAML files, in every language."""
    for files in folder.languages.values():
        yield from _course_words(folder, files)
        for node in (files.course, files.items, files.words):
            for text in node.strings():
                yield from _plain_text(text, files)


def _course_words(folder: CourseFolder, files: LanguageFiles) -> Iterator[Fault]:
    """Outcomes, goals, sources and parts of the exam: one wording for each, none for others."""
    for part, listed, key in (
        ("outcomes", folder.course.get("outcomes"), "id"),
        ("goals", folder.course.get("outcomes"), "id"),
        ("sources", folder.course.get("sources"), "key"),
        ("parts", folder.course.get("exam").get("parts"), "id"),
    ):
        names = {member.get(key).text for member in listed.members}
        for name in sorted(names - files.course.get(part).entries.keys()):
            yield files.course.get(part).get(name).fault("is missing")
        for name, entry in files.course.get(part).entries.items():
            if name not in names:
                yield entry.fault(f"course.yaml has no {name} under {listed.field}")
    notice, first = files.course.get("notice"), folder.first
    if first and notice.is_missing != first.course.get("notice").is_missing:
        yield notice.fault("stands in every language or in none")
    changed = files.course.get("changed")
    if changed.is_missing != folder.course.get("changes").is_missing:
        yield changed.fault("says what has changed, exactly if course.yaml has changes")


def _plain_text(node: Node, files: LanguageFiles) -> Iterator[Fault]:
    for text in wrong_words(node.text, files):
        yield node.fault(text)
    if _MARKDOWN.search(node.text):
        yield node.fault("is shown as it stands; Markdown does not work here")
