"""Certificates are checked, and a site can add the authority of its own servers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from cds_service.fhir_client.addresses import query_at
from cds_service.fhir_client.exchange import Fault
from cds_service.fhir_client.reading import Outcome
from tests.fhir_client.ehr import client_of, reader


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def base(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()
    server.server_close()
    thread.join()


def read(base: str, ca_file: str) -> Outcome:
    made = reader(ca_file=ca_file, http_on_loopback=False)
    client = client_of(base)
    found = made.base_of(client, base)
    assert found is not None
    with made.open(client, found, "token") as reading:
        reading.ask("patient", query_at(found, "Patient/{{context.patientId}}", "p1"))
        (outcome,) = reading.outcomes()
    return outcome


def test_a_server_of_an_unknown_authority_is_not_read(base: str) -> None:
    assert read(base, "").fault is Fault.unreachable


def test_a_server_of_the_sites_own_authority_is(base: str, authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    assert read(base, str(file)).body == b"{}"


def test_another_authority_does_not_help(base: str, tmp_path: Path) -> None:
    file = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(file)
    assert read(base, str(file)).fault is Fault.unreachable
