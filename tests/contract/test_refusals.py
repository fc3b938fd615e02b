"""What is refused, with which status, and whether the letter names the place (contract section 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.settings import Settings
from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, ORDER, SELECT, SERVICE_OF, Site, letters, read

CLAIM_SERVICE = SERVICE_OF[DOUBLE_BILLED]
CLAIM = json.dumps(load(DOUBLE_BILLED)).encode()


def inside(text: bytes) -> bytes:
    """The claim request with this JSON text as the first member of its Claim."""
    return CLAIM.replace(b'"use": "claim"', b'"x": ' + text + b', "use": "claim"', 1)


IN_CLAIM = "/context/claims/entry/0/resource/x"
NOT_JSON = "not JSON in UTF-8"
NO_JSON: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "", NOT_JSON),
    "text": (b"hello", "", NOT_JSON),
    "half an object": (b'{"hook": "order-sign"', "/hook", NOT_JSON),
    "something after the end": (CLAIM + b" {}", "", "behind its end"),
    "comma before the end": (b'{"hook": "order-sign",}', "", NOT_JSON),
    "comment": (b'{"hook": "order-sign" /* x */}', "/hook", NOT_JSON),
    "single quotes": (b"{'hook': 'order-sign'}", "", NOT_JSON),
    "NaN": (inside(b"NaN"), IN_CLAIM, "NaN"),
    "minus infinity": (inside(b"[1, -Infinity]"), f"{IN_CLAIM}/1", "Infinity"),
    "wrong UTF-8 in the envelope": (b'{"hook": "\xff"}', "/hook", "not UTF-8"),
    "wrong UTF-8 in what nobody reads": (CLAIM[:-1] + b', "x": "\xe8\x28"}', "/x", "not UTF-8"),
    "wrong UTF-8 deep in a claim": (inside(b'"\xc3\x28"'), IN_CLAIM, "not UTF-8"),
    "a surrogate in UTF-8": (inside(b'"\xed\xa0\x80"'), IN_CLAIM, "not UTF-8"),
    "UTF-16": (CLAIM.decode().encode("utf-16"), "", "another encoding"),
    "UTF-16 without mark": (CLAIM.decode().encode("utf-16-le"), "", "another encoding"),
    "UTF-32": (CLAIM.decode().encode("utf-32-be"), "", "another encoding"),
    "byte order mark": (b"\xef\xbb\xbf" + CLAIM, "", "another encoding"),
    "half a surrogate pair": (inside(rb'["\ud83d"]'), f"{IN_CLAIM}/0", "surrogate"),
    "a surrogate pair the wrong way": (inside(rb'"\udc00\ud83d"'), IN_CLAIM, "surrogate"),
    "control character": (b'{"hook": "order\x01sign"}', "/hook", NOT_JSON),
    "NUL": (inside(rb'"a\u0000b"'), IN_CLAIM, "U+0000"),
    "a name twice": (CLAIM[:-1] + b', "hook": "order-sign"}', "/hook", "twice"),
    "a name twice in another spelling": (inside(rb'{"a": 1, "\u0061": 2}'), f"{IN_CLAIM}/a", "twice"),
    "a second use of a claim": (inside(b'1, "use": "predetermination"'), IN_CLAIM[:-1] + "use", "twice"),
    "a number of many digits": (inside(b"1" * 65), IN_CLAIM, "64 characters"),
    "a number of 100,000 digits": (inside(b"1" * 100_000), IN_CLAIM, "64 characters"),
    "an infinite number": (inside(b"1e400"), IN_CLAIM, "too large or too small"),
    "a number that vanishes": (inside(b"1E-400000000"), IN_CLAIM, "too large or too small"),
    "an exponent without end": (inside(b"-1e99999999999999999999"), IN_CLAIM, "too large or too small"),
    "depth bomb of lists": (b"[" * 100_000, "/0" * 64, "deeper than 64"),
    "closed depth bomb": (b"[" * 100_000 + b"]" * 100_000, "/0" * 64, "deeper than 64"),
    "depth bomb of objects": (b'{"a":' * 100_000, "/a" * 64, "deeper than 64"),
    "depth bomb in a member that nobody reads": (
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "/x" + "/0" * 63,
        "deeper than 64",
    ),
    "more values than anyone sends": (inside(b"[" + b"0," * 200_000 + b"0]"), "", "200000 values"),
}
NO_OBJECT: dict[str, bytes] = {
    "list": b"[]",
    "null": b"null",
    "number": b"12",
    "text": b'"order-sign"',
    "true": b"true",
}


@pytest.mark.parametrize(("body", "pointer", "words"), NO_JSON.values(), ids=NO_JSON)
def test_what_the_gate_refuses_is_named_by_its_pointer(
    site: Site, body: bytes, pointer: str, words: str
) -> None:
    ((place, letter),) = letters(site.send(CLAIM_SERVICE, body), 400, "invalid")
    assert place == pointer
    assert words in letter


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_json_that_is_no_object_is_refused(site: Site, body: bytes) -> None:
    ((_, letter),) = letters(site.send(CLAIM_SERVICE, body), 400, "invalid")
    assert "no object" in letter


@pytest.mark.parametrize("number", [b"1" * 64, b"1e300", b"-1E-300", b"0e-999", b"0.0000000000"])
def test_a_large_number_that_nobody_reads_does_no_harm(site: Site, number: bytes) -> None:
    response = site.send(CLAIM_SERVICE, inside(number))
    assert response.status_code == 200
    assert len(read(response)["cards"]) == 1


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def edit(request: dict[str, Any]) -> None:
        inner = request
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]

    return edit


def _with(new: Any, *path: str) -> Callable[[dict[str, Any]], None]:
    def edit(request: dict[str, Any]) -> None:
        inner = request
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = new

    return edit


ENVELOPE: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    (DOUBLE_BILLED, _without("hook"), "hook"),
    (DOUBLE_BILLED, _with("", "hook"), "hook"),
    (DOUBLE_BILLED, _with(7, "hook"), "hook"),
    (DOUBLE_BILLED, _with(None, "hook"), "hook"),
    (DOUBLE_BILLED, _without("hookInstance"), "hookInstance"),
    (DOUBLE_BILLED, _with("", "hookInstance"), "hookInstance"),
    (DOUBLE_BILLED, _with("  ", "hookInstance"), "hookInstance"),
    (DOUBLE_BILLED, _with("a" * 129, "hookInstance"), "hookInstance"),
    (DOUBLE_BILLED, _with(["a"], "hookInstance"), "hookInstance"),
    (DOUBLE_BILLED, _without("context"), "context"),
    (DOUBLE_BILLED, _with(None, "context"), "context"),
    (DOUBLE_BILLED, _with([], "context"), "context"),
    (DOUBLE_BILLED, _without("context", "userId"), "context.userId"),
    (DOUBLE_BILLED, _with("", "context", "userId"), "context.userId"),
    (DOUBLE_BILLED, _without("context", "patientId"), "context.patientId"),
    (DOUBLE_BILLED, _with("", "context", "patientId"), "context.patientId"),
    (DOUBLE_BILLED, _with("Patient/", "context", "patientId"), "context.patientId"),
    (DOUBLE_BILLED, _with({}, "context", "patientId"), "context.patientId"),
    (DOUBLE_BILLED, _without("context", "claims"), "context.claims"),
    (DOUBLE_BILLED, _with(None, "context", "claims"), "context.claims"),
    (DOUBLE_BILLED, _with([], "context", "claims"), "context.claims"),
    (DOUBLE_BILLED, _with({}, "context", "claims"), "context.claims.resourceType"),
    (DOUBLE_BILLED, _with({"resourceType": "Claim"}, "context", "claims"), "context.claims.resourceType"),
    (
        DOUBLE_BILLED,
        _with({"resourceType": "Bundle", "entry": {}}, "context", "claims"),
        "context.claims.entry",
    ),
    (
        DOUBLE_BILLED,
        _with({"resourceType": "Bundle", "entry": [1]}, "context", "claims"),
        "context.claims.entry.0",
    ),
    (ORDER, _without("context", "draftOrders"), "context.draftOrders"),
    (SELECT, _without("context", "selections"), "context.selections"),
    (SELECT, _with("ServiceRequest/1", "context", "selections"), "context.selections"),
    (SELECT, _with([{}], "context", "selections"), "context.selections.0"),
    (DOUBLE_BILLED, _with([], "prefetch"), "prefetch"),
    (DOUBLE_BILLED, _with("none", "prefetch"), "prefetch"),
    (DOUBLE_BILLED, _with({"access_token": "t"}, "fhirAuthorization"), "fhirServer"),
]


@pytest.mark.parametrize(
    ("name", "edit", "place"), ENVELOPE, ids=[f"{n}-{e[2]}" for n, e in enumerate(ENVELOPE)]
)
def test_a_fault_of_the_envelope_is_named_by_its_place(
    site: Site, name: str, edit: Callable[[dict[str, Any]], None], place: str
) -> None:
    request = load(name)
    edit(request)
    found = letters(site.ask(SERVICE_OF[name], request), 400, "invalid")
    assert [where for where, _ in found] == [place]
    assert place.rpartition(".")[2] in found[0][1] or place.rpartition(".")[2].isdigit()


def test_a_fault_of_the_bundle_itself_is_named_by_its_element(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    request["context"]["claims"]["type"] = 5
    ((place, letter),) = letters(site.ask(CLAIM_SERVICE, request), 400, "invalid")
    assert place == "context.claims"
    assert "(Bundle.type: " in letter


def test_every_fault_of_the_envelope_is_named_at_once(site: Site) -> None:
    request = load(SELECT)
    del request["hookInstance"], request["context"]["userId"], request["context"]["patientId"]
    request["prefetch"] = 3
    found = letters(site.ask(SERVICE_OF[SELECT], request), 400, "invalid")
    assert {place for place, _ in found} == {
        "hookInstance",
        "context.userId",
        "context.patientId",
        "prefetch",
    }


@pytest.mark.parametrize(
    "wrong", ["order-select", "order-sign", "patient-view", "Order-Sign", "claim-submit"]
)
def test_the_hook_has_to_be_that_of_the_service(site: Site, wrong: str) -> None:
    ((place, letter),) = letters(
        site.ask(CLAIM_SERVICE, load(DOUBLE_BILLED) | {"hook": wrong}), 400, "invalid"
    )
    assert place == "hook"
    assert "org.igrt-cds.claim-submit" in letter
    assert wrong not in letter.replace("org.igrt-cds.claim-submit", "")


def test_authorization_with_its_server_is_accepted_and_not_used(site: Site) -> None:
    request = load(DOUBLE_BILLED) | {
        "fhirServer": "http://192.0.2.1/fhir",
        "fhirAuthorization": {
            "access_token": "x",
            "token_type": "Bearer",
            "expires_in": 3,
            "scope": "",
            "subject": "",
        },
    }
    assert site.ask(CLAIM_SERVICE, request).content == site.story(DOUBLE_BILLED).content


def test_when_no_entry_can_be_read_each_is_named(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    broken = {"resource": {"resourceType": "Claim", "id": "b", "item": "none"}}
    request["context"]["claims"]["entry"] = [broken, {"resource": 7}]
    found = letters(site.ask(CLAIM_SERVICE, request), 400, "structure")
    assert [place for place, _ in found] == [
        "context.claims.entry[0].resource",
        "context.claims.entry[1].resource",
    ]
    assert "Claim.item" in found[0][1]


@pytest.mark.parametrize(
    "service", ["igrt-nothing", "IGRT-ORDER-SIGN", "igrt-order-sign%2F..", "x" * 500, "%F0%9F%92%80"]
)
def test_an_unknown_service_is_not_found(site: Site, service: str) -> None:
    for body in (json.dumps(load(ORDER)).encode(), b"no json"):
        ((_, letter),) = letters(site.send(service, body), 404, "not-found")
        assert "/cds-services" in letter


@pytest.mark.parametrize("path", ["/nothing", "/cds-services/igrt-order-sign/feedback/x", "/cds-service"])
def test_an_unknown_address_is_not_found(site: Site, path: str) -> None:
    letters(site.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/cds-services/igrt-order-sign", {"POST", "OPTIONS"}),
        ("PUT", "/cds-services/igrt-order-sign", {"POST", "OPTIONS"}),
        ("PATCH", "/cds-services/igrt-claim-review", {"POST", "OPTIONS"}),
        ("DELETE", "/cds-services/igrt-claim-review", {"POST", "OPTIONS"}),
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_ones_named(
    site: Site, method: str, path: str, allowed: set[str]
) -> None:
    response = site.session.request(method, site.url(path), timeout=30)
    letters(response, 405, "not-supported")
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_a_request_at_the_limit_is_read_and_a_larger_one_refused(site: Site) -> None:
    limit = Settings().max_body
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    assert site.send(CLAIM_SERVICE, body.ljust(limit)).status_code == 200
    ((_, letter),) = letters(site.send(CLAIM_SERVICE, body.ljust(limit + 1)), 413, "too-long")
    assert "too large" in letter


def test_a_body_that_is_declared_as_nothing_is_read_as_json(site: Site) -> None:
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    answer = site.session.post(site.url(f"/cds-services/{CLAIM_SERVICE}"), data=body, timeout=30)
    assert "Content-Type" not in answer.request.headers
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/fhir+xml", "multipart/form-data", "json", "text/json"],
)
def test_another_media_type_is_refused(site: Site, kind: str) -> None:
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    letters(site.send(CLAIM_SERVICE, body, **{"Content-Type": kind}), 415, "not-supported")


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/fhir+json", "application/cds+json"],
)
def test_json_under_its_other_names_is_read(site: Site, kind: str) -> None:
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    assert site.send(CLAIM_SERVICE, body, **{"Content-Type": kind}).status_code == 200


def test_a_body_without_media_type_is_read_as_json(site: Site) -> None:
    url = site.url(f"/cds-services/{CLAIM_SERVICE}")
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    response = site.session.post(url, data=body, timeout=30)
    assert "Content-Type" not in response.request.headers
    assert response.status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_compressed_body_is_refused(site: Site, encoding: str) -> None:
    letters(site.send(CLAIM_SERVICE, b"\x1f\x8b", **{"Content-Encoding": encoding}), 415, "not-supported")


def test_a_body_in_chunks_is_read(site: Site) -> None:
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    parts = (body[n : n + 700] for n in range(0, len(body), 700))
    url = site.url(f"/cds-services/{CLAIM_SERVICE}")
    response = site.session.post(url, data=parts, headers={"Content-Type": "application/json"}, timeout=30)
    assert response.content == site.story(DOUBLE_BILLED).content


def test_one_call_is_about_200_orders_at_most(site: Site) -> None:
    request = load(ORDER)
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    drafts = [{"resource": {**order, "id": f"order-{number}"}} for number in range(201)]
    request["context"]["draftOrders"]["entry"] = drafts
    ((place, letter),) = letters(site.ask(SERVICE_OF[ORDER], request), 413, "too-costly")
    assert place == "context.draftOrders"
    assert "200" in letter
    request["context"]["draftOrders"]["entry"] = drafts[1:]
    assert len(read(site.ask(SERVICE_OF[ORDER], request))["cards"]) == 200


def test_one_call_is_about_1000_claim_lines_at_most(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["item"] = [{**claim["item"][0], "sequence": number} for number in range(1, 1002)]
    ((place, _),) = letters(site.ask(CLAIM_SERVICE, request), 413, "too-costly")
    assert place == "context.claims"
    del claim["item"][0]
    assert site.ask(CLAIM_SERVICE, request).status_code == 200
