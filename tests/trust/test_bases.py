"""What the registry takes as a base is read when a request names it; what is never read is refused with a letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir_client.addresses import page_at, resource_at
from cds_service.service import Advisor
from cds_service.trust.bases import BadAddress, parse_base, registered
from cds_service.trust.registry import TrustError, parse_registry
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF
from tests.fhir_client.ehr import Ehr, client_of, reader, serving, with_server
from tests.fhir_client.test_same_answer import LIBRARY, resources, scope_of
from tests.trust.tokens import key

NAME = "florida-blue-document-one-day-too-old"
ODD = "tenant:7;v=1/a@b(c)+$d=,!'*&~/r4"


def letters(base: str, development: bool = False) -> list[str]:
    """What the registry says of a client with this base."""
    client = {
        "name": "mercy",
        "profile": "generic",
        "issuer": "https://mercy.example",
        "keys": [key().jwk()],
        "fhir_bases": [base],
    }
    try:
        parse_registry(
            json.dumps({"clients": [client]}), "trust.yaml", folder=Path(), development=development
        )
    except TrustError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("https://169.254.169.254/fhir", "never called"),
        ("https://169.254.7.7/fhir", "never called"),
        ("https://0.0.0.0/fhir", "never called"),
        ("https://100.100.100.200/fhir", "never called"),
        ("https://[::ffff:10.0.0.1]/fhir", "never called"),
        ("https://[fe80::1]/fhir", "never called"),
        ("https://[::]/fhir", "never called"),
        ("https://ehr-.example/fhir", "The host is no name."),
        ("https://-ehr.a.-b.example/fhir", "is no plain address"),
        ("https://a.-b.example/fhir", "The host is no name."),
        (f"https://{'a' * 64}.example/fhir", "The host is no name."),
        (f"https://ehr.example/{'a' * 2048}", "too long"),
        ("https://ehr.example/fhir/..;x/r4", "a dot part"),
        ("https://ehr.example/fhir/;x/r4", "an empty part"),
    ],
    ids=[
        *("metadata", "link-local", "this-network", "alibaba-metadata", "mapped-ipv6", "link-local-ipv6"),
        *("no-address-ipv6", "label-ends-in-hyphen", "host-begins-with-hyphen", "label-begins-with-hyphen"),
        *("label-of-64", "too-long", "dots-before-semicolon", "nothing-before-semicolon"),
    ],
)
def test_a_base_that_is_never_read_is_a_letter(base: str, why: str) -> None:
    (letter,) = letters(base)
    assert "mercy" in letter
    assert "fhir_bases, 1: " in letter
    assert why in letter
    assert registered(base, [base]) is None


@pytest.mark.parametrize(
    "base",
    [
        f"https://ehr.example/fhir/{ODD}",
        "https://a.example/fhir/tenant:7/r4",
        f"https://{'a' * 63}.example/fhir/",
        "https://ehr-1.example",
        "https://10.0.0.1:8443/fhir",
        "https://[fd00::7]/fhir",
    ],
    ids=["all-of-pchar", "colon", "label-of-63", "hyphen-inside", "network-of-the-site", "ipv6-of-the-site"],
)
def test_a_base_that_is_taken_is_found_again(base: str) -> None:
    assert letters(base) == []
    assert registered(base, [base]) == parse_base(base)


def test_http_is_taken_on_this_machine_in_development_alone() -> None:
    base = "http://127.0.0.1:8080/fhir"
    assert letters(base, development=True) == []
    assert len(letters(base)) == 1


@given(
    st.from_regex(r"https://[a-z0-9.:\[\]-]{1,20}(/[A-Za-z0-9._~!$&'()*+,;=:@/-]{0,20})?", fullmatch=True)
    | st.builds("https://ehr.example/{}".format, st.text("ab.;:@/~-", max_size=12))
)
def test_nothing_is_taken_that_is_never_read(base: str) -> None:
    assert letters(base) or registered(base, [base]) is not None


def test_a_server_below_an_odd_path_is_read() -> None:
    request = load(NAME)
    prefetch = request.pop("prefetch")

    class Tenant(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            below = path.removeprefix(f"{ODD}/")
            assert below != path
            return super().answer(below)

    with serving(Tenant(resources(prefetch))) as ehr:
        ehr.base = f"{ehr.base}/{ODD}"
        body = json.dumps(with_server(request, ehr.base, scope_of(prefetch))).encode()
        answer = Advisor(LIBRARY, reader=reader()).advise(SERVICE_OF[NAME], body, client=client_of(ehr.base))
    assert answer.status == 200
    assert ehr.seen
    assert answer.seen.gathered is not None
    assert answer.seen.gathered.unread == []


BASE = parse_base("https://ehr.example/fhir;v=1/r4")


def test_a_base_with_a_parameter_holds_what_is_below_it() -> None:
    assert resource_at(BASE, "Organization/a").url == "https://ehr.example/fhir;v=1/r4/Organization/a"
    assert page_at(BASE, "https://ehr.example/fhir;v=1/r4?p=2").url == "https://ehr.example/fhir;v=1/r4?p=2"


@pytest.mark.parametrize("below", ["..;/evil", "Claim;x/1", "..;x", "$all", "a:b/1", "@evil", "Claim/(1)"])
def test_what_is_below_a_base_keeps_to_plain_characters(below: str) -> None:
    for read in (page_at, resource_at):
        for text in (below, f"https://ehr.example/fhir;v=1/r4/{below}"):
            with pytest.raises(BadAddress):
                read(BASE, text)
