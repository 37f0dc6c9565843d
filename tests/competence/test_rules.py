"""When a course in a plan is done."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lms.competence.rules import ShownProof, done_by_proof

BEGIN = date(2026, 1, 1)


def test_without_a_proof_nothing_is_done():
    assert done_by_proof(BEGIN, []) is None


def test_a_proof_from_before_counts_while_it_is_valid():
    assert done_by_proof(BEGIN, [ShownProof(date(2024, 6, 1), date(2026, 5, 31))]) == date(2024, 6, 1)
    assert done_by_proof(BEGIN, [ShownProof(date(2024, 6, 1), BEGIN)]) == date(2024, 6, 1)
    assert done_by_proof(BEGIN, [ShownProof(date(2020, 6, 1), None)]) == date(2020, 6, 1)


def test_a_proof_that_had_run_out_does_not_count():
    assert done_by_proof(BEGIN, [ShownProof(date(2023, 6, 1), date(2025, 12, 31))]) is None


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.lists(st.builds(ShownProof, DAYS, st.none() | DAYS)), DAYS)
def test_one_more_proof_never_undoes(proofs, begin):
    for more in range(len(proofs)):
        before, after = done_by_proof(begin, proofs[:more]), done_by_proof(begin, proofs[: more + 1])
        assert before is None or (after is not None and after >= before)
