"""What a check says in words: something of its own for each answer, and what to do, in every language."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from certificates import FileVerdict, NotGenuine, State, Status, verification
from certificates.verification import Step
from lms.base.i18n import LANGUAGES
from lms.evidence.verification_words import verification_words
from tests.certificates.builders import make_content

TODAY, AFTER = date(2026, 11, 30), date(2027, 3, 12)
NOW = datetime(2026, 11, 30, 12, 5, 9, tzinfo=UTC)
STATUSES = (
    Status(NOW), Status(NOW, is_revoked=True), Status(NOW, revoked_on=TODAY), Status(NOW, is_superseded=True),
)  # fmt: skip
ANSWERS = [
    verification(found, today, status, file)
    for found, today, status, file in product(
        (make_content(), make_content(expires_on=None), *NotGenuine), (TODAY, AFTER), STATUSES, FileVerdict
    )
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_has_words_of_its_own_and_says_what_to_do(language):
    headings = {}
    for answer in ANSWERS:
        said = verification_words(answer, language)
        assert all((said.heading, said.text, said.content.do, said.file.do)), answer
        assert "%(" not in said.text
        headings.setdefault(said.heading, set()).add(answer.state)
    assert {state for states in headings.values() for state in states} == set(State)
    assert all(len(states) == 1 for states in headings.values())


def test_only_a_yes_calls_the_certificate_genuine_in_its_heading_but_for_one_that_has_expired():
    for answer in ANSWERS:
        heading = verification_words(answer, "en").heading
        assert ("certificate is genuine" in heading) is (answer.state in {State.VALID, State.EXPIRED})


def test_days_are_said_where_they_are_known():
    def text(status, today=TODAY):
        return verification_words(verification(make_content(), today, status), "en").text

    assert text(Status(NOW)) == "Valid until and including 11 March 2027."
    assert text(Status(NOW), AFTER).startswith("It was valid until and including 11 March 2027.")
    assert text(STATUSES[2]).startswith("It was revoked on 30 November 2026")
    assert text(STATUSES[1]) == "It does not count. Ask the employer that issued it."


def test_what_is_genuine_and_no_longer_kept_says_so_too():
    since = Status(NOW, forgotten_on=TODAY)
    said = verification_words(verification(make_content(), AFTER, since, FileVerdict.UNKNOWN), "en")
    assert said.heading == "The certificate is genuine but has expired"
    assert said.text.endswith("The employer has not kept it since 30 November 2026.")


OF_FILE = {
    Step.RELY: "You can rely on what its page says.",
    Step.COMPARE: "Compare every line of the page you have with what stands here.",
    Step.SEND_ORIGINAL: "Rely only on what stands here. Ask for the file as the employer issued it.",
}


def test_people_are_told_of_a_file_to_do_what_machines_are():
    for answer in ANSWERS:
        said = verification_words(answer, "en")
        steps = answer.as_json(NOW)
        if answer.certificate is None:
            assert (steps["file"]["next"], said.file.do) == (steps["content"]["next"], said.content.do)
        elif answer.file is FileVerdict.ISSUED and answer.content is not State.VALID:
            assert steps["file"]["next"] == steps["content"]["next"] != "rely"
            assert said.file.do == "The page is the one that was issued, but the certificate does not count."
        else:
            assert said.file.do == OF_FILE[Step(steps["file"]["next"])], answer


@pytest.mark.parametrize("found", [make_content(), NotGenuine.UNKNOWN_NUMBER])
def test_whoever_checks_a_number_is_told_that_it_was_no_file(found):
    said = verification_words(verification(found, TODAY, Status(NOW)), "en", by_number=True)
    assert said.file.answer == "You checked the number, not a file."


def test_what_was_not_asked_is_no_yes():
    said = verification_words(verification(make_content(), TODAY, Status(None)), "en")
    assert said.heading == "The certificate is genuine; whether it was revoked has not been checked"
    assert said.content.answer == "Yes, it is genuine. Whether it was revoked has not been checked."
