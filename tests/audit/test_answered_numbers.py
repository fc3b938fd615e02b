"""An answer whose lines differ from those of its claim is joined to it by numbers outside its identifiers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds_service.audit.answered_numbers import answered_numbers
from cds_service.books import Library
from tests.audit.exports import around, claim, concept, item
from tests.audit.running import judged

MEDICARES = "https://bluebutton.cms.gov/resources/variables/carr_clm_cntl_num"
ANSWERED = "set-aside: answers a claim that is here"
DAYS = ["2024-03-04", "2024-03-05", "2024-03-06"]
Resource = dict[str, Any]


def sent(identity: str = "c1", number: str = "17", system: str = "urn:office", **more: Any) -> Resource:
    lines = [item(n, "77385", day) for n, day in enumerate(DAYS, start=1)]
    return claim(identity, *lines, identifier=[{"system": system, "value": number}], **more)


def answer(code: str = "77385", days: list[str] = DAYS[:2], **more: Any) -> Resource:
    lines = [item(n, code, day) for n, day in enumerate(days, start=1)]
    found = claim("e1", *lines, created="2024-04-01", **more)
    return found | {"resourceType": "ExplanationOfBenefit"}


def control(number: str, url: str = MEDICARES) -> Resource:
    return {"extension": [{"url": url, "valueIdentifier": {"system": url, "value": number}}]}


def account(*numbers: str) -> Resource:
    infos = [{"category": concept("urn:carin", "patientaccountnumber"), "code": {"text": n}} for n in numbers]
    return {"supportingInfo": infos}


def joined(library: Library, *resources: Resource) -> bool:
    _, tally = judged([*around(), *resources], library)
    return tally.reasons.get(ANSWERED, 0) == 1


@pytest.mark.parametrize(
    ("told", "is_joined"),
    [
        (control("17"), True),
        (control("18"), False),
        (control("17", "https://bluebutton.cms.gov/resources/variables/fi_num"), False),
        ({}, False),
    ],
    ids=["the number", "another", "another variable", "nothing"],
)
def test_medicares_own_number_in_an_extension_names_the_claim(
    library: Library, told: Resource, is_joined: bool
) -> None:
    assert joined(library, sent(system=MEDICARES), answer(**told)) is is_joined
    assert not joined(library, sent(), answer(**told)), "the office's number is another"


@pytest.mark.parametrize(
    ("told", "is_joined"),
    [
        (answer(**account("17")), True),
        (
            answer(supportingInfo=[account("17")["supportingInfo"][0] | {"code": None, "valueString": "17"}]),
            True,
        ),
        (answer(**account("18")), False),
        (answer(**account("17", "18")), False),
        (answer(code="77386", **account("17")), False),
        (answer(days=[*DAYS[1:], "2024-03-07"], **account("17")), False),
        (answer(provider={"reference": "Organization/other"}, **account("17")), False),
        (answer(type=concept("urn:example", "professional"), **account("17")), False),
        (answer(billablePeriod=None, **account("17")), False),
    ],
    ids=[
        *("in a code's text", "as a text", "another number", "two numbers", "other codes", "a day more"),
        *("another biller", "another form", "no days"),
    ],
)
def test_the_office_s_number_names_the_claim_of_which_an_answer_is_a_part(
    library: Library, told: Resource, is_joined: bool
) -> None:
    assert joined(library, sent(), told) is is_joined


NPI = "http://hl7.org/fhir/sid/us-npi"


def contained(npi: str) -> Resource:
    biller = {"resourceType": "Organization", "id": "b", "identifier": [{"system": NPI, "value": npi}]}
    return {"contained": [biller], "provider": {"reference": "#b"}}


@pytest.mark.parametrize(
    ("claims", "answers", "is_joined"),
    [
        (contained("1"), contained("1"), True),
        (contained("1"), contained("2"), False),
        ({}, contained("1"), False),
        ({"provider": None}, {"provider": None}, False),
    ],
    ids=["one number", "two numbers", "one is not known", "nobody named"],
)
def test_an_account_is_of_several_billers(
    library: Library, claims: Resource, answers: Resource, is_joined: bool
) -> None:
    assert joined(library, sent(**claims), answer(**account("17"), **answers)) is is_joined


def test_the_physician_s_part_is_no_part_of_the_technical_claim(library: Library) -> None:
    lines = [item(n, "77387", day, "TC") for n, day in enumerate(DAYS, start=1)]
    technical = claim("c1", *lines, identifier=[{"system": "urn:office", "value": "17"}])
    physicians = [item(n, "77387", day, "26") for n, day in enumerate(DAYS[:2], start=1)]
    told = claim("e1", *physicians, created="2024-04-01", **account("17"))
    assert not joined(library, technical, told | {"resourceType": "ExplanationOfBenefit"})
    same = claim("e1", *lines[:2], created="2024-04-01", **account("17"))
    assert joined(library, technical, same | {"resourceType": "ExplanationOfBenefit"})


@pytest.mark.parametrize(
    ("told", "is_joined"),
    [(("26",), True), (("26", "59"), True), ((), False), (("TC",), False)],
    ids=["its part", "with another modifier", "both parts", "the other part"],
)
def test_only_the_part_of_a_service_tells_lines_of_one_code_apart(
    library: Library, told: tuple[str, ...], is_joined: bool
) -> None:
    lines = [item(n, "77387", day, "26") for n, day in enumerate(DAYS, start=1)]
    answered = [item(n, "77387", day, *told) for n, day in enumerate(DAYS[:2], start=1)]
    made = claim("c1", *lines, identifier=[{"system": "urn:office", "value": "17"}])
    told_of = claim("e1", *answered, created="2024-04-01", **account("17"))
    assert joined(library, made, told_of | {"resourceType": "ExplanationOfBenefit"}) is is_joined


def test_a_number_that_two_claims_have_names_neither(library: Library) -> None:
    other = sent("c2", created="2024-03-20")
    assert not joined(library, sent(), other, answer(**account("17")))


@pytest.mark.parametrize(
    "raw",
    [b'"patientaccountnumber"', b'{"supportingInfo": "patientaccountnumber"}'],
    ids=["cut", "malformed"],
)
def test_what_cannot_be_read_tells_no_number(raw: bytes) -> None:
    assert answered_numbers(raw) == ([], "")


def test_the_address_of_an_extension_tells_what_its_number_is() -> None:
    other = control("17")
    other["extension"][0]["url"] = "https://bluebutton.cms.gov/resources/variables/fi_num"
    assert answered_numbers(msgspec.json.encode(other | {"also": MEDICARES})) == ([], "")
    assert answered_numbers(msgspec.json.encode(control("17"))) == ([(MEDICARES, "17")], "")
