"""Of two claims of a patient exactly one is history of the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.audit.sequence import Dated, before, dated, histories, still_found
from cds_service.engine.model import Finding, LineRef, Severity, Text
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
    around_all = [*histories(drawn)]
    assert [around.claim.key for around in around_all] == sorted(each.key for each in drawn)
    for around in around_all:
        seen = [line.resource for line in (*around.earlier, *around.later, *around.claim.lines)]
        assert sorted(seen) == all_lines


@pytest.mark.parametrize("refused", [True, False])
def test_of_a_refused_claim_and_the_one_that_bills_it_anew_one_is_history(refused: bool) -> None:
    first, anew = made("Claim/1", "professional", 0, 2, 3), made("Claim/2", "professional", 0, 1, 5)
    last = made("Claim/3", "professional", 8, 1, 9)
    around = list(histories([replace(first, refused=refused), anew, last]))
    seen = [[(line.resource, line.start.day) for line in (*each.earlier, *each.later)] for each in around]
    of_first, of_anew = [("Claim/1", 4), ("Claim/1", 5)], [("Claim/2", 4)]
    of_last = [("Claim/3", 12)]
    if refused:
        assert seen == [of_last, of_first[1:] + of_last, of_first[1:] + of_anew]
    else:
        assert seen == [of_anew + of_last, of_first + of_last, of_first + of_anew]


def test_a_denied_line_that_nobody_bills_anew_stays_history() -> None:
    first, last = made("Claim/1", "professional", 0, 2, 3), made("Claim/3", "professional", 8, 1, 9)
    *_, seen = histories([replace(first, denied=frozenset({1})), last])
    assert [(line.sequence, line.start.day) for line in seen.earlier] == [(0, 4), (1, 5)]
    anew = made("Claim/2", "professional", 1, 1, 5)
    *_, seen = histories([replace(first, denied=frozenset({1})), anew, last])
    assert [(line.resource, line.start.day) for line in seen.earlier] == [("Claim/1", 4), ("Claim/2", 5)]


def test_the_hospital_comes_first_where_stays_overlap() -> None:
    hospital = made("Claim/z", "institutional", 0, 3, 9)
    physician = made("Claim/a", "professional", 2, 3, 4)
    assert before(hospital, physician)
    assert before(made("Claim/a", "professional", 20, 1, 4), hospital), "apart, the day of the claim decides"


def test_claims_of_one_kind_go_by_the_day_they_were_made() -> None:
    late_charge = made("Claim/a", "professional", 0, 1, 9)
    assert before(made("Claim/b", "professional", 0, 1, 1), late_charge)


def test_a_claim_lies_where_its_lines_say_in_whatever_order_they_stand() -> None:
    days = [FIRST + timedelta(days=n) for n in (5, 1, 3)]
    lines = tuple(Line("Claim/a", n, "77385", (), 1.0, day, day, "") for n, day in enumerate(days))
    found = dated("Claim/a", fhir.Claim(created="2024-09-01"), lines)
    assert (found.first, found.last) == (days[1], days[0])
    backwards = dated("Claim/a", fhir.Claim(billablePeriod=fhir.Period("2024-03-09", "2024-03-06")), ())
    assert backwards.first == backwards.last == date(2024, 3, 9)


def draft(created: int, start: int | None = None, end: int | None = None) -> Dated:
    """A physician's claim that is not sent yet."""
    first, last = ((FIRST + timedelta(days=n)).isoformat() if n is not None else None for n in (start, end))
    concept = fhir.CodeableConcept(coding=[fhir.Coding(code="professional")])
    period = fhir.Period(first, last) if first else None
    made_on = (FIRST + timedelta(days=created)).isoformat()
    return dated("Claim/a", fhir.Claim(type=concept, created=made_on, billablePeriod=period), ())


def test_a_draft_lies_where_its_own_period_says_or_else_the_day_it_was_made() -> None:
    hospital = made("Claim/z", "institutional", 3, 2, 9)
    assert before(hospital, draft(1, start=0, end=5))
    assert not before(hospital, draft(1, start=0, end=2))
    assert not before(hospital, draft(4, start=0, end=2)), (
        "its own days go before the one on which it was made"
    )
    assert before(hospital, draft(4))
    assert not before(hospital, draft(1))


def finding(kind: str, rule: str, *sequences: int) -> Finding:
    lines = tuple(LineRef("Claim/c1", n, "77301", (), "2024-03-04", "Claim.item[0]") for n in sequences)
    return Finding(kind, Severity.warning, "Claim/c1", (rule,), (), Text("Found."), (), (), lines)


def test_in_hindsight_a_finding_keeps_the_lines_on_which_it_is_still_found() -> None:
    both, second = finding("bundling", "AST-15", 1, 2), finding("bundling", "AST-15", 2)
    assert still_found([both], [second, finding("bundling", "AST-16", 1)]) == (second,)
    assert still_found([both], [both]) == (both,)
    assert still_found([second], [finding("bundling", "AST-15", 1)]) == ()


def test_in_hindsight_only_the_same_kind_by_the_same_rule_is_the_same_finding() -> None:
    missing, whole = finding("missing-line", "AST-19", 1), finding("documentation", "FLB-28")
    assert still_found([missing, whole], [finding("bundling", "AST-19", 1), whole]) == (whole,)


def test_a_finding_of_a_whole_claim_goes_with_hindsight_too() -> None:
    whole = finding("documentation", "FLB-28")
    assert still_found([whole], []) == ()
    assert still_found([whole], [whole]) == (whole,)


@pytest.mark.parametrize(
    ("payer", "seen"),
    [("medicare", ["77385", "77385"]), ("aetna", ["77301"]), ("unknown", ["77385", "77301"])],
)
def test_what_another_payer_was_billed_is_no_history_if_it_is_the_same_service(
    payer: str, seen: list[str]
) -> None:
    def billed(ref: str, payer: str, *codes: str) -> Dated:
        lines = tuple(Line(ref, n, code, (), 1.0, FIRST, FIRST, "") for n, code in enumerate(codes))
        return dated(ref, fhir.Claim(created=f"2024-04-{ref[-2:]}"), lines, payer)

    second = ("77385", "77385") if payer == "medicare" else ("77385", "77301")
    claims = [billed("Claim/01", payer, *second), billed("Claim/02", "medicare", "77385")]
    *_, last = histories(claims)
    assert last.claim.ref == "Claim/02"
    assert [line.code for line in last.earlier] == seen


def test_what_two_payers_were_billed_counts_once_in_the_history_of_a_third_claim() -> None:
    def billed(ref: str, payer: str, *codes: str) -> Dated:
        lines = tuple(Line(ref, n, code, (), 1.0, FIRST, FIRST, "") for n, code in enumerate(codes))
        return dated(ref, fhir.Claim(created=f"2024-04-{ref[-2:]}"), lines, payer)

    claims = [
        billed("Claim/01", "called a fund", "77336", "77338"),
        billed("Claim/02", "medicare", "77336"),
        billed("Claim/03", "unknown", "77336"),
        billed("Claim/04", "medicare", "77301"),
        billed("Claim/05", "called a fund", "77334"),
    ]
    seen = {
        each.claim.ref: [(line.resource[-2:], line.code) for line in each.earlier]
        for each in histories(claims)
    }
    assert seen["Claim/04"] == [("01", "77338"), ("02", "77336"), ("03", "77336")]
    assert seen["Claim/05"] == [("01", "77336"), ("01", "77338"), ("03", "77336"), ("04", "77301")]
    later = {each.claim.ref: [line.resource[-2:] for line in each.later] for each in histories(claims)}
    assert later["Claim/01"] == ["03", "04", "05"], (
        "what the claim itself bills is billed to the second payer"
    )
