"""docs/trust.md, done as it is written: its commands in their order, its log line, its table of members."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from cds_service.cli import trust
from cds_service.trust import reachable
from cds_service.trust.registry import load_registry
from cds_service.trust.sandbox import ISSUER
from tests.cli.conftest import Igrt, igrt
from tests.conftest import ROOT
from tests.docs.pages import DOCS, commands
from tests.trust.tokens import key, key_set, token

__all__ = ["igrt"]

PAGE = (DOCS / "trust.md").read_text("utf-8")
OURS = [c for c in commands("igrt-cds") if c.words[1] == "trust"]


def test_the_commands_do_what_the_page_says(
    igrt: Igrt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IGRT_CDS_TRUST", raising=False)
    asked: list[str] = []

    def fetch(url: str, ca_file: str) -> bytes:
        asked.append(url)
        return json.dumps(key_set(key(), key("rsa", "RS384"))).encode()

    monkeypatch.setattr(reachable, "fetch_key_set", fetch)
    said = {}
    for command in OURS:
        monkeypatch.setattr(sys, "stdin", io.StringIO(token(iss="https://nobody.example")))
        done = igrt(*command.words[1:])
        assert done.code == (1 if command.words[2] == "test" else 0), f"{command.place}: {done.err}"
        said[command.words[2]] = done.out + done.err
    registry = load_registry(tmp_path / "trust.yaml")
    assert [client.profile for client in registry.clients] == ["epic", "oracle", "inferno", "generic"]
    assert asked == [client.jwks_url for client in registry.clients]
    (sandbox,) = load_registry(tmp_path / "sandbox.yaml", development=True).clients
    assert sandbox.issuer == ISSUER
    assert said["test"].startswith("Refused (issuer).")
    assert "lakeside-epic" in said["list"]
    assert {client.issuer for client in registry.clients} >= set(
        re.findall(r"`(https://(?:cds-hooks\.cerner|inferno)[^`]*)`", PAGE)
    )


def test_every_command_and_member_is_described() -> None:
    assert {c.words[2] for c in OURS} == {c.name or "" for c in trust.app.registered_commands}
    schema = json.loads((ROOT / "cds_service/trust/schemas/trust.schema.json").read_text("utf-8"))
    for member in schema["$defs"]["client"]["properties"]:
        assert re.search(rf"^\| [^|]*`{member}`", PAGE, re.M), member
