"""The sets of requirements to begin with: what the files say, and that nothing is required twice."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from lms.base.errors import Invalid, NotFound
from lms.base.shipped import shipped
from lms.organisation.models import Unit
from lms.register import starter_sets
from lms.register.models import Requirement
from lms.register.requirements import LONGEST_TEXT, effects_of_setting_all, set_requirement
from lms.register.starter_sets import FOLDER, said_already, start_with, starter_set

COUNTRIES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def test_there_is_a_set_for_each_country_with_courses():
    assert sorted(file.stem for file in (shipped("courses") / "countries").glob("*.yaml")) == COUNTRIES
    assert starter_set("AX") == ()


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_set_names_courses_of_the_country_and_says_why_and_where_it_is_said(country):
    found = starter_set(country)
    assert len({each.id for each in found}) == len(found)
    for each in found:
        assert (shipped("courses") / each.course / country / "course.yaml").is_file()
        assert each.terms().faults(datetime.now(UTC).date()) == {}
        assert max(len(each.reason), len(each.source)) <= LONGEST_TEXT
        assert "[" not in each.reason + each.source  # no mark of what is to be confirmed
    assert {each.course for each in found} == {
        each.name for each in shipped("courses").iterdir() if (each / country).is_dir()
    }
    assert any(each.minimum for each in found)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_set_is_read_anew_in_time(country):
    text = (FOLDER / f"{country}.yaml").read_text(encoding="utf-8")
    until = date.fromisoformat(re.search(r"review_by: (\S+)", text).group(1))
    assert until > date.fromisoformat(re.search(r"reviewed_on: (\S+)", text).group(1))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("due_days: 14", "due_days: never"),
        ("kinds: [temporary, hourly, student, consultant]", "kinds: [slave]"),
        ("reason: Tystnadsplikten gäller alla som arbetar hos oss", "reason: ' '"),
        ("minimum: 2", "minimum: 0"),
        ("id: documentation\n", "name: documentation\n"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused_with_its_line(tmp_path, monkeypatch, wrong, says):
    text = (FOLDER / "SE.yaml").read_text(encoding="utf-8")
    assert wrong in text
    (tmp_path / "XX.yaml").write_text(text.replace(wrong, says), encoding="utf-8")
    monkeypatch.setattr(starter_sets, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"XX\.yaml:\d+ "):
        starter_set.__wrapped__("XX")


def stated(town):
    with town.work("maria", writes=False) as ctx:
        return [
            (row.course, row.due_days) for row in ctx.db.scalars(select(Requirement).order_by(Requirement.id))
        ]


def begin(town, *ids, unit=None, by="maria", due_days=None):
    with town.work(by) as ctx:
        where = ctx.db.get_one(Unit, town.unit(unit).id) if unit else None
        terms = {each.id: each.terms(where, due_days) for each in starter_set("SE") if each.id in ids}
        return start_with(ctx, terms, where)


def test_what_is_there_already_is_not_required_twice(granvik):
    begin(granvik, "confidentiality")
    with granvik.work("maria", writes=False) as ctx:
        assert said_already(ctx, None) == {"confidentiality"}
        assert said_already(ctx, ctx.db.get_one(Unit, granvik.unit("Eken").id)) == {"confidentiality"}
    begin(granvik, "confidentiality", "confidentiality-substitutes", due_days=3)
    assert stated(granvik) == [("confidentiality", 14), ("confidentiality", 3)]


def test_what_a_part_has_is_not_there_for_everybody(granvik):
    begin(granvik, "documentation", unit="Eken")
    with granvik.work("maria", writes=False) as ctx:
        assert said_already(ctx, None) == set()
        assert said_already(ctx, ctx.db.get_one(Unit, granvik.unit("Björken").id)) == set()
        assert said_already(ctx, ctx.db.get_one(Unit, granvik.unit("Eken").id)) == {"documentation"}


def test_all_or_nothing(granvik):
    """One that the actor may not say takes the others with it."""
    with granvik.work("maria") as ctx:
        terms = {
            each.id: each.terms(due_days=-1 if each.course == "medication" else None)
            for each in starter_set("SE")
        }
        with pytest.raises(Exception, match="invalid"):
            start_with(ctx, terms, None)
    assert stated(granvik) == []


def test_who_sets_no_requirements_begins_with_none(granvik):
    for name in ("karin", "admin"):
        with granvik.work(name) as ctx, pytest.raises(NotFound):
            start_with(ctx, {}, None)
        with granvik.work(name, writes=False) as ctx, pytest.raises(NotFound):
            said_already(ctx, None)


def test_several_tried_at_once_are_what_they_are_one_by_one(granvik):
    with granvik.work("maria") as ctx:
        several = [each.terms() for each in starter_set("SE")]
        together = effects_of_setting_all(ctx, several, valid_from=ctx.today)
        assert list(together) == [
            "confidentiality",
            "documentation",
            "deviations",
            "medication",
            "self-determination",
        ]
        (alone,) = [each for each in several if each.course == "deviations"]
        assert effects_of_setting_all(ctx, [alone], valid_from=ctx.today) == {
            "deviations": together["deviations"]
        }
        assert len(together["confidentiality"].new) == 7
        set_requirement(ctx, alone, valid_from=ctx.today)
        with pytest.raises(Invalid):  # word for word the same
            effects_of_setting_all(ctx, [alone], valid_from=ctx.today)
        in_other_words = replace(alone, reason="Because")
        again = effects_of_setting_all(ctx, [in_other_words], valid_from=ctx.today)["deviations"]
        assert (again.concerned, again.unchanged) == (0, 7)
