"""A device that several people share: who makes it so, who comes in on it and how, and what opens there."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.identity.models import LinkToken, UserSession
from lms.identity.rules import LIMITS, PERSONAL_CODE_TRIES, SHARED_LASTS, mail_secrets
from lms.organisation.actions import end_employment
from lms.organisation.models import Employer, Employment, Person, SharedDevice
from lms.organisation.shared_devices import share_device, shared_devices, stop_sharing
from lms.web.on_shared import EVERYTHING, PAGES
from tests.guards.test_urls import address, routes, things
from tests.identity.factors import give_app
from tests.identity.test_personal_codes import choose, prove
from tests.web.staff_pages import counted, shown

__all__ = ["things"]  # a fixture

CODES = {"amina": "407193", "farid": "552871", "karin": "318406", "hodan": "926035"}


@pytest.fixture
def tablet(app, granvik):
    """A browser on a device that the people of Björken share; four have a code, one of them works elsewhere."""
    for name, code in CODES.items():
        choose(granvik, name, code)
    browser = app.test_client()
    with granvik.work("karin") as ctx:
        token = share_device(ctx, granvik.unit("Björken").public_id, "Personalrummet", "")
    browser.set_cookie("shared", f"granvik.{token}")
    browser.set_cookie("language", "en")
    return browser


def door(town, name):
    """Where somebody's code is asked for."""
    return f"/shared/{town.person(name).public_id}"


def come_in(tablet, town, name="amina"):
    """Tap the name, write the code."""
    return tablet.post(door(town, name), data={"code": CODES[name]})


def test_names_of_the_unit_with_a_code_and_no_more_of_them(granvik, tablet, house):
    tablet.get("/shared")
    with counted(house) as sent:
        answer = tablet.get("/shared")
    assert len(sent) == 3
    page = shown(answer)
    assert re.findall(r"<b>(\w+ \w)</b>", page) == ["Amina Y", "Farid R", "Karin L"]
    assert not any(word in page for word in ("Yusuf", "Rahimi", "Lind", "Hodan", "1001"))
    assert answer.headers["Clear-Site-Data"] == EVERYTHING
    assert re.search(r"<html [^>]*data-shared", page)


def test_nobody_whose_identity_is_protected_or_who_has_left(granvik, tablet):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    with granvik.work("maria") as ctx:
        job = ctx.db.scalars(
            select(Employment).where(Employment.person_id == granvik.actor("farid").person_id)
        ).one()
        end_employment(ctx, employment=job, last_day=ctx.today - timedelta(days=1))
    page = shown(tablet.get("/shared"))
    assert re.findall(r"<b>(\w+ \w)</b>", page) == ["Karin L"]
    for name in ("amina", "farid", "hodan", "maria"):
        assert tablet.get(door(granvik, name)).status_code == 404
        assert tablet.post(door(granvik, name), data={"code": "407193"}).status_code == 404
    by_number = tablet.post("/shared/number", data={"name": "1001", "code": CODES["amina"]})
    assert by_number.location == "/todo"
    tablet.post("/sign-out")
    left = tablet.post("/shared/number", data={"name": "1002", "code": CODES["farid"]})
    assert left.status_code == 422


def test_without_its_cookie_a_browser_is_not_shared(app, granvik, tablet):
    other = app.test_client()
    assert other.get("/shared").location == "/sign-in"
    for path in ("/shared/number", door(granvik, "amina")):
        assert other.get(path).status_code == 404
        assert other.post(path, data={"name": "1001", "code": CODES["amina"]}).status_code == 404
    for cookie in ("granvik.x", "fjordvik.x", "nowhere.x", "x", ".", "granvik."):
        other.set_cookie("shared", cookie)
        assert other.get("/shared").location == "/sign-in"
        other.set_cookie("shared", cookie)
        assert other.post(door(granvik, "amina"), data={"code": CODES["amina"]}).status_code == 404


def test_a_code_opens_a_short_turn(granvik, tablet):
    assert shown(tablet.get(door(granvik, "amina"))).count("Hello Amina!") == 2
    answer = come_in(tablet, granvik)
    assert (answer.status_code, answer.location) == (303, "/todo")
    page = tablet.get("/todo").text
    assert 'data-lock="120"' in page
    assert 'content="135;url=/shared"' in page
    with granvik.inside() as ctx:
        turn = ctx.db.scalars(select(UserSession).order_by(UserSession.id.desc())).first()
        assert turn.shared_device == ctx.db.scalars(select(SharedDevice.public_id)).one()
        assert turn.expires_at - turn.created_at == timedelta(seconds=130)
        assert turn.ends_at - turn.created_at == SHARED_LASTS
        assert not turn.remembered


def test_unused_it_is_over_and_used_it_goes_on_to_its_end(granvik, tablet):
    start = datetime.now(UTC)
    come_in(tablet, granvik)
    for seconds in range(100, int(SHARED_LASTS.total_seconds()), 100):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert tablet.post("/stay").status_code == 204
    with time_machine.travel(start + SHARED_LASTS + timedelta(seconds=1), tick=False):
        assert tablet.post("/stay").location == "/shared"
        come_in(tablet, granvik)
        assert tablet.get("/todo").status_code == 200
    with time_machine.travel(start + SHARED_LASTS + timedelta(seconds=135), tick=False):
        assert tablet.get("/courses/documentation").location == "/shared"


def test_switching_makes_an_end_and_empties_the_browser(granvik, tablet):
    come_in(tablet, granvik)
    assert tablet.get("/shared").location == "/todo"  # a turn ends by the button
    answer = tablet.post("/sign-out")
    assert (answer.location, answer.headers["Clear-Site-Data"]) == ("/shared", EVERYTHING)
    assert tablet.get("/todo").location == "/shared"
    assert tablet.get("/").location == "/shared"
    come_in(tablet, granvik, "farid")
    page = shown(tablet.get("/me"))
    assert "Farid" in page
    assert "Amina" not in page


def test_what_the_one_before_had_sent_is_not_the_next_ones(granvik, tablet):
    come_in(tablet, granvik)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(UserSession).values(expires_at=ctx.now))
    sent = tablet.post("/courses/documentation/notes/feelings", data={"text": "Amina skrev"})
    assert sent.location == "/shared"
    assert come_in(tablet, granvik, "farid").location == "/todo"


def test_wrong_codes_are_answered_alike_and_block(granvik, tablet, client):
    for number in range(PERSONAL_CODE_TRIES):
        answer = tablet.post(door(granvik, "amina"), data={"code": f"40719{4 + number}"})
        assert answer.status_code == 422
        assert shown(answer).count("You do not come in with this.") == 2
    assert come_in(tablet, granvik).status_code == 429
    assert come_in(tablet, granvik, "farid").status_code == 303
    tablet.post("/sign-out")
    later = datetime.now(UTC) + timedelta(minutes=16)
    with time_machine.travel(later, tick=False):
        assert come_in(tablet, granvik).status_code == 422  # blocked, whatever is typed
        prove(granvik, "amina")  # signs in elsewhere
        assert come_in(tablet, granvik).status_code == 303


@pytest.mark.parametrize("number", ["1001", "9999", "", "x" * 99])
def test_a_number_that_is_nobodys_is_answered_as_a_wrong_code(granvik, tablet, number):
    answer = tablet.post("/shared/number", data={"name": number, "code": "000000"})
    assert answer.status_code == 422
    assert "You do not come in with this." in shown(answer)
    assert "Amina" not in shown(answer)


def test_the_device_hears_so_many_codes(granvik, tablet):
    found = [
        tablet.post("/shared/number", data={"name": str(number), "code": "000000"}).status_code
        for number in range(LIMITS["personal_code"].by_address + 2)
    ]
    assert found == [422] * LIMITS["personal_code"].by_address + [429] * 2


def test_a_lead_is_a_learner_there_however_they_come_in(granvik, tablet, things):
    come_in(tablet, granvik, "karin")
    assert tablet.get("/todo").status_code == 200
    for path in ("/team", "/assign", "/meetings", "/devices", f"/team/{granvik.person('amina').public_id}"):
        assert tablet.get(path).status_code == 404
    tablet.post("/sign-out")
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Employer).values(second_factor="required"))
    assert come_in(tablet, granvik, "karin").location == "/todo"  # as a learner: nothing about others opens
    assert tablet.get("/todo").status_code == 200


def test_a_second_step_is_asked_of_who_comes_in_otherwise(granvik, tablet, app):
    give_app(granvik, "karin", datetime.now(UTC))
    come_in(tablet, granvik, "karin")  # chosen by who had proven both
    assert tablet.get("/todo").status_code == 200
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(UserSession).values(second_factor_at=None))
    assert tablet.get("/todo").location == "/sign-in/second?next=/todo"
    assert tablet.get("/sign-in/second").status_code == 200


def test_who_signs_in_there_with_a_mailed_code_is_a_learner_too(granvik, tablet):
    page = tablet.post("/sign-in", data={"email": "karin.lind@granvik.example"})
    assert page.location == "/sign-in/code"
    assert "karin.lind@" not in shown(tablet.get("/sign-in/code"))  # the next would read it
    with work(granvik.house, writes=False) as ctx:
        link = ctx.db.scalars(select(LinkToken)).one()
        secret = granvik.house.settings.secret_key.get_secret_value()
        _token, code = mail_secrets(secret, link.id, link.created_at)
    form = {"email": "karin.lind@granvik.example", "code": code, "remember": "yes"}
    answer = tablet.post("/sign-in/code", data=form)
    assert answer.location == "/todo"
    assert "Max-Age" not in answer.headers["Set-Cookie"].partition("kunnig=")[2].partition(",")[0]
    assert tablet.get("/team").status_code == 404
    assert 'data-lock="120"' in tablet.get("/todo").text


def test_nothing_else_opens_there(app, granvik, tablet, things):
    come_in(tablet, granvik)
    refused = set()
    for rule, method in routes(app):
        if rule.endpoint.split(".")[0] in {"public", "signin"} or rule.endpoint in PAGES:
            continue
        answer = tablet.open(address(rule, things | {"token": "t"}), method=method)
        assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status_code}"
        refused.add(rule.endpoint)
    assert {
        "staff.data_file",
        "staff.certificate_pdf",
        "staff.email",
        "staff.security",
        "staff.share",
    } <= refused
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= PAGES


def test_pages_there_lead_to_no_page_that_does_not_open(app, granvik, tablet, things):
    come_in(tablet, granvik)
    number = things["number"]
    for path in (
        "/todo",
        "/courses",
        "/courses/documentation",
        "/plan",
        "/me",
        "/certificates",
        f"/certificates/{number}",
    ):
        page = tablet.get(path)
        assert page.status_code == 200, path
        assert "data-lock" in page.text
        for link in set(re.findall(r'href="(/[^"#]*)"', page.text)):
            if not link.startswith("/static/"):
                assert tablet.get(link).status_code in {200, 303}, f"{path} leads to {link}"


def test_a_lead_makes_one_and_ends_it(granvik, english, app):
    karin = english("karin")
    page = shown(karin.get("/devices"))
    assert "Make this device a shared one" in page
    assert karin.post("/devices", data={"unit": str(granvik.unit("Björken").public_id)}).status_code == 422
    assert (
        karin.post("/devices", data={"unit": str(granvik.unit("Eken").public_id), "name": "x"}).status_code
        == 404
    )
    made = karin.post("/devices", data={"unit": str(granvik.unit("Björken").public_id), "name": "Köket"})
    assert (made.location, made.headers["Clear-Site-Data"]) == ("/shared", EVERYTHING)
    assert "Who are you?" in shown(karin.get("/shared")) or "Vem är du?" in shown(karin.get("/shared"))
    assert karin.get("/team").location == "/shared"  # signed out there
    with granvik.work("karin", writes=False) as ctx:
        (device,) = shared_devices(ctx)
    for name, sees in (("karin", True), ("admin", True), ("jonas", False)):
        assert ("Köket" in shown(english(name).get("/devices"))) is sees
    choose(granvik, "amina", CODES["amina"])
    come_in(karin, granvik)
    assert karin.get("/todo").status_code == 200
    assert english("jonas").post(f"/devices/{device.public_id}/end").status_code == 404
    assert english("admin").post(f"/devices/{device.public_id}/end").location == "/devices?ended=1"
    assert karin.get("/todo").location == "/shared"  # whoever was on it is signed out
    gone = karin.get("/shared")
    assert gone.location == "/sign-in"
    assert karin.get("/").location == "/sign-in"  # its cookie is gone
    with granvik.inside() as ctx:
        noted = select(AuditEntry.action).where(AuditEntry.action.like("device.%"))
        assert list(ctx.db.scalars(noted)) == ["device.shared", "device.sharing_ended"]


def test_ending_one_leaves_the_others(granvik, tablet):
    with granvik.work("karin") as ctx:
        share_device(ctx, granvik.unit("Björken").public_id, "Köket", "")
    come_in(tablet, granvik)
    with granvik.work("karin") as ctx:
        other = next(each for each in shared_devices(ctx) if each.name == "Köket")
        stop_sharing(ctx, other.public_id)
    assert tablet.get("/todo").status_code == 200


def test_the_own_code_is_chosen_after_a_proof_and_removed(granvik, english):
    amina = english("amina")
    assert amina.get("/me/code").location == "/me/prove?next=/me/code"
    assert amina.post("/me/code", data={"code": "407193"}).location == "/me/prove?next=/me/code"
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(UserSession).values(proven_at=ctx.now))
    easy = amina.post("/me/code", data={"code": "123456"})
    assert easy.status_code == 422
    assert shown(easy).count("This is easy to guess.") == 2
    assert amina.post("/me/code", data={"code": "407 193"}).location == "/me?saved=code"
    assert "Your personal code is chosen." in shown(amina.get("/me?saved=code"))
    assert amina.post("/me/code/remove").location == "/me?saved=no_code"
    assert amina.post("/stay").status_code == 404  # this device is not shared
