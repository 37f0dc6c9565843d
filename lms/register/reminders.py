"""Whom to write to on a day: those with something to do, those who lead them, and leads once a week."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from lms.base.access import Role
from lms.base.context import Context, below
from lms.messages.actions import announce
from lms.messages.models import ReminderDay
from lms.messages.queries import terms
from lms.messages.terms import Terms
from lms.organisation.models import Unit
from lms.organisation.visitors import actor_on
from lms.register.deadline_rules import (
    BEGINNING,
    days_after,
    falls_on,
    told_above,
    told_at_first,
    told_surely,
)
from lms.register.deadlines import Late, Overdue, leading, overdue_for, to_remind

MADE_UP = timedelta(days=31)  # how far back is made up for what was not done while no worker ran


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Whom to write to on a day, about the time after `since`; and the day of the digest, if there is one."""

    since: date
    reminded: frozenset[int]
    leads: frozenset[int]
    digest_on: date | None
    digested: frozenset[int]


def plan_day(ctx: Context) -> DayPlan | None:
    """Whom to write to today, with all that was to be told since the last day this was done; None on a day off.

    The first time that is all that is near: nobody was told of anything before.
    Open: asked by the worker, once a day. Ten statements at most, however many people there are.
    """
    said = terms(ctx)
    if said.quiet.is_off(ctx.today):
        return None
    yesterday = ctx.today - timedelta(days=1)
    done = ctx.db.scalar(select(ReminderDay.day).where(ReminderDay.employer_id == ctx.employer_id))
    since = BEGINNING if done is None else max(min(done, yesterday), ctx.today - MADE_UP)
    letters = days_after(yesterday if done is None else since, ctx.today)
    digest_on = next((day for day in letters if day.weekday() == said.digest_weekday), None)
    return DayPlan(
        since=since,
        reminded=to_remind(ctx, said, since) if said.reminders else frozenset(),
        leads=frozenset(_told(ctx, said, since)) if said.escalations else frozenset(),
        digest_on=digest_on,
        digested=_leads(ctx) if said.digests and digest_on else frozenset(),
    )


def announce_day(ctx: Context, plan: DayPlan) -> int:
    """Enter the messages of a day, each once; how many are new.

    Open: called by the worker.
    """
    today = ctx.today.toordinal()
    new = announce(ctx, "reminder", today, plan.reminded, since=plan.since)
    new += announce(ctx, "escalation", today, plan.leads, since=plan.since)
    if plan.digest_on:
        week = plan.digest_on - timedelta(days=7)
        new += announce(ctx, "digest", plan.digest_on.toordinal(), plan.digested, since=week)
    ctx.add_once(ReminderDay(employer_id=ctx.employer_id, day=ctx.today))
    kept = ctx.db.scalars(select(ReminderDay).where(ReminderDay.employer_id == ctx.employer_id)).one()
    kept.day = max(kept.day, ctx.today)
    return new


def told_to(ctx: Context, person_id: int, since: date) -> list[Late]:
    """Who somebody is told about: overdue for so long since a day, and theirs to know. Six statements.

    Open: asked by the worker, which writes to them.
    """
    who = actor_on(ctx.db, ctx.employer_id, person_id, ctx.today)
    nodes = {grant.path for grant in who.grants if grant.role in {Role.LEAD, Role.OFFICER}}
    said = terms(ctx)
    found = overdue_for(ctx, said, since, below(Unit.path, tuple(sorted(nodes))))
    return _told_of(ctx, said, found).get(person_id, [])


def _told(ctx: Context, said: Terms, since: date) -> dict[int, list[Late]]:
    return _told_of(ctx, said, overdue_for(ctx, said, since))


def _told_of(ctx: Context, said: Terms, found: list[Overdue]) -> dict[int, list[Late]]:
    """Who is overdue for so long, by whom is to be told of it: each course of somebody once."""
    heads = leading(ctx) if found else []
    told: dict[int, dict[tuple[int, str], Late]] = {}
    for each in found:
        levels = ((said.lead_after, told_at_first), (said.above_after, told_above))
        receivers = {
            head
            for days, who in levels
            if falls_on(each.late.deadline, (days,), each.since, ctx.today)
            for head in told_surely(each.path, each.person_id, heads, who)
        }
        for head in receivers:
            told.setdefault(head, {}).setdefault((each.person_id, each.late.deadline.course), each.late)
    return {head: list(lines.values()) for head, lines in told.items()}


def _leads(ctx: Context) -> frozenset[int]:
    return frozenset(each.person_id for each in leading(ctx) if each.is_lead)
