"""Notices in a real browser: asked for on a tap only, shown by the service worker, gone when signed out."""

import json

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr
from sqlalchemy import select

from lms.base.context import work
from lms.identity.models import PushSubscription
from lms.jobs.worker import work_off
from lms.messages.push_sealing import new_key
from tests.jobs.gateway import with_settings
from tests.jobs.push_service import push_service
from tests.journeys.phone import Phone, served
from tests.learning.taking import assign
from tests.messages.browsers import TakingBrowser

ONCE = [pytest.param("sqlite", marks=pytest.mark.browser)]
# The push service of a browser maker is not to be had here: what it hands to the browser is put in its place.
STAND_IN = """([endpoint, p256dh, auth]) => {
  window.asked = 0;
  const ask = Notification.requestPermission.bind(Notification);
  Notification.requestPermission = () => (window.asked++, ask());
  PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async (options) => {
    window.options = options;
    return { endpoint, toJSON: () => ({ endpoint, keys: { p256dh, auth } }) };
  };
}"""


SHOWN = """navigator.serviceWorker.ready.then((there) => there.getNotifications())
  .then((all) => all.map(({ title, body, data }) => [title, body, data]))"""
# A tap by a hand is not to be had either: the worker is told of one, and says what it would open.
TAP = """async () => {
  const opened = [];
  Clients.prototype.openWindow = async (url) => opened.push(url);
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  return opened;
}"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("house", ONCE, indirect=True)
def test_notices_from_the_tap_that_turns_them_on_to_the_one_that_opens_them(
    app, house, granvik, playwright, tmp_path, monkeypatch
):
    key, browser = new_key(), TakingBrowser()
    there = app.extensions["kunnig"] = with_settings(house, push_key=SecretStr(key))
    with push_service(tmp_path, monkeypatch) as service, served(app) as (url, way):
        phone = Phone(playwright, url, way, tmp_path / "profile")
        phone.sign_in(house, granvik, "amina")
        page = phone.page
        phone.context.grant_permissions(["notifications"], origin=url)
        phone.open("/todo")
        given = json.dumps(["https://push.example.org/1", browser.key, browser.auth])
        page.add_init_script(f"({STAND_IN})({given})")
        page.goto("/me/messages")
        turn_on = page.get_by_role("button", name="Slå på aviseringar här")
        expect(turn_on).to_be_visible()
        assert page.evaluate("window.asked") == 0
        turn_on.click()
        expect(page.get_by_text("De är på här, tills du loggar ut.")).to_be_visible()
        with work(there) as ctx:
            (row,) = ctx.db.scalars(select(PushSubscription))
            assert (row.endpoint, row.key, row.auth) == (
                "https://push.example.org/1",
                browser.key,
                browser.auth,
            )
            row.endpoint = service.address  # its port is none of a push service
        page.get_by_label("Med en avisering i telefonen").check()
        page.get_by_label("Från").fill("00:00")
        page.get_by_label("Till").fill("00:00")
        page.get_by_role("button", name="Spara").click()
        expect(page.get_by_text("Sparat.")).to_be_visible()

        assign(granvik, "amina")
        work_off(there)
        ((_headers, body),) = service.sent
        for _try in range(
            5
        ):  # a worker that is being replaced may miss one; the same notice takes its own place
            deliver(phone, url, browser.opened(body).decode())
            page.wait_for_timeout(500)
            if shown := page.evaluate(SHOWN):
                break
        assert shown == [["Kunnig", "Du har fått en kurs.", "/messages"]]
        assert phone.context.service_workers[-1].evaluate(TAP) == ["/messages"]
        assert page.evaluate(SHOWN) == []

        page.goto("/me")
        page.get_by_role("button", name="Logga ut här").click()
        page.wait_for_url("**/sign-in*")
        with work(there, writes=False) as ctx:
            assert ctx.db.scalars(select(PushSubscription)).all() == []
        assert phone.errors == []
        phone.context.close()


def deliver(phone, url, text):
    """Hand a notice to the browser's service worker as its push service would."""
    cdp = phone.context.new_cdp_session(phone.page)
    found = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    cdp.send("ServiceWorker.enable")
    for _try in range(100):
        if found:
            break
        phone.page.wait_for_timeout(50)
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": url, "registrationId": found[-1]["registrationId"], "data": text},
    )
