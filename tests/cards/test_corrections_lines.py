"""Lines added, units reduced and facts attested on a Claim (rulebook 1.6)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import HCPCS, claim, concept, item, line
from tests.cards.correcting import corrected
from tests.cards.json_diff import differences


def test_add_line_for_each_date() -> None:
    place = concept("22", "https://www.cms.gov/Medicare/Coding/place-of-service-codes")
    first = item(
        3,
        "77402",
        careTeamSequence=[1],
        diagnosisSequence=[2],
        locationCodeableConcept=place,
        unitPrice={"value": 200},
        net={"value": 200},
        revenue=concept("0333", "https://www.nubc.org/CodeSystem/RevenueCodes"),
        informationSequence=[4],
    )
    second = item(7, "77402", servicedDate="2023-05-09")
    again = item(8, "77402", servicedDate="2023-05-09")
    resource = claim(first, second, again, total={"value": 600})
    lines = (
        LineRef("Claim/c1", 3, "77402", (), "2023-05-08", "Claim.item[0]"),
        LineRef("Claim/c1", 7, "77402", (), "2023-05-09", "Claim.item[1]"),
        LineRef("Claim/c1", 8, "77402", (), "2023-05-09", "Claim.item[2]"),
    )
    made = corrected(resource, Remedy("add-line", "77387-TC"), *lines)
    new = {"productOrService": concept("77387"), "modifier": [concept("TC", HCPCS)], "quantity": {"value": 1}}
    copied = {"careTeamSequence": [1], "diagnosisSequence": [2], "locationCodeableConcept": place}
    assert made["item"][3:] == [
        {"sequence": 9, "servicedDate": "2023-05-08"} | copied | new,
        {"sequence": 10, "servicedDate": "2023-05-09"} | new,
    ]
    assert differences(resource, made) == {"item[3]", "item[4]"}


def test_add_line_writes_the_code_as_the_line_beside_it_does() -> None:
    resource = claim(
        item(1, "77402") | {"productOrService": concept("77402:59", "urn:oid:2.16.840.1.113883.6.12")}
    )
    made = corrected(resource, Remedy("add-line", "77387-TC"), line(0, "77402", "59"))
    assert made["item"][1]["productOrService"] == concept("77387:TC", "urn:oid:2.16.840.1.113883.6.12")
    assert "modifier" not in made["item"][1]


def test_add_line_on_the_day_of_the_line_whatever_the_claim_says_of_its_month() -> None:
    sent = claim(item(1, "77402"), billablePeriod={"start": "2023-05"})
    made = corrected(sent, Remedy("add-line", "G6017"), line(0, "77402"))
    assert made["item"][1]["servicedDate"] == "2023-05-08"


@pytest.mark.parametrize("end", [{}, {"end": "2023-05-08"}, {"end": "2023-05-08T17:30:00-05:00"}])
def test_add_line_beside_a_line_whose_period_is_one_day(end: dict[str, str]) -> None:
    sent = item(1, "77402", servicedPeriod={"start": "2023-05-08"} | end)
    del sent["servicedDate"]
    made = corrected(claim(sent), Remedy("add-line", "G6017"), line(0, "77402"))
    assert made["item"][1] == {
        "sequence": 2,
        "productOrService": concept("G6017", HCPCS),
        "servicedDate": "2023-05-08",
        "quantity": {"value": 1},
    }


def test_reduce_units_changes_the_value_only() -> None:
    resource = claim(item(1, "G6017", quantity={"value": 4, "unit": "fraction"}), item(2, "G6017"))
    remedy = Remedy("reduce-units", "G6017", to=1, sequence=1)
    made = corrected(resource, remedy, line(0, "G6017"), line(1, "G6017"))
    assert made["item"][0]["quantity"] == {"value": 1, "unit": "fraction"}
    assert differences(resource, made) == {"item[0].quantity.value"}


@pytest.mark.parametrize("sent", [4, 4.0, Decimal("4.0")])
def test_reduce_units_reads_any_number(sent: float | Decimal) -> None:
    resource = claim(item(1, "G6017", quantity={"value": sent}))
    made = corrected(resource, Remedy("reduce-units", "G6017", to=3), line(0, "G6017"))
    assert made["item"][0]["quantity"] == {"value": 3}


@pytest.mark.parametrize(
    ("action", "member", "slug", "kind"),
    [
        ("attest-indication", "indications", "internal-motion", "indication"),
        ("attest-other-modality", "modalities", "brachytherapy", "other-modality"),
    ],
)
def test_attest(action: str, member: str, slug: str, kind: str) -> None:
    resource = claim(item(1, "77387"), supportingInfo=[{"sequence": 4, "category": concept("x", "urn:x")}])
    made = corrected(resource, Remedy(action, **{member: (slug, "other")}), option=slug)  # type: ignore[arg-type]
    assert made["supportingInfo"][1] == {
        "sequence": 5,
        "category": concept(kind, "urn:igrt-cds:supporting-info"),
        "code": concept(slug, f"urn:igrt-cds:{kind}"),
    }
    assert differences(resource, made) == {"supportingInfo[1]"}
    more = Remedy(action, **{member: ("another",)})  # type: ignore[arg-type]
    assert len(corrected(made, more)["supportingInfo"]) == 3
    bare = corrected(claim(), Remedy(action, **{member: (slug,)}))  # type: ignore[arg-type]
    assert bare["supportingInfo"][0]["sequence"] == 1
