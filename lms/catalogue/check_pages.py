"""Whether lessons and reflection material hold: the same steps in every language, each whole and light enough."""

from collections.abc import Iterator

from lms.catalogue.check_words import wrong_words
from lms.catalogue.document import Fault, Node
from lms.catalogue.folder import CourseFolder, LanguageFiles
from lms.catalogue.items import pictures_of
from lms.catalogue.lesson_file import PLANS, SECTIONS, PageFile, Part, time_plan
from lms.catalogue.readability import measure

LONGEST_STEP = 80  # words
LONGEST_SENTENCES = 15  # words on average
HARDEST_LIX = 35
REMEMBER_POINTS = 3
LONGEST_CARD = 40  # words, read at arm's length


def page_faults(folder: CourseFolder) -> Iterator[Fault]:
    """Faults and warnings in every Markdown file of a course, and pictures that none of them shows."""
    lessons = {lesson.get("id").text: lesson for lesson in folder.course.get("lessons").members}
    shown: set[str] = set()
    for files in folder.languages.values():
        for name in lessons.keys() - files.lessons.keys():
            yield Fault(f"{files.folder}/{name}.md", 1, "", "the file is missing")
        for name, page in files.lessons.items():
            if name not in lessons:
                yield page.fault(1, "", f"course.yaml has no lesson {name}")
            elif page.lines:
                yield from _lesson(folder, lessons[name], page)
        if files.reflection.lines:
            yield from _reflection(files.reflection)
        for page in (*files.lessons.values(), files.reflection):
            yield from _content(folder, files, page)
            shown |= {name for part in page.parts for name in part.text.used("picture")}
    shown |= {picture.text for item in folder.course.get("items").members for picture in pictures_of(item)}
    for name in folder.pictures.keys() - shown:
        yield Fault(f"{folder.folder}/media/{name}", 1, "", "nothing shows this picture", is_warning=True)


def _content(folder: CourseFolder, files: LanguageFiles, page: PageFile) -> Iterator[Fault]:
    """Faults of a file, whatever it is: its words line by line, and what it points at."""
    place = _places(page)
    for number, line in enumerate(page.lines, 1):
        for text in wrong_words(line, files):
            yield page.fault(number, f"{place.get(number, 'front')}.text", text)
    sources = {source.get("key").text for source in folder.course.get("sources").members}
    known = {"word": files.words.entries.keys(), "source": sources, "picture": folder.pictures.keys()}
    for part in page.parts:
        for found in part.text.references():
            where = f"{part.id}.{found.kind}"
            if found.kind == "link":
                yield page.fault(
                    found.line, where, f"links go to word:<id> or source:<key>, not {found.name}"
                )
            elif found.name not in known[found.kind]:
                yield page.fault(found.line, where, f"there is no {found.kind} {found.name}")
            if found.kind == "picture" and not found.alt:
                text = "the picture has no text for those who cannot see it"
                yield page.fault(found.line, f"{part.id}.alt", text)


def _places(page: PageFile) -> dict[int, str]:
    """Which part each line of a file belongs to."""
    ends = [part.line for part in page.parts[1:]] + [len(page.lines) + 1]
    spans = zip(page.parts, ends, strict=False)
    return {number: part.id for part, end in spans for number in range(part.line, end)}


def _lesson(folder: CourseFolder, lesson: Node, page: PageFile) -> Iterator[Fault]:
    yield from _listed(lesson, page)
    first = folder.first.lessons.get(lesson.get("id").text) if folder.first else None
    if first and first is not page:
        yield from _alike(page, first)
    items = {item.get("id").text: item for item in folder.course.get("items").members}
    for part in page.parts:
        yield from _step(page, part, items)
    if page.parts:
        yield from _last(page, page.parts[-1])
    reading = measure(text for part in page.parts for text in part.text.blocks)
    if reading.sentence_length > LONGEST_SENTENCES:
        text = (
            f"sentences have {reading.sentence_length:.1f} words on average; {LONGEST_SENTENCES} are enough"
        )
        yield page.warning(1, "text", text)
    if reading.lix > HARDEST_LIX:
        yield page.warning(1, "text", f"LIX {reading.lix}; aim at {HARDEST_LIX} or less")


def _listed(lesson: Node, page: PageFile) -> Iterator[Fault]:
    """The steps as course.yaml lists them: these, once each, in this order."""
    listed, written = lesson.get("steps").names, [part.id for part in page.parts]
    for name in listed:
        if name not in written:
            yield page.fault(1, name, "the step is missing")
    for at, part in enumerate(page.parts):
        if part.id not in listed:
            yield page.fault(part.line, part.id, "course.yaml does not list this step")
        if part.id in written[:at]:
            yield page.fault(part.line, part.id, "the step stands twice")
    if sorted(listed) == sorted(written):
        for name, part in zip(listed, page.parts, strict=True):
            if name != part.id:
                yield page.fault(part.line, part.id, f"stands where course.yaml has {name}")


def _alike(page: PageFile, first: PageFile) -> Iterator[Fault]:
    """The same kind and the same item in every language."""
    others = {part.id: part for part in first.parts}
    for part in page.parts:
        other = others.get(part.id, part)
        if part.kind != other.kind:
            yield page.fault(
                part.line, f"{part.id}.kind", f"is {part.kind}, but {other.kind} in {first.file}"
            )
        elif part.item != other.item:
            yield page.fault(
                part.line, f"{part.id}.item", f"is {part.item}, but {other.item} in {first.file}"
            )


def _step(page: PageFile, part: Part, items: dict[str, Node]) -> Iterator[Fault]:
    """What a step of each kind must hold."""
    if part.item and part.item not in items:
        yield page.fault(part.line, f"{part.id}.item", f"there is no item {part.item}")
    elif part.item and (use := items[part.item].get("use").text) in {"exam", "pretest", "update"}:
        yield page.fault(part.line, f"{part.id}.item", f"{part.item} is kept for the {use}")
    if part.kind == "picture" and not part.text.used("picture"):
        yield page.fault(part.line, f"{part.id}.picture", "a picture step shows a picture")
    if part.kind == "do-dont":
        for mark, sign in (("do", "[x]"), ("dont", "[ ]")):
            if mark not in part.text.marks():
                yield page.fault(part.line, f"{part.id}.text", f"a do-dont step has a line with - {sign}")
    words = measure(part.text.blocks).words
    if words > LONGEST_STEP:
        text = f"{words} words; a step should have at most {LONGEST_STEP}"
        yield page.warning(part.line, f"{part.id}.text", text)


def _last(page: PageFile, part: Part) -> Iterator[Fault]:
    points = len(part.text.points)
    if part.kind != "remember":
        yield page.fault(part.line, f"{part.id}.kind", "the last step of a lesson is remember")
    elif points < REMEMBER_POINTS:
        text = f"has {points} points; {REMEMBER_POINTS} things to remember are needed"
        yield page.fault(part.line, f"{part.id}.text", text)


def _reflection(page: PageFile) -> Iterator[Fault]:
    parts = {part.id: part for part in page.parts}
    for name in SECTIONS:
        if name not in parts:
            yield page.fault(1, name, "the section is missing")
        elif not parts[name].text.blocks:
            yield page.fault(parts[name].line, name, "is empty")
    for name in ("questions", "cards"):
        if name in parts and not parts[name].text.points:
            yield page.fault(parts[name].line, name, "must be a numbered list")
    for name, minutes in PLANS.items():
        if name in parts:
            yield from _plan(page, parts[name], minutes)
    if "cards" in parts:
        yield from _cards(page, parts["cards"])


def _plan(page: PageFile, part: Part, minutes: int) -> Iterator[Fault]:
    pairs = time_plan(part)
    for spent, what in pairs:
        if not spent:
            yield page.fault(part.line, part.id, f"must read - <n> min: …, not {what!r}")
    total = sum(spent for spent, _what in pairs)
    if total != minutes:
        yield page.fault(part.line, part.id, f"adds up to {total} minutes, not {minutes}")


def _cards(page: PageFile, part: Part) -> Iterator[Fault]:
    for number, card in enumerate(part.text.points, 1):
        words = len(card.split())
        if words > LONGEST_CARD:
            text = f"card {number} has {words} words; {LONGEST_CARD} fit on a card"
            yield page.warning(part.line, part.id, text)
