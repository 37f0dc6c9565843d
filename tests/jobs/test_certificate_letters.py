"""What the holder of a certificate is told when something was decided about it, and what to do; nobody else is told."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from lms.evidence.actions import correct_name, end_certificates, reinstate_certificate, revoke_certificate
from lms.evidence.models import CertificateRow
from lms.evidence.queries import my_certificates
from lms.identity.models import Account, Identifier
from lms.jobs.worker import work_off
from lms.organisation.models import Employment
from lms.register.models import Status
from tests.jobs.test_worker import letters, outcomes
from tests.learning.taking import COURSE, assign, take

REASON = "Någon annan gjorde testet"
AMINA = "amina.yusuf@granvik.example"


@pytest.fixture
def number(granvik):
    """Number of the certificate of Amina, whom the course is asked of; the letters before are gone."""
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    with granvik.inside(writes=True) as ctx:
        account = Account.id == granvik.actor("amina").account_id
        ctx.db.execute(update(Account).where(account).values(language="en"))
    told(granvik)
    with granvik.work("amina", writes=False) as ctx:
        return my_certificates(ctx)[0].content.number


def told(town):
    """The letters that a worker sends now, as (to, subject, text)."""
    for path in town.house.settings.mail_folder.glob("*.eml"):
        path.unlink()
    work_off(town.house)
    return [(to, subject, text.replace("\r\n", "\n")) for to, subject, text in letters(town.house)]


def decide(town, what, *about):
    with town.work("maria") as ctx:
        return what(ctx, *about)


def read(number):
    return f"{number[:5]}-{number[5:]}"


def test_of_a_revocation_the_holder_is_told_why_and_by_when_to_take_it_again(granvik, number):
    decide(granvik, revoke_certificate, number, REASON)
    ((to, subject, text),) = told(granvik)
    assert (to, subject) == (AMINA, "Your certificate in Documentation was revoked")
    assert f"Your certificate {read(number)} in Documentation was revoked on " in text
    assert f"Reason: {REASON}\n\nTake the course again by " in text
    assert "Ask your manager if you think this is wrong.\n\nOpen the course:\nhttp" in text
    assert text.rstrip().endswith(f"/courses/{COURSE}")


def test_what_is_late_by_now_is_to_be_taken_soon(granvik, number):
    decide(granvik, revoke_certificate, number, REASON)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(Status).values(due_on=ctx.today - timedelta(days=3)))
    ((_to, _subject, text),) = told(granvik)
    assert "Take the course again as soon as you can." in text


def test_where_nothing_asks_for_it_nothing_is_to_be_done(granvik, number):
    take(granvik, "amina", right=12)  # one more certificate, which counts
    told(granvik)
    decide(granvik, revoke_certificate, number, REASON)
    ((_to, _subject, text),) = told(granvik)
    assert "You do not have to do anything." in text
    assert text.rstrip().endswith(f"/certificates/{read(number)}")


def test_of_a_revocation_that_is_taken_back(granvik, number):
    decide(granvik, revoke_certificate, number, REASON)
    told(granvik)
    decide(granvik, reinstate_certificate, number, "Det var hon")
    ((to, subject, text),) = told(granvik)
    assert (to, subject) == (AMINA, "Your certificate in Documentation: the revocation was taken back")
    assert "had been revoked. On " in text
    assert "Reason: Det var hon\n\nIt counts again, until and including " in text
    assert REASON not in text


def test_of_a_corrected_name_the_letter_leads_to_the_new_one(granvik, number):
    new = decide(granvik, correct_name, number, "Amina Ali", "Felstavat").number
    ((_to, subject, text),) = told(granvik)
    assert subject == "You have a new certificate in Documentation"
    assert f"a new one took its place: {read(new)}." in text
    assert "Reason: Felstavat\n\nUse the new one from now on." in text
    assert text.rstrip().endswith(f"/certificates/{read(new)}")


def test_the_letter_leads_to_the_new_one_also_where_the_course_is_to_be_taken(granvik, number):
    new = decide(granvik, correct_name, number, "Amina Ali", "Felstavat").number
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(
            update(Status).values(
                due_on=ctx.today, expires_on=None, achieved_on=None, proof_id=None, renew_on=None
            )
        )
    ((_to, _subject, text),) = told(granvik)
    assert "Open the course:" not in text
    assert text.rstrip().endswith(f"/certificates/{read(new)}")


def test_what_was_decided_meanwhile_goes_instead(granvik, number):
    decide(granvik, revoke_certificate, number, REASON)
    decide(granvik, reinstate_certificate, number, "Det var hon")
    new = decide(granvik, correct_name, number, "Amina Ali", "Felstavat").number
    newest = decide(granvik, correct_name, new, "Amina Yusuf Ali", "Felstavat").number
    ((_to, _subject, text),) = told(granvik)
    assert read(newest) in text
    of_kind = {outcome[1:] for outcome in outcomes(granvik) if outcome[0] == "certificate_decided"}
    assert of_kind == {("sent", None), ("not_sent", "withdrawn")}


def test_it_is_told_to_the_holder_alone_and_once(granvik, number):
    decide(granvik, end_certificates, [number], REASON)
    assert [to for to, _subject, _text in told(granvik)] == [AMINA]
    assert told(granvik) == []


def test_also_to_who_has_left_and_keeps_it(granvik, number):
    with granvik.inside(writes=True) as ctx:
        post = Employment.person_id == granvik.person("amina").id
        ctx.db.execute(update(Employment).where(post).values(valid_to=ctx.today - timedelta(days=3)))
    decide(granvik, revoke_certificate, number, REASON)
    ((to, _subject, text),) = told(granvik)
    assert to == AMINA
    assert "You do not have to do anything. Ask Granviks kommun if you think this is wrong." in text


def test_without_an_address_it_stands_on_their_own_page(granvik, english, number):
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(delete(Identifier).where(Identifier.account_id == granvik.actor("amina").account_id))
    decide(granvik, revoke_certificate, number, REASON)
    assert told(granvik) == []
    assert ("certificate_decided", "not_sent", "no_address") in outcomes(granvik)
    assert f"Reason: {REASON}" in english("amina").get(f"/certificates/{number}").text


def test_one_that_ran_out_meanwhile_counts_no_more(granvik):
    take(granvik, "hodan", right=12)
    told(granvik)
    with granvik.work("hodan", writes=False) as ctx:
        number = my_certificates(ctx)[0].content.number
    decide(granvik, revoke_certificate, number, REASON)
    with granvik.inside(writes=True) as ctx:
        ctx.db.execute(update(CertificateRow).values(expires_on=ctx.today - timedelta(days=1)))
    decide(granvik, reinstate_certificate, number, "Det var hon")
    ((_to, _subject, text),) = told(granvik)
    assert "counts" not in text
    assert "Det gällde till och med " in text
