"""`igrt-cds replay` of a body that the caller kept: what it says of refusals, and whose fault a difference is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from cds_service.store.database import Store, default_url
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare
from fhir_fixtures import load
from tests.cli.conftest import Igrt
from tests.contract.calls import SERVICE_OF
from tests.fhir_client.ehr import client_of, reader, with_server
from tests.trust import tokens

NAME = "florida-blue-document-one-day-too-old"
OURS, SECOND = "https://ehr.example/fhir", "https://second.example/fhir"
MAINTAINERS = "tell the maintainers"


class Site:
    """A store and a registry, named in the environment, and the calls of the one client."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, default_url(folder)
        self.registry = folder / "trust.yaml"

    def register(self, *bases: str, name: str = "hospital") -> None:
        """Make `name` the client of the registry."""
        entry = {
            "name": name,
            "profile": "generic",
            "issuer": tokens.ISSUER,
            "keys": [tokens.key().jwk()],
            "fhir_bases": [*bases],
        }
        self.registry.write_text(json.dumps({"clients": [entry]}), encoding="utf-8")

    def call(self, request: Mapping[str, Any], *bases: str) -> tuple[str, Path]:
        """Answer it to the hospital; gives the decision, and the file with the body."""
        body = json.dumps(request).encode()
        client, library = client_of(*bases), standard_library()
        answer = Advisor(library, reader=reader()).advise(SERVICE_OF[NAME], body, client=client)
        store = Store(self.url)
        prepare(store)
        keeping = Keeping(store)
        made = keeping.record(library, SERVICE_OF[NAME], client, body, answer, answer.encode())
        keeping.close()
        file = self.folder / "body.json"
        file.write_bytes(body)
        return made, file


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path)
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", made.url)
    monkeypatch.setenv("IGRT_CDS_TRUST", str(made.registry))
    return made


def two_servers() -> dict[str, Any]:
    """A request whose claim names its patient on the second server of the caller."""
    request = load(NAME) | {"fhirServer": OURS}
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["patient"]["reference"] = f"{SECOND}/{claim['patient']['reference']}"
    return request


def test_a_refusal_is_told_with_its_status_and_letter_and_never_as_silence(site: Site, igrt: Igrt) -> None:
    request = load(NAME)
    del request["prefetch"]
    site.register(OURS)
    decision, file = site.call(request, OURS)
    told = igrt("replay", decision, "--input", file)
    assert (told.code, told.err) == (0, "")
    assert "Refused with status 412: nothing was judged." in told.out
    assert "prefetch.coverage No Coverage was supplied" in told.out
    assert "the request names no FHIR server" in told.out
    assert "no rule applies" not in told.out


def test_an_answer_without_cards_is_told_as_silence(site: Site, igrt: Igrt) -> None:
    request = load(NAME)
    request["context"]["claims"]["entry"] = []
    site.register(OURS)
    decision, file = site.call(request, OURS)
    told = igrt("replay", decision, "--input", file)
    assert "No card: no rule applies." in told.out
    assert "Refused" not in told.out


def test_the_callers_servers_are_those_of_the_registry(site: Site, igrt: Igrt) -> None:
    site.register(OURS, SECOND)
    decision, file = site.call(two_servers(), OURS, SECOND)
    told = igrt("replay", decision, "--input", file)
    assert (told.code, told.err) == (0, "")
    assert "The same answer, byte for byte." in told.out


def test_a_registration_that_has_changed_is_named_before_the_maintainers(site: Site, igrt: Igrt) -> None:
    site.register(OURS)
    decision, file = site.call(two_servers(), OURS, SECOND)
    told = igrt("replay", decision, "--input", file)
    assert told.code == 1
    assert "FHIR servers that are registered for hospital have changed since" in told.out


@pytest.mark.parametrize("named", [True, False], ids=["another-client", "no-registry"])
def test_a_caller_that_is_not_registered_here_is_said_and_nobody_is_blamed(
    site: Site, igrt: Igrt, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    site.register(OURS, SECOND, name="clinic")
    if not named:
        monkeypatch.delenv("IGRT_CDS_TRUST")
    decision, file = site.call(two_servers(), OURS, SECOND)
    told = igrt("replay", decision, "--input", file)
    assert told.code == 1
    assert "hospital is not registered here" in told.out
    assert "IGRT_CDS_TRUST" in told.out
    assert MAINTAINERS not in told.out


def test_what_was_to_be_read_is_named_and_nobody_is_blamed(site: Site, igrt: Igrt) -> None:
    request = load(NAME)
    del request["prefetch"]["documents"]
    base = "http://127.0.0.1:9/fhir"
    site.register(base)
    decision, file = site.call(with_server(request, base), base)
    told = igrt("replay", decision, "--input", file)
    assert told.code == 1
    assert "reads from the caller's FHIR server, which are not kept here" in told.out
    assert MAINTAINERS not in told.out


def test_a_registry_that_cannot_be_used_is_a_letter_and_hinders_no_kept_input(site: Site, igrt: Igrt) -> None:
    site.registry.write_text("clients: 5\n", encoding="utf-8")
    decision, file = site.call(load(NAME), OURS)
    told = igrt("replay", decision, "--input", file)
    assert told.code == 3
    assert "trust registry" in told.err
    kept = igrt("replay", decision)
    assert kept.code == 3
    assert "--input FILE" in kept.err
