"""What leads are told by letter, and the log of messages."""

from collections import Counter
from collections.abc import Iterator

from lms.base.access import Permission
from lms.messages.log import LogFilter, is_refused, log_totals, message_log
from lms.register.deadlines import week_of_lead
from tests.register import reach_naive as naive
from tests.register.reach_facts import BY_KEY, ago
from tests.register.reach_table import Asker, Case, in_order, lists


@lists(Permission.SEE_TEAM, week_of_lead)
def what_leads_are_told_once_a_week(who: Asker) -> Iterator[Case]:
    def ask(ctx):
        week = week_of_lead(ctx, ago(-7), 60)
        late = {
            name: in_order((each.name, each.deadline.course) for each in getattr(week, name))
            for name in ("overdue", "expiring")
        }
        return {**late, "new": in_order(week.new), "done": in_order(week.done)}

    week = naive.letter_of_week(who.town, who.led)
    week["new"] = [(name, unit if name else "") for name, unit in week["new"]]
    yield "week", ask, {name: in_order(lines) for name, lines in week.items()}


@lists(Permission.SEE_MESSAGES, is_refused)
def whose_address_is_refused(who: Asker) -> Iterator[Case]:
    def ask(ctx):
        return sorted(key for key, person in who.town.people.items() if is_refused(ctx, person.public_id))

    yield "refused", ask, sorted(who.town.refused & naive.receivers(who.nodes))


@lists(Permission.SEE_MESSAGES, message_log, log_totals)
def the_log_of_messages(who: Asker) -> Iterator[Case]:
    seen = naive.receivers(who.nodes)
    told = [(key, kind, outcome) for key, kind, outcome in who.town.messages if key in seen]

    def line(key, kind, outcome):
        human = BY_KEY.get(key)
        person = who.town.people[key]
        named = (
            ("", "")
            if human and human.protected
            else (f"{person.family_name}, {person.given_name}", person.employee_number)
        )
        return (person.public_id, *named, kind, outcome)

    def ask(ctx, narrowed):
        lines, count = [], 1
        while len(lines) < count:
            some, count = message_log(ctx, narrowed, start=len(lines), limit=30)
            lines += some
        return in_order(
            (each.person_id, each.name, each.employee_number, each.kind, each.outcome) for each in lines
        )

    def is_named(key):
        human = BY_KEY.get(key)
        return not (human and human.protected) and "ek" in who.town.people[key].name.lower()

    for narrowed, fits in (
        (LogFilter(), lambda *_line: True),
        (LogFilter(kind="reminder"), lambda _key, kind, _outcome: kind == "reminder"),
        (LogFilter(outcome="not_sent"), lambda _key, _kind, outcome: outcome == "not_sent"),
        (LogFilter(text="ek"), lambda key, _kind, _outcome: is_named(key)),
    ):
        should = in_order(line(*each) for each in told if fits(*each))
        yield f"{narrowed}", lambda ctx, narrowed=narrowed: ask(ctx, narrowed), should
    outcomes = Counter(outcome for _key, _kind, outcome in told)
    yield (
        "totals",
        lambda ctx: log_totals(ctx).outcomes,
        {outcome: outcomes[outcome] for outcome in ("waiting", "sent", "not_sent")},
    )
