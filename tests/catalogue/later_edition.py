"""Later editions of the shipped course, made from a copy of its files, for tests to publish."""

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from lms.base.context import House, work
from lms.base.shipped import shipped
from lms.catalogue.actions import publish_editions
from lms.catalogue.models import EditionRow

PLACE = "documentation/SE"
SHIPPED = re.search(
    r'(?m)^edition: "(.+)"$', (shipped("courses") / PLACE / "course.yaml").read_text("utf-8")
)[1]


def later_edition(
    folder: Path,
    label: str = "2030.1",
    effect: str = "",
    *,
    since: str = SHIPPED,
    lessons: tuple[str, ...] = (),
    within_days: int = 0,
    items: int | None = None,
    asked: tuple[str, ...] | None = None,
) -> Path:
    """A folder of courses with a later edition: other words in some lessons, and a pool for the test of an update.

    It has so many `items` on each lesson `asked` for: two on each that has changed, if the edition is an update.
    """
    items = 2 if items is None else items
    asked = (lessons if effect == "update" else ()) if asked is None else asked
    shutil.copytree(shipped("courses") / "countries", folder / "countries")
    shutil.copytree(shipped("courses") / PLACE, folder / PLACE)
    course = folder / PLACE / "course.yaml"
    text = _once(course.read_text(encoding="utf-8"), f'edition: "{SHIPPED}"', f'edition: "{label}"')
    text = re.sub(r"(?m)^changes:.*\n(?:[ -].*\n)*", "", text)
    if effect:
        within = f", within_days: {within_days}" if within_days else ""
        changes = (
            f'changes: {{since: "{since}", effect: {effect}, lessons: [{", ".join(lessons)}]{within}}}\n'
        )
        text = _once(text, "\nexam:", f"\n{changes}exam:")
    for lesson in asked:
        text += "".join(
            _once(_copied(text, "  - id: ", f"{lesson}-e1", f"{lesson}-n{new}"), "use: exam", "use: update")
            for new in range(items)
        )
    course.write_text(text, encoding="utf-8")
    for language, said in (("sv", "Nytt i utgåva"), ("en", "New in edition")):
        place = folder / PLACE / language
        words = place / "course.yaml"
        text = re.sub(r"(?m)^changed:.*\n(?: .*\n)*", "", words.read_text(encoding="utf-8"))
        words.write_text(text + (f"changed: {said} {label}.\n" if effect else ""), encoding="utf-8")
        wording = place / "items.yaml"
        text = wording.read_text(encoding="utf-8")
        for lesson in asked:
            text += "".join(_copied(text, "", f"{lesson}-e1", f"{lesson}-n{new}") for new in range(items))
        for lesson in lessons:
            page = place / f"{lesson}.md"
            page.write_text(
                re.sub(
                    r"(?m)^## (.+)$", rf"## \1 ({said} {label})", page.read_text(encoding="utf-8"), count=1
                ),
                encoding="utf-8",
            )
        wording.write_text(text, encoding="utf-8")
    return folder


def publish_later(house: House, folder: Path, *, now: datetime | None = None, **facts: Any) -> int:
    """Publish such an edition; returns the key of its row."""
    later_edition(folder, **facts)
    with work(house, **({"now": now} if now else {})) as ctx:
        (made,) = publish_editions(ctx, folder)
        assert made.is_new, made
        return ctx.db.scalars(select(EditionRow.id).where(EditionRow.digest == made.digest)).one()


def _once(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def _copied(text: str, before: str, old: str, new: str) -> str:
    """The entry of an item, from its id to the next entry, under another id."""
    start = text.index(f"\n{before}{old}{'' if before else ':'}\n") + 1
    end = re.compile(r"\n(?=  - id: |[a-z#])" if before else r"\n(?=[a-z#])").search(text, start + 1)
    block = text[start : end.start() if end else len(text)].rstrip("\n")
    return _once(block + "\n", f"{before}{old}", f"{before}{new}")
