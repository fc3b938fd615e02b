"""Whose a resource is, how much of it is kept, and what is said of one that cannot be read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.audit.records import BadRecord
from cds_service.audit.routed import SHARED, part
from cds_service.audit.routing import Router, damaged
from cds_service.books import Library
from tests.audit.exports import claim, concept, item

LINE = item(1, "77385", "2024-03-04")


@pytest.fixture(scope="module")
def router(library: Library) -> Router:
    return Router.of(library.knowledge)


def routed(router: Router, resource: dict[str, Any]) -> Any:
    return router.route(msgspec.json.encode(resource), "0:1")


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ({"resourceType": "Patient", "id": "p1"}, "Patient/p1"),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/p1"}}, "Patient/p1"),
        (
            {"resourceType": "Procedure", "subject": {"reference": "https://ehr.example/fhir/Patient/p1"}},
            "Patient/p1",
        ),
        ({"resourceType": "Condition", "subject": {"reference": "Patient/p1/_history/3"}}, "Patient/p1"),
        (claim("c", LINE) | {"patient": {"identifier": {"system": "s", "value": "v"}}}, "s|v"),
        (claim("c", LINE) | {"patient": {"reference": "#p"}}, "!Claim/c"),
        (claim("c", LINE) | {"patient": None}, "!Claim/c"),
        ({"resourceType": "Organization", "id": "o"}, SHARED),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/p1"}}, ""),
    ],
)
def test_key(router: Router, resource: dict[str, Any], key: str) -> None:
    assert routed(router, resource).key == key


@pytest.mark.parametrize(
    ("codes", "suffix"),
    [
        (["77385"], "+"),
        (["80053", "g6015"], "+"),
        (["77385-TC / 77387"], "+"),
        (["99213"], "~"),
        (["80053"], ""),
        ([], ""),
    ],
)
def test_claims_are_told_apart_by_their_codes(router: Router, codes: list[str], suffix: str) -> None:
    resource = (
        claim("c", *(item(n, code, "2024-03-04") for n, code in enumerate(codes, 1)))
        if codes
        else {
            "resourceType": "Claim",
            "id": "c",
            "patient": {"reference": "Patient/p1"},
        }
    )
    found = routed(router, resource)
    assert found.silent == (not suffix)
    assert (part(found.line).kind if found.line else "") == (f"Claim{suffix}" if suffix else "")


@pytest.mark.parametrize(
    ("related", "kept"),
    [
        ([{"claim": {"reference": "Claim/c"}}], True),
        ([], False),
        (None, False),
        ({"claim": 7}, True),
        (7, True),
    ],
)
def test_a_claim_without_our_codes_is_kept_for_what_it_replaces(
    router: Router, related: Any, kept: bool
) -> None:
    found = routed(router, claim("c", item(1, "80053", "2024-03-04")) | {"related": related})
    assert not isinstance(found, BadRecord)
    assert (found.line is not None) == kept


def test_what_no_rule_reads_may_be_as_it_likes(router: Router) -> None:
    found = routed(router, {"resourceType": "Account", "subject": [{"reference": "Patient/p1"}]})
    assert (found.resource_type, found.line) == ("Account", None)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Claim","id":"c","patient":{"reference":"Patient/Verysecret"}',
        b'{"resourceType":"Claim","patient":"Verysecret"}',
        b'{"resourceType":"Claim","patient":{"reference":17},"note":"Verysecret"}',
        b'["Verysecret"]',
        b"Verysecret",
        b'{"id":"Verysecret"}',
        b'{"resourceType":"Condition","code":{"text":"Verysecret"}}',
        b'{"resourceType":"Organization","name":"Verysecret"}',
        b"\xff\xfe{}",
    ],
)
def test_a_bad_line_is_told_without_its_values(router: Router, raw: bytes) -> None:
    found = router.route(raw, "0:7")
    assert isinstance(found, BadRecord)
    assert found.place == "0:7"
    assert "ecret" not in f"{found.where}{found.what}{found.remedy}"
    assert found.what


@pytest.mark.parametrize(
    ("resource", "where", "what"),
    [
        ({"resourceType": "Organization"}, "Organization.id", "is missing, so that nothing can refer to it."),
        ({"id": "x"}, "resourceType", "is missing."),
        ({"resourceType": "Condition"}, "Condition", "names no patient."),
        (claim("c", LINE) | {"item": 7}, "Claim", "item: Expected `array`, got `int`."),
    ],
)
def test_a_letter_says_where_and_what(
    router: Router, resource: dict[str, Any], where: str, what: str
) -> None:
    bad = routed(router, resource)
    assert (bad.where, bad.what) == (where, what)


def test_a_damaged_line_still_tells_whose_it_was() -> None:
    mark = damaged(b'{"resourceType":"DocumentReference","subject":{"reference":"Patient/p1"},"da', "0:3")
    assert mark is not None
    assert mark.line is not None
    assert (mark.key, part(mark.line).kind) == ("Patient/p1", "DocumentReference!")
    nobodys = damaged(b'{"resourceType":"DocumentReference","da', "0:3")
    assert nobodys
    assert (nobodys.line, nobodys.resource_type) == (None, "DocumentReference")


def test_a_document_with_its_scan_is_cut_down_to_what_rules_read(router: Router) -> None:
    document = {
        "resourceType": "DocumentReference",
        "id": "d",
        "status": "current",
        "type": concept("http://loinc.org", "18776-5"),
        "subject": {"reference": "Patient/p1"},
        "date": "2024-01-01",
        "content": [{"attachment": {"data": "A" * 200_000}}],
    }
    kept = msgspec.json.decode(part(routed(router, document).line).raw)
    assert (kept["type"]["coding"][0]["code"], kept["date"]) == ("18776-5", "2024-01-01")
    assert "content" not in kept


def test_tabs_in_ids_do_not_move_members(router: Router) -> None:
    one = part(routed(router, claim("a\tb", item(1, "77385", "2024-03-04"), patient="x\ty")).line)
    assert one.raw.startswith(b"{")
    assert one.kind == "Claim+"


def test_with_imported_edits_any_code_may_be_read() -> None:
    """CMS's pairs reach over the whole code set."""
    found = routed(Router(frozenset({"77385"}), None), claim("c", item(1, "80053", "2024-03-04")))
    assert part(found.line).kind == "Claim~"


@pytest.mark.parametrize("identity", ["a\tb", "a\nb", "\x00", "a\tb\nc\td"])
def test_an_id_that_is_none_does_not_tear_a_line_apart(router: Router, identity: str) -> None:
    nobodys = claim(identity, LINE) | {"patient": None}
    line = routed(router, nobodys).line
    assert b"\n" not in line
    assert msgspec.json.decode(part(line).raw)["id"] == identity


@pytest.mark.parametrize("name", ["Synthetic Person, 7 Hidden Lane", "<b>", "claim", "X" * 100])
def test_a_type_that_is_none_is_told_without_its_text(router: Router, name: str) -> None:
    for raw in (
        msgspec.json.encode({"resourceType": name, "id": "x"}),
        msgspec.json.encode({"resourceType": name, "subject": 7}),
    ):
        bad = router.route(raw, "0:1")
        assert isinstance(bad, BadRecord)
        assert (bad.where, bad.what) == ("resourceType", "is no type of FHIR.")


def test_types_that_nobody_knows_are_counted_by_name(router: Router) -> None:
    assert (
        routed(router, {"resourceType": "NutritionProduct", "subject": 7}).resource_type == "NutritionProduct"
    )
