"""A biller's path: a CSV out of the billing system in, a report that she can act on out."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from cds_service.audit_report.money import shown
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import rows_in, run, write_ndjson
from tests.audit_inputs.support import ROW, table
from tests.audit_report.build import Page

TITLES = (
    "Claim #",
    "Line",
    "MRN",
    "DOS",
    "CPT/HCPCS",
    "Mod 1",
    "Charges",
    "POS",
    "Dx 1",
    "Payer",
    "LOB",
    "State",
)
MORE = ("Claim Type", "Bill Type", "Facility")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """500 synthetic lines of 125 claims, as an office exports them; line 100 is damaged."""
    path = tmp_path / "lines.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*TITLES, *MORE))
        for n in range(500):
            claim, line = divmod(n, 4)
            hospital = claim % 2 == 0
            guidance = line % 2 == 1
            code = "77387" if guidance else "77386" if hospital else "G6015"
            if guidance and not hospital:
                code = "77014"
            modifier = "TC" if guidance and hospital else ""
            date = "never" if n == 98 else f"{1 + claim % 12}/{4 + line // 2}/2024"
            office = (
                "C61",
                "Medicare",
                "ffs",
                "GA",
                "UB-04" if hospital else "HCFA",
                131 if hospital else "",
            )
            site = "Synthetic Hospital" if hospital else "Synthetic Clinic"
            place = "" if hospital else 11
            numbers = (f"SYN-{claim}", line + 1, f"SYN-P{claim}", date)
            writer.writerow((*numbers, code, modifier, "1,100.50", place, *office, site))
    return path


def test_a_csv_in_and_a_report_out(lines: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    manifest = run(lines, output, form="csv", workers=1)
    assert manifest.claims["found"] + manifest.claims["nothing-found"] == 125
    assert (manifest.bad_count, manifest.bad[0].place) == (1, "line 100")
    page = Page((output / "report.html").read_text("utf-8"))
    stake = Decimal(manifest.stake["USD"])
    assert stake > 0
    assert f"{shown(stake, 'USD')} at stake" in page.text
    assert "125 claims judged" in page.text
    assert "What to do Remove 77387" in page.text
    assert "Synthetic Hospital" in page.text
    assert "line 100, column service_date" in page.text
    assert "SYN-P" not in page.text
    with (output / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    serious = [r for r in table if r["severity"] in ("Critical", "Warning") and r["at stake"]]
    assert sum(Decimal(r["at stake"]) for r in serious) == stake
    assert {r["claim"] for r in table} == {row.claim.removeprefix("Claim/") for row in rows_in(output)}


def test_a_claim_that_is_not_known_enough_of_and_has_a_question_after_it_is_one_claim(tmp_path: Path) -> None:
    """Nobody knows the first one's payer, which is asked; of the second nothing is wrong, the third is."""
    day = "2024-03-04"
    unknown, clean = (claim(f"c{n}", item(1, "77385", day), patient=f"p{n}") for n in (1, 2))
    write_ndjson(
        tmp_path / "in", [unknown, *around("p2"), clean, double_billed("c3", "2024-03-05", patient="p2")]
    )
    manifest = run(tmp_path / "in", tmp_path / "out")
    assert manifest.claims["not-enough-information"] == 1
    text = Page((tmp_path / "out/report.html").read_text("utf-8")).text
    whole, _, rest = text.partition("What became of ")[2].partition(" claims ")
    legend = re.findall(r"([0-9]+) claim with", rest.partition("What to do first")[0])
    assert (whole, legend) == ("3", ["1", "1", "1"])
    assert "1 claim with a finding that hangs on something unknown" in text
    assert "further claim to say that nothing is wrong" not in text


@pytest.mark.parametrize("partitions", [1, 40])
def test_one_number_in_two_files_is_two_claims_where_the_patients_differ(
    tmp_path: Path, partitions: int
) -> None:
    (tmp_path / "in").mkdir()
    guided = {**ROW, "modifier_1": ""}
    both = [guided, {**guided, "line_number": "2", "code": "77014", "service_date": "2024-03-05"}]
    for name, patient in (("north", "SYN-P1"), ("south", "SYN-P2"), ("again", "SYN-P2")):
        (tmp_path / f"in/{name}.csv").write_text(table([{**row, "patient_id": patient} for row in both]))
    manifest = run(tmp_path / "in", tmp_path / "out", partitions=partitions)
    assert (manifest.claims["found"], manifest.claims["set-aside"]) == (2, 1)
    rows = rows_in(tmp_path / "out")
    assert {row.claim for row in rows} == {"Claim/SYN-1"}
    assert len(rows) > 2
    text = Page((tmp_path / "out/report.html").read_text("utf-8")).text
    assert re.search(r"\b2 claims to act on", text)
    assert "2 findings in 2 claims" in text


def test_patients_are_named_when_the_audit_was_asked_to(lines: Path, tmp_path: Path) -> None:
    run(lines, tmp_path / "out", workers=1, with_patient=True)
    assert "SYN-P" in Page((tmp_path / "out/report.html").read_text("utf-8")).text
    told = msgspec.json.decode((tmp_path / "out/run.json").read_bytes())
    assert told["options"]["with_patient"] is True


def test_a_line_over_the_year_end_is_to_be_reported_in_two_parts(tmp_path: Path) -> None:
    span = {
        **ROW,
        "code": "G6015",
        "modifier_1": "",
        "place_of_service": "11",
        "service_date": "2025-12-29",
        "service_date_end": "2026-01-05",
    }
    (tmp_path / "in").mkdir()
    (tmp_path / "in/c.csv").write_text(table([span]))
    output = tmp_path / "out"
    run(tmp_path / "in", output, form="csv")
    (row,) = [row for row in rows_in(output) if row.severity == "critical"]
    assert row.by_hand
    said = "Report the line in two parts, since only a part of its days is concerned. For that part: Replace G6015"
    assert said in Page((output / "report.html").read_text()).text
    assert said in (output / "findings.csv").read_text(encoding="utf-8-sig")
