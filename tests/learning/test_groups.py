"""Learning together: who may lead a group and who may be in it, what counts as read for whom, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from lms.base.audit import AuditEntry
from lms.base.errors import Expired, Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.local_parts import local_parts, note_local_reading, write_local
from lms.catalogue.local_rules import LocalText
from lms.catalogue.models import LocalReading
from lms.learning import actions, groups
from lms.learning.editions import studied_now
from lms.learning.models import Progress, StudyGroupMember
from lms.organisation.models import Person
from lms.register.models import Beginning
from lms.register.own_duties import my_duties
from lms.register.rules import State
from tests.learning.kettle import KETTLE, publish_kettle, show
from tests.learning.taking import COURSE, assign, take
from tests.web.lead_pages import grow
from tests.web.staff_pages import counted

LESSON, STEPS = "right-record", ("hall", "two-records")


def people(town, *names):
    return [town.person(name).public_id for name in names]


def start(town, *names, by="karin", unit="Björken", course=COURSE, now=None):
    with town.work(by, now=now) as ctx:
        return groups.start_group(ctx, town.unit(unit).public_id, course, people(town, *names)).public_id


def read(town, group_id, step=STEPS[0], lesson=LESSON, by="karin", now=None):
    with town.work(by, now=now) as ctx:
        found = groups.group_under_way(ctx, group_id)
        groups.read_together(ctx, found, catalogue.edition(ctx, found.edition_id), lesson, step)


def change(town, group_id, *names, by="karin", now=None):
    with town.work(by, now=now) as ctx:
        groups.change_group(ctx, group_id, people(town, *names))


def steps_of(town, name, course=COURSE):
    with town.work(name, writes=False) as ctx:
        done = studied_now(ctx, [catalogue.history(ctx, course)])[course]
        return {step for steps in done.read.values() for step in steps}


def rows(town, table):
    with town.inside() as ctx:
        return ctx.db.scalar(select(func.count()).select_from(table))


def noted(town):
    with town.inside() as ctx:
        entries = ctx.db.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("group.")).order_by(AuditEntry.id)
        )
        return [(entry.action, entry.facts) for entry in entries]


def test_everybody_here_has_read_the_step_once_and_has_begun(granvik):
    assign(granvik, "amina", days=60)
    group_id = start(granvik, "amina", "farid")
    for _twice in range(2):
        read(granvik, group_id)
    read(granvik, group_id, STEPS[1])
    for name in ("amina", "farid"):
        assert steps_of(granvik, name) == set(STEPS)
    assert steps_of(granvik, "karin") == set()  # who leads is in the group only if ticked
    assert (rows(granvik, Progress), rows(granvik, Beginning)) == (4, 2)
    with granvik.work("amina", writes=False) as ctx:
        assert my_duties(ctx)[0].state is State.UNDER_WAY
    amina, farid = (granvik.person(name).id for name in ("amina", "farid"))
    assert noted(granvik) == [
        ("group.started", {"course": COURSE, "people": sorted((amina, farid))}),
        ("group.read", {"lesson": LESSON, "step": STEPS[0]}),
        ("group.read", {"lesson": LESSON, "step": STEPS[0]}),
        ("group.read", {"lesson": LESSON, "step": STEPS[1]}),
    ]


def test_what_somebody_has_read_alone_is_left_alone(granvik):
    with granvik.work("amina", now=datetime(2026, 3, 1, 9, tzinfo=UTC)) as ctx:
        actions.read_step(ctx, catalogue.current_edition(ctx, COURSE), LESSON, STEPS[0])
    read(granvik, start(granvik, "amina", "farid"))
    with granvik.inside() as ctx:
        first = ctx.db.scalars(select(Progress).order_by(Progress.id)).first()
        assert first.read_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (rows(granvik, Progress), rows(granvik, Beginning)) == (2, 2)


def test_what_is_noted_tells_nobody_who_had_read_it_alone(granvik):
    group_id = start(granvik, "amina", "farid")
    read(granvik, group_id)
    nobody_had = noted(granvik)[-1]
    for name in ("amina", "farid"):
        with granvik.work(name) as ctx:
            actions.read_step(ctx, catalogue.current_edition(ctx, COURSE), LESSON, STEPS[1])
        read(granvik, group_id, STEPS[1])
        assert noted(granvik)[-1] == (nobody_had[0], nobody_had[1] | {"step": STEPS[1]})
    assert len(noted(granvik)) == 4


def test_what_was_read_before_a_refresher_is_read_anew(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    with granvik.work("karin") as ctx:
        actions.assign_course(ctx, KETTLE, people(granvik, "amina"), due_on=ctx.today, reason="Krav")
    with granvik.work("amina") as ctx:
        actions.read_step(ctx, catalogue.current_edition(ctx, KETTLE), "tea", "see")
    take(granvik, "amina", right=4, course=KETTLE)
    later = datetime.now(UTC) + timedelta(days=720)  # ten days before the certificate expires
    show(granvik, "amina", kind="refresher", now=later)
    assert steps_of(granvik, "amina", KETTLE) == set()
    read(granvik, start(granvik, "amina", "farid", course=KETTLE, now=later), "see", "tea", now=later)
    assert steps_of(granvik, "amina", KETTLE) == {"see"}
    assert rows(granvik, Progress) == 2


def test_a_refresher_of_the_edition_before_begins_anew_too(house, granvik, tmp_path):
    publish_kettle(house, tmp_path / "kettle")
    with granvik.work("karin") as ctx:
        actions.assign_course(ctx, KETTLE, people(granvik, "amina"), due_on=ctx.today, reason="Krav")
    take(granvik, "amina", right=4, course=KETTLE)
    later = datetime.now(UTC) + timedelta(days=720)
    with granvik.work("amina", now=later) as ctx:
        actions.open_attempt(ctx, KETTLE, "sv", "refresher")
    publish_kettle(house, tmp_path / "next", label="2026.2")
    group_id = start(granvik, "amina", course=KETTLE, now=later)
    read(granvik, group_id, "see", "tea", now=later)
    after = later + timedelta(hours=1)
    show(granvik, "amina", kind="refresher", now=after)
    assert steps_of(granvik, "amina", KETTLE) == set()
    read(granvik, group_id, "see", "tea", now=after)
    assert steps_of(granvik, "amina", KETTLE) == {"see"}


def test_who_comes_late_reads_along_from_then_on_and_who_leaves_does_not(granvik):
    group_id = start(granvik, "amina")
    read(granvik, group_id)
    change(granvik, group_id, "farid")
    read(granvik, group_id, STEPS[1])
    assert steps_of(granvik, "amina") == {STEPS[0]}
    assert steps_of(granvik, "farid") == {STEPS[1]}
    for _twice in range(2):
        change(granvik, group_id, "amina", "farid")
    with granvik.work("karin", writes=False) as ctx:
        found = groups.group(ctx, group_id)
        assert groups.members(ctx, found) == set(people(granvik, "amina", "farid"))
        assert found.people == 2
    assert [action for action, _facts in noted(granvik)].count("group.changed") == 2
    assert noted(granvik)[2][1] == {
        "came": [granvik.person("farid").id],
        "left": [granvik.person("amina").id],
    }


@pytest.mark.parametrize("names", [("hodan",), ("amina", "jonas"), ("maria",)])
def test_only_people_of_the_unit_are_in_the_group(granvik, names):
    with pytest.raises(NotFound):
        start(granvik, *names)
    group_id = start(granvik, "amina")
    with pytest.raises(NotFound):
        change(granvik, group_id, "amina", *names)
    assert rows(granvik, StudyGroupMember) == 1


def test_people_of_another_employer_are_not_there(granvik, fjordvik):
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        groups.start_group(ctx, granvik.unit("Björken").public_id, COURSE, people(fjordvik, "kari"))
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        groups.start_group(ctx, fjordvik.unit("Furua").public_id, COURSE, people(granvik, "amina"))
    with granvik.work("karin") as ctx, pytest.raises(NotFound):
        groups.start_group(ctx, granvik.unit("Björken").public_id, "none", people(granvik, "amina"))


def test_only_who_leads_there_starts_sees_changes_and_ends_it(granvik, fjordvik):
    group_id = start(granvik, "amina")
    for town, name in (
        (granvik, "jonas"), (granvik, "maria"), (granvik, "amina"), (fjordvik, "lars"), (fjordvik, "siri"),
    ):  # fmt: skip
        with town.work(name) as ctx:
            for ask in (
                lambda ctx=ctx: groups.group(ctx, group_id),
                lambda ctx=ctx: groups.group_under_way(ctx, group_id),
                lambda ctx=ctx: groups.change_group(ctx, group_id, people(granvik, "amina")),
                lambda ctx=ctx: groups.end_group(ctx, group_id),
                lambda ctx=ctx: groups.start_group(
                    ctx, granvik.unit("Björken").public_id, COURSE, people(granvik, "amina")
                ),
            ):
                with pytest.raises(NotFound):
                    ask()
    with granvik.work("jonas", writes=False) as ctx:
        assert groups.groups_under_way(ctx) == []
    with granvik.work("karin", writes=False) as ctx:
        assert [found.public_id for found in groups.groups_under_way(ctx)] == [group_id]


def test_without_anybody_there_is_no_group(granvik):
    with pytest.raises(Invalid):
        start(granvik)
    group_id = start(granvik, "amina")
    with pytest.raises(Invalid):
        change(granvik, group_id)


def test_there_is_no_such_step(granvik):
    group_id = start(granvik, "amina")
    for lesson, step in ((LESSON, "none"), ("none", STEPS[0])):
        with pytest.raises(NotFound):
            read(granvik, group_id, step, lesson)


@pytest.mark.parametrize("by_hand", [True, False])
def test_when_it_is_over_nothing_is_read_or_changed_any_more(granvik, by_hand):
    now = datetime.now(UTC)
    group_id = start(granvik, "amina", now=now)
    later = now + (timedelta(minutes=1) if by_hand else groups.LASTS)
    if by_hand:
        for _twice in range(2):
            with granvik.work("karin", now=now) as ctx:
                groups.end_group(ctx, group_id)
    else:
        read(granvik, group_id, now=later - timedelta(seconds=1))
    for refused in (read, change):
        with pytest.raises(Expired) as refusal:
            refused(granvik, group_id, now=later)
        assert refusal.value.code == "group_over"
    with granvik.work("karin", writes=False, now=later) as ctx:
        assert groups.groups_under_way(ctx) == []
        assert groups.group(ctx, group_id).is_over(ctx.now)
    assert [action for action, _facts in noted(granvik)].count("group.ended") == by_hand


def test_what_the_employer_adds_is_read_by_everybody_here_once(granvik):
    with granvik.work("maria") as ctx:
        edition = catalogue.current_edition(ctx, COURSE)
        write_local(ctx, edition, LESSON, STEPS[0], LocalText({"sv": "Ring jouren."}))
    with granvik.work("amina") as ctx:
        note_local_reading(ctx, local_parts(ctx, edition, LESSON, STEPS[0]))
    group_id = start(granvik, "amina", "farid")
    for step in (*STEPS, STEPS[0]):
        read(granvik, group_id, step)
    assert rows(granvik, LocalReading) == 2
    for name, is_read in (("amina", True), ("farid", True), ("karin", False)):
        with granvik.work(name, writes=False) as ctx:
            assert local_parts(ctx, edition, LESSON, STEPS[0])[0].is_read is is_read


def test_a_protected_identity_is_chosen_by_the_lead_of_the_unit(granvik):
    with granvik.work("admin") as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == ctx.employer_id, Person.given_name == "Amina")
            .values(protected=True)
        )
    read(granvik, start(granvik, "amina"))
    assert steps_of(granvik, "amina") == {STEPS[0]}


def test_a_large_group_takes_no_more_statements_than_a_small_one(house, granvik):
    everybody, sizes = grow(granvik, "Björken", 40), []
    for chosen in (everybody[:2], everybody[2:]):
        with granvik.work("karin") as ctx:
            group_id = groups.start_group(ctx, granvik.unit("Björken").public_id, COURSE, chosen).public_id
        with granvik.work("karin") as ctx:
            found = groups.group_under_way(ctx, group_id)
            edition = catalogue.edition(ctx, found.edition_id)
            with counted(house) as sent:
                groups.read_together(ctx, found, edition, LESSON, STEPS[0])
                ctx.db.flush()
        sizes.append(len(sent))
    assert sizes[0] == sizes[1] <= 10
    assert rows(granvik, Progress) == rows(granvik, Beginning) == 40
