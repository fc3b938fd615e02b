"""Counts of partitions add up to those of the whole, and only what weighs is at stake."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cds_service.audit.reading import Bad
from cds_service.audit.rows import Row
from cds_service.audit.tally import FOUND, UNKNOWN, RuleTally, Tally


def row(severity: str, rules: list[str], stake: str | None = None, currency: str = "") -> Row:
    return Row("Claim/c", severity, "bundling", "A title.", rules, stake=stake, currency=currency)


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(("info", "warning", "critical")),
        st.lists(st.sampled_from(("AST-15", "MOL-10", "LCD-30")), unique=True, max_size=3),
        st.sampled_from((None, "0.10", "20.05", "300")),
        st.sampled_from(("USD", "EUR")),
    ),
    max_size=12,
)


def tallied(found: list[Row]) -> Tally:
    tally = Tally()
    for each in found:
        tally.row(each)
        tally.claim(UNKNOWN, ("payer", *each.rules))
        tally.claim(FOUND)
    return tally


def test_what_is_counted_of_some_findings() -> None:
    tally = tallied(
        [
            row("warning", ["AST-15", "AST-16"], "0.10", "USD"),
            row("warning", ["AST-15"], "0.20", "USD"),
            row("info", ["AST-15"], "7", "USD"),
            row("critical", ["AST-16"], "5", "EUR"),
            row("critical", ["AST-16"]),
        ]
    )
    assert tally.findings == {"warning": 2, "info": 1, "critical": 2}
    assert tally.stake == {"USD": Decimal("0.30"), "EUR": Decimal(5)}
    assert tally.claims == {FOUND: 5, UNKNOWN: 5}
    assert tally.reasons == {f"{UNKNOWN}: payer": 5, f"{UNKNOWN}: AST-15": 3, f"{UNKNOWN}: AST-16": 3}
    assert tally.rules == {
        "AST-15": RuleTally({"warning": 2, "info": 1}, {"USD": Decimal("0.30")}),
        "AST-16": RuleTally({"warning": 1, "critical": 2}, {"USD": Decimal("0.10"), "EUR": Decimal(5)}),
    }


@given(rows, rows)
def test_two_partitions_add_up_to_the_whole(one: list[Row], other: list[Row]) -> None:
    added = Tally()
    for part in (one, other):
        tally = tallied(part)
        tally.bad.append(Bad("0:1", "Claim", "cannot be read.", ""))
        added.add(Tally.decode(tally.encode()))
    assert added == tallied([*one, *other])
