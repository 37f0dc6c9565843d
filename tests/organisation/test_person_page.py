"""One person in the organisation, and signing somebody out who has lost a phone."""

import pytest
from sqlalchemy import delete, select, update

from lms.base.access import Role
from lms.base.audit import AuditEntry
from lms.base.errors import NotFound
from lms.identity.models import Identifier
from lms.organisation.actions import grant_role
from lms.organisation.arrival import make_slip, sign_everybody_out
from lms.organisation.models import Person
from tests.builders import START
from tests.identity.people import give_password
from tests.organisation.lists import staff_list
from tests.web.browser import PASSWORD, is_signed_in
from tests.web.test_employer_sign_in import only_over


def page_of(town, name):
    return f"/org/people/{town.person(name).public_id}"


def test_where_somebody_works_and_has_worked(sign_in, granvik, take_in):
    take_in(staff_list("1001;Amina;Yusuf;Eken;usk;2026-02-01"))
    maria = sign_in(granvik, "maria")
    assert f'href="{page_of(granvik, "amina")}"' in maria.get("/org/people").text
    page = maria.get(page_of(granvik, "amina")).text
    assert "<h1>Amina Yusuf</h1>" in page
    assert "1001" in page
    assert page.index("Eken") < page.index("Björken")
    assert "<form" not in page.split("<main")[1].split("</main>")[0]  # an officer signs nobody out


def test_who_has_never_signed_in(sign_in, granvik, take_in):
    take_in(staff_list("77;Bo;Ek;Eken;usk;2026-03-01"))
    with granvik.inside() as ctx:
        bo = ctx.db.scalars(select(Person).where(Person.given_name == "Bo")).one()
    page = sign_in(granvik, "admin").get(f"/org/people/{bo.public_id}").text
    assert "inloggningslapp" in page
    assert "sign-out" not in page.split("<main")[1].split("</main>")[0]


def test_an_administrator_signs_somebody_out_on_all_devices(sign_in, granvik):
    phone, tablet, farid = (sign_in(granvik, name) for name in ("amina", "amina", "farid"))
    ida = sign_in(granvik, "admin")
    address = page_of(granvik, "amina")
    assert f'action="{address}/sign-out"' in ida.get(address).text
    done = ida.post(f"{address}/sign-out")
    assert done.location == f"{address}?signed_out=1"
    assert "utloggad" in ida.get(done.location).text
    assert [is_signed_in(browser) for browser in (phone, tablet, farid, ida)] == [False, False, True, True]
    assert is_signed_in(sign_in(granvik, "amina"))
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "session.all_ended")).one()
    assert (entry.person_id, entry.object_id) == (granvik.person("admin").id, granvik.person("amina").id)


@pytest.mark.parametrize("name", ["maria", "karin", "amina"])
def test_nobody_else_does(sign_in, granvik, name):
    hodan = sign_in(granvik, "hodan")
    assert sign_in(granvik, name).post(page_of(granvik, "hodan") + "/sign-out").status_code == 404
    assert is_signed_in(hodan)


def test_not_outside_the_own_units(sign_in, granvik, fjordvik):
    only_over(granvik, "Eken")
    ida = sign_in(granvik, "admin")
    assert ida.post(page_of(granvik, "amina") + "/sign-out").status_code == 404
    assert ida.get(page_of(granvik, "amina")).status_code == 404
    assert ida.post(page_of(granvik, "hodan") + "/sign-out").status_code == 303
    assert ida.post(page_of(fjordvik, "kari") + "/sign-out").status_code == 404


def test_the_button_stands_where_it_works(sign_in, granvik):
    only_over(granvik, "Eken")
    with granvik.work("admin") as ctx:
        ida = ctx.db.get_one(Person, granvik.person("admin").id)
        grant_role(ctx, person=ida, role=Role.OFFICER, unit=None, valid_from=START)
    browser = sign_in(granvik, "admin")
    for name, stands in (("amina", False), ("hodan", True)):
        assert ("/sign-out" in browser.get(page_of(granvik, name)).text.split("<main")[1]) is stands


def test_a_protected_identity_has_no_name_there(sign_in, granvik):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.given_name == "Amina").values(protected=True))
    page = sign_in(granvik, "admin").get(page_of(granvik, "amina")).text
    assert "Yusuf" not in page
    assert "Björken" not in page
    assert "Skyddade personuppgifter" in page


def test_everybody_is_signed_out_at_one_employer(sign_in, granvik, fjordvik):
    here, there = sign_in(granvik, "amina"), sign_in(fjordvik, "kari")
    with granvik.work("admin") as ctx:
        assert sign_everybody_out(ctx) == 1
    assert [is_signed_in(browser) for browser in (here, there)] == [False, True]


def test_only_by_the_administrator_of_the_whole(granvik):
    for name in ("maria", "karin"):
        with granvik.work(name) as ctx, pytest.raises(NotFound):
            sign_everybody_out(ctx)
    only_over(granvik, "Eken")
    with granvik.work("admin") as ctx, pytest.raises(NotFound):
        sign_everybody_out(ctx)


def without_address(granvik, name):
    """Let somebody have a password, and no e-mail address."""
    give_password(granvik, name, PASSWORD)
    account = granvik.actor(name).account_id
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == account))


def test_who_has_no_address_and_has_forgotten_the_password_begins_again(sign_in, granvik):
    without_address(granvik, "hodan")
    hodan, ida = sign_in(granvik, "hodan"), sign_in(granvik, "admin")
    address = page_of(granvik, "hodan")
    assert f'action="{address}/start-again"' in ida.get(address).text
    done = ida.post(f"{address}/start-again")
    assert done.location == f"{address}?begun_again=1"
    assert "inloggningslapp" in ida.get(done.location).text
    assert not is_signed_in(hodan)
    with granvik.work("jonas") as ctx:
        assert make_slip(ctx, granvik.person("hodan").public_id).code
    with granvik.inside() as ctx:
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "account.begun_again")).one()
    assert (entry.person_id, entry.object_id) == (granvik.person("admin").id, granvik.person("hodan").id)
    assert ida.post(f"{address}/start-again").status_code == 409


def test_nobody_takes_the_password_of_who_has_a_confirmed_address_or_the_own(sign_in, granvik):
    give_password(granvik, "amina", PASSWORD)
    without_address(granvik, "admin")
    ida = sign_in(granvik, "admin")
    assert "start-again" not in ida.get(page_of(granvik, "amina")).text
    for name in ("amina", "admin"):
        assert ida.post(page_of(granvik, name) + "/start-again").status_code == 409


def test_only_by_an_administrator_in_reach(sign_in, granvik):
    without_address(granvik, "amina")
    only_over(granvik, "Eken")
    for name in ("admin", "maria", "karin"):
        assert sign_in(granvik, name).post(page_of(granvik, "amina") + "/start-again").status_code == 404
