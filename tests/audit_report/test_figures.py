"""The figures of the report: nothing is counted twice, and every breakdown adds up to the total."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.audit.rows import Row, RowLine, RowRemedy
from cds_service.audit_report import tally as tally_module
from cds_service.audit_report.charts import scale
from cds_service.audit_report.money import amount, shown
from cds_service.audit_report.report import tally_of
from tests.audit_report.build import Page, folder, report, row


def test_a_line_with_two_findings_counts_once(tmp_path: Path) -> None:
    second = row(severity="warning", kind="modifier", policy=["other"], rules=["AST-13"], stake="0.00")
    page = Page(report(tmp_path, [row(), second]))
    assert "$100 at stake on 2 critical or warning findings" in page.text
    tally = tally_of(tmp_path / "findings.ndjson")
    assert tally.whole.at_stake("USD") == 100
    assert tally.claims == {"critical": 1}


def test_tables_count_findings_by_severity_and_claims_once(tmp_path: Path) -> None:
    rows = [
        row("a", payer_name="", payer="molina"),
        row("a", "warning", stake="0.00"),
        row("b", month="2024-05", site_name="SYNTHETIC Hospital"),
        row("c", "info", site_name="", month="2024-05"),
    ]
    text = Page(report(tmp_path, rows)).text
    assert "Most is at stake in findings that begin in Mar 2024: $100." in text
    for line in (
        "Mar 2024 $100 $100 1 1 0 1 May 2024 $100 $100 1 0 1 2",
        "Medicare $100 $100 1 1 1 3",
        "molina $100 $100 1 0 0 1",
        "Synthetic Hospital $200 $200 2 1 0 2 not given $0 0 0 1 1",
        "remove 77387-TC. $200 $200 2 1 1 3",
    ):
        assert line in text


def test_a_payer_goes_by_its_name_as_soon_as_one_of_its_claims_tells_it(tmp_path: Path) -> None:
    rows = [row(f"c{n}", payer_name=name) for n, name in enumerate(["", "", "Medicare Part B Florida"])]
    text = Page(report(tmp_path, rows)).text
    assert "Medicare Part B Florida $300" in text
    assert "medicare-ffs" not in text


def test_months_between_are_drawn_also_over_the_turn_of_a_year(tmp_path: Path) -> None:
    rows = [row("a", month="2024-11"), row("b", "warning", month="2025-02"), row("c", "info", month="")]
    drawn = "; ".join(
        f"{month}: ${critical} critical, ${warning} warning"
        for month, critical, warning in (
            ("Nov 2024", 100, 0), ("Dec 2024", 0, 0), ("Jan 2025", 0, 0), ("Feb 2025", 0, 100)
        )
    )  # fmt: skip
    text = report(tmp_path, rows)
    assert drawn in text
    assert f"{drawn};" not in text
    assert "no date $0 0 0 1 1" in Page(text).text


def test_months_before_the_last_three_years_are_not_drawn_and_said_not_to_be(tmp_path: Path) -> None:
    months = [f"{2020 + n // 12}-{n % 12 + 1:02}" for n in range(38)]
    rows = [
        row(f"c{n:02}", month=month, stake="900.00" if n == 0 else "1.00") for n, month in enumerate(months)
    ]
    text = report(tmp_path, rows)
    assert (
        "Most is at stake in findings that begin in Jan 2020: $900. The chart shows the last 36 of 38 months."
        in text
    )
    assert ">Feb 2020: " not in text
    assert "Mar 2020: $1 critical" in text
    assert "The chart shows" not in report(tmp_path, rows[:36])


def test_samples_are_those_with_the_largest_amounts(tmp_path: Path) -> None:
    rows = [row(f"c{n}", stake=f"{n}.00", billed=f"{n}.00") for n in (5, 2, 7, 1, 6, 3, 4)]
    text = Page(report(tmp_path, rows)).text
    samples = text.partition("5 samples of 7 findings, largest amounts first")[2]
    named = re.findall(r"\bc([0-9]) 77387", samples)
    assert named == ["7", "6", "5", "4", "3"]


def test_payers_and_sites_beyond_the_fifteenth_are_summed_up(tmp_path: Path) -> None:
    rows = [
        row(f"c{n:02}", payer="other", payer_name=f"P{n}", site_name=f"S{n}", stake=f"{100 - n}.00")
        for n in range(17)
    ]
    text = Page(report(tmp_path, rows)).text
    assert "1 more payer with" not in Page(report(tmp_path, rows[:15])).text
    for noun in ("payers", "sites"):
        assert f"2 more {noun} with $169 at stake in 2 findings." in text


def test_a_finding_that_rests_on_no_rule_stands_under_its_kind(tmp_path: Path) -> None:
    text = Page(report(tmp_path, [row(rules=[], policy=[], cites=[]), row("b")])).text
    assert "bundling The technical part of guidance" in text
    assert "$200 at stake" in text


def test_rules_beyond_the_sixtieth_are_counted(tmp_path: Path) -> None:
    rows = [row(f"c{n:02}", rules=[f"R{n:02}"], policy=[f"r{n:02}"]) for n in range(62)]
    assert "2 more rules: see the findings file." in report(tmp_path, rows)
    assert "see the findings file" not in report(tmp_path, rows[:60])


def test_hints_are_not_at_stake(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [row(severity="info")]))
    assert "$0 at stake" in page.text
    assert "Nothing critical and no warning was found. Hints stand below" in page.text


ROWS = st.lists(
    st.builds(
        lambda claim, severity, payer, month, site, rule, cents: row(
            claim,
            severity,
            payer=payer,
            payer_name=payer,
            month=month,
            site_name=site,
            rules=[rule],
            policy=[rule],
            stake=None if cents is None else f"{Decimal(cents) / 100:.2f}",
        ),
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["critical", "warning", "info"]),
        st.sampled_from(["medicare-ffs", "other", "unknown", ""]),
        st.sampled_from(["2024-01", "2024-02", "2025-12", ""]),
        st.sampled_from(["North", "South", ""]),
        st.sampled_from(["AST-15", "FLB-28", "LCD-05"]),
        st.one_of(st.none(), st.integers(0, 10**7)),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_breakdown_adds_up(tmp_path: Path, rows: list[Row]) -> None:
    rows.sort(key=lambda each: each.claim)
    tally = tally_of(folder(tmp_path, rows) / "findings.ndjson")
    serious = [each for each in rows if each.severity != "info"]
    expected = sum((Decimal(each.stake) for each in serious if each.stake), Decimal(0))
    assert tally.whole.at_stake("USD") == expected
    for groups in (tally.payers, tally.months, tally.sites, tally.rules):
        assert sum(g.at_stake("USD") for g in groups.by_key.values()) == expected
        assert sum(g.total for g in groups.by_key.values()) == len(rows)
    assert sum(c.at_stake("USD") for c in tally.causes.values()) == expected
    assert sum(tally.claims.values()) == len({each.claim for each in rows})
    assert tally.whole.claims == len({each.claim for each in rows})
    assert tally.whole.claims_serious == len({each.claim for each in serious})


def test_what_is_kept_does_not_grow_with_hostile_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally_module, "_MOST_GROUPS", 10)
    monkeypatch.setattr(tally_module, "_MOST_CAUSES", 10)
    rows = [
        row(
            f"c{n:03}",
            payer="other",
            payer_name=f"P{n}",
            site_name=f"S{n}",
            policy=[f"r{n}"],
            rules=[f"R{n}"],
        )
        for n in range(100)
    ]
    tally = tally_of(folder(tmp_path, rows) / "findings.ndjson")
    for groups in (tally.payers, tally.sites, tally.rules):
        assert len(groups.by_key) == 11
        assert sum(g.at_stake("USD") for g in groups.by_key.values()) == 10_000
    assert len(tally.causes) == 11
    assert "all others" in report(tmp_path, rows)


def test_findings_without_amounts_are_counted_and_said(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [row(stake=None, billed=None, currency="")]))
    assert "1 critical or warning finding on lines that state no amount" in page.text


@pytest.mark.parametrize(("currency", "said"), [("CAD", "CAD"), ("", "no currency that is stated")])
def test_a_second_currency_of_warnings_alone_is_told_too(tmp_path: Path, currency: str, said: str) -> None:
    rows = [row("a"), row("b"), row("c", "warning", currency=currency), row("d", "info", currency="EUR")]
    page = Page(report(tmp_path, rows))
    assert f"$200 at stake on 3 critical or warning findings; amounts in {said} are not added" in page.text


def test_a_second_currency_is_not_added(tmp_path: Path) -> None:
    rows = [row("a"), row("b"), row("c", currency="EUR", stake="900.00")]
    page = Page(report(tmp_path, rows))
    assert "$200 at stake" in page.text
    assert "amounts in EUR are not added" in page.text


@pytest.mark.parametrize("text", [None, "", "abc", "NaN", "Infinity", "1e30"])
def test_what_is_no_amount_is_none(text: str | None) -> None:
    assert amount(text) is None


def test_amounts_as_billers_write_them() -> None:
    assert shown(Decimal("1234567.5"), "USD") == "$1,234,568"
    assert shown(Decimal("1234.5"), "USD", cents=True) == "$1,234.50"
    assert shown(Decimal("12"), "EUR") == "12 EUR"
    assert shown(Decimal("-3"), "USD") == "-$3"


@settings(deadline=None)
@given(st.decimals(0, 10**9, places=2))
def test_a_scale_holds_its_largest_value(largest: Decimal) -> None:
    marks = scale(largest)
    assert marks[0] == 0
    assert marks[-1] >= largest
    assert 2 <= len(marks) <= 9
    assert marks == sorted(set(marks))


def test_lines_over_months_and_their_dates(tmp_path: Path) -> None:
    lines = [
        RowLine(1, "77387", [], "2024-01-30", 1.0, "1.00"),
        RowLine(2, "77387", [], "2024-02-02", 1.0, "1.00"),
    ]
    page = Page(report(tmp_path, [row(lines=lines, month="2024-01")]))
    assert "dated Jan 2024 to Feb 2024" in page.text


def test_a_cause_says_how_many_of_its_findings_are_critical(tmp_path: Path) -> None:
    rows = [row(f"c{n}", "critical" if n == 0 else "warning") for n in range(5)]
    assert "5 findings in 5 claims, 1 critical and the others warnings" in report(tmp_path, rows)
    assert "and the others" not in report(tmp_path, rows[:1])


def test_the_sentence_of_a_cause_is_of_a_finding_that_asks_for_what_it_says(tmp_path: Path) -> None:
    """Most often 77402 goes, under several sentences; the commonest sentence asks for another line."""

    def removed(claim: str, code: str, title: str) -> Row:
        return row(claim, title=title, remedies=[RowRemedy(action="remove-line", code=code)])

    rows = [removed(f"a{n}", "77402", f"Remove 77402 ({n % 2}).") for n in range(6)]
    rows += [removed(f"b{n}", "77520", "Remove 77520.") for n in range(5)]
    first = report(tmp_path, rows).partition('id="month"')[0]
    assert 'id="first"' in first
    assert "Remove 77402 (0)." in first
    assert "Remove 77520." not in first
