"""Every route x method x id, as nobody, as somebody of another employer, as a colleague without the role."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select

from lms.competence import actions as competence
from lms.evidence.layouts import Wanted, try_layout
from lms.evidence.models import CertificateRow
from lms.evidence.shares import share_certificates
from lms.identity.actions import start_session
from lms.identity.kept_forms import keep_form
from lms.identity.models import KeptForm, UserSession
from lms.learning import actions, groups
from lms.learning.bulk import do_bulk
from lms.learning.models import ExamSitting
from lms.learning.times import plan_time
from lms.organisation import auditors
from lms.organisation.imports import earlier_imports
from lms.organisation.models import Unit
from lms.organisation.shared_devices import share_device, shared_devices
from lms.organisation.uploads import keep_upload
from lms.reflection import actions as reflection
from lms.reflection.models import AgreedAction
from lms.reflection.rules import Agreed
from lms.register.dispensations import give_dispensation
from lms.register.intake import import_people, read_staff_list
from lms.register.objections import object_to
from lms.register.requirements import Terms, set_requirement
from lms.register.saved_views import save_view
from lms.reports.actions import order_export
from lms.reports.narrowing import View
from lms.reports.schedules import schedule_export
from tests.learning.taking import COURSE, assign, take
from tests.organisation.lists import staff_list

ANYBODY = {  # pages without sign-in; each has its own tests
    "public.front", "public.verify", "public.verify_file", "public.verdict", "public.verdict_json",
    "public.help_page", "public.privacy",
    "public.accessibility", "public.robots", "public.mailbox", "public.mail",
    "public.healthz", "public.readyz", "public.measured", "public.security_txt", "public.did", "public.revoked",
    "public.issuer", "public.achievement", "public.layout", "public.manifest", "public.worker", "public.offline",
    "public.shared", "public.shared_pdf", "public.shared_credential", "public.calendar",
}  # fmt: skip
OWN_ONLY = "staff."  # pages of the signed-in person: a stranger has own ones, so ids decide
REFUSED = {401, 404, 405}


@pytest.fixture
def things(granvik):
    """One thing of each kind in Granvik, by the name of the URL parameter that would open it."""
    assigned = assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.work("karin") as ctx:
        amina = granvik.person("amina").public_id
        meeting = reflection.plan_meeting(
            ctx, granvik.unit("Björken").public_id, course=COURSE, starts_at=ctx.now
        )
        group = groups.start_group(ctx, granvik.unit("Björken").public_id, COURSE, [amina])
        plan = competence.agree_plan(
            ctx, amina, period_from=ctx.today, period_to=ctx.today + timedelta(days=99)
        )
        ctx.db.flush()
        goal = competence.add_goal(ctx, plan.public_id, "Skriva bättre")
        ctx.db.flush()
        activity = competence.add_activity(
            ctx, goal.public_id, due_on=ctx.today, title="Gå bredvid", arena="supervision"
        )
    with granvik.work("karin") as ctx:
        actions.assign_course(ctx, "medication", [amina], due_on=ctx.today, reason="Krav")
        reflection.record_meeting(
            ctx,
            meeting.public_id,
            present=[amina],
            agreed=[Agreed("Läsa anteckningen högt", amina, ctx.today + timedelta(days=9))],
        )
        (dispensation,) = give_dispensation(
            ctx,
            amina,
            COURSE,
            "extension",
            first=ctx.today,
            last=ctx.today + timedelta(days=40),
            reason="Tid",
        )
        bulk = do_bulk(ctx, [(amina, "medication")], "exemption", ctx.today, "Ledig")
        sitting = ExamSitting(
            employer_id=ctx.employer_id, unit_id=ctx.open(Unit, granvik.unit("Björken").public_id).id, course=COURSE,
            room="Björken", code="ABCDEF", opens_at=ctx.now, closes_at=ctx.now + timedelta(hours=1),
            opened_by=ctx.who.person_id, created_at=ctx.now,
        )  # fmt: skip
        ctx.db.add(sitting)
        share_device(ctx, granvik.unit("Björken").public_id, "Personalrummet", "")
        shared = shared_devices(ctx)[0]
    with granvik.work("amina") as ctx:
        objection = object_to(ctx, "missing", "", said="Något saknas", text="Amina tog kursen i mars")
    with granvik.work("amina", writes=False) as ctx:
        number = ctx.db.scalars(select(CertificateRow.number)).one()
        action = ctx.db.scalars(select(AgreedAction)).one()
    with granvik.work("amina") as ctx:
        share = share_certificates(ctx, [number], days=7)
        time = plan_time(ctx, COURSE, ctx.now + timedelta(days=1))
    with granvik.work("maria") as ctx:
        import_people(ctx, read_staff_list(staff_list("77;Bo;Ek;Björken;usk;2026-01-01")))
        imported = earlier_imports(ctx)[0]
        account_id, employer_id = ctx.who.account_id, ctx.who.employer_id
        view = save_view(ctx, "Amina", "text=Amina")
        terms = auditors.Terms((), ctx.today, ctx.today, "Tillsyn", whole=True)
        auditor = auditors.appoint_outsider(
            ctx, auditors.Outsider("Per", "Sundin", "per@ivo.example"), terms
        )[0]
        required = set_requirement(ctx, Terms(COURSE, "Krav", "SoL", due_days=30), valid_from=ctx.today)
    with granvik.work("maria", writes=False) as ctx:
        upload = keep_upload(ctx, staff_list("77;Bo;Ek;Björken;usk;2026-01-01"))
    with granvik.work("maria") as ctx:
        file = order_export(ctx, View(), "csv")
        schedule = schedule_export(ctx, View().narrowed, "csv", "week")
    with granvik.work("maria", writes=False) as ctx:
        layout = try_layout(ctx, Wanted("landscape-1", "", "", b"", keeps_logo=False))
    token = start_session(
        granvik.house, account_id=account_id, employer_id=employer_id, user_agent="", remember=False
    )
    keep_form(granvik.house, token, "/plan", [("text", "Amina skrev")], datetime.now(UTC))
    with granvik.work("amina", writes=False) as ctx:
        device = ctx.db.scalars(select(UserSession.public_id).order_by(UserSession.id.desc())).first()
        kept = ctx.db.scalars(select(KeptForm.public_id)).one()
    return {
        "sitting_id": sitting.public_id, "objection": objection.public_id, "objection_id": objection.public_id,
        "auditor_id": auditor.public_id,
        "device_id": device, "kept_id": kept,
        "person": amina, "person_id": amina, "meeting": meeting.public_id, "meeting_id": meeting.public_id,
        "plan": plan.public_id, "plan_id": plan.public_id, "goal": goal.public_id, "goal_id": goal.public_id,
        "activity": activity.public_id, "activity_id": activity.public_id, "action": action.public_id,
        "action_id": action.public_id, "assignment": assigned.assignment.public_id,
        "assignment_id": assigned.assignment.public_id, "number": number, "course": COURSE,
        "lesson": "right-record", "step": "hall", "item": "note", "n": 1, "place": 1, "kind": "csv",
        "check": "pretest", "unit": granvik.unit("Björken").public_id, "unit_id": granvik.unit("Björken").public_id,
        "digest": "0" * 64, "import_id": imported.public_id,
        "passkey_id": "018f0000-0000-7000-8000-000000000001",  # nobody's: tests/identity/test_passkeys.py has others'
        "file_id": file.public_id, "schedule_id": schedule.public_id,
        "rule": required.rule, "upload": upload, "group": group.public_id, "group_id": group.public_id,
        "letter": "reminder", "language": "sv", "slug": granvik.slug, "part": 1, "decision": "revoke",
        "layout_id": layout, "name": "sami",
        "share_id": share, "time_id": time.public_id, "shared_id": shared.public_id,
        "view_id": view.public_id, "dispensation_id": dispensation.public_id, "bulk_id": bulk.public_id,
    }  # fmt: skip


def routes(app: Flask):
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule, things) -> str:
    def value(match):
        name = match.group(1).split(":")[-1]
        assert name in things, f"{rule.rule}: tell this guard what to put for <{name}>"
        return str(things[name])

    return re.sub(r"<([^>]+)>", value, rule.rule)


def test_nobody_gets_anywhere(app, client, things):
    for rule, method in routes(app):
        if rule.endpoint in ANYBODY or rule.endpoint.startswith("signin."):
            continue
        answer = client.open(address(rule, things), method=method)
        led_to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
        assert led_to_sign_in or answer.status_code in REFUSED, f"{method} {rule.rule}: {answer.status_code}"
        assert "Amina" not in answer.get_data(as_text=True)


STRANGERS = [("fjordvik", "kari"), ("fjordvik", "lars"), ("fjordvik", "siri")]
COLLEAGUES = [("granvik", "farid"), ("granvik", "hodan"), ("granvik", "jonas")]
PUBLIC = {
    "check",
    "course",
    "decision",
    "digest",
    "item",
    "kind",
    "language",
    "lesson",
    "letter",
    "n",
    "place",
    "step",
}  # name nobody's
FOR_THE_UNIT = {"staff.meeting"}  # everybody in the unit reads what was agreed


@pytest.mark.parametrize(("town", "name"), STRANGERS + COLLEAGUES)
def test_what_is_not_yours_is_not_there(app, request, sign_in, things, town, name):
    browser = sign_in(request.getfixturevalue(town), name)
    secret = things["number"]
    checked = 0
    for rule, method in routes(app):
        ids = {part.split(":")[-1] for part in re.findall(r"<([^>]+)>", rule.rule)}
        private = ids & set(things) - PUBLIC
        if not private or rule.endpoint in ANYBODY:
            continue
        if rule.endpoint in FOR_THE_UNIT and name == "farid":
            continue
        answer = browser.open(address(rule, things), method=method)
        assert answer.status_code in REFUSED, f"{name}: {method} {rule.rule}: {answer.status_code}"
        assert secret not in answer.get_data(as_text=True)
        checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", ["kari", "lars", "siri"])
def test_lists_show_nothing_of_another_employer(app, fjordvik, sign_in, things, name):
    browser = sign_in(fjordvik, name)
    for rule, _method in routes(app):
        if (
            "GET" in (rule.methods or set())
            and not re.search("<", rule.rule)
            and not rule.endpoint.startswith("public.mail")
        ):
            text = words_of(browser.get(rule.rule))
            for word in ("Amina", "Yusuf", "Granvik", things["number"], "Björken"):
                assert word not in text or rule.endpoint.startswith("signin."), (
                    f"{name}: {rule.rule} shows {word}"
                )


def words_of(answer):
    """What an answer says, also inside an archive."""
    if answer.mimetype != "application/zip":
        return answer.get_data(as_text=True)
    with ZipFile(BytesIO(answer.data)) as archive:
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("amina", set()),
        ("karin", {"lead"}),
        ("maria", {"employer", "lead"}),
        ("admin", {"employer", "lead"}),
    ],
)
def test_pages_of_a_role_are_not_there_for_the_others(app, granvik, sign_in, name, allowed):
    browser = sign_in(granvik, name)
    for rule, method in routes(app):
        audience = rule.endpoint.split(".")[0]
        if audience in {"lead", "employer"} - allowed and "<" not in rule.rule:
            answer = browser.open(rule.rule, method=method)
            assert answer.status_code in REFUSED, f"{name}: {method} {rule.rule}: {answer.status_code}"
