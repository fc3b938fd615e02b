"""The token goes to the registered server and nowhere else (threat T3), and it lets read what it covers."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.books import standard_library
from cds_service.fhir_client.authorization import Authorization, Right, read_authorization
from cds_service.service import Advisor
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, outcome
from tests.fhir_client.canary import canary
from tests.fhir_client.ehr import TOKEN, Ehr, client_of, reader, serving, with_server

NAME = "florida-blue-document-one-day-too-old"
LIBRARY = standard_library()


class Trickster(Ehr):
    """Answers every search with the trick; `elsewhere` is the canary's address."""

    def __init__(self, trick: str, elsewhere: str) -> None:
        super().__init__([])
        self.trick, self.elsewhere = trick, elsewhere

    def answer(self, path: str) -> tuple[int, Any]:
        if "?" not in path:
            return super().answer(path)
        resource: dict[str, Any] = {"resourceType": path.partition("?")[0], "id": "x"}
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": resource}],
        }
        url = {
            "next on another port": f"{self.elsewhere}/fhir/next",
            "next with userinfo": self.base.replace("http://", f"http://{self.elsewhere[7:]}@") + "/next",
            "next without scheme": f"//{self.elsewhere[7:]}/fhir/next",
            "next by https": f"https://{self.elsewhere[7:]}/fhir/next",
        }.get(self.trick)
        if url:
            bundle["link"] = [{"relation": "next", "url": url}]
        if self.trick == "absolute reference":
            resource["payor"] = [{"reference": f"{self.elsewhere}/fhir/Organization/1"}]
        if self.trick == "fullUrl elsewhere":
            bundle["entry"][0]["fullUrl"] = f"{self.elsewhere}/fhir/Coverage/x"
        return 200, bundle


TRICKS = (
    "next on another port",
    "next with userinfo",
    "next without scheme",
    "next by https",
    "absolute reference",
    "fullUrl elsewhere",
    "netrc",
    "proxies",
)


@pytest.fixture
def lured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The environment of a machine whose settings would lead elsewhere."""

    def lure(trick: str, elsewhere: str) -> None:
        if trick == "proxies":
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, elsewhere)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
        if trick == "netrc":
            file = tmp_path / "netrc"
            file.write_text("machine 127.0.0.1 login other password other-secret\n")
            monkeypatch.setenv("NETRC", str(file))

    return lure


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_leads_elsewhere(trick: str, lured: Any) -> None:
    request = load(NAME)
    del request["prefetch"]["documents"], request["prefetch"]["coverage"]
    with canary() as bird:
        elsewhere = f"http://127.0.0.1:{bird.port}"
        lured(trick, elsewhere)
        with serving(Trickster(trick, elsewhere)) as ehr:
            body = json.dumps(with_server(request, ehr.base)).encode()
            advisor = Advisor(LIBRARY, reader=reader())
            answer = advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), client_of(ehr.base))
            assert {headers["Authorization"] for _, headers in ehr.seen} == {f"Bearer {TOKEN}"}
        assert (bird.connections, bird.heard) == (0, b"")
    assert answer.status in (200, 412)
    assert TOKEN not in answer.encode().decode()
    if trick.startswith("next"):
        assert "it leads to another server" in answer.encode().decode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with canary() as bird:

        class Redirecting(Ehr):
            def answer(self, path: str) -> tuple[int, Any]:
                return status, {"Location": f"http://127.0.0.1:{bird.port}/{path}"}

        request = load(NAME)
        del request["prefetch"]["documents"]
        with serving(Redirecting([])) as ehr:
            body = json.dumps(with_server(request, ehr.base)).encode()
            advisor = Advisor(LIBRARY, reader=reader())
            answer = advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), client_of(ehr.base))
        assert "the server redirects" in answer.encode().decode()
        assert (bird.connections, bird.heard) == (0, b"")


def test_no_cookie_is_kept_and_no_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    request = load(NAME)
    documents = [entry["resource"] for entry in request["prefetch"].pop("documents")["entry"]]
    with serving(Ehr(documents, page=1)) as ehr, caplog.at_level(logging.DEBUG):
        body = json.dumps(with_server(request, ehr.base)).encode()
        Advisor(LIBRARY, reader=reader()).advise(SERVICE_OF[NAME], body, client=client_of(ehr.base))
        pages = [headers for path, headers in ehr.seen if path.startswith("/fhir/DocumentReference")]
    assert len(pages) == len(documents) > 1
    assert not any("Cookie" in headers for headers in pages)
    assert request["context"]["patientId"] not in caplog.text


def test_the_token_stands_in_no_representation() -> None:
    authorization, _ = read_authorization(
        msgspec.Raw(json.dumps(with_server({}, "")["fhirAuthorization"]).encode())
    )
    assert authorization is not None
    assert authorization.token == TOKEN
    assert TOKEN not in repr(authorization)
    assert TOKEN not in str(authorization)


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_token": "a\r\nHost: evil"},
        {"access_token": "a b"},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 5},
        {"access_token": "é"},
        {"token_type": "MAC"},
        {"token_type": None},
        {"expires_in": 0},
        {"expires_in": -5},
    ],
    ids=str,
)
def test_a_token_that_cannot_be_used_is_not_used(wrong: dict[str, Any]) -> None:
    made = with_server({}, "")["fhirAuthorization"] | wrong
    authorization, _ = read_authorization(msgspec.Raw(json.dumps(made).encode()))
    assert authorization is None
    request = load(NAME)
    del request["prefetch"]["documents"]
    with serving(Ehr([])) as ehr:
        body = json.dumps(with_server(request, ehr.base, **wrong)).encode()
        advisor = Advisor(LIBRARY, reader=reader())
        assert advisor.advise(SERVICE_OF[NAME], body, client=client_of(ehr.base)).status == 200
        assert ehr.seen == []


@pytest.mark.parametrize(
    "given",
    [{"expires_in": None}, {"expires_in": 1}, {"token_type": "bearer"}, {"scope": None, "patient": None}],
    ids=str,
)
def test_what_may_be_left_out_or_written_otherwise_does_not_cost_the_token(given: dict[str, Any]) -> None:
    made = with_server({}, "")["fhirAuthorization"] | given
    authorization, patient = read_authorization(msgspec.Raw(json.dumps(made).encode()))
    assert authorization is not None
    assert (authorization.token, patient) == (TOKEN, "")


@pytest.mark.parametrize(
    ("scope", "right"),
    [
        ("", Right.full),
        ("openid launch", Right.full),
        ("patient/*.read", Right.full),
        ("user/Coverage.read", Right.full),
        ("system/Coverage.*", Right.full),
        ("patient/Coverage.rs", Right.full),
        ("patient/*.cruds", Right.full),
        ("patient/Coverage.rs?status=active", Right.part),
        ("patient/Coverage.rs?status=active patient/*.read", Right.full),
        ("patient/Coverage.write", Right.none),
        ("patient/Coverage.cud", Right.none),
        ("patient/Coverage.r", Right.none),
        ("patient/Patient.read", Right.none),
    ],
)
def test_what_the_scopes_let_us_search(scope: str, right: Right) -> None:
    assert Authorization("t", scope).right("Coverage", searched=True) is right


@pytest.mark.parametrize(
    ("scope", "right"),
    [
        ("patient/Coverage.read", Right.full),
        ("patient/Coverage.r", Right.full),
        ("patient/Coverage.r?status=active", Right.part),
        ("patient/Coverage.s", Right.none),
        ("patient/Coverage.write", Right.none),
        ("patient/Coverage.cud", Right.none),
    ],
)
def test_what_the_scopes_let_us_read_by_its_id(scope: str, right: Right) -> None:
    assert Authorization("t", scope).right("Coverage", searched=False) is right


def test_a_narrowed_scope_shows_a_part_and_nothing_is_missing_in_the_rest() -> None:
    request = load(NAME)
    documents = [entry["resource"] for entry in request["prefetch"].pop("documents")["entry"]]
    with serving(Ehr(documents)) as ehr:
        body = json.dumps(with_server(request, ehr.base, "user/DocumentReference.rs?type=x")).encode()
        advisor = Advisor(LIBRARY, reader=reader())
        answer = (
            advisor.advise(SERVICE_OF[NAME], body, date(2026, 11, 24), client_of(ehr.base)).encode().decode()
        )
    assert "the authorization covers a part only" in answer
    assert '"severity":"warning"' not in answer


@pytest.mark.parametrize(
    ("patient", "status"), [("test-patient-florida", 200), ("", 200), ("somebody-else", 400)]
)
def test_a_token_for_another_patient_is_a_conflict(patient: str, status: int) -> None:
    request = load(NAME)
    own = request["context"]["patientId"]
    bound = own if patient == "test-patient-florida" else patient
    for spelled in (bound, f"Patient/{bound}" if bound else ""):
        body = json.dumps(with_server(request, "https://ehr.example/fhir", patient=spelled)).encode()
        answer = Advisor(LIBRARY).advise(SERVICE_OF[NAME], body, date(2026, 11, 24))
        assert answer.status == status
        if status == 400:
            ((place, letter),) = outcome(answer.body, "conflict")
            assert place == "fhirAuthorization.patient"
            assert "somebody-else" not in letter


@pytest.mark.parametrize("wrong", [{"expires_in": "300"}, {"scope": ["x"]}, {"access_token": 5}], ids=str)
def test_a_token_for_another_patient_is_a_conflict_though_it_cannot_be_used(wrong: dict[str, Any]) -> None:
    request = with_server(load(NAME), "https://ehr.example/fhir", patient="somebody-else", **wrong)
    answer = Advisor(LIBRARY).advise(SERVICE_OF[NAME], json.dumps(request).encode(), date(2026, 11, 24))
    assert answer.status == 400
    ((place, _),) = outcome(answer.body, "conflict")
    assert place == "fhirAuthorization.patient"


@pytest.mark.parametrize("patient", [["somebody-else"], 5, {}], ids=str)
def test_whose_token_nobody_can_tell_is_refused(patient: Any) -> None:
    request = with_server(load(NAME), "https://ehr.example/fhir", patient=patient)
    answer = Advisor(LIBRARY).advise(SERVICE_OF[NAME], json.dumps(request).encode(), date(2026, 11, 24))
    assert answer.status == 400
    ((place, letter),) = outcome(answer.body, "invalid")
    assert place == "fhirAuthorization.patient"
    assert "somebody-else" not in letter
