"""What mCODE and CodeX say of a course besides technique and guidance: breath hold, intent, dose, site."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Radiotherapy
from tests.facts.build import (
    BREATH_HOLD,
    CODEX,
    FREE_BREATHING,
    LOCAL,
    MCODE,
    SNOMED,
    Json,
    coded,
    extension,
    number,
    order,
    unit,
)

INTENT = MCODE + "mcode-procedure-intent"
MOTION = CODEX + "codexrt-radiotherapy-respiratory-motion-management"
FREE = CODEX + "codexrt-radiotherapy-free-breathing-motion-mgmt-technique"


def read(*extensions: Json, **more: Any) -> Radiotherapy:
    return unit(order(extension=list(extensions), **more)).radiotherapy


@pytest.mark.parametrize(
    ("extensions", "held"),
    [
        ([extension(MOTION, BREATH_HOLD)], True),
        ([extension(MOTION, FREE_BREATHING)], False),
        ([extension(MOTION, "721031000124102")], False),
        ([extension(MOTION, "0000")], UNKNOWN),
        ([extension(MOTION, BREATH_HOLD), extension(MOTION, FREE_BREATHING)], True),
        ([extension(MOTION, FREE_BREATHING), extension(MOTION, BREATH_HOLD)], True),
        ([extension(FREE, "721061000124106")], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_breath_hold(extensions: list[Json], held: Any) -> None:
    assert read(*extensions).breath_hold is held


@pytest.mark.parametrize("where", ["code", "orderDetail"])
def test_breath_hold_in_code_or_details(where: str) -> None:
    for code, held in ((BREATH_HOLD, True), (FREE_BREATHING, False)):
        concept = coded(code, SNOMED)
        more: Json = {"code": concept} if where == "code" else {"orderDetail": [{"text": "x"}, concept]}
        made = order(**more) if where == "orderDetail" else order(concept)
        assert unit(made).radiotherapy.breath_hold is held


@pytest.mark.parametrize(
    ("code", "intent"),
    [
        ("373808002", "curative"),
        ("363676003", "palliative"),
        ("399707004", "supportive"),
        ("261004008", "diagnostic"),
        ("129428001", "preventive"),
        ("429892002", "guidance"),
        ("360156006", "screening"),
        ("447295008", "forensic"),
        ("373846009", "curative"),  # adjuvant, CVS-06: mCODE leaves it out as a matter of timing
        ("373847000", "curative"),
        ("73847000", None),
    ],
)
def test_intent(code: str, intent: str | None) -> None:
    assert read(extension(INTENT, code)).intents == ({intent} if intent else set())
    both = read(extension(INTENT, "363676003"), extension(INTENT, code)).intents
    assert both == {"palliative", *([intent] if intent else [])}


def dose(kind: str, fractions: int | None, member: str = "fractions") -> Json:
    inner: list[Json] = [{"url": "volume", "valueReference": {"reference": "BodyStructure/1"}}]
    inner.append({"url": "totalDose", "valueQuantity": {"value": 5000, "unit": "cGy"}})
    if fractions is not None:
        inner.append({"url": member, "valuePositiveInt": fractions})
    base = MCODE if kind == "mcode-radiotherapy-dose-delivered-to-volume" else CODEX
    return {"url": base + kind, "extension": inner}


PRESCRIBED = CODEX + "codexrt-radiotherapy-fractions-prescribed"
PLANNED = CODEX + "codexrt-radiotherapy-fractions-planned"
DELIVERED = CODEX + "codexrt-radiotherapy-fractions-delivered"


@pytest.mark.parametrize(
    ("extensions", "fractions"),
    [
        ([number(PRESCRIBED, 25)], 25.0),
        ([number(PLANNED, 19, "valueUnsignedInt")], 19.0),
        ([number(PLANNED, 19, "valueInteger")], 19.0),
        ([{"url": PLANNED, "valueQuantity": {"value": 19}}], 19.0),
        ([number(PRESCRIBED, 25), number(PLANNED, 25)], 25.0),
        ([dose("codexrt-radiotherapy-dose-prescribed-to-volume", 28)], 28.0),
        # Three volumes of one course repeat its fractions; they are not added up.
        ([dose("codexrt-radiotherapy-dose-planned-to-volume", n) for n in (44, 25, 44)], 44.0),
        ([dose("codexrt-radiotherapy-dose-planned-to-volume", None)], UNKNOWN),
        ([{"url": PLANNED}], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_fractions(extensions: list[Json], fractions: Any) -> None:
    found = read(*extensions).fractions
    assert found is UNKNOWN if fractions is UNKNOWN else found == fractions


@pytest.mark.parametrize(
    "extensions",
    [
        [number(DELIVERED, 12, "valueUnsignedInt")],
        [dose("mcode-radiotherapy-dose-delivered-to-volume", n, "fractionsDelivered") for n in (12, 10)],
    ],
)
def test_fractions_delivered(extensions: list[Json]) -> None:
    found = read(*extensions)
    assert (found.fractions_delivered, found.fractions) == (12.0, UNKNOWN)


QUALIFIER = MCODE + "mcode-body-location-qualifier"
BRAIN, ENTIRE, PARTIAL = "12738006", "255503000", "255609007"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (coded("whole-brain", LOCAL + "body-site"), {"whole-brain"}),
        (coded("spine", LOCAL + "body-site"), {"spine"}),
        (coded(BRAIN, SNOMED), {"brain"}),
        (coded(BRAIN, SNOMED, extension=[extension(QUALIFIER, ENTIRE)]), {"brain", "whole-brain"}),
        (coded(BRAIN, SNOMED, extension=[extension(QUALIFIER, PARTIAL)]), {"brain"}),
        (coded("41216001", SNOMED, extension=[extension(QUALIFIER, ENTIRE)]), set()),
        (coded("15926001", SNOMED, extension=[extension(QUALIFIER, ENTIRE)]), set()),
        ({"text": "whole brain"}, set()),
    ],
)
def test_body_sites(site: Json, expected: set[str]) -> None:
    assert read(bodySite=[site]).sites == expected


SPINE = [
    *("61853006", "2748008", "54785003", "60051002", "11478001", "50800009"),
    *("1172006", "3572006", "91116008", "14705001", "67479001", "88298007", "16126006"),
    *("73903008", "61032001", "53983007", "55492004", "71996003", "21799000"),
    *("87141009", "65985001", "11808007", "49967005", "69950008", "21452006"),
    *("35769007", "56094003", "50060007", "73138009", "86197001", "6105006", "32430008", "71737002"),
    *("77435000", "33766003", "48405002", "52120002", "280849005", "1186895000"),
    *("421060004", "122494005", "122495006", "122496007", "51282000", "54735007"),
]


@pytest.mark.parametrize("code", SPINE)
def test_vertebrae_sacrum_canal_and_cord_are_spine(code: str) -> None:
    assert read(bodySite=[coded(code, SNOMED)]).sites == {"spine"}


@pytest.mark.parametrize("code", ["85234005", "62397004", "118645006", "1187336003", "15119000"])
def test_neighbours_of_the_spine_are_not_spine(code: str) -> None:
    assert read(bodySite=[coded(code, SNOMED)]).sites == set()


def test_an_order_s_own_word_stands_and_what_it_leaves_open_its_parent_says() -> None:
    told = [
        extension(INTENT, "363676003"),
        extension(MOTION, BREATH_HOLD),
        number(PRESCRIBED, 25),
        number(DELIVERED, 12, "valueUnsignedInt"),
    ]
    spine = [coded("spine", LOCAL + "body-site")]
    parent = order(None, "p", extension=told, bodySite=spine)
    based: Json = {"basedOn": [{"reference": "ServiceRequest/p"}]}
    found: Any = unit(order(**based), beside=[parent]).radiotherapy
    assert (found.intents, found.breath_hold, found.sites) == ({"palliative"}, True, {"spine"})
    assert (found.fractions, found.fractions_delivered) == (25.0, 12.0)

    own = [
        extension(INTENT, "373808002"),
        extension(MOTION, FREE_BREATHING),
        number(PRESCRIBED, 5),
        number(DELIVERED, 3, "valueUnsignedInt"),
    ]
    brain = [coded(BRAIN, SNOMED)]
    found = unit(order(extension=own, bodySite=brain, **based), beside=[parent]).radiotherapy
    assert (found.intents, found.breath_hold, found.sites) == ({"curative"}, False, {"brain"})
    assert (found.fractions, found.fractions_delivered) == (5.0, 3.0)
