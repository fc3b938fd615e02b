"""A small FHIR server on loopback: reads, searches by patient, pages, and a bearer token that has to be right."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader
from cds_service.trust.model import Client

TOKEN = "a-token-of-this-call"
COOKIE = "known=by-the-server"
_SUBJECT = {"Coverage": "beneficiary", "Claim": "patient", "ExplanationOfBenefit": "patient"}


class Ehr:
    """Resources and how they are served: `page` matches at once, with `gaps` an empty page between two others.

    `seen` are path and headers of every request.
    """

    def __init__(self, resources: list[dict[str, Any]], page: int = 1000, gaps: bool = False) -> None:
        self.resources, self.page, self.gaps = resources, page, gaps
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.base = ""

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and body for a path below the base."""
        parts = urlsplit(path)
        kind, _, identity = parts.path.partition("/")
        if identity:
            found = [r for r in self.resources if (r["resourceType"], r.get("id")) == (kind, identity)]
            return (200, found[0]) if found else (404, outcome("not-found"))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        patient = (query.get("patient") or query["subject"]).removeprefix("Patient/")
        found = [
            r
            for r in self.resources
            if r["resourceType"] == kind
            and r.get(_SUBJECT.get(kind, "subject"), {}).get("reference", "").endswith(f"Patient/{patient}")
            and query.get("status", r.get("status")) == r.get("status")
        ]
        first = int(query.get("_offset", 0))
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "entry": [{"resource": r, "search": {"mode": "match"}} for r in found[first : first + self.page]],
        }
        here = f"{self.base}/{kind}?patient={patient}&_offset="
        if "_gap" in query:
            bundle |= {"entry": [], "link": [{"relation": "next", "url": f"{here}{first}"}]}
        elif first + self.page < len(found):
            url = f"{here}{first + self.page}{'&_gap=1' if self.gaps else ''}"
            bundle["link"] = [{"relation": "next", "url": url}]
        return 200, bundle


def outcome(code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


@contextmanager
def serving(ehr: Ehr) -> Iterator[Ehr]:
    """The EHR at `ehr.base` while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ehr.seen.append((self.path, dict(self.headers)))
            status, body = 401, outcome("login")
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, body = ehr.answer(self.path.removeprefix("/fhir/"))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Set-Cookie", f"{COOKIE}; Path=/")
            if 300 <= status < 400:
                self.send_header("Location", body["Location"])
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ehr.base = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ehr
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client_of(*bases: str, name: str = "hospital") -> Client:
    return Client(name, f"https://{name}.example", fhir_bases=bases)


def reader(**limits: Any) -> FhirReader:
    """A reader with room enough for a busy machine, unless told otherwise."""
    return FhirReader(ReadLimits(**({"budget": 20.0, "http_on_loopback": True} | limits)))


def with_server(request: dict[str, Any], base: str, scope: str = "", **more: Any) -> dict[str, Any]:
    """A hook request that names the server and brings the token."""
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": scope,
        "subject": "igrt-cds",
    }
    return request | {"fhirServer": base, "fhirAuthorization": authorization | more}
