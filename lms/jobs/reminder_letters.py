"""What stands in reminders, in letters to leads and above, in the weekly digest, and in a test message."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from lms.base.access import Actor, Permission
from lms.base.context import Context
from lms.catalogue import queries as catalogue
from lms.messages.actions import Letter
from lms.messages.queries import terms, words_read
from lms.organisation.visitors import actor_on
from lms.register.deadline_rules import Nearing, is_near
from lms.register.deadlines import Late, deadlines_of, week_of_lead
from lms.register.reminders import told_to
from lms.register.rules import Sought

NAMED = 25  # of each list; the page behind the link shows all
DIGEST_AHEAD = 60  # days within which something runs out


def reminder(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    """All that concerns somebody now, whatever the day was on which it was to be said."""
    said = terms(ctx)
    near = [each for each in deadlines_of(ctx, letter.message.person_id) if is_near(each, said, ctx.today)]
    if not near:
        return "done"
    titles = _titles(ctx, letter)
    lists = {
        kind.value: [(titles[each.course], each.day, each.has_run_out) for each in near if each.kind is kind]
        for kind in Nearing
    }
    return {
        **lists,
        "one": titles[near[0].course] if len(near) == 1 else "",
        "link": "/todo",
        **_worded(ctx, letter),
    }


def escalation(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    """Who is late for so long that somebody is to know, and still is."""
    told = told_to(ctx, letter.message.person_id, _since(letter, ctx))
    if not told:
        return "done"
    return {
        "people": _lines(told[:NAMED], _titles(ctx, letter)),
        "count": len(told),
        "more": max(0, len(told) - NAMED),
        "link": _page_of(ctx, letter),
        **_worded(ctx, letter),
    }


def digest(ctx: Context, letter: Letter) -> dict[str, Any] | str:
    """A lead's week, with the eyes of the lead."""
    reader = replace(ctx, first_actor=_actor(ctx, letter))
    if not reader.who.may(Permission.SEE_TEAM):
        return "withdrawn"
    week = week_of_lead(reader, _since(letter, ctx), DIGEST_AHEAD)
    if not week:
        return "nothing"
    titles = _titles(ctx, letter)
    lists: dict[str, list[Any]] = {
        "overdue": _lines(week.overdue, titles),
        "expiring": _lines(week.expiring, titles),
        "new": list(week.new),
        "done": [(name, titles.get(course, course)) for name, course in week.done],
    }
    return {
        **{name: lines[:NAMED] for name, lines in lists.items()},
        "more": {name: max(0, len(lines) - NAMED) for name, lines in lists.items()},
        "ahead": DIGEST_AHEAD,
        "link": "/team",
        "stop_link": "/me/messages",
        **_worded(ctx, letter),
    }


def test(ctx: Context, letter: Letter) -> dict[str, Any]:
    """That mail arrives."""
    del ctx, letter
    return {"link": "/settings/messages"}


def _lines(late: Iterable[Late], titles: dict[str, str]) -> list[tuple[str, str, str, date, bool]]:
    """Name, unit, course, day, whether it has run out."""
    return [_line(each, titles) for each in late]


def _line(late: Late, titles: dict[str, str]) -> tuple[str, str, str, date, bool]:
    found = late.deadline
    return late.name, late.unit, titles[found.course], found.day, found.has_run_out


def _worded(ctx: Context, letter: Letter) -> dict[str, str]:
    own = words_read(ctx, letter.message.kind, letter.language)
    return {"opening": own.opening, "closing": own.closing}


def _titles(ctx: Context, letter: Letter) -> dict[str, str]:
    return {
        course: edition.text(letter.language).title
        for course, edition in catalogue.live_editions(ctx).items()
    }


def _since(letter: Letter, ctx: Context) -> date:
    return letter.since or ctx.today - timedelta(days=1)


def _actor(ctx: Context, letter: Letter) -> Actor:
    return actor_on(ctx.db, ctx.employer_id, letter.message.person_id, ctx.today)


def _page_of(ctx: Context, letter: Letter) -> str:
    """Where the receiver sees who is late: the register for who has one, else the team."""
    return f"/register?state={Sought.LATE}" if _actor(ctx, letter).may(Permission.SEE_REGISTER) else "/team"
