"""Short ways of reading resources give what the long ones give."""

from __future__ import annotations

import json

import msgspec
import pytest

from cds_service.facts import fhir
from cds_service.facts.case import Signer
from cds_service.facts.chart import read_documents
from cds_service.facts.later import Later
from cds_service.facts.pool import Pool


def plainly(raw: bytes) -> tuple[str, object]:
    """What decoding gives when the type is read first and the resource then."""
    try:
        kind = fhir.peek(raw).resourceType
        decoder = fhir._DECODERS.get(kind)
        return "read", None if decoder is None else decoder.decode(raw)
    except fhir.Unreadable as error:
        return error.resource_type, error.where
    except msgspec.MsgspecError:
        return kind, ""


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"Claim","id":"c"}',
        ' {\n "resourceType" : "Claim" , "id":"c"}',
        '{"id":"c","resourceType":"Claim"}',
        '{"resourceType":"Claim","resourceType":"Patient"}',
        '{"resourceType":"Patient","id":"p","resourceType":"Basic"}',
        '{"resourceType":"Cl\\u0061im","id":"c"}',
        '{"resourceType":"Basic","id":"b"}',
        '{"resourceType":"Basic","id":5}',
        '{"resourceType":"Claim","id":5}',
        '{"resourceType":"Claim","item":{}}',
        '{"resourceType":5}',
        '{"resourceType":""}',
        "[]",
        "{",
        "",
    ],
)
def test_the_type_in_front_saves_a_reading_and_changes_nothing(text: str) -> None:
    raw = text.encode()
    told, value = plainly(raw)
    if told == "read":
        assert fhir.decode(raw) == value
        return
    with pytest.raises(fhir.Unreadable) as caught:
        fhir.decode(raw)
    assert caught.value.resource_type == told
    assert value in ("", caught.value.where)


def document(**more: object) -> bytes:
    made = {"resourceType": "DocumentReference", "id": "d", "subject": {"reference": "Patient/p"}, **more}
    return json.dumps(made).encode()


def test_signers_are_looked_up_when_they_are_asked_for() -> None:
    pool = Pool("p")
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/x"},
        "code": [{"coding": [{"system": "urn:igrt-cds:performer-role", "code": "physicist"}]}],
    }
    pool.add(document(author=[{"reference": "PractitionerRole/r"}]), "prefetch.documents")
    (read,) = read_documents(pool)
    pool.add(json.dumps(role).encode(), "prefetch.more")  # later than the document, and known all the same
    assert isinstance(read.signers, Later)
    assert read.signers == (Signer("Practitioner/x", "physicist"),)
    assert [*read.signers] == [read.signers[0]]
    assert len(read.signers) == 1
    assert hash(read.signers) == hash((Signer("Practitioner/x", "physicist"),))
    assert repr(read.signers) == repr((Signer("Practitioner/x", "physicist"),))


def test_a_contained_signer_that_cannot_be_read_is_told_whoever_asks() -> None:
    pool = Pool("p")
    unreadable = {"resourceType": "Practitioner", "id": "x", "qualification": 5}
    pool.add(document(author=[{"reference": "#x"}], contained=[unreadable]), "prefetch.documents")
    read_documents(pool)
    assert [(t.why, t.path) for t in pool.troubles] == [("unreadable", "contained")]


def test_a_contained_resource_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool("p")
    organization = {"resourceType": "Organization", "id": "o", "name": "One"}
    coverage = {
        "resourceType": "Coverage",
        "id": "c",
        "beneficiary": {"reference": "Patient/p"},
        "contained": [organization],
    }
    entry = pool.add(json.dumps(coverage).encode(), "prefetch.coverage")
    assert entry is not None
    decoded: list[object] = []
    decode = fhir.decode

    def counted(raw: msgspec.Raw) -> fhir.Resource | None:
        decoded.append(raw)
        return decode(raw)

    monkeypatch.setattr(fhir, "decode", counted)
    reference = fhir.Reference(reference="#o")
    found = [pool.find(reference, entry.resource, fhir.Organization) for _ in range(3)]
    assert found[0] is not None
    assert found[0].name == "One"
    assert found[0] is found[1] is found[2]
    assert pool.find(reference, entry.resource, fhir.Practitioner) is None
    assert len(decoded) == 1
