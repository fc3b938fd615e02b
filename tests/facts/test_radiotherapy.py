"""mCODE and CodeX content: every code of their value sets, and how several of them are read together."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Radiotherapy
from tests.facts.build import (
    CARBON,
    CODEX,
    CONE_BEAM_CT,
    CONFORMAL,
    ELECTRONS,
    IMRT,
    LOCAL,
    MCODE,
    NEUTRONS,
    PHOTONS,
    PLANE,
    PROTONS,
    SNOMED,
    VMAT,
    Json,
    coded,
    extension,
    guidance,
    order,
    technique,
    unit,
)

TRACKING = "intrafraction-tracking"
INTENT = MCODE + "mcode-procedure-intent"
MOTION = CODEX + "codexrt-radiotherapy-respiratory-motion-management"
FREE = CODEX + "codexrt-radiotherapy-free-breathing-motion-mgmt-technique"
VERIFICATION = CODEX + "codexrt-intrafraction-verification"
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"


def read(*extensions: Json, **more: Any) -> Radiotherapy:
    return unit(order(extension=list(extensions), **more)).radiotherapy


def methods_of(*extensions: Json) -> Any:
    """The imaging methods, or UNKNOWN."""
    return read(*extensions).methods


@pytest.mark.parametrize(
    ("modality", "techniques", "expected"),
    [
        (PHOTONS, [IMRT], {"imrt"}),
        (PHOTONS, [VMAT], {"imrt"}),
        (PHOTONS, [CONFORMAL], {"3dcrt"}),
        (PHOTONS, [PLANE], {"2d"}),
        (PHOTONS, [], {"linac"}),
        (PHOTONS, ["168524008"], {"linac"}),
        (PHOTONS, ["1163157007"], {"linac"}),
        (ELECTRONS, [CONFORMAL], {"electron"}),
        (ELECTRONS, [PLANE], {"electron"}),
        (ELECTRONS, ["168524008"], {"electron"}),
        (ELECTRONS, ["1163157007"], {"electron"}),
        (ELECTRONS, [], {"electron"}),
        (NEUTRONS, ["169317000"], {"neutron"}),
        (NEUTRONS, [CONFORMAL], {"neutron"}),
        (PROTONS, ["1156529004"], {"proton"}),
        (PROTONS, ["1156528007"], {"proton"}),
        (PROTONS, ["1204242009"], {"proton"}),
        (PROTONS, ["1163157007"], {"proton"}),
        (CARBON, ["1156529004"], set()),
        (CARBON, ["1156528007"], set()),
        (CARBON, ["1204242009"], set()),
        ("1156708005", ["384692006"], {"brachytherapy"}),
        ("1156708005", ["14473006"], {"brachytherapy"}),
        ("169359004", ["113120007"], {"brachytherapy"}),
        ("1156384006", ["113120007"], {"brachytherapy"}),
        ("394902000", ["1156382005"], {"brachytherapy"}),
        ("394902000", ["384691004"], {"brachytherapy"}),
        ("394902000", ["1156383000"], {"brachytherapy"}),
        ("394902000", ["168524008"], {"brachytherapy"}),
        ("438629002", ["14473006"], {"brachytherapy"}),
        ("440252007", ["384692006"], set()),
        ("440252007", ["16560241000119104"], set()),
        (None, [IMRT], {"imrt"}),
        (None, ["113120007"], {"brachytherapy"}),
        ("0000", ["0000"], set()),
    ],
)
def test_modality_and_technique(modality: str | None, techniques: list[str], expected: set[str]) -> None:
    assert read(technique(modality, *techniques)).techniques == expected


def test_a_modality_that_is_not_encoded_leaves_the_technique() -> None:
    unencoded = technique(None, "169317000")
    unencoded["extension"].insert(
        0,
        {"url": MCODE + "mcode-radiotherapy-modality", "valueCodeableConcept": coded("UNC", NULL, text="x")},
    )
    assert read(unencoded).techniques == {"neutron"}


LOCAL_TECHNIQUES = [
    "imrt",
    "3dcrt",
    "2d",
    "sbrt",
    "srs",
    "proton",
    "neutron",
    "electron",
    "superficial",
    "brachytherapy",
]


@pytest.mark.parametrize("slug", LOCAL_TECHNIQUES)
def test_our_own_technique_codes(slug: str) -> None:
    assert read(technique(None, local=slug)).techniques == {slug}
    assert read(technique(PHOTONS, local=slug)).techniques == {slug}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (technique(PHOTONS, IMRT, local="sbrt"), {"sbrt"}),
        (technique(PHOTONS, CONFORMAL, local="srs"), {"srs"}),
        (technique(PHOTONS, PLANE, local="superficial"), {"superficial"}),
        (technique(PHOTONS, IMRT, local="imrt"), {"imrt"}),
        (technique(PHOTONS, IMRT, local="conventional"), {"imrt"}),
        (technique(PROTONS, "1156528007", local="sbrt"), {"proton", "sbrt"}),
    ],
)
def test_our_own_code_beside_one_of_snomed(made: Json, expected: set[str]) -> None:
    assert read(made).techniques == expected


def test_repeated_extensions_of_a_mixed_course_stay_a_list() -> None:
    mixed = [technique(PHOTONS, CONFORMAL), technique(PHOTONS, IMRT), technique(ELECTRONS, CONFORMAL)]
    assert read(*mixed).techniques == {"3dcrt", "imrt", "electron"}
    assert read(technique(PHOTONS, IMRT, CONFORMAL)).techniques == {"3dcrt", "imrt"}


def test_photons_without_a_technique_beside_other_treatments() -> None:
    assert read(technique(PHOTONS), technique(ELECTRONS)).techniques == {"linac", "electron"}
    assert read(technique(PHOTONS), technique(PHOTONS, IMRT)).techniques == {"imrt"}
    electrons_too = extension(MCODE + "mcode-radiotherapy-modality", ELECTRONS)
    for known, expected in ((technique(PHOTONS), "linac"), (technique(PHOTONS, IMRT), "imrt")):
        made = {**known, "extension": [*known["extension"], electrons_too]}
        assert read(made).techniques == {expected, "electron"}


def test_codes_decide_never_displays() -> None:
    misnamed = technique(PHOTONS, CONFORMAL)
    misnamed["extension"][1]["valueCodeableConcept"]["coding"][0]["display"] = "Intensity modulated"
    assert read(misnamed).techniques == {"3dcrt"}


@pytest.mark.parametrize(
    "system", [SNOMED, "http://snomed.info/sct/731000124108", "urn:oid:2.16.840.1.113883.6.96", None]
)
def test_snomed_under_its_names(system: str | None) -> None:
    inner = {
        "url": MCODE + "mcode-radiotherapy-technique",
        "valueCodeableConcept": coded(f" {IMRT} ", system),
    }
    outer = {"url": MCODE + "mcode-radiotherapy-modality-and-technique", "extension": [inner]}
    assert read(outer).techniques == {"imrt"}
    foreign = {**inner, "valueCodeableConcept": coded(IMRT, "http://hospital.example")}
    assert read({**outer, "extension": [foreign]}).techniques == set()


@pytest.mark.parametrize("url", ["mcode-radiotherapy-modality-and-technique", CODEX + "other", "", None])
def test_other_extensions_say_nothing(url: str | None) -> None:
    assert read({**technique(PHOTONS, IMRT), "url": url}).techniques == set()


@pytest.mark.parametrize(
    ("code", "methods"),
    [
        ("168537006", {"stereoscopic-xray", "planar"}),
        ("44491008", {"fluoroscopy"}),
        ("77477000", {"ct"}),
        (CONE_BEAM_CT, {"ct"}),
        ("113091000", {"mri"}),
        ("16310003", {"ultrasound"}),
        ("1297350006", {TRACKING}),
        ("1332089004", {TRACKING}),
    ],
)
def test_methods(code: str, methods: set[str]) -> None:
    assert methods_of(guidance(code)) == methods


@pytest.mark.parametrize(
    "slug", ["ct", "ultrasound", "stereoscopic-xray", TRACKING, "mri", "planar", "fluoroscopy"]
)
def test_our_own_method_codes(slug: str) -> None:
    assert methods_of(guidance(slug, LOCAL + "igrt-method")) == {slug}


def test_several_methods_stay_a_list() -> None:
    assert methods_of(guidance(CONE_BEAM_CT), guidance("16310003")) == {"ct", "ultrasound"}


def test_none_is_known_not_performed() -> None:
    none = guidance("none", LOCAL + "igrt-method")
    assert methods_of(none) == frozenset()
    assert methods_of(none, guidance(CONE_BEAM_CT)) == {"ct"}
    assert methods_of() is UNKNOWN
    assert methods_of(guidance("0000")) is UNKNOWN
    assert methods_of(guidance("no-such-method", LOCAL + "igrt-method")) is UNKNOWN


@pytest.mark.parametrize(
    "code",
    ["16310003", "77477000", "113091000", "168537006", "1335864002", "1332089004", "1297350006"],
)
@pytest.mark.parametrize("qualifier", [None, "50607009", "255204007"])
def test_verification_within_the_fraction_is_tracking(code: str, qualifier: str | None) -> None:
    made: Json = {"url": VERIFICATION, "extension": [extension("procedure", code)]}
    if qualifier:
        made["extension"].append(extension("qualifier", qualifier))
    assert methods_of(made) == {TRACKING}
    assert methods_of(made, guidance(CONE_BEAM_CT)) == {"ct", TRACKING}


@pytest.mark.parametrize("slug", ["ct", TRACKING])
def test_verification_in_our_own_codes(slug: str) -> None:
    made = {"url": VERIFICATION, "extension": [extension("procedure", slug, LOCAL + "igrt-method")]}
    assert methods_of(made) == {TRACKING}


@pytest.mark.parametrize(
    "inner",
    [
        [],
        [extension("procedure", "none", LOCAL + "igrt-method")],
        [extension("procedure", "0000")],
        [extension("procedure", "UNK", NULL)],
        [{"url": "procedure", "valueCodeableConcept": {"text": "none"}}],
    ],
)
def test_verification_that_names_nothing_is_unknown(inner: list[Json]) -> None:
    assert methods_of({"url": VERIFICATION, "extension": inner}) is UNKNOWN


@pytest.mark.parametrize("code", ["721061000124106", "1286801002"])
def test_gating_and_tracking_are_a_method_beside_guidance_only(code: str) -> None:
    motion = extension(FREE, code)
    assert methods_of(motion) is UNKNOWN
    assert methods_of(motion, guidance(CONE_BEAM_CT)) == {"ct", TRACKING}
    assert methods_of(motion, guidance("none", LOCAL + "igrt-method")) == frozenset()


@pytest.mark.parametrize("code", ["1286802009", "721081000124101"])
def test_other_free_breathing_techniques_are_no_method(code: str) -> None:
    assert methods_of(extension(FREE, code), guidance(CONE_BEAM_CT)) == {"ct"}


def test_evidence_names_the_extension() -> None:
    found = read(extension(INTENT, "373808002"), technique(PHOTONS, VMAT), guidance(CONE_BEAM_CT))
    assert found.paths == (("context.0.extension[1]", "imrt"), ("context.0.extension[2]", "ct"))
