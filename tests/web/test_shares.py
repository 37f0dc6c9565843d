"""Sharing certificates by a link that ends: what a stranger sees, for how long, and who may end it."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import delete, select, update

from lms.base.audit import AuditEntry
from lms.base.context import work
from lms.base.errors import NotFound
from lms.evidence.actions import correct_name, reinstate_certificate, revoke_certificate
from lms.evidence.checking import check_number
from lms.evidence.models import CertificateRow, CertificateShare
from lms.evidence.queries import public_certificate
from lms.evidence.shares import KEPT, MOST_LINKS, end_share, my_shares, share_certificates, shared_by
from lms.identity.actions import set_preferences
from lms.identity.models import Account, Identifier
from lms.identity.rules import LIMITS, token_hash
from lms.identity.slips import start_anew
from lms.jobs.worker import tidy, work_off
from lms.organisation.models import Person
from lms.reports.kept import kept_about_me
from lms.reports.own_file import all_about_me
from tests.learning.taking import take
from tests.web.staff_pages import counted, shown
from tests.web.test_wallet import are_one, number_of

GENUINE = "The certificate is genuine and valid"


@pytest.fixture
def number(granvik):
    """Amina's certificate."""
    take(granvik, "amina", right=12)
    with granvik.work("amina") as ctx:
        set_preferences(ctx, "en", "system")
    return number_of(granvik, "amina")


def share(town, *numbers, who="amina", days=7, now=None, **more):
    """The path of a link that somebody has made, and its public id."""
    with town.work(who, now=now) as ctx:
        made = share_certificates(ctx, numbers, days=days, **more)
    with town.work(who, writes=False, now=now) as ctx:
        found = next(each for each in my_shares(ctx) if each.public_id == made)
    return found.address.removeprefix(town.house.settings.public_url), made


def protect(town, name):
    with town.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Person)
            .where(Person.employer_id == town.employer_id, Person.id == town.actor(name).person_id)
            .values(protected=True)
        )


def test_from_the_form_to_a_stranger_and_back(granvik, sign_in, client, number):
    browser = sign_in(granvik, "amina")
    form = browser.get(f"/certificates/share?numbers={number}").text
    assert re.search(f'value="{number}" checked', form)
    assert re.search('name="days" value="7" checked', form)
    sent = browser.post("/certificates/share", data={"numbers": number, "days": 1, "note": "Tallen AB"})
    page = shown(browser.get(sent.headers["Location"]))
    assert "The link is ready" in page
    assert "Tallen AB" in page
    assert "Not opened yet" in page
    path = re.search(r'value="http://[^/]*(/s/[\w-]{43})"', page)[1]
    seen = client.get(path, headers={"Accept-Language": "en"})
    assert (seen.status_code, GENUINE in seen.text, number in seen.text) == (
        200,
        True,
        True,
    )
    assert "Tallen AB" not in seen.text
    assert "Opened 1 time<" in shown(browser.get("/certificates/shared"))
    end = re.search(r'action="(/certificates/shared/[^"]*/end)"', page)[1]
    assert browser.post(end).status_code == 303
    assert "You ended it on" in shown(browser.get("/certificates/shared"))
    assert client.get(path).status_code == 404


def test_one_with_a_wrong_name_is_not_offered_once_the_right_one_is_there(granvik, sign_in, number):
    with granvik.work("maria") as ctx:
        right = correct_name(ctx, number, "Amina Ali", "Felstavat").number
    browser = sign_in(granvik, "amina")
    form = browser.get("/certificates/share").text
    assert re.findall(r'name="numbers" value="([^"]*)"', form) == [f"{right[:5]}-{right[5:]}"]
    assert f'share?numbers={number}"' not in browser.get("/certificates").text
    assert "Choose all that apply." not in form
    assert "check it by its number, also when the link has ended" in form


def test_one_that_was_replaced_is_not_shared_when_its_number_is_sent_by_hand(granvik, sign_in, number):
    with granvik.work("maria") as ctx:
        correct_name(ctx, number, "Amina Ali", "Felstavat")
    answer = sign_in(granvik, "amina").post("/certificates/share", data={"numbers": number, "days": "7"})
    assert answer.status_code == 422
    assert "A certificate that was replaced cannot be shared. Choose the new one." in shown(answer)
    with granvik.work("amina", writes=False) as ctx:
        assert my_shares(ctx) == []


def test_nothing_else_of_the_person_is_behind_it(granvik, client, number):
    take(granvik, "amina", right=99, course="medication")
    path, _made = share(granvik, number)
    page = client.get(path).text
    assert page.count('class="card certificate"') == 1
    with granvik.inside() as ctx:
        numbers = {each for (each,) in ctx.db.execute(select(CertificateRow.number))}
    for each in numbers - {number.replace("-", "")}:
        assert f"{each[:5]}-{each[5:]}" not in page
        assert client.get(f"{path}/{each[:5]}-{each[5:]}.pdf").status_code == 404
    for word in ("Björken", "1001", "Undersköterska", "amina.yusuf@"):
        assert word not in page


def test_certificates_of_several_employers_with_their_verdicts_as_of_now(granvik, fjordvik, client, number):
    take(fjordvik, "kari", right=12)
    there = number_of(fjordvik, "kari")
    are_one(granvik, fjordvik)
    path, _made = share(granvik, there, number)
    english = {"Accept-Language": "en"}
    page = shown(client.get(path, headers=english))
    assert page.index(there) < page.index(number)
    assert page.count(GENUINE) == 2
    with granvik.work("maria") as ctx:
        revoke_certificate(ctx, number, "Fel person")
    page = shown(client.get(path, headers=english))
    assert (
        page.count(GENUINE),
        page.count("The certificate has been revoked"),
    ) == (1, 1)
    assert "Fel person" not in page
    with granvik.work("maria") as ctx:
        reinstate_certificate(ctx, number, "Rätt person")
    assert shown(client.get(path, headers=english)).count(GENUINE) == 2


@pytest.mark.parametrize("later", [0, 800])
def test_it_never_says_another_verdict_than_the_page_that_verifies(granvik, number, later):
    path, _made = share(granvik, number)
    with work(granvik.house, writes=False) as ctx:
        ctx.now += timedelta(days=later)
        alone = public_certificate(ctx, number)
        ctx.db.execute(update(CertificateShare).values(expires_at=ctx.now + timedelta(days=1)))
        (each,) = shared_by(ctx, path.removeprefix("/s/")).certificates
        on_page = check_number(ctx, number)
    assert (each.certificate, each.verification) == (alone, on_page)
    assert alone.verdict.value == ("expired" if later else "valid")


def test_over_ended_and_unknown_are_one_page(granvik, client, number):
    over, _made = share(granvik, number, days=1)
    ended, made = share(granvik, number, days=30)
    with granvik.work("amina") as ctx:
        ctx.db.execute(
            update(CertificateShare).where(CertificateShare.public_id == made).values(ended_at=ctx.now)
        )
    with work(granvik.house, writes=False) as ctx:
        tomorrow = ctx.now + timedelta(days=1, minutes=1)
    assert client.get(over).status_code == 200
    with time_machine.travel(tomorrow):
        answers = [
            client.get(path, headers={"Accept-Language": "en"}) for path in (over, ended, f"/s/{'x' * 43}")
        ]
        assert client.get(f"{over}/{number}.pdf").status_code == 404
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_own(answer.text) for answer in answers}) == 1
    assert "The link leads nowhere" in answers[0].text


def _without_own(page):
    """A page without its own address, which the choice of languages leads back to."""
    return re.sub(r"next=[^\"&]*", "", page)


def test_it_ends_when_the_account_is_taken_back_from_somebody_with_anothers_slip(granvik, client, number):
    path, made = share(granvik, number)
    with granvik.inside(writes=True) as ctx:
        account = ctx.db.get_one(Account, granvik.actor("amina").account_id)
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == account.id))
        account.password_hash = None
        assert start_anew(ctx, account)
    assert client.get(path).status_code == 404
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Account, account.id).activated_at = ctx.now
    assert client.get(path).status_code == 404
    with granvik.work("amina") as ctx:
        assert my_shares(ctx) == []
        with pytest.raises(NotFound):
            end_share(ctx, made)
    again, _made = share(granvik, number)
    assert client.get(again).status_code == 200


def test_no_index_no_cache_and_no_referrer(granvik, client, number):
    path, _made = share(granvik, number)
    work_off(granvik.house)
    for each in (path, f"{path}/{number}.pdf", f"{path}/{number}.json", "/s/x"):
        headers = client.get(each).headers
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in headers["Cache-Control"]


def test_the_pdf_is_made_when_it_is_asked_for(granvik, client, number):
    path, _made = share(granvik, number)
    with granvik.inside() as ctx:
        for key in list(ctx.house.files.all_keys()):
            if key.startswith("certificates/"):
                ctx.house.files.delete(key)
    answer = client.get(f"{path}/{number}.pdf")
    assert answer.status_code == 202
    assert f'data-poll="{path}/{number}.pdf"' in answer.text
    work_off(granvik.house)
    answer = client.get(f"{path}/{number}.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")


def test_the_signed_document_is_signed_when_it_is_asked_for(granvik, client, number):
    path, _made = share(granvik, number)
    answer = client.get(f"{path}/{number}.json")
    assert (answer.status_code, f'data-poll="{path}/{number}.json"' in answer.text) == (202, True)
    work_off(granvik.house)
    answer = client.get(f"{path}/{number}.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/vc+json")
    assert number in answer.text


def test_the_table_holds_no_token_and_the_log_neither_whom_nor_which(granvik, number):
    path, made = share(granvik, number, note="Tallen AB")
    token = path.removeprefix("/s/")
    with granvik.inside() as ctx:
        row = ctx.db.scalars(select(CertificateShare)).one()
        assert row.token_hash == token_hash(token)
        assert token not in str({each.name: getattr(row, each.name) for each in row.__table__.columns})
        entry = ctx.db.scalars(select(AuditEntry).where(AuditEntry.action == "certificates.shared")).one()
        assert (entry.person_id, entry.facts) == (granvik.actor("amina").person_id, {"count": 1, "days": 7})
    assert isinstance(made, UUID)


def test_a_protected_identity_has_no_name_there_and_files_by_choice_alone(granvik, sign_in, client, number):
    before, _made = share(granvik, number)
    work_off(granvik.house)
    assert "Yusuf" in client.get(before).text
    protect(granvik, "amina")
    chosen, _made = share(granvik, number, with_name=True)
    for path, files in ((before, 404), (chosen, 200)):
        page = client.get(path, headers={"Accept-Language": "en"})
        assert "Yusuf" not in page.text
        assert "Protected identity" in page.text
        assert (".pdf" in page.text) == (files == 200)
        assert client.get(f"{path}/{number}.pdf").status_code == files
        assert client.get(f"{path}/{number}.json").status_code == files
    assert "Your identity is protected" in sign_in(granvik, "amina").get("/certificates/share").text


def test_who_is_protected_at_one_employer_has_no_name_on_what_another_has_issued(
    granvik, fjordvik, client, number
):
    take(fjordvik, "kari", right=12)
    there = number_of(fjordvik, "kari")
    are_one(granvik, fjordvik)
    protect(granvik, "amina")
    path, _made = share(granvik, there)
    work_off(granvik.house)
    assert "Nes" not in client.get(path).text
    assert "Nes" not in client.get(f"/v/{there}").text
    assert client.get(f"/v/{there}.json").json["certificate"]["holder_name"] is None
    assert client.get(f"{path}/{there}.pdf").status_code == 404


def test_only_own_certificates_can_be_shared_and_only_own_links_seen(granvik, fjordvik, sign_in, number):
    for town, name in ((granvik, "farid"), (granvik, "maria"), (fjordvik, "kari")):
        browser = sign_in(town, name)
        assert browser.post("/certificates/share", data={"numbers": number, "days": 7}).status_code == 404
        _path, made = share(granvik, number)
        assert browser.post(f"/certificates/shared/{made}/end").status_code == 404
        assert number not in browser.get("/certificates/shared").text
        with granvik.work("amina", writes=False) as ctx:
            assert all(each.is_running for each in my_shares(ctx))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"days": 7}, "Choose at least one certificate."),
        ({"days": 8}, "Choose how long the link works."),
        ({"days": "x"}, "Choose how long the link works."),
        ({"days": 7, "note": "x" * 81}, "Write at most 80 characters."),
    ],
)
def test_a_form_that_cannot_be_followed_is_shown_again(granvik, sign_in, number, data, said):
    data |= {"numbers": number} if said != "Choose at least one certificate." else {}
    answer = sign_in(granvik, "amina").post("/certificates/share", data=data)
    assert answer.status_code == 422
    assert said in shown(answer)


def test_too_many_links_are_refused(granvik, sign_in, number):
    for _ in range(MOST_LINKS):
        share(granvik, number)
    answer = sign_in(granvik, "amina").post("/certificates/share", data={"numbers": number, "days": 7})
    assert (answer.status_code, "You share many links already." in answer.text) == (409, True)


def test_look_ups_are_counted_by_address(granvik, client, number, monkeypatch):
    monkeypatch.setitem(LIMITS, "share", replace(LIMITS["share"], by_address=2))
    path, _made = share(granvik, number)
    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/s/x").status_code == 429


def test_statements_are_so_many_for_each_employer(granvik, fjordvik, house, number):
    take(fjordvik, "kari", right=12)
    are_one(granvik, fjordvik)
    with granvik.work("amina", writes=False) as ctx:
        take(granvik, "amina", right=99, course="medication")
    path, _made = share(granvik, number, number_of(fjordvik, "kari"))
    with work(house, writes=False) as ctx, counted(house) as sent:
        assert len(shared_by(ctx, path.removeprefix("/s/")).certificates) == 2
    assert len(sent) == 3 + 2 * 2


def test_a_link_is_forgotten_some_time_after_it_ended(granvik, number):
    _path, old = share(granvik, number, days=1)
    _path, ended = share(granvik, number, days=30)
    _path, running = share(granvik, number, days=30)
    with granvik.work("amina") as ctx:
        ctx.db.execute(
            update(CertificateShare).where(CertificateShare.public_id == ended).values(ended_at=ctx.now)
        )
        now = ctx.now

    def left(at):
        tidy(granvik.house, at)
        with work(granvik.house, writes=False) as ctx:
            return set(ctx.db.scalars(select(CertificateShare.public_id)))

    assert left(now + KEPT) == {old, ended, running}
    assert left(now + KEPT + timedelta(minutes=1)) == {old, running}
    assert left(now + KEPT + timedelta(days=1, minutes=1)) == {running}


def test_it_is_among_what_is_kept_about_one(granvik, number):
    share(granvik, number, note="Tallen AB")
    with granvik.work("amina", writes=False) as ctx:
        assert {each.kind: each.count for each in kept_about_me(ctx)}["share"] == 1
        said = all_about_me(ctx)
        assert "Tallen AB" in said
        assert "token_hash" not in said.partition("certificate_share")[2][:600]
    with granvik.work("farid", writes=False) as ctx:
        assert {each.kind: each.count for each in kept_about_me(ctx)}["share"] == 0
        assert "Tallen AB" not in all_about_me(ctx)
