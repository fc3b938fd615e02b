"""From CMS's files to the card: import, start the service, send a claim, read what it says."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from cds_service.app import create_app
from cds_service.books import library_with
from cds_service.cms_files.store import save
from fhir_fixtures import load
from tests.cms_files.build import read, samples
from tests.contract.calls import DOUBLE_BILLED, Site, findings, said
from tests.contract.calls import read as body_of
from tests.trust import tokens

SERVICE = "igrt-claim-review"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "catalogue.sqlite3"
    save(path, read(*samples()), date(2026, 11, 23))
    return path


@pytest.fixture(scope="module")
def importing(catalogue: Path) -> Iterator[Site]:
    """The service of a site that has imported the samples."""
    server: Any = create_server(
        create_app(tokens.settings(), library_with(catalogue), tokens.registry()), host="127.0.0.1", port=0
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    made = Site(f"http://127.0.0.1:{server.effective_port}")
    made.session.auth = tokens.Signs()
    yield made
    made.session.close()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()


def request(day: str, *items: tuple[str, int]) -> dict[str, Any]:
    """The fixture of a Medicare hospital, with other items on another day."""
    made: dict[str, Any] = copy.deepcopy(load(DOUBLE_BILLED))
    claim = made["context"]["claims"]["entry"][0]["resource"]
    first = claim["item"][0]
    claim["billablePeriod"] = {"start": day, "end": day}
    claim["created"] = day
    claim["item"] = [
        {
            **{k: v for k, v in first.items() if k not in ("modifier", "quantity", "servicedPeriod")},
            "sequence": number,
            "productOrService": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
            "servicedDate": day,
            "quantity": {"value": units},
        }
        for number, (code, units) in enumerate(items, start=1)
    ]
    return made


def ask(site: Site, *arguments: Any) -> Any:
    answer = site.ask(SERVICE, request(*arguments))
    assert answer.status_code == 200, answer.text
    return body_of(answer)


def test_the_card_names_the_edition_the_reason_and_the_line_that_goes(importing: Site) -> None:
    answer = ask(importing, "2026-11-02", ("77301", 1), ("77387", 1))
    (card,) = answer["cards"]
    assert card["indicator"] == "warning"
    assert card["summary"] == "77387 is not paid on one date with 77301: remove 77387."
    assert (
        "The CMS pair edits of 2026Q4 (medicare, outpatient-hospital) never pay 77387 beside 77301"
        in card["detail"].replace("\\", "")
    )
    assert "CMS's reason: not meant to be reported beside the other." in card["detail"].replace("\\", "")
    assert "National Correct Coding Initiative" in card["detail"]
    (finding,) = findings(answer)
    assert (finding["kind"], finding["severity"], finding["rules"]) == (
        "same-day-exclusion",
        "warning",
        ["EXT-PTP"],
    )
    assert finding["remedies"] == [{"action": "remove-line", "code": "77387"}]
    corrected = card["suggestions"][0]["actions"][0]["resource"]
    assert [item["productOrService"]["coding"][0]["code"] for item in corrected["item"]] == ["77301"]


def test_without_the_import_the_same_claim_gets_the_built_in_hint(site: Site) -> None:
    answer = ask(site, "2026-11-02", ("77301", 1), ("77387", 1))
    (finding,) = findings(answer)
    assert (finding["kind"], finding["severity"], finding["rules"]) == ("bundling", "info", ["EXT-11"])


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-11-02", [("same-day-exclusion", "info")]),
        ("2019-12-31", [("same-day-exclusion", "info")]),
        ("2019-12-30", []),
        ("2027-01-01", []),
    ],
)
def test_a_table_of_pairs_answers_for_its_own_days(
    importing: Site, day: str, found: list[tuple[str, str]]
) -> None:
    assert said(ask(importing, day, ("77338", 1), ("77334", 1))) == found


def test_units_beyond_the_limit_of_the_quarter(importing: Site, site: Site) -> None:
    answer = ask(importing, "2026-11-02", ("77336", 3))
    (card,) = answer["cards"]
    assert card["summary"] == "3 units of 77336 on 2026-11-02: CMS takes 1."
    assert "The CMS unit limits of 2026Q4 (medicare, outpatient-hospital) take 1 of 77336" in card[
        "detail"
    ].replace("\\", "")
    (finding,) = findings(answer)
    assert (finding["severity"], finding["remedies"]) == (
        "warning",
        [{"action": "reduce-units", "code": "77336", "to": 1}],
    )
    corrected = card["suggestions"][0]["actions"][0]["resource"]
    assert corrected["item"][0]["quantity"]["value"] == 1
    assert said(ask(importing, "2026-09-30", ("77336", 3))) == []
    assert said(ask(site, "2026-11-02", ("77336", 3))) == []


def test_a_clinical_limit_is_a_hint_with_a_way_past_it(importing: Site) -> None:
    (finding,) = findings(ask(importing, "2026-11-02", ("77334", 11)))
    assert finding["severity"] == "info"
    assert [remedy["action"] for remedy in finding["remedies"]] == ["reduce-units", "review"]


def test_what_other_documents_say_too_is_one_card_that_cites_both(importing: Site, site: Site) -> None:
    with_import, without = body_of(importing.story(DOUBLE_BILLED)), body_of(site.story(DOUBLE_BILLED))
    assert said(with_import) == said(without) == [("bundling", "critical")]
    assert len(with_import["cards"]) == 1
    (more,), (less,) = findings(with_import), findings(without)
    assert set(more["rules"]) - set(less["rules"]) == {"EXT-PTP"}
    assert more["remedies"] == less["remedies"]


def test_claims_without_an_edit_are_answered_as_before(importing: Site, site: Site) -> None:
    name = "hospital-imrt-clean-medicare"
    assert body_of(importing.story(name)) == body_of(site.story(name))
