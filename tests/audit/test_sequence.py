"""Of two claims of a patient exactly one is history of the other."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds_service.audit.sequence import Dated, before, dated, histories
from cds_service.facts import fhir
from cds_service.facts.case import Line

FIRST = date(2024, 3, 4)


def made(ref: str, kind: str, start: int, days: int, created: int) -> Dated:
    lines = tuple(
        Line(ref, n, "77385", (), 1.0, day, day, "")
        for n in range(days)
        for day in [FIRST + timedelta(days=start + n)]
    )
    concept = fhir.CodeableConcept(coding=[fhir.Coding(code=kind)])
    day = (FIRST + timedelta(days=created)).isoformat()
    return dated(ref, fhir.Claim(type=concept, created=day, billablePeriod=fhir.Period(day, day)), lines)


claims = st.lists(
    st.tuples(
        st.sampled_from(("institutional", "professional")),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 9),
    ),
    min_size=2,
    max_size=6,
).map(lambda drawn: [made(f"Claim/{n}", *each) for n, each in enumerate(drawn)])


@given(claims)
def test_every_pair_is_seen_from_one_side_only(drawn: list[Dated]) -> None:
    for one in drawn:
        for other in drawn:
            if one is not other:
                assert before(one, other) != before(other, one)


@given(claims)
def test_what_is_not_earlier_is_later(drawn: list[Dated]) -> None:
    all_lines = sorted(line.resource for each in drawn for line in each.lines)
    for around in histories(drawn):
        seen = [line.resource for line in (*around.earlier, *around.later, *around.claim.lines)]
        assert sorted(seen) == all_lines


def test_the_hospital_comes_first_where_stays_overlap() -> None:
    hospital = made("Claim/z", "institutional", 0, 3, 9)
    physician = made("Claim/a", "professional", 2, 3, 4)
    assert before(hospital, physician)
    assert before(made("Claim/a", "professional", 20, 1, 4), hospital), "apart, the day of the claim decides"


def test_claims_of_one_kind_go_by_the_day_they_were_made() -> None:
    late_charge = made("Claim/a", "professional", 0, 1, 9)
    assert before(made("Claim/b", "professional", 0, 1, 1), late_charge)
