"""`igrt-cds catalogue …`: import, list and show, and what `check` and `explain` make of an imported edition."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from cds_service.books import CATALOGUES, POLICIES, load_library, run_policy_cases
from cds_service.cli.catalogue_view import code_view, editions_view, imported_view
from cds_service.cms_files.kinds import KINDS
from cds_service.cms_files.store import VARIABLE, edits_of, loaded, save
from cds_service.engine.catalogue import load_catalogue
from cds_service.facts.edits import NO_EDITS
from tests.cli.conftest import Igrt, Ran
from tests.cms_files.build import LIMITS, PAIR, PRACTITIONER, pair_text, read, sample, samples
from tests.docs.pages import DOCS, blocks

ANSI = re.compile(r"\x1b")
DAY = date(2026, 11, 2)


def words(shown: Ran) -> str:
    """The output without its line breaks."""
    return " ".join(shown.out.split())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder of the test's own, and no catalogue named anywhere."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "igrt-cds" / "catalogue.sqlite3"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with all samples."""
    path = tmp_path_factory.mktemp("filled") / "catalogue.sqlite3"
    save(path, read(*samples()), date(2026, 11, 23))
    return path


def claim(folder: Path, *items: tuple[str, int], day: str = "2026-11-02", kind: str = "professional") -> Path:
    """A Medicare office's claim, or a hospital's."""
    place = {"system": "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"}
    resource: dict[str, Any] = {
        "resourceType": "Claim",
        "id": "c1",
        "status": "draft",
        "use": "claim",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": kind}]},
        "patient": {"reference": "Patient/p1"},
        "contained": [
            {
                "resourceType": "Coverage",
                "id": "cov",
                "status": "active",
                "beneficiary": {"reference": "Patient/p1"},
                "payor": [{"display": "Medicare"}],
            }
        ],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "#cov"}}],
        "item": [
            {
                "sequence": number,
                "productOrService": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
                "quantity": {"value": units},
                "servicedDate": day,
                "locationCodeableConcept": {"coding": [place | {"code": "11"}]},
            }
            for number, (code, units) in enumerate(items, start=1)
        ],
    }
    path = folder / "claim.json"
    path.write_text(json.dumps(resource), "utf-8")
    return path


def test_import_says_what_was_kept_and_where_it_is(igrt: Igrt, tmp_path: Path) -> None:
    place = tmp_path / "mine.sqlite3"
    shown = igrt("catalogue", "import", *samples(), "--catalogue", place)
    assert (shown.code, shown.err) == (0, "")
    text = words(shown)
    assert "Medicare pair edits, practitioner 2026Q4 29 of 39 2015-01-01 to 2026-12-31" in text
    assert "Medicaid unit limits, practitioner 2026Q4 2 of 3 2026-10-01 to 2026-12-31" in text
    assert "Kept are rows about radiotherapy codes" in text
    assert f"In {place}" in text
    assert f"{VARIABLE}={place}" in text
    assert len(loaded(place)) == 6


def test_import_goes_to_the_variable_s_file_and_else_among_the_user_s_data(
    igrt: Igrt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert igrt("catalogue", "import", sample(LIMITS)).code == 0
    assert len(loaded(home)) == 1
    named = tmp_path / "named.sqlite3"
    monkeypatch.setenv(VARIABLE, str(named))
    shown = igrt("catalogue", "import", *samples(*PRACTITIONER))
    assert f"In {named}" in words(shown)
    assert "For the service" not in shown.out, "it is named already"
    assert [e.kind for e in loaded(named)] == ["ptp"]
    assert len(loaded(home)) == 1


def test_edition_and_kind_may_be_said(igrt: Igrt, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes(pair_text(PAIR))
    told = igrt("catalogue", "import", path, "--edition", "2025q2", "--kind", "medicaid-hospital-ptp")
    assert told.code == 0
    (found,) = loaded(home)
    assert (found.edition.programme, found.edition.setting, found.edition.quarter) == (
        "medicaid",
        "outpatient-hospital",
        "2025Q2",
    )


@pytest.mark.parametrize(
    ("options", "letter"),
    [
        (("--edition", "2025-4"), "is no quarter. Write it as 2026Q4."),
        (("--kind", "ptp"), "practitioner-ptp"),
    ],
)
def test_a_wrong_option_says_what_is_right(igrt: Igrt, options: tuple[str, ...], letter: str) -> None:
    shown = igrt("catalogue", "import", sample(LIMITS), *options)
    assert shown.code == 3
    assert letter in " ".join(shown.err.split())


def test_a_bad_file_leaves_the_catalogue_as_it_was(igrt: Igrt, tmp_path: Path, home: Path) -> None:
    bad = tmp_path / "ccioph-v323r0.txt"
    bad.write_bytes(pair_text(("7730", *PAIR[1:]), ("x", *PAIR[1:])))
    shown = igrt("catalogue", "import", sample(LIMITS), bad)
    assert (shown.code, shown.out) == (3, "")
    assert shown.err.splitlines() == [
        "ccioph-v323r0.txt:8: column Column 1: 'x' is no code. Download the file again, and give it as it is."
    ]
    assert not home.exists()
    assert igrt("catalogue", "import", sample(LIMITS)).code == 0
    before = home.read_bytes()
    assert igrt("catalogue", "import", sample(LIMITS), bad).code == 3
    assert home.read_bytes() == before


def test_many_bad_rows_are_counted(igrt: Igrt, tmp_path: Path) -> None:
    bad = tmp_path / "ccioph-v323r0.txt"
    bad.write_bytes(pair_text(*[("no", *PAIR[1:])] * 100))
    shown = igrt("catalogue", "import", bad)
    assert shown.code == 3
    assert len(shown.err.splitlines()) == 21
    assert shown.err.splitlines()[-1] == "… and 80 more like these."


def test_list_before_and_after_an_import(igrt: Igrt, home: Path) -> None:
    before = igrt("catalogue", "list")
    assert before.code == 0
    assert "No CMS edit file is imported" in before.out
    assert igrt("catalogue", "import", *samples()).code == 0
    after = words(igrt("catalogue", "list"))
    assert "Medicare unit limits, outpatient hospital 2026Q4 17 2026-10-01 to 2026-12-31" in after
    assert f"In {home}" in after


@pytest.mark.parametrize("command", [("list",), ("show", "77387")], ids=" ".join)
def test_a_named_catalogue_that_is_not_there_is_a_letter(
    igrt: Igrt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    gone = tmp_path / "gone.sqlite3"
    shown = igrt("catalogue", *command, "--catalogue", gone)
    assert (shown.code, shown.out) == (3, "")
    assert f"{gone}: is no file" in shown.err
    monkeypatch.setenv(VARIABLE, str(gone))
    assert igrt("catalogue", *command).code == 3


def test_show_without_an_import_tells_the_code_s_dates(igrt: Igrt) -> None:
    shown = words(igrt("catalogue", "show", "77014", "--on", "2026-01-01"))
    assert "77014 CT guidance of fields" in shown
    assert "reported from 2007-01-01 through 2025-12-31" in shown
    assert "on 2026-01-01 no longer valid" in shown
    assert "No CMS edit file is imported" in shown
    assert "on 2025-12-31 valid" in words(igrt("catalogue", "show", "77014", "--on", "2025-12-31"))
    assert "on 2006-12-31 not yet valid" in words(igrt("catalogue", "show", "77014", "--on", "2006-12-31"))
    open_ended = words(igrt("catalogue", "show", " g0339 "))
    assert "reported from 2004-01-01 through today and on" in open_ended
    assert "system HCPCS" in open_ended
    assert "reported from a day not known" in words(igrt("catalogue", "show", "77761"))


def test_show_of_an_unknown_code_is_a_letter(igrt: Igrt) -> None:
    shown = igrt("catalogue", "show", "00100")
    assert (shown.code, shown.out) == (3, "")
    assert "00100: is not among the radiotherapy codes" in shown.err


def test_show_tells_limits_and_pairs_of_the_date(igrt: Igrt, filled: Path) -> None:
    def show(*arguments: str) -> str:
        return words(igrt("catalogue", "show", *arguments, "--catalogue", filled))

    text = show("77387", "--on", "2026-11-02")
    assert "practitioner 1 date, clinical (MAI 3) nature of the service 2026Q4" in text
    assert "hospital 2 date, clinical (MAI 3) clinical data 2026Q4" in text
    assert "Pairs on 2026-11-02, practitioner, edition 2026Q4" in text
    assert "77373 77387 SBRT delivery per fraction 0 never together 2026-01-01" in text
    assert "Pairs on 2026-11-02, Medicaid practitioner, edition 2026Q4" in text
    assert "77334 77332 treatment device, complex 1 with a modifier" in show("77332", "--on", "2026-11-02")
    assert "77334 77332 treatment device, simple 1 with a modifier" in show("77334", "--on", "2026-11-02")
    assert "Medicaid practitioner 10 line (MAI 1)" in show("77334", "--on", "2026-11-02")
    assert "practitioner 1 date, policy (MAI 2)" in show("77336", "--on", "2026-11-02")
    older = show("G6002", "--on", "2025-12-31")
    assert "77373 G6002 SBRT delivery per fraction 0 never together 2015-01-01" in older
    assert "No unit limit is known for 2025-12-31." in older
    assert "No pair with another radiotherapy code is in force on 2026-01-01." in show(
        "G6002", "--on", "2026-01-01"
    )
    assert "No imported table of pairs answers for 2027-01-01." in show("77387", "--on", "2027-01-01")


def test_the_example_of_the_manual_is_what_the_command_prints(igrt: Igrt, filled: Path) -> None:
    (example,) = (block for block in blocks(DOCS / "cms-files.md") if block.mark.startswith("example: "))
    shown = igrt(*example.mark.removeprefix("example: ").split(), "--catalogue", filled)
    assert [line.rstrip() for line in shown.out.splitlines()] == example.text.splitlines()


def rendered(view: RenderableType, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("code", ["77387", "77301", "77373", "G6002", "77014"])
def test_nothing_is_cut_off_on_a_terminal(filled: Path, width: int, code: str) -> None:
    catalogue = load_catalogue(CATALOGUES)
    entry = catalogue.code(code)
    assert entry is not None
    edits = edits_of(filled)
    views = [
        code_view(entry, catalogue, edits, DAY),
        code_view(entry, catalogue, edits, date(2025, 6, 2)),
        code_view(entry, catalogue, NO_EDITS, DAY),
        editions_view(loaded(filled)),
        imported_view(read(*samples())),
    ]
    for view in views:
        lines = rendered(view, width)
        assert all(len(line) <= width for line in lines)
        assert not any("…" in line for line in lines)
        for word in ("2026-11-02 ", "never together", "with a modifier"):
            assert all(line.count(word) < 3 for line in lines)
    pairs = rendered(views[0], width)
    heads = [line for line in pairs if line.startswith("paid ")]
    assert all("since" in head for head in heads), "a row of pairs fits on one line"


def test_an_empty_list_says_so() -> None:
    assert rendered(editions_view([]), 80) == ["No CMS edit file is imported."]


def test_into_a_pipe_goes_plain_text(igrt_process: Igrt, filled: Path) -> None:
    for command in (("list",), ("show", "77387", "--on", "2026-11-02")):
        shown = igrt_process("catalogue", *command, **{VARIABLE: str(filled)})
        assert (shown.code, shown.err) == (0, "")
        assert not ANSI.search(shown.out)
        assert "2026Q4" in shown.out
        assert "…" not in shown.out


def test_check_uses_the_catalogue_that_is_named(
    igrt: Igrt, igrt_process: Igrt, filled: Path, tmp_path: Path
) -> None:
    path = claim(tmp_path, ("77306", 1), ("77300", 1))
    for shown in (
        igrt_process("check", path, **{VARIABLE: str(filled)}),
        igrt("check", path, "--catalogue", filled),
    ):
        assert shown.code == 1
        text = words(shown)
        assert "WARNING 77300 is not paid on one date with 77306: remove 77300." in text
        assert "The CMS pair edits of 2026Q4 (medicare, practitioner) never pay 77300 beside 77306" in text
        assert "CMS's reason: coding instructions." in text
        assert "EXT-PTP" in text


def test_a_catalogue_among_the_user_s_data_is_not_used_unless_it_is_named(
    igrt: Igrt, igrt_process: Igrt, tmp_path: Path
) -> None:
    assert igrt("catalogue", "import", *samples()).code == 0
    path = claim(tmp_path, ("77306", 1), ("77300", 1))
    shown = igrt_process("check", path)
    assert (shown.code, "Nothing to say" in shown.out) == (0, True)


@pytest.mark.parametrize("command", ["check", "serve"])
def test_what_cannot_be_read_as_catalogue_stops_the_command(
    igrt: Igrt, igrt_process: Igrt, tmp_path: Path, command: str
) -> None:
    gone = tmp_path / "gone.sqlite3"
    arguments = [claim(tmp_path, ("77300", 1))] if command == "check" else ["--port", "0"]
    for shown in (
        igrt_process(command, *arguments, **{VARIABLE: str(gone)}),
        igrt(command, *arguments, "--catalogue", gone),
    ):
        assert shown.code == 3
        assert f"{gone}: is no file" in shown.err
        assert "Traceback" not in shown.err


def test_explain_asks_the_imported_edits_too(igrt_process: Igrt, filled: Path, tmp_path: Path) -> None:
    path = claim(tmp_path, ("77306", 1), ("77300", 1))
    shown = igrt_process("policies", "explain", path, **{VARIABLE: str(filled)})
    assert "code-never-paid-beside-another (EXT-PTP) speaks on Claim/c1 77300 2026-11-02" in shown.out
    assert "[77306]" in shown.out


def test_policy_cases_do_not_depend_on_what_the_site_has_imported(filled: Path) -> None:
    library = load_library([POLICIES], edits=edits_of(filled))
    assert run_policy_cases(library, [POLICIES]).problems == []


def test_every_kind_can_be_named(igrt: Igrt) -> None:
    shown = igrt("catalogue", "import", "--help")
    assert shown.code == 0
    text = "".join(shown.out.split())
    for name in KINDS:
        assert name in text.replace("│", "")
