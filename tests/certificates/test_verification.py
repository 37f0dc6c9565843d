"""The one answer to a check: both verdicts for every mixture of facts, and its form for machines."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from certificates import UNSETTLED, FileVerdict, NotGenuine, State, Status, verification
from certificates.verification import Step
from tests.certificates.builders import make_content

CONTENT = make_content()
TODAY, AFTER = date(2026, 11, 30), date(2027, 3, 12)
NOW = datetime(2026, 11, 30, 12, 5, 9, tzinfo=UTC)
ISSUED, OTHER, UNKNOWN, NONE = FileVerdict.ISSUED, FileVerdict.OTHER, FileVerdict.UNKNOWN, FileVerdict.NONE
REVOKED = Status(NOW, revoked_on=date(2026, 9, 1))
LISTED = Status(NOW, is_revoked=True)
REPLACED = Status(NOW, is_superseded=True)


@pytest.mark.parametrize(
    ("status", "today", "content"),
    [
        (Status(NOW), TODAY, State.VALID),
        (Status(None), TODAY, State.VALID),
        (Status(NOW), AFTER, State.EXPIRED),
        (REVOKED, TODAY, State.REVOKED),
        (LISTED, TODAY, State.REVOKED),
        (LISTED, AFTER, State.REVOKED),
        (REPLACED, TODAY, State.SUPERSEDED),
    ],
)
def test_both_verdicts_stand_for_themselves_and_the_worse_first(status, today, content):
    """A page drawn over a genuine credential is never read as genuine, whatever else is known."""
    for file, first in {
        NONE: content,
        ISSUED: content,
        OTHER: State.OTHER_FILE,
        UNKNOWN: State.UNCERTAIN_FILE if content is State.VALID else content,
    }.items():
        found = verification(CONTENT, today, status, file)
        assert (found.state, found.content, found.file) == (first, content, file)
        assert found.certificate == CONTENT


@pytest.mark.parametrize("reason", NotGenuine)
def test_without_genuine_content_nothing_is_read_and_no_file_is_ours(reason):
    for file in FileVerdict:
        found = verification(reason, TODAY, Status(NOW, renewed_by="8G4M93RFYN"), file)
        assert found.state.value == found.content.value == reason.value
        assert found.file is (NONE if file is NONE else UNKNOWN)
        assert (found.certificate, found.status) == (None, Status(NOW))
        assert found.file_step is found.content_step


@pytest.mark.parametrize(("status", "today"), [(REVOKED, TODAY), (REPLACED, TODAY), (Status(NOW), AFTER)])
def test_the_page_that_was_issued_is_worth_what_its_content_is(status, today):
    found = verification(CONTENT, today, status, ISSUED)
    assert found.file_step is found.content_step is not Step.RELY
    assert verification(CONTENT, TODAY, Status(NOW), ISSUED).file_step is Step.RELY


def test_only_one_state_is_a_yes_and_it_takes_genuine_content_and_no_doubt_about_the_file():
    everything = product(
        [CONTENT, *NotGenuine], [TODAY, AFTER], [Status(NOW), REVOKED, LISTED, REPLACED], FileVerdict
    )
    yes = [facts for facts in everything if verification(*facts).state is State.VALID]
    assert yes == [(CONTENT, TODAY, Status(NOW), NONE), (CONTENT, TODAY, Status(NOW), ISSUED)]
    assert State.VALID not in UNSETTLED


def test_a_machine_reads_the_same_in_words_that_stay():
    found = verification(CONTENT, TODAY, REPLACED, OTHER)
    assert found.as_json(NOW) == {
        "format": "kunnig-verification",
        "version": 1,
        "checked_at": "2026-11-30T12:05:09Z",
        "state": "other_file",
        "content": {"verdict": "superseded", "next": "ask_for_newer"},
        "file": {"verdict": "other", "next": "send_original"},
        "status": {
            "known_at": "2026-11-30T12:05:09Z",
            "list": None,
            "revoked_on": None,
            "renewed_by": None,
            "forgotten_on": None,
        },
        "signed_by": None,
        "certificate": {
            "number": "7F3K9-2QDXM",
            "holder_name": "Amina Yusuf",
            "course": "Läkemedel",
            "edition": "2026.1",
            "country": "SE",
            "language": "sv",
            "outcomes": list(CONTENT.outcomes),
            "minutes": 38,
            "right_answers_needed": 8,
            "questions": 10,
            "achieved_on": "2026-03-12",
            "expires_on": "2027-03-11",
            "issuer": "Granviks kommun",
            "issuer_department": "Vård och omsorg",
        },
    }
    hidden = verification(CONTENT, TODAY, REVOKED, is_named=False).as_json(NOW)
    assert hidden["certificate"]["holder_name"] is None
    assert hidden["status"]["revoked_on"] == "2026-09-01"
    nothing = verification(NotGenuine.ALTERED, TODAY, Status(None), UNKNOWN).as_json(NOW)
    assert (nothing["certificate"], nothing["status"]["known_at"]) == (None, None)
    endless = verification(make_content(expires_on=None), AFTER, Status(NOW)).as_json(NOW)
    assert (endless["state"], endless["certificate"]["expires_on"]) == ("valid", None)


def test_every_word_of_the_answer_is_one_of_a_list():
    """What is added is added to the page that documents them, too."""
    assert [state.value for state in State] == [
        "valid", "expired", "revoked", "superseded", "altered", "unknown_key", "unknown_number", "no_credential",
        "unreadable", "not_kept", "other_file", "uncertain_file",
    ]  # fmt: skip
    for found in (CONTENT, *NotGenuine):
        for file in FileVerdict:
            answer = verification(found, TODAY, Status(None), file)
            assert answer.content_step in Step
            assert answer.file_step in Step


def test_of_what_is_no_longer_kept_a_number_says_neither_yes_nor_no_and_a_file_what_it_proves():
    since = Status(NOW, forgotten_on=TODAY)
    found = verification(NotGenuine.NOT_KEPT, AFTER, since)
    assert (found.state, found.content_step) == (State.NOT_KEPT, Step.ASK_HOLDER)
    assert found.state in UNSETTLED
    assert found.status == since
    sent = verification(CONTENT, AFTER, since, UNKNOWN)
    assert (sent.state, sent.file) == (State.EXPIRED, UNKNOWN)
    assert sent.as_json(NOW)["status"]["forgotten_on"] == TODAY.isoformat()


def test_that_it_was_revoked_or_replaced_is_told_of_what_is_no_longer_kept_and_of_nothing_else_unread():
    for more, state in (({"revoked_on": TODAY}, State.REVOKED), ({"is_superseded": True}, State.SUPERSEDED)):
        status = Status(NOW, forgotten_on=TODAY, **more)
        found = verification(NotGenuine.NOT_KEPT, AFTER, status)
        assert (found.state, found.content, found.status, found.certificate) == (state, state, status, None)
        altered = verification(NotGenuine.ALTERED, AFTER, status)
        assert (altered.state, altered.status) == (State.ALTERED, Status(NOW, forgotten_on=TODAY))


def test_no_number_leads_from_a_wrong_name_to_another_nor_to_whoever_may_not_be_named() -> None:
    renewed = Status(NOW, renewed_by="8G4M93RFYN")
    replaced = Status(NOW, renewed_by="8G4M93RFYN", is_superseded=True)
    for found in (
        verification(CONTENT, TODAY, renewed, is_named=False),
        verification(CONTENT, TODAY, replaced),
    ):
        assert "8G4M9" not in str(found.as_json(NOW))
    assert found.state is State.SUPERSEDED
    assert "8G4M9" in str(verification(CONTENT, TODAY, renewed).as_json(NOW))
