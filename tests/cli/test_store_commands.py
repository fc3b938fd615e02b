"""`igrt-cds feedback report`, `replay` and `store`."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.books import standard_library
from cds_service.clock import now
from cds_service.environment import read_settings
from cds_service.store import decisions
from cds_service.store.database import Store, default_url
from cds_service.store.keeping import open_keeping
from fhir_fixtures import load
from tests.cli.conftest import Igrt
from tests.contract.calls import DOUBLE_BILLED

SERVICE = "igrt-claim-review"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of this test, named in the environment."""
    made = default_url(tmp_path)
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", made)
    return made


@pytest.fixture
def key(tmp_path: Path, igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key for inputs, named in the environment."""
    file = tmp_path / "key"
    assert igrt("store", "new-key", file).code == 0
    monkeypatch.setenv("IGRT_CDS_INPUT_KEY_FILE", str(file))
    return file


def call(body: bytes) -> tuple[str, bytes]:
    """Ask the service. Gives the decision and the answer."""
    settings = read_settings(development=True)
    keeping = open_keeping(settings)
    client = create_app(settings, keeping=keeping).test_client()
    answer = client.post(f"/cds-services/{SERVICE}", data=body, content_type="application/json")
    assert answer.status_code == 200
    cards = answer.json["cards"]  # type: ignore[index]
    items = [
        {"card": cards[0]["uuid"], "outcome": "overridden", "outcomeTimestamp": now().isoformat(), **more}
        for more in (
            {"overrideReason": {"reason": cards[0]["overrideReasons"][0]}},
            {
                "outcome": "accepted",
                "acceptedSuggestions": [{"id": cards[0]["suggestions"][0]["uuid"]}],
                "outcomeTimestamp": (now() + timedelta(seconds=1)).isoformat(),
            },
        )
    ]
    assert client.post(f"/cds-services/{SERVICE}/feedback", json={"feedback": items}).status_code == 200
    keeping.close()
    return answer.headers["IGRT-CDS-Decision"], answer.data


BODY = json.dumps(load(DOUBLE_BILLED)).encode()


def test_the_report_counts_by_rule_version_reason_and_week(igrt: Igrt, url: str) -> None:
    call(BODY)
    made = json.loads(igrt("feedback", "report", "--json").out)
    assert made["cards"] == {"issued": 1, "accepted": 1, "overridden": 1, "overrideRate": 0.5}
    (rule,) = made["rules"]
    assert rule["rule"].startswith("astro.components.")
    assert rule["version"] == "2015-01-01"
    assert (rule["issued"], rule["accepted"], rule["overridden"]) == (1, 1, 1)
    (reason,) = made["reasons"]
    assert (reason["reason"], reason["overridden"]) == ("payer-says-otherwise", 1)
    year, week, _ = now().isocalendar()
    assert [row["week"] for row in made["weeks"]] == [f"{year}-W{week:02}"]
    table = list(csv.DictReader(io.StringIO(igrt("feedback", "report", "--csv").out)))
    assert sum(int(row["overridden"]) for row in table) == 1
    assert {row["rule"] for row in table} == {rule["rule"]}
    shown = igrt("feedback", "report")
    assert "50%" in shown.out
    assert rule["rule"] in shown.out


def test_the_report_keeps_to_its_period(igrt: Igrt, url: str) -> None:
    call(BODY)
    tomorrow = (now() + timedelta(days=2)).date()
    made = json.loads(igrt("feedback", "report", "--json", "--since", str(tomorrow)).out)
    assert made["cards"]["overridden"] == 0
    assert made["rules"] == []
    upside = igrt("feedback", "report", "--since", "2026-02-02", "--until", "2026-02-01")
    assert upside.code == 3
    assert "Exchange them" in upside.err
    assert igrt("feedback", "report", "--json", "--csv").code == 3


def test_replay_gives_the_same_answer_byte_for_byte(
    igrt_process: Igrt, igrt: Igrt, url: str, key: Path
) -> None:
    decision, answer = call(BODY)
    again = igrt_process("replay", decision, "--raw")
    assert again.code == 0
    assert again.out.encode() == answer
    told = igrt("replay", decision)
    assert told.code == 0
    assert "byte for byte" in told.out
    assert "once" in told.out
    store = Store(url)
    assert [what for _, _, what in decisions.readings(store, decision)] == ["replay", "replay"]
    store.close()


def test_an_input_that_is_not_kept_has_to_be_given_and_to_be_the_one(
    igrt: Igrt, url: str, tmp_path: Path
) -> None:
    decision, _ = call(BODY)
    missing = igrt("replay", decision)
    assert missing.code == 3
    assert "--input FILE" in missing.err
    body = tmp_path / "body.json"
    body.write_bytes(BODY)
    assert igrt("replay", decision, "--input", body).code == 0
    body.write_bytes(BODY + b" ")
    other = igrt("replay", decision, "--input", body)
    assert other.code == 3
    assert "not the input" in other.err
    assert "--data-binary @FILE" in other.err
    assert igrt("replay", decision, "--input", tmp_path / "none").code == 3
    assert igrt("replay", "no-such-decision").code == 3


def test_an_input_needs_its_key(igrt: Igrt, url: str, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decision, _ = call(BODY)
    monkeypatch.delenv("IGRT_CDS_INPUT_KEY_FILE")
    assert "IGRT_CDS_INPUT_KEY_FILE" in igrt("replay", decision).err
    other = key.with_name("other")
    igrt("store", "new-key", other)
    monkeypatch.setenv("IGRT_CDS_INPUT_KEY_FILE", str(other))
    assert "encrypted with the key" in igrt("replay", decision).err


def test_a_book_that_has_changed_is_said_with_both_findings(
    igrt: Igrt, url: str, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision, _ = call(BODY)
    real = standard_library()
    rules = real.engine.book.policies
    less = replace(
        real.engine.book,
        fingerprint="another-book",
        policies=tuple(p for p in rules if not p.id.startswith("astro.components")),
    )
    changed = replace(real, engine=type(real.engine)(less))
    monkeypatch.setattr("cds_service.cli.replay.standard_library", lambda: changed)
    told = igrt("replay", decision)
    assert told.code == 1
    assert f"{real.engine.book.fingerprint} then, another-book now" in told.out
    assert "Another answer" in told.out
    assert "astro.components" in told.out
    assert "then" in told.out


def test_keys_are_for_their_owner_and_never_overwritten(igrt: Igrt, tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert igrt("store", "new-key", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    refused = igrt("store", "new-key", file)
    assert refused.code == 3
    assert file.read_text() == before


def test_a_key_that_cannot_be_written_says_why_and_where_to_write_it(igrt: Igrt, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("no-folder/key", "file/key"):
        refused = igrt("store", "new-key", tmp_path / place)
        assert refused.code == 3
        assert "Make its folder first, or name a file in one that exists." in refused.err
        assert "does not exist yet" not in refused.err
    for place in ("file", "."):
        assert "Name a file that does not exist yet." in igrt("store", "new-key", tmp_path / place).err


def test_upgrade_and_purge_say_what_they_did(igrt: Igrt, url: str) -> None:
    assert "upgraded from nothing" in igrt("store", "upgrade").out
    assert "up to date" in igrt("store", "upgrade").out
    call(BODY)
    assert "0 decisions" in igrt("store", "purge").out
    assert "0 decisions" in igrt("store", "purge", "--older-than", "1").out


def test_a_database_that_does_not_answer_is_a_letter(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", "postgresql://u:geheim@127.0.0.1:9/d")
    for words in (("store", "upgrade"), ("store", "purge"), ("feedback", "report"), ("replay", "x")):
        done = igrt(*words)
        assert done.code == 3, words
        assert "does not answer" in done.err
        assert "geheim" not in done.err + done.out


def test_feedback_up_to_the_last_day_of_the_calendar_is_all_of_it(igrt: Igrt, url: str) -> None:
    call(BODY)
    for last in ("9999-12-31", "9999-12-30"):
        told = igrt("feedback", "report", "--json", "--since", "0001-01-01", "--until", last)
        assert (told.code, told.err) == (0, "")
        assert json.loads(told.out)["cards"]["issued"] == 1


@pytest.mark.parametrize(
    "days",
    ["36501", "1000000", "9" * 20, "0", "-1"],
    ids=["a-day-too-many", "before-the-calendar", "beyond-a-machine-word", "none", "negative"],
)
def test_days_of_a_purge_that_reach_before_all_calendars_are_a_letter(
    igrt: Igrt, url: str, days: str
) -> None:
    refused = igrt("store", "purge", "--older-than", days)
    assert refused.code == 3
    assert "Invalid value for '--older-than'" in refused.err


def test_a_purge_of_what_is_older_than_a_hundred_years_deletes_nothing(igrt: Igrt, url: str) -> None:
    call(BODY)
    assert "0 decisions, 0 cards" in igrt("store", "purge", "--older-than", "36500").out
