"""Settings of the environment, and what a wrong one says."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.settings import LCD_IN_FORCE, SettingError, lcd_in_force
from tests.cli.conftest import Igrt, igrt_process

__all__ = ["igrt_process"]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2016-11-07/2025-12-31", (date(2016, 11, 7), date(2025, 12, 31))),
        (" 2016-11-07 / 2016-11-07 ", (date(2016, 11, 7), date(2016, 11, 7))),
        ("", None),
        ("  ", None),
    ],
)
def test_the_period_of_the_florida_text(
    monkeypatch: pytest.MonkeyPatch, text: str, period: tuple[date, date] | None
) -> None:
    assert lcd_in_force(text) == period
    monkeypatch.setenv(LCD_IN_FORCE, text)
    assert lcd_in_force() == period
    monkeypatch.delenv(LCD_IN_FORCE)
    assert lcd_in_force() is None


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "2016-11-07",
        "2016-11-07/",
        "2016-11-07/2025-12-31/2026-01-01",
        "2016-11-07/2025-02-30",
        "2025-12-31/2016-11-07",
    ],
)
def test_a_wrong_period_is_a_letter(text: str) -> None:
    with pytest.raises(SettingError) as told:
        lcd_in_force(text)
    assert str(told.value) == (
        f"IGRT_CDS_LCD_IN_FORCE: {text!r} is not a first and a last day. "
        "Write them as 2016-11-07/2025-12-31, or leave it unset."
    )


def test_the_library_knows_the_confirmed_period() -> None:
    period = (date(2016, 11, 7), date(2025, 12, 31))
    assert load_library([POLICIES], period).knowledge.lcd_in_force == period
    assert load_library([POLICIES]).knowledge.lcd_in_force is None


def guidance_order(folder: Path) -> Path:
    """An order of guidance for a Florida Blue Medicare Advantage member in Florida, with its Coverage."""
    lob = {"coding": [{"system": "urn:igrt-cds:line-of-business", "code": "medicare-advantage"}]}
    coverage = {
        "resourceType": "Coverage",
        "id": "cov",
        "status": "active",
        "type": lob,
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"display": "Florida Blue"}],
    }
    patient = {"resourceType": "Patient", "id": "p1", "address": [{"use": "home", "state": "FL"}]}
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77387"}]},
        "occurrenceDateTime": "2024-06-03",
    }
    entries = [{"resource": each} for each in (coverage, patient, order)]
    path = folder / "order.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return path


def test_the_command_reads_the_setting_once_and_refuses_a_wrong_one(
    igrt_process: Igrt, tmp_path: Path
) -> None:
    """LCD-61 is asked of a Florida Blue member only when the site has confirmed the text (FLB-37)."""
    path = guidance_order(tmp_path)
    unset = igrt_process("check", path)
    confirmed = igrt_process("check", path, IGRT_CDS_LCD_IN_FORCE="2016-11-07/2025-12-31")
    assert "LCD-61" not in unset.out
    assert "LCD-61" in confirmed.out
    assert "The state is that of the home address" in confirmed.out
    explained = igrt_process(
        *("policies", "explain", path, "--rule", "guidance-ordered-without-its-reasons"),
        IGRT_CDS_LCD_IN_FORCE="2016-11-07/2025-12-31",
    )
    assert "speaks on ServiceRequest/o1" in explained.out
    wrong = igrt_process("check", path, IGRT_CDS_LCD_IN_FORCE="2016")
    assert wrong.code == 3
    assert wrong.err.startswith("IGRT_CDS_LCD_IN_FORCE: '2016' is not a first and a last day.")
