"""A folder of courses as it lies on the disk: every file of every course, read and held against the format."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lms.catalogue.document import Fault, Node, read_yaml
from lms.catalogue.format import Kind, format_faults
from lms.catalogue.lesson_file import PageFile, read_lesson, read_reflection
from lms.catalogue.pictures import Picture, read_picture


@dataclass(slots=True)
class LanguageFiles:
    """The files of a course in one language. `values` are the country's, to be filled in."""

    language: str
    folder: str  # relative to the folder of courses, as in faults
    values: dict[str, str]
    course: Node
    items: Node
    words: Node
    lessons: dict[str, PageFile]
    reflection: PageFile


@dataclass(slots=True)
class CourseFolder:
    """All files of a course for a country, and the faults found while reading them."""

    course_id: str
    country_code: str
    folder: str
    course: Node
    languages: dict[str, LanguageFiles] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    picture_bytes: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def first(self) -> LanguageFiles | None:
        """The files of the first language, which the others are held against."""
        return next(iter(self.languages.values()), None)


def course_folders(root: Path) -> list[CourseFolder]:
    """Every course for every country in a folder of courses, in the order of their names."""
    places = [place for place in sorted(root.glob("*/*")) if place.is_dir() and _is_country(place.name)]
    return [_Reading(root, place).course() for place in places]


def _is_country(name: str) -> bool:
    return len(name) == 2 and name.isascii() and name.isupper()


class _Reading:
    """One course being read; missing and unreadable files become faults and read as empty."""

    def __init__(self, root: Path, place: Path) -> None:
        self.root = root
        self.place = place
        self.faults: list[Fault] = []

    def course(self) -> CourseFolder:
        country_code = self.place.name
        course = self.yaml(self.place / "course.yaml", "course")
        country = self.yaml(self.root / "countries" / f"{country_code}.yaml", "country")
        found = CourseFolder(self.place.parent.name, country_code, self.name(self.place), course)
        for file in sorted((self.place / "media").glob("*")):
            self.picture(file, found)
        for entry in course.get("languages").members:
            if not (self.place / entry.text).is_dir():
                self.faults.append(entry.fault(f"the folder {entry.text}/ is missing"))
            elif entry.text and entry.text not in found.languages:
                values = country_values(country, entry.text)
                found.languages[entry.text] = self.language(entry.text, values)
        if course.get("languages").members:
            self.faults += self.unlisted(course, course.get("languages").names)
        found.faults = self.faults
        return found

    def language(self, language: str, values: dict[str, str]) -> LanguageFiles:
        folder = self.place / language
        pages = [file for file in sorted(folder.glob("*.md")) if file.stem != "reflection"]
        lessons = {file.stem: read_lesson(self.text(file), self.name(file), values) for file in pages}
        story = folder / "reflection.md"
        reflection = read_reflection(self.text(story), self.name(story), values)
        for page in (*lessons.values(), reflection):
            if page.lines:
                self.faults += page.faults
                self.faults += format_faults(page.front, "reflection" if page is reflection else "lesson")
        return LanguageFiles(
            language=language,
            folder=self.name(folder),
            values=values,
            course=self.yaml(folder / "course.yaml", "language"),
            items=self.yaml(folder / "items.yaml", "items"),
            words=self.yaml(folder / "words.yaml", "words"),
            lessons=lessons,
            reflection=reflection,
        )

    def picture(self, file: Path, found: CourseFolder) -> None:
        if file.suffix != ".svg":
            self.faults.append(Fault(self.name(file), 1, "", "pictures are SVG files"))
            return
        found.picture_bytes[file.name] = file.read_bytes()
        found.pictures[file.name], faults = read_picture(found.picture_bytes[file.name], self.name(file))
        self.faults += faults

    def unlisted(self, course: Node, listed: Collection[str]) -> Iterator[Fault]:
        for place in sorted(self.place.iterdir()):
            if place.is_dir() and place.name != "media" and place.name not in listed:
                yield course.get("languages").fault(f"the folder {place.name}/ is not listed as a language")

    def yaml(self, file: Path, kind: Kind) -> Node:
        text = self.text(file)
        node, faults = read_yaml(text, self.name(file))
        self.faults += faults
        if text and not node.is_missing:
            self.faults += format_faults(node, kind)
        return node

    def text(self, file: Path) -> str:
        """The text of a file; empty when it is missing, empty or not UTF-8, which is a fault."""
        try:
            text = file.read_bytes().decode("utf-8")
        except FileNotFoundError:
            self.faults.append(Fault(self.name(file), 1, "", "the file is missing"))
            return ""
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.faults.append(Fault(self.name(file), line, "", "is not UTF-8"))
            return ""
        if not text.strip():
            self.faults.append(Fault(self.name(file), 1, "", "the file is empty"))
            return ""
        return text

    def name(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()


def country_values(country: Node, language: str) -> dict[str, str]:
    """What may stand as {{key}} and {{key.name}} in the texts of a language."""
    values = {}
    for key, node in country.entries.items():
        if node.get("value").text:
            values[key] = " ".join(node.get("value").text.split())
        if node.get("name").get(language).text:
            values[f"{key}.name"] = node.get("name").get(language).text
    return values
