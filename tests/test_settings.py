"""Settings of the environment, and what a wrong one says."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from cds_service.books import POLICIES, lcd_in_force, load_library
from cds_service.environment import read_settings, table, unknown
from cds_service.production import missing
from cds_service.settings import LCD_IN_FORCE, SettingError, Settings
from tests.cli.conftest import Igrt, igrt, igrt_process

__all__ = ["igrt", "igrt_process"]


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


def variables(*rows: tuple[str, str]) -> dict[str, str]:
    return {f"IGRT_CDS_{name}": value for name, value in rows}


def test_values_of_the_environment_are_read_and_given_ones_go_before_them() -> None:
    given = variables(
        ("POLICY_PATH", f"/a{os.pathsep}/b"),
        ("FHIR_BUDGET", "1.5"),
        ("MAX_BODY", "1024"),
        ("PUBLIC_URL", "https://cds.example.org/igrt/"),
        ("LOG_LEVEL", "debug"),
        ("CATALOGUE", " "),
        ("THREADS", "50"),
    )
    settings = read_settings(given, threads=60)
    assert settings.policy_path == (Path("/a"), Path("/b"))
    assert (settings.fhir_budget, settings.max_body, settings.log_level) == (1.5, 1024, "debug")
    assert settings.public_url == "https://cds.example.org/igrt"
    assert settings.catalogue is None
    assert settings.threads == 60


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HTTPS://CDS.example.org", "https://cds.example.org"),
        ("https://CDS.Example.org:8443/Igrt/", "https://cds.example.org:8443/Igrt"),
        ("https://[2001:DB8::1]/A", "https://[2001:db8::1]/A"),
    ],
    ids=["all-in-capitals", "host-and-not-path", "ipv6"],
)
def test_scheme_and_host_of_an_address_are_the_same_in_capitals(written: str, read: str) -> None:
    settings = read_settings(variables(("PUBLIC_URL", written), ("TRUST", __file__)), production=True)
    assert settings.public_url == read
    assert list(missing(settings)) == []


def test_all_problems_are_told_at_once_and_no_secret_is() -> None:
    given = variables(
        ("POLICYPATH", "x"),
        ("DEVELOPMENT", "true"),
        ("THREADS", "many"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "https://user:hunter2@host"),
        ("DATABASE_URL", "postgresql://user:hunter2@host/x"),
        ("DATABASE_URL_FILE", "/run/secrets/x"),
    )
    with pytest.raises(SettingError) as told:
        read_settings(given)
    lines = str(told.value).splitlines()
    assert "hunter2" not in str(told.value)
    assert lines[0].startswith("IGRT_CDS_DEVELOPMENT: no setting has this name.")
    assert lines[1] == "IGRT_CDS_POLICYPATH: no setting has this name. Did you mean IGRT_CDS_POLICY_PATH?"
    assert {line.partition(":")[0] for line in lines[2:]} == {
        "IGRT_CDS_THREADS",
        "IGRT_CDS_WORKERS",
        "IGRT_CDS_LOG_LEVEL",
        "IGRT_CDS_PUBLIC_URL",
        "IGRT_CDS_DATABASE_URL",
    }
    assert "IGRT_CDS_WORKERS: '0' is not a whole number from 1 to 64." in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "cds.example.org",
            "ftp://h",
            "https://",
            "https://h?x",
            "https://h#x",
            "https://h:0",
            "https://h/%2e",
        ),
        *("https://h?", "https://h#", "https://h:", "https://h h", "https://h/a b", "https://h:99999"),
    ],
)
def test_an_address_has_to_be_plain(url: str) -> None:
    with pytest.raises(SettingError, match="IGRT_CDS_PUBLIC_URL"):
        read_settings(variables(("PUBLIC_URL", url)))


def test_a_secret_may_stand_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://u:hunter2@db/x\n")
    settings = read_settings(variables(("DATABASE_URL_FILE", str(file))))
    assert settings.database_url is not None
    assert settings.database_url.reveal() == "postgresql://u:hunter2@db/x"
    assert "hunter2" not in f"{settings} {settings!r} {settings.database_url}"
    with pytest.raises(SettingError, match=r"IGRT_CDS_DATABASE_URL_FILE: .*gone cannot be read"):
        read_settings(variables(("DATABASE_URL_FILE", str(tmp_path / "gone"))))


@pytest.mark.parametrize("name", ["DATABASE_URL", "INPUT_KEY"])
def test_a_secret_that_was_not_filled_in_is_not_taken_for_none(tmp_path: Path, name: str) -> None:
    """The service would keep feedback in a file of its own, or no inputs, and nobody would know."""
    file = tmp_path / "secret"
    file.write_text("\n")
    with pytest.raises(SettingError, match=f"IGRT_CDS_{name}_FILE: .*secret is empty"):
        read_settings(variables((f"{name}_FILE", str(file))))
    assert read_settings(variables((f"{name}_FILE", ""))) == Settings()


@pytest.mark.parametrize(
    "name",
    ["order-sign", "claim-submit", "org.site.", ".site", "a b.c", "org.sité.x", "org.site.x\n", "a/b.c"],
)
def test_a_hook_of_ones_own_begins_with_a_domain(name: str) -> None:
    """The name of a standard hook would give two services one hook (CDS Hooks: a hook of one's own)."""
    with pytest.raises(SettingError, match=r"IGRT_CDS_CLAIM_HOOK: .* Write it as org\.example\.claim-submit"):
        read_settings(variables(("CLAIM_HOOK", name)))
    assert read_settings(variables(("CLAIM_HOOK", "org.lake-side.claim-submit"))).claim_hook


def test_a_server_keeps_threads_for_refusals() -> None:
    with pytest.raises(SettingError, match="IGRT_CDS_THREADS: 32 is not more than IGRT_CDS_MAX_CONCURRENT"):
        read_settings(variables(("THREADS", "32")))


def test_every_setting_is_explained_and_has_a_usable_default() -> None:
    rows = table()
    assert len(rows) > 10
    for row in rows:
        assert len(str(row.meta.description)) > 20, row.name
        assert row.form, row.name
    assert read_settings({}) == Settings()


@pytest.mark.parametrize("command", [("serve",), ("policies", "check"), ("check", "x.json")])
def test_every_command_refuses_a_variable_that_nobody_reads(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("IGRT_CDS_CATALOG", "x.sqlite3")
    shown = igrt(*command)
    assert shown.code == 3
    assert shown.err.strip() == "IGRT_CDS_CATALOG: no setting has this name. Did you mean IGRT_CDS_CATALOGUE?"


def test_names_of_the_test_suite_are_left_alone() -> None:
    assert list(unknown({"IGRT_CDS_TEST_ANYTHING": "1", "IGRT_CDS_BROWSER": "x", "OTHER": "y"})) == []


@pytest.mark.parametrize("command", [("serve",), ("policies", "check")], ids=["serve", "policies-check"])
def test_an_unknown_variable_does_not_hide_the_letters_about_values(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("IGRT_CDS_CATALOG", "x.sqlite3")
    monkeypatch.setenv("IGRT_CDS_WORKERS", "many")
    monkeypatch.setenv("IGRT_CDS_LOG_LEVEL", "loud")
    shown = igrt(*command)
    assert shown.code == 3
    named = [line.partition(":")[0] for line in shown.err.strip().splitlines()]
    assert named == ["IGRT_CDS_CATALOG", "IGRT_CDS_WORKERS", "IGRT_CDS_LOG_LEVEL"]


def test_a_command_does_not_end_over_the_value_of_a_setting_that_it_does_not_need(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IGRT_CDS_WORKERS", "many")
    assert igrt("policies", "facts").code == 0
