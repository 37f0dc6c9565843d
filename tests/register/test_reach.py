"""Three employers x every role over every kind of node x every list, count, file and letter: what lies in the reach.

Exactly that: neither a row more nor one less, and without the permission nothing at all.
"""

import ast
import inspect
import json
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import time_machine

from lms.base.access import Permission
from lms.identity.actions import start_session
from tests.conftest import Browser, house_of, make_test_app
from tests.register import (
    reach_messages,
    reach_people,
    reach_persons,
    reach_register,
    reach_requirements,
    reach_views,
)
from tests.register import reach_naive as naive
from tests.register.reach_facts import ASSIGNMENTS, BY_KEY, CHARGES, NOW, PEOPLE
from tests.register.reach_files import as_in_file, read_csv
from tests.register.reach_table import NOT_THERE, TABLE, Asker, answer, in_order
from tests.register.reach_town import built

LISTS = (
    reach_messages,
    reach_people,
    reach_persons,
    reach_register,
    reach_requirements,
    reach_views,
)  # fill the table
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def towns(request, tmp_path_factory):
    """The three employers in one house, which nothing changes any more."""
    with house_of(request, request.param, tmp_path_factory.mktemp("reach")) as house:
        yield built(house)


@pytest.mark.parametrize("name", TABLE)
def test_each_sees_what_lies_in_the_own_reach_and_nothing_else(towns, name):
    entry, wrong, given = TABLE[name], [], 0
    for place, town in enumerate(towns):
        for actor in CHARGES:
            who = Asker(town, actor, towns[place - 1], entry.permission)
            may = entry.permission is None or bool(who.nodes)
            with town.at(0, actor, writes=False) as ctx:
                for what, ask, should in entry.cases(who):
                    found = answer(ask, ctx)
                    wanted = should if may else NOT_THERE
                    given += bool(found) and found != NOT_THERE
                    if found != wanted:
                        wrong.append(f"{town.slug}, {actor}, {what}: {difference(found, wanted)}")
    assert given, "nobody was shown anything: this could not fail"
    assert not wrong, "\n".join([f"{len(wrong)} answers are not as they should be", *wrong[:3]])


def difference(found, wanted):
    """What is too much, and what is missing."""
    if isinstance(found, list) and isinstance(wanted, list):
        more, less = list(found), []
        for each in wanted:
            more.remove(each) if each in more else less.append(each)
        return f"too much {more}, missing {less}"
    return f"{found}, not {wanted}"


# Letters


@pytest.fixture(scope="module")
def mails(towns):
    """The text of each letter, by address and kind."""
    found = {}
    for path in towns[0].house.settings.mail_folder.glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        kind = mail["Message-ID"].strip("<").partition(".")[0]
        assert (mail["To"], kind) not in found
        found[mail["To"], kind] = mail.get_body(("plain",)).get_content()
    return found


def names_in(text):
    return {naive.name(human.key) for human in PEOPLE if naive.name(human.key) in text}


@pytest.mark.parametrize("kind", ["digest", "escalation"])
def test_letters_to_leads_name_whom_they_lead_and_nobody_else(towns, mails, kind):
    told = 0
    for town in towns:
        for actor in CHARGES:
            if kind == "digest":
                week = naive.letter_of_week(town, town.led(actor)) if town.led(actor) else {}
                lines = [line for some in week.values() for line in some]
            else:
                lines = naive.told_of(town, actor)
            text = mails.get((town.address(actor), kind))
            assert (text is not None) is bool(lines), (town.slug, actor)
            assert names_in(text or "") == {name for name, _what in lines} - {""}, (town.slug, actor)
            told += bool(text)
    assert told > len(towns)


def test_other_letters_name_nobody_but_who_gets_them(towns, mails):
    others = {of: text for of, text in mails.items() if of[1] not in {"digest", "escalation"}}
    assert {"reminder", "assigned"} <= {kind for _to, kind in others}
    owners = {town.address(key): town.people[key].name for town in towns for key in town.people}
    givers = {naive.name(by) for by, _to in ASSIGNMENTS if by in BY_KEY}
    for (to, kind), text in others.items():
        assert names_in(text) <= {owners[to]} | (givers if kind == "assigned" else set())


# Pages


@pytest.fixture
def unseen(monkeypatch):
    """What is taken out meanwhile is in nobody's record afterwards: another test asks who has opened those."""
    for noted in ("reports.actions.note_export", "web.employer_register.note_rows_taken"):
        monkeypatch.setattr(f"lms.{noted}", lambda *_about, **_more: None)


@pytest.mark.usefixtures("unseen")
def test_the_page_for_machines_and_the_file_have_the_same_rows(towns):
    """Over the web, signed in: the same as by the queries."""
    app = make_test_app(towns[0].house)
    app.test_client_class = Browser
    browser = app.test_client()
    shown = 0
    with time_machine.travel(NOW, tick=False):
        for town, actor in [(town, actor) for town in towns for actor in WEB]:
            who = Asker(town, actor, town, Permission.SEE_REGISTER)
            person = town.people[actor]
            token = start_session(
                town.house,
                account_id=person.account_id,
                employer_id=town.employer_id,
                user_agent="",
                remember=False,
            )
            browser.set_cookie("kunnig", token)
            answers = [browser.get(f"/register/{page}") for page in ("rows.json", "file/csv")]
            if not who.nodes:
                assert {each.status_code for each in answers} == {404}
                continue
            found = json.loads(answers[0].data)
            rows = [naive.written(town, row) for row in who.rows]
            assert found["size"] == len(rows)
            assert in_order(read_json(found["rows"])) == in_order(as_json(row) for row in rows)
            assert read_csv(answers[1].data) == in_order(as_in_file(who, row) for row in who.rows)
            shown += len(rows)
    assert shown


WEB = (
    "officer@Alby/Söder", "auditor of today", "auditor until yesterday", "lead@Alby", "admin@everywhere", "tor", "siv",
)  # fmt: skip


def read_json(rows):
    return (tuple(row.values()) for row in rows)


def as_json(row):
    """A row as JSON has it: days as text, a protected identity without its key."""
    person, *values = row
    days = (value.isoformat() if isinstance(value, date) else value for value in values)
    return (None if row[-1] else str(person), *days)


# The table is complete

NOT_LISTS = {  # functions that state a permission and are no list, or are tried elsewhere, with the reason
    "register/dispensations.py": {
        "give_dispensation": "changes one person's; in reach by test_dispensations",
        "end_dispensation": "changes one; in reach by test_dispensations",
        "take_back_dispensations": "changes what the actor gave today",
    },
    "register/objections.py": {"answer_objection": "changes one, which `objection` finds"},
    "register/intake.py": {
        "import_people": "changes people of a list; in reach by test_intake_reach",
        "undo_import": "the same",
    },
    "register/requirements.py": {
        "set_requirement": "changes a rule; refused outside as its dry run is",
        "set_requirements": "the same",
        "change_requirement": "the same",
        "end_requirement": "the same",
    },
    "register/requirement_facts.py": {"places_on": "a part of `effects`"},
    "register/saved_views.py": {
        "save_view": "changes the actor's own",
        "forget_view": "changes the actor's own",
    },
    "register/starter_sets.py": {
        "said_already": "about requirements, nobody's rows",
        "start_with": "changes as `set_requirements` does",
    },
    "reports/certificate_list.py": {
        "certificates_listed": "a list; in reach by test_certificate_files",
        "certificates_counted": "how many it has",
        "certificates_behind": "a part of it",
    },
    "reports/actions.py": {
        "export_register": "`write_register` with a note of it; over the web above",
        "note_export": "writes a note",
        "note_rows_taken": "the same",
        "is_small": "a yes or no from `rows_today` and `people_then`",
        "order_export": "asks for a file of the actor's own, whose rows are above",
        "try_again": "changes the actor's own, which `own_row` finds",
    },
    "reports/making.py": {"units_of_file": "the keys of units that a file is of; over the web above"},
    "reports/register_file.py": {"rule_reasons": "the words of requirements, each found by `requirement`"},
    "reports/schedules.py": {
        "schedule_export": "asks for files of the actor's own, made as those above",
        "stop_schedule": "changes the actor's own",
    },
    "messages/settings.py": {
        "terms_now": "what holds for everybody, nobody's rows",
        "set_terms": "changes it",
        "own_words": "what holds for everybody, nobody's rows",
        "set_words": "changes it",
        "want_digest": "changes the actor's own",
        "send_test": "writes to the actor",
        "last_test": "the actor's own",
    },
}
SCOPES = {"reach", "require"}


def stated():
    """Public functions of register, reports and messages that state a permission, but LEARN, which is about oneself."""
    for capability in ("register", "reports", "messages"):
        for path in sorted((ROOT / "lms" / capability).glob("*.py")):
            for function in ast.parse(path.read_text()).body:
                if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
                    calls = [
                        node
                        for node in ast.walk(function)
                        if isinstance(node, ast.Call)
                        and ast.unparse(node.func) in {f"ctx.{each}" for each in SCOPES}
                    ]
                    if any("Permission.LEARN" not in ast.unparse(call) for call in calls):
                        yield f"{capability}/{path.name}", function.name


def test_every_list_of_register_reports_and_messages_is_in_the_table():
    found = set(stated())
    known = {
        (inspect.getfile(by).split("/lms/")[-1], by.__name__) for entry in TABLE.values() for by in entry.by
    }
    spared = {(file, name) for file, names in NOT_LISTS.items() for name in names}
    assert len(found) > 40
    assert found - known - spared == set(), "neither in the table of reach nor among those that are no lists"
    assert spared - found == set(), "no such function any more"
    assert spared & known == set(), "both in the table and said to be no list"
