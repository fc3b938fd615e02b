"""A key set behind the site's own authority is fetched everywhere as FHIR servers are read: with the same setting."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from cds_service.app import create_app
from tests.cli.conftest import Igrt, igrt
from tests.trust import tokens

__all__ = ["igrt"]
AUTHORITY = "IGRT_CDS_FHIR_CA_FILE"
DISCOVERY = "/cds-services"


@dataclass(frozen=True)
class Site:
    """A key set behind the site's own authority, and a registry that names it."""

    url: str
    authority: Path
    registry: Path


@contextmanager
def serving(authority: trustme.CA, name: str = "localhost", **more: Any) -> Iterator[str]:
    """The address of the usual client's key set, over TLS."""
    body = json.dumps(tokens.key_set(tokens.key())).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Who does not believe the certificate hangs up."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name, **more).configure_cert(context)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}/jwks.json"
        server.shutdown()


def write_registry(path: Path, url: str) -> Path:
    entry = {"name": "mercy", "profile": "generic", "issuer": tokens.ISSUER, "jwks_url": url}
    path.write_text(json.dumps({"clients": [entry]}), encoding="utf-8")
    return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """With the authority in the environment."""
    authority = trustme.CA()
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    with serving(authority) as url:
        registry = write_registry(tmp_path / "trust.yaml", url)
        monkeypatch.setenv(AUTHORITY, str(pem))
        monkeypatch.setenv("IGRT_CDS_TRUST", str(registry))
        yield Site(url, pem, registry)


@pytest.mark.parametrize("known", [True, False], ids=["named", "not-named"])
def test_a_token_is_checked_with_keys_behind_the_sites_authority(site: Site, known: bool) -> None:
    client = tokens.client(keys=None, jwks_url=site.url)
    settings = tokens.settings(fhir_ca_file=site.authority if known else None)
    app = create_app(settings, registry=tokens.registry(client)).test_client()
    answer = app.get(DISCOVERY, headers=tokens.bearer())
    assert answer.status_code == (200 if known else 401)


def doctor(igrt: Igrt) -> dict[str, str]:
    done = igrt("doctor", "--json")
    return next(row for row in json.loads(done.out)["checks"] if row["check"] == "keys")


def test_every_command_that_fetches_keys_goes_by_the_authority(site: Site, igrt: Igrt) -> None:
    checked = igrt("trust", "check")
    assert checked.code == 0
    assert "mercy: 1 usable key(s), for ES384." in checked.out
    tested = igrt("trust", "test", tokens.token())
    assert (tested.code, "Accepted: mercy." in tested.out) == (0, True)
    assert doctor(igrt)["level"] == "ok"


def test_without_it_every_command_says_what_to_do_about_the_certificate(
    site: Site, igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(AUTHORITY)
    checked = igrt("trust", "check")
    assert checked.code == 1
    assert "The server's certificate is not trusted here." in checked.out
    assert f"Name the certificate (PEM) of the authority that signs it in {AUTHORITY}." in checked.out
    tested = igrt("trust", "test", tokens.token())
    assert (tested.code, "keys-unavailable" in tested.err) == (1, True)
    row = doctor(igrt)
    assert (row["level"], AUTHORITY in row["remedy"], "way out" in row["remedy"]) == ("fail", True, False)


def test_an_authority_that_cannot_be_read_is_a_letter_of_its_own(
    site: Site, igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AUTHORITY, str(site.authority.with_name("gone.pem")))
    for words in (("check",), ("test", tokens.token())):
        done = igrt("trust", *words)
        assert (done.code, f"{AUTHORITY}: " in done.err) == (3, True)
    assert igrt("trust", "check", "--no-fetch").code == 0
    assert doctor(igrt)["level"] == "fail"


LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("more", "said", "remedy"),
    [
        ({"name": "other.example"}, "certificate is for another name.", "under the name that it is for"),
        ({"not_after": LONG_AGO}, "certificate has expired.", "Whoever runs the server has to renew it."),
    ],
    ids=["another-name", "expired"],
)
def test_other_faults_of_a_certificate_have_their_own_remedy(
    tmp_path: Path,
    igrt: Igrt,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
    said: str,
    remedy: str,
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv(AUTHORITY, str(tmp_path / "ca.pem"))
    with serving(authority, **more) as url:
        done = igrt("trust", "check", "--file", write_registry(tmp_path / "trust.yaml", url))
    assert done.code == 1
    assert said in done.out
    assert remedy in done.out
    assert AUTHORITY not in done.out


def test_a_server_that_is_away_is_no_matter_of_certificates(tmp_path: Path, igrt: Igrt) -> None:
    done = igrt("trust", "check", "--file", write_registry(tmp_path / "t.yaml", "https://localhost:1/jwks"))
    assert "The server cannot be reached. Check the address and the way out to it." in done.out
