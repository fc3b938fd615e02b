"""Registered base URLs are the only way out: hostile shapes reach no listener (threat T1)."""

from __future__ import annotations

import json
import socket
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.books import standard_library
from cds_service.fhir_client.addresses import page_at, query_at, resource_at
from cds_service.service import Advisor
from cds_service.trust.bases import BadAddress, Base, parse_base, registered
from cds_service.trust.model import DEVELOPMENT
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, outcome
from tests.fhir_client.canary import canary
from tests.fhir_client.ehr import Ehr, client_of, reader, serving, with_server

NAME = "florida-blue-document-one-day-too-old"
LIBRARY = standard_library()

# {ours} is host:port of the registered server, {port} its port, {canary} a port where nobody may be called.
HOSTILE = (
    "http://127.0.0.1:{canary}/fhir",
    "http://127.0.0.1:{canary}",
    "https://127.0.0.1:{canary}/fhir",
    "//127.0.0.1:{canary}/fhir",
    "http:/127.0.0.1:{canary}/fhir",
    "http:127.0.0.1:{canary}/fhir",
    "http:\\\\127.0.0.1:{canary}\\fhir",
    "http://{ours}@127.0.0.1:{canary}/fhir",
    "http://{ours}:pw@127.0.0.1:{canary}/fhir",
    "http://127.0.0.1:{canary}@{ours}/fhir",
    "http://user@{ours}/fhir",
    "http://@{ours}/fhir",
    "http://{ours}#@127.0.0.1:{canary}/fhir",
    "http://{ours}/fhir#@127.0.0.1:{canary}",
    "http://{ours}?@127.0.0.1:{canary}/fhir",
    "http://127.0.0.1:{canary}#{ours}/fhir",
    "http://127.0.0.1:{canary}?{ours}/fhir",
    "http://127.0.0.1:{canary}\\@{ours}/fhir",
    "http://{ours}\\@127.0.0.1:{canary}/fhir",
    "http://{ours}.evil.example/fhir",
    "http://127.0.0.1.nip.example:{canary}/fhir",
    "http://{ours}/fhirevil",
    "http://{ours}/fhir/r4evil",
    "http://{ours}/fhir/../evil",
    "http://{ours}/fhir/..",
    "http://{ours}/evil/../fhir",
    "http://{ours}/./fhir",
    "http://{ours}//fhir",
    "http://{ours}/fhir//",
    "http://{ours}/%66hir",
    "http://{ours}/fhir/%2e%2e/evil",
    "http://{ours}/fhir%2f..%2fevil",
    "http://{ours}/fhir%00",
    "http://{ours}/fhir?x=1",
    "http://{ours}/fhir?",
    "http://{ours}/fhir#x",
    "http://{ours}/fhir#",
    "http://{ours}/fhir;x=1",
    "http://{ours}/fhir/..;/evil",
    "http://{ours}/FHIR",
    "http://{ours}/",
    "http://localhost:{canary}/fhir",
    "http://localhost:{port}/fhir",
    "http://LOCALHOST:{canary}/fhir",
    "http://127.1:{canary}/fhir",
    "http://127.0.1:{canary}/fhir",
    "http://2130706433:{canary}/fhir",
    "http://0x7f000001:{canary}/fhir",
    "http://0x7f.0.0.1:{canary}/fhir",
    "http://0177.0.0.1:{canary}/fhir",
    "http://017700000001:{canary}/fhir",
    "http://127.0.0.1.:{canary}/fhir",
    "http://127.0.0.01:{port}/fhir",
    "http://127。0。0。1:{canary}/fhir",
    "http://127．0．0．1:{canary}/fhir",
    "http://①②⑦.0.0.1:{canary}/fhir",
    "http://0.0.0.0:{canary}/fhir",
    "http://0:{canary}/fhir",
    "http://[::1]:{canary}/fhir",
    "http://[::]:{canary}/fhir",
    "http://[::ffff:127.0.0.1]:{canary}/fhir",
    "http://[::ffff:7f00:1]:{port}/fhir",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{canary}/fhir",
    "http://[::1%25lo]:{canary}/fhir",
    "http://[::127.0.0.1]:{canary}/fhir",
    "http://[fe80::1]:{canary}/fhir",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http://127.0.0.1:0{port}/fhir",
    "http://127.0.0.1:{canary}{port}/fhir",
    "http://127.0.0.1:/fhir",
    "http://{ours} /fhir",
    " http://{ours}.evil.example/fhir",
    "http://{ours}\t/fhir",
    "http://{ours}\r\nHost: 127.0.0.1:{canary}/fhir",
    "http://{ours}/fhir\n",
    "ftp://127.0.0.1:{canary}/fhir",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{canary}/_GET",
    "http+unix://%2ftmp%2fx/fhir",
    "javascript:alert(1)",
    "urn:uuid:127.0.0.1",
    "fhir",
    "http://",
    "http://:{canary}/fhir",
    "http://" + "a" * 3000 + ".example/fhir",
)


def ask(advisor: Advisor, server: str, base: str) -> int:
    """Status of a call that lacks documents, from a caller who owns `base` and names `server`."""
    request = load(NAME)
    del request["prefetch"]["documents"]
    body = json.dumps(with_server(request, server)).encode()
    return advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), client_of(base)).status


def test_no_hostile_shape_reaches_a_listener() -> None:
    assert len(set(HOSTILE)) >= 80
    advisor = Advisor(LIBRARY, reader=reader(budget=2.0))
    with serving(Ehr([])) as ehr, canary() as four, canary("::1") as six:
        ours = ehr.base.removeprefix("http://").removesuffix("/fhir")
        port = ours.rpartition(":")[2]
        for shape in HOSTILE:
            for bird in (four, six):
                made = (
                    shape.replace("{ours}", ours).replace("{port}", port).replace("{canary}", str(bird.port))
                )
                assert ask(advisor, made, ehr.base) == 200
        assert (four.connections, six.connections, four.heard, six.heard) == (0, 0, b"", b"")
        assert ehr.seen == []
        # The control: the same call with the registered address does read, by either of its spellings.
        for spelling in (ehr.base, f"{ehr.base}/", ehr.base.replace("http", "HTTP", 1)):
            assert ask(advisor, spelling, ehr.base) == 200
            assert ehr.seen
            ehr.seen.clear()


@pytest.mark.parametrize("resolved", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_registered_name_that_leads_to_this_machine_is_not_called(
    resolved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = load(NAME)
    del request["prefetch"]["documents"]
    with canary() as bird:
        family = socket.AF_INET6 if ":" in resolved else socket.AF_INET
        row = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (resolved, bird.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [row])
        base = f"https://ehr.example:{bird.port}/fhir"
        body = json.dumps(with_server(request, base)).encode()
        answer = Advisor(LIBRARY, reader=reader()).advise(SERVICE_OF[NAME], body, client=client_of(base))
        assert bird.connections == 0
    assert b"no connection" in answer.encode()


def test_one_clients_server_is_not_anothers() -> None:
    advisor = Advisor(LIBRARY, reader=reader())
    with serving(Ehr([])) as ehr:
        assert ask(advisor, ehr.base, "https://other.example/fhir") == 200
        body = json.dumps(with_server(load(NAME), ehr.base)).encode()
        advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), DEVELOPMENT)
        assert ehr.seen == []


@pytest.mark.parametrize(
    "server", ["http://ehr.example/fhir", "http://10.0.0.1/fhir", "http://127.0.0.1/fhir"]
)
def test_outside_development_only_https_is_read(server: str) -> None:
    assert registered(server, [server]) is None
    assert registered(server.replace("http", "https"), [server.replace("http", "https")]) is not None


def test_http_in_development_is_for_this_machine_only() -> None:
    assert registered("http://127.0.0.1:1/f", ["http://127.0.0.1:1/f"], http_on_loopback=True)
    assert registered("http://localhost/f", ["http://localhost/f"], http_on_loopback=True)
    assert registered("http://ehr.example/f", ["http://ehr.example/f"], http_on_loopback=True) is None


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("https://ehr.example/fhir/", "https://ehr.example/fhir"),
        ("https://EHR.Example:443/fhir", "https://ehr.example/fhir"),
        ("HTTPS://ehr.example", "https://ehr.example/"),
        ("https://[2001:DB8::1]/fhir", "https://[2001:db8:0:0:0:0:0:1]/fhir"),
    ],
)
def test_spellings_of_one_base(written: str, same: str) -> None:
    assert parse_base(written) == parse_base(same)


@pytest.mark.parametrize(
    "host",
    [
        *("[fe80::1]", "[ff02::1]", "[::]", "169.254.169.254", "224.0.0.1", "0.1.2.3", "240.0.0.1"),
        *("[fd00:ec2::254]", "[fd00:ec2:0:0::0254]", "100.100.100.200", "168.63.129.16"),
    ],
)
def test_where_no_server_can_stand_is_no_base(host: str) -> None:
    with pytest.raises(BadAddress):
        parse_base(f"https://{host}/fhir")


@pytest.mark.parametrize("host", ["[fd00:ec2::253]", "100.100.100.201", "10.0.0.1", "192.168.1.1"])
def test_a_server_may_stand_in_a_network_of_the_site(host: str) -> None:
    assert parse_base(f"https://{host}/fhir").host == host.strip("[]")


BASE = Base("https", "ehr.example", 443, ("fhir", "r4"))


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Organization/a", "https://ehr.example/fhir/r4/Organization/a"),
        ("Organization/a/_history/3", "https://ehr.example/fhir/r4/Organization/a"),
        ("https://ehr.example/fhir/r4/Organization/a", "https://ehr.example/fhir/r4/Organization/a"),
        ("https://EHR.example:443/fhir/r4/Organization/a", "https://ehr.example/fhir/r4/Organization/a"),
    ],
)
def test_where_a_reference_is_read(reference: str, url: str) -> None:
    assert resource_at(BASE, reference).url == url


@pytest.mark.parametrize(
    "reference",
    [
        "Organization",
        "organization/a",
        "Organization/a?x=1",
        "Organization/..",
        "Organization/.",
        "../Organization/a",
        "Organization/a/../b",
        "Organization/%2e%2e",
        "Organization/a/$everything",
        "Organization/a/x/y",
        "//evil.example/Organization/a",
        "https://evil.example/fhir/r4/Organization/a",
        "https://ehr.example:444/fhir/r4/Organization/a",
        "http://ehr.example/fhir/r4/Organization/a",
        "https://ehr.example/fhir/r4evil/Organization/a",
        "https://ehr.example/fhir/Organization/a",
        "https://u@ehr.example/fhir/r4/Organization/a",
        "urn:uuid:1",
        "#a",
        "",
    ],
)
def test_which_references_are_never_read(reference: str) -> None:
    with pytest.raises(BadAddress):
        resource_at(BASE, reference)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (
            "https://ehr.example/fhir/r4?_getpages=7&_count=2",
            "https://ehr.example/fhir/r4?_getpages=7&_count=2",
        ),
        ("https://ehr.example/fhir/r4/Claim?p=a%2Fb", "https://ehr.example/fhir/r4/Claim?p=a%2Fb"),
        ("Claim?page=2", "https://ehr.example/fhir/r4/Claim?page=2"),
        ("/fhir/r4/Claim?page=2", "https://ehr.example/fhir/r4/Claim?page=2"),
    ],
)
def test_where_a_page_is_read(link: str, url: str) -> None:
    assert page_at(BASE, link).url == url


@pytest.mark.parametrize("patient", ["../x", "a&b=c", "a/b", "..", "", "a" * 65, "ä", "a%20", "a?b", "a#b"])
def test_a_patient_id_that_would_change_the_question(patient: str) -> None:
    with pytest.raises(BadAddress):
        query_at(BASE, "Coverage?patient={{context.patientId}}", patient)


@pytest.mark.parametrize("patient", ["a&b=c", "..", "x" * 65])
def test_for_a_patient_id_that_is_none_nothing_is_read_and_it_is_said(patient: str) -> None:
    request = load(NAME) | {"prefetch": {}}
    request["context"]["patientId"] = patient
    request["context"]["claims"]["entry"][0]["resource"]["patient"]["reference"] = f"Patient/{patient}"
    with serving(Ehr([])) as ehr:
        body = json.dumps(with_server(request, ehr.base)).encode()
        advisor = Advisor(LIBRARY, reader=reader())
        answer = advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), client_of(ehr.base))
        assert ehr.seen == []
    ((place, letter),) = outcome(answer.body, "required")
    assert place == "prefetch.coverage"
    assert "context.patientId is no FHIR id" in letter


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_taken_stays_below_the_base(text: str) -> None:
    for written in (text, f"https://ehr.example/fhir/r4{text}", f"https://ehr.example{text}/fhir/r4"):
        try:
            url = page_at(BASE, written).url
        except BadAddress:
            continue
        assert f"{url}/".startswith(("https://ehr.example/fhir/r4/", "https://ehr.example/fhir/r4?"))
        assert ".." not in url.partition("?")[0].split("/")
