"""Links come from our own data only, and go to https addresses of hosts that somebody has looked at (T28)."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from flask.testing import FlaskClient

from cds_service.books import standard_library
from tests.conformance.markdown import address_fault, link_hosts
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "cds_service" / "policies").rglob("sources.yaml"))
CARD_DATA = sorted(
    file
    for folder in ("cards", "cds_service/policies", "cds_service/catalogues")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in {".md", ".json", ".yaml", ".csv"} and file.name not in {"sources.yaml", "SOURCES.md"}
)
SCHEME = re.compile(r"(?i)\b(?:(?:javascript|vbscript|data):(?=\S)|[a-z]+://([\w.-]+))")
CODE_SYSTEMS = {"terminology.hl7.org", "www.cms.gov", "hl7.org", "www.ama-assn.org", "json-schema.org"}
"""Hosts in the names of code systems and schemas: identifiers, which no card links to."""


def test_every_document_links_to_a_listed_host() -> None:
    found = {d.url: address_fault(d.url) for d in standard_library().engine.book.documents.values() if d.url}
    assert len(found) >= 5
    assert {url: fault for url, fault in found.items() if fault} == {}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.parent.name)
def test_a_register_holds_no_other_address(file: Path) -> None:
    for url in re.findall(r"\S*://\S*", file.read_text("utf-8")):
        assert address_fault(url) == "", url
    assert not re.search(r"(?i)\b(javascript|data|vbscript):(?=\S)", file.read_text("utf-8"))


def test_no_other_data_of_a_card_holds_a_link() -> None:
    """Templates, phrases and rules: a link of a card is made of a register's address and of nothing else."""
    assert len(CARD_DATA) > 40
    for file in CARD_DATA:
        text = file.read_text("utf-8")
        for match in SCHEME.finditer(text):
            assert match[1] in CODE_SYSTEMS, f"{file.relative_to(ROOT)}: {match[0]}"
        if file.suffix == ".md":
            assert "](" not in text, file.name


def test_every_listed_host_is_used() -> None:
    data = yaml.safe_load((Path(__file__).parent / "link_hosts.yaml").read_text("utf-8"))
    used = {urlsplit(d.url).hostname for d in standard_library().engine.book.documents.values() if d.url}
    assert set(data["hosts"]) == used
    assert all(owner.strip() for owner in data["hosts"].values())
    assert link_hosts() == {*data["hosts"], *data["formats"], *data["examples"]}


@pytest.mark.parametrize(
    "path", ["/cds-services", "/nothing", "/healthz", "/openapi.json", "/cds-services/x"]
)
def test_every_answer_forbids_caching_and_guessing(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
