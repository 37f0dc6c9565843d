"""Whoever has a step of signing in left gets to the page of that step, and to nothing else."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from lms.base.context import work
from lms.identity.models import Account
from lms.organisation.models import Employer
from tests.guards.test_urls import ANYBODY, address, routes, things
from tests.identity.factors import give_app
from tests.identity.people import newcomer

__all__ = ["things"]  # a fixture

DOORS = {
    "own": ("/sign-in/own", {"signin.own", "signin.set_own_ways"}),
    "prove": ("/sign-in/second", {"signin.second", "signin.enter_second", "signin.second_options"}),
    "set_up": (
        "/me/security",
        {
            "staff.security", "staff.security_app", "staff.confirm_security_app", "staff.new_passkey",
            "staff.new_passkey_options", "staff.prove", "staff.show_proof",
        },
    ),
}  # fmt: skip
BEFORE_SIGN_IN = ANYBODY | {
    "public.media", "signin.sign_in", "signin.send_link", "signin.code", "signin.enter_code", "signin.link",
    "signin.enter_link", "signin.password", "signin.enter_password", "signin.slip", "signin.enter_slip",
    "signin.sign_out", "signin.language", "signin.passkey_options", "signin.enter_passkey",
    "signin.stop", "signin.stop_now", "signin.shared", "signin.shared_number", "signin.enter_shared_number",
    "signin.shared_person", "signin.enter_shared_person",
}  # fmt: skip


def leave(step, granvik):
    """Let Maria have this step left."""
    if step == "own":
        newcomer(granvik, "maria")
    elif step == "prove":
        give_app(granvik, "maria", datetime.now(UTC))
    else:
        with work(granvik.house) as ctx:
            ctx.db.execute(update(Employer).values(second_factor="required"))


@pytest.mark.parametrize("step", DOORS)
def test_half_a_sign_in_opens_nothing(app, granvik, sign_in, things, step):
    browser = sign_in(granvik, "maria")
    leave(step, granvik)
    door, own_pages = DOORS[step]
    led = 0
    for rule, method in routes(app):
        if rule.endpoint in BEFORE_SIGN_IN | own_pages:
            continue
        answer = browser.open(address(rule, things | {"token": "t"}), method=method)
        assert answer.status_code == 303, f"{method} {rule.rule}: {answer.status_code}"
        assert answer.location.split("?")[0] == door, f"{method} {rule.rule}: {answer.location}"
        led += 1
    assert led > 50
    assert browser.get(door).status_code == 200


@pytest.mark.parametrize("step", DOORS)
def test_half_a_sign_in_is_nobody_on_public_pages(granvik, sign_in, step):
    browser = sign_in(granvik, "maria")
    leave(step, granvik)
    browser.post("/language", data={"to": "nb"})
    with work(granvik.house, writes=False) as ctx:
        assert ctx.db.get_one(Account, granvik.actor("maria").account_id).language == "sv"
    assert 'aria-label="Huvudmeny"' not in browser.get("/help").text
    assert browser.post("/sign-out").location == "/sign-in"
    assert browser.get(DOORS[step][0]).location.startswith("/sign-in?")
