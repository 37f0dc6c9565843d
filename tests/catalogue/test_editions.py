"""Editions: published once, frozen for good, read back as the same value in every process."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from lms.base.context import Context, House, work
from lms.base.errors import NotFound, NotSignedIn
from lms.base.files import LocalFiles
from lms.catalogue import queries
from lms.catalogue.actions import publish_editions
from lms.catalogue.folder import course_folders
from lms.catalogue.models import EditionRow
from lms.catalogue.publication import Publication
from lms.catalogue.reader import read_edition
from lms.catalogue.rules import Published
from lms.catalogue.snapshot import from_snapshot, media_key, snapshot_key, to_snapshot
from tests.builders import Town
from tests.catalogue.tiny_course import tiny_course, write_files

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def publish(house: House, folder: Path, now: datetime = NOW) -> list[Publication]:
    with work(house, now=now) as ctx:
        return publish_editions(ctx, folder)


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def statements(ctx: Context) -> Iterator[list[str]]:
    """The selects that run in a block."""
    seen: list[str] = []
    connection = ctx.db.connection()

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


class Watching(LocalFiles):
    """Files that note whether a transaction is open while they are written."""

    db: Session

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.in_transaction: list[bool] = []

    def put(self, key: str, data: bytes) -> None:
        self.in_transaction.append(self.db.in_transaction())
        super().put(key, data)


@pytest.fixture
def reader(granvik: Town, house: House) -> Iterator[Context]:
    """A unit of work of somebody who may read courses, in a process that has parsed no snapshot yet."""
    queries._parsed.clear()
    with work(house, granvik.actor("amina"), writes=False) as ctx:
        yield ctx


def test_a_snapshot_reads_back_as_the_same_edition(courses: Path) -> None:
    (folder,) = course_folders(courses)
    edition = read_edition(folder)
    digest, data = to_snapshot(edition)
    assert from_snapshot(digest, data) == replace(edition, digest=digest)


def test_a_snapshot_does_not_change_when_it_is_read_and_frozen_again(courses: Path) -> None:
    (folder,) = course_folders(courses)
    digest, data = to_snapshot(read_edition(folder))
    assert to_snapshot(replace(from_snapshot(digest, data), id=7)) == (digest, data)


def test_a_damaged_snapshot_is_refused(courses: Path) -> None:
    (folder,) = course_folders(courses)
    digest, data = to_snapshot(read_edition(folder))
    with pytest.raises(ValueError, match="damaged"):
        from_snapshot(digest, data.replace(b"112", b"911"))


def test_two_processes_freeze_the_same_bytes(courses: Path, tmp_path: Path) -> None:
    backwards = write_files(dict(reversed(tiny_course().items())), tmp_path / "again")
    program = (
        "import sys, pathlib; from lms.catalogue.folder import course_folders;"
        "from lms.catalogue.reader import read_edition; from lms.catalogue.snapshot import to_snapshot;"
        "print(to_snapshot(read_edition(course_folders(pathlib.Path(sys.argv[1]))[0]))[0])"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for folder, seed in ((courses, "1"), (backwards, "2"))
    }
    assert len(digests) == 1


def test_publishing_stores_pictures_snapshot_and_row(house: House, courses: Path) -> None:
    (published,) = publish(house, courses)
    assert (published.course, published.country, published.label) == ("kettle", "SE", "2026.1")
    assert (published.is_new, published.faults, published.before) == (True, (), "")
    edition = from_snapshot(published.digest, house.files.get(snapshot_key(published.digest)))
    assert house.files.get(media_key(edition.media["kettle.svg"])).startswith(b"<svg")
    with work(house, writes=False) as ctx:
        row = ctx.db.scalars(select(EditionRow).where(EditionRow.course == "kettle")).one()
        assert (row.digest, row.label, row.published_at) == (published.digest, "2026.1", NOW)


def test_publishing_again_changes_nothing(house: House, courses: Path) -> None:
    (first,) = publish(house, courses)
    assert publish(house, courses, NOW + timedelta(days=1)) == [
        Publication(first.course, first.country, first.label, first.digest)
    ]
    with work(house, writes=False) as ctx:
        rows = select(func.count()).select_from(EditionRow).where(EditionRow.course == "kettle")
        assert ctx.db.scalar(rows) == 1


def test_other_content_needs_another_label(house: House, courses: Path) -> None:
    (first,) = publish(house, courses)
    change(courses, "kettle/SE/sv/tea.md", "It boils", "It whistles")
    (kept,) = publish(house, courses)
    assert (kept.digest, kept.is_new, kept.is_taken) == (first.digest, False, True)
    change(courses, "kettle/SE/course.yaml", '"2026.1"', '"2026.2"')
    (published,) = publish(house, courses)
    assert (published.label, published.is_new) == ("2026.2", True)


def test_a_faulty_course_is_left_out_and_the_others_are_published(house: House, courses: Path) -> None:
    other = {
        name.replace("kettle/", "pot/"): text for name, text in tiny_course().items() if "kettle/" in name
    }
    write_files(other, courses)
    pot, kettle = publish(house, courses)
    assert (pot.course, pot.digest, pot.is_new, len(pot.faults)) == (
        "pot",
        "",
        False,
        1,
    )  # its id is still kettle
    assert (kettle.course, kettle.is_new) == ("kettle", True)


def test_files_are_stored_before_the_first_statement(house: House, courses: Path) -> None:
    watching = Watching(house.settings.files_folder)
    with work(replace(house, files=watching), now=NOW) as ctx:
        watching.db = ctx.db
        publish_editions(ctx, courses)
    assert watching.in_transaction == [False, False]  # a picture, the snapshot


def test_an_older_edition_that_is_published_later_is_not_the_one_that_is_taught(
    house: House, courses: Path, reader: Context
) -> None:
    for days, label in enumerate(("2026.10", "2026.2", "2026.9")):
        course = courses / "kettle/SE/course.yaml"
        course.write_text(
            re.sub(r'(?m)^edition: ".+"$', f'edition: "{label}"', course.read_text(encoding="utf-8")),
            encoding="utf-8",
        )
        (published,) = publish(house, courses, NOW + timedelta(days=days))
        assert (published.is_new, published.newest) == (True, "2026.10")
    assert published.before == "2026.2"
    assert queries.current_edition(reader, "kettle").label == "2026.10"
    assert queries.history(reader, "kettle").newest.label == "2026.10"
    assert [each.label for each in queries.chain(reader, "kettle")] == ["2026.2", "2026.9", "2026.10"]
    assert [each.label for each in queries.every_edition(reader) if each.course == "kettle"] == [
        "2026.2", "2026.9", "2026.10",
    ]  # fmt: skip


def test_one_label_published_twice_at_once_is_one_edition(
    house: House, courses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = publish(house, courses)
    for whistles in (False, True):
        if whistles:
            change(courses, "kettle/SE/sv/tea.md", "It boils", "It whistles")
        with (
            monkeypatch.context() as late
        ):  # the other one's row was not there yet when it was first looked for

            def too_early(*_of: object, late: pytest.MonkeyPatch = late) -> tuple[Published, ...]:
                late.undo()
                return ()

            late.setattr(queries, "chain", too_early)
            (second,) = publish(house, courses)
        assert (second.digest, second.is_new, second.is_taken) == (first.digest, False, whistles)
    with work(house, writes=False) as ctx:
        rows = select(func.count()).select_from(EditionRow).where(EditionRow.course == "kettle")
        assert ctx.db.scalar(rows) == 1


def test_an_edition_stays_what_it_is_when_a_newer_one_is_taught(
    house: House, courses: Path, reader: Context
) -> None:
    publish(house, courses)
    first = queries.current_edition(reader, "kettle")
    change(courses, "kettle/SE/course.yaml", '"2026.1"', '"2026.2"')
    change(courses, "kettle/SE/sv/tea.md", "It boils", "It whistles")
    publish(house, courses, NOW + timedelta(days=1))
    reader.db.rollback()
    second = queries.current_edition(reader, "kettle")
    assert (first.label, second.label) == ("2026.1", "2026.2")
    assert first.id != second.id
    assert queries.edition(reader, first.id) == first
    assert "It boils" in first.texts["sv"].lessons["tea"].steps["see"].html
    assert queries.editions(reader, [first.id, second.id, 10**6]) == {first.id: first, second.id: second}


def test_courses_come_in_their_order_by_one_statement(house: House, courses: Path, reader: Context) -> None:
    files = {file.replace("kettle/", "anatomy/"): text for file, text in tiny_course().items()}
    files["anatomy/SE/course.yaml"] = files["anatomy/SE/course.yaml"].replace("id: kettle", "id: anatomy")
    files["anatomy/SE/media/kettle.svg"] = files.pop("anatomy/SE/media/kettle.svg")
    write_files(files, courses)
    publish(house, courses)
    with statements(reader) as seen:
        found = [edition.course for edition in queries.current_editions(reader)]
    assert found == [
        "documentation", "confidentiality", "deviations", "medication", "self-determination", "anatomy", "kettle",
    ]  # fmt: skip
    assert len(seen) == 1


def test_a_snapshot_is_parsed_once_in_a_process(house: House, courses: Path, reader: Context) -> None:
    (published,) = publish(house, courses)
    first = queries.current_edition(reader, "kettle")
    house.files.delete(snapshot_key(published.digest))
    again = queries.current_edition(reader, "kettle")
    assert again.texts is first.texts


def test_another_country_has_its_own_courses(house: House, courses: Path, reader: Context) -> None:
    publish(house, courses)
    reader.country = "NO"
    assert "kettle" not in {one.course for one in queries.current_editions(reader)}
    with pytest.raises(NotFound):
        queries.current_edition(reader, "kettle")


def test_unknown_courses_editions_and_pictures_are_not_found(reader: Context) -> None:
    for ask in (
        lambda: queries.current_edition(reader, "nothing"),
        lambda: queries.edition(reader, 10**6),
        lambda: queries.media(reader, "0" * 64),
        lambda: queries.media(reader, "../../kunnig.db"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert queries.editions(reader, []) == {}


def test_a_picture_is_read_by_its_content(house: House, courses: Path, reader: Context) -> None:
    publish(house, courses)
    sha = queries.current_edition(reader, "kettle").media["kettle.svg"]
    assert queries.media(reader, sha) == (courses / "kettle/SE/media/kettle.svg").read_bytes()


def test_courses_are_read_by_those_who_may(house: House, granvik: Town) -> None:
    with work(house, writes=False) as nobody, pytest.raises(NotSignedIn):
        queries.current_editions(nobody)
    with work(house, writes=False) as nobody, pytest.raises(NotSignedIn):
        queries.media(nobody, "0" * 64)
    for name in ("karin", "maria"):
        with work(house, granvik.actor(name), writes=False) as ctx:
            assert isinstance(queries.current_editions(ctx), list)
