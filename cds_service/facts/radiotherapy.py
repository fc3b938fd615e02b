"""mCODE and CodeX radiotherapy content of orders and Procedures (HL7 mCODE and CodeX radiation therapy)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.facts import beams, coded_methods, fhir
from cds_service.facts.beams import LINAC
from cds_service.facts.case import Radiotherapy
from cds_service.facts.codes import is_snomed
from cds_service.facts.derive import TRACKING

_M = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
_X = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
_LOCAL = "urn:igrt-cds:"
_TECHNIQUES = frozenset(
    {"imrt", "3dcrt", "2d", "sbrt", "srs", "proton", "neutron", "electron", "superficial", "brachytherapy"}
)
_METHODS = frozenset(
    {"ct", "ultrasound", "stereoscopic-xray", TRACKING, "mri", "planar", "fluoroscopy", "none"}
)
_BEAM_TECHNIQUES = frozenset({"proton", "electron", "neutron", "brachytherapy"})
MODALITIES_BESIDE_PHOTONS = frozenset({"proton", "electron", "neutron", "superficial", "brachytherapy"})
"""Techniques that are a modality of their own: beside IMRT they are another one (rulebook 1.2)."""
_SPECIFIC_TECHNIQUES = frozenset({"sbrt", "srs", "superficial"})
"""SNOMED CT has no technique for them: coded beside one of its codes, they say it more closely."""
_TRACKED = "tracking"
"""Verification that tells the method of guidance (radiotherapy.csv)."""
_TECHNIQUES_OF_PROTONS = frozenset({"imrt", "3dcrt"})
"""Their fields are shaped and modulated too; SNOMED CT has the same codes for it."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """question -> code -> values, from catalogues/radiotherapy.csv (SNOMED CT)."""

    answers: Mapping[str, Mapping[str, tuple[str, ...]]]

    def values(self, question: str, concept: fhir.CodeableConcept | None) -> tuple[str, ...]:
        """Values of a concept's SNOMED CT codes for one question."""
        table = self.answers[question]
        found: dict[str, None] = {}
        for coding in concept.coding if concept else ():
            if coding.code and is_snomed(coding.system):
                found |= dict.fromkeys(table.get(coding.code.strip(), ()))
        return tuple(found)


def load_code_table(path: Path) -> CodeTable:
    """Read catalogues/radiotherapy.csv."""
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            answers.setdefault(row["question"], {})[row["code"]] = tuple(row["value"].split("|"))
    return CodeTable(answers)


def local_codes(concept: fhir.CodeableConcept | None, name: str) -> tuple[str, ...]:
    """Codes of the product's own system `urn:igrt-cds:<name>`."""
    if concept is None or not concept.coding:
        return ()
    system = _LOCAL + name
    return tuple([c.code.strip() for c in concept.coding if c.system == system and c.code])


def read_extensions(
    extensions: Iterable[fhir.Extension], sites: Iterable[fhir.CodeableConcept], table: CodeTable, path: str
) -> Radiotherapy:
    """Technique, method, intent, breath hold, fractions and sites coded on one resource."""
    techniques: set[str] = set()
    methods: set[str] = set()
    not_performed = False
    verified: set[str] = set()
    tracking = False
    intents: set[str] = set()
    breath_hold: bool | Unknown = UNKNOWN
    fractions: float | Unknown = UNKNOWN
    delivered: float | Unknown = UNKNOWN
    paths: list[tuple[str, str]] = []
    for index, extension in enumerate(extensions):
        url = extension.url or ""
        here = f"{path}.extension[{index}]"
        if url == _TECHNIQUE:
            read = _technique(extension, table)
            techniques |= read
            paths += [(here, t) for t in sorted(read)]
        elif url == _X + "codexrt-image-guided-radiotherapy-modality":
            found, none = _method(extension, table)
            methods |= found
            not_performed |= none
            paths += [(here, m) for m in sorted(found)]
        elif url == _X + "codexrt-intrafraction-verification":
            if found := _verified_by(extension, table):
                verified |= found
                paths.append((here, TRACKING))
        elif url == _M + "mcode-procedure-intent":
            intents |= set(table.values("intent", extension.valueCodeableConcept))
        elif url in _MOTION:
            for concept in _concepts(extension):
                held = table.values("breath-hold", concept)
                if held and breath_hold is not True:
                    breath_hold = "yes" in held
                tracking |= bool(table.values("tracking", concept))
        elif url in _FRACTIONS_PLANNED:
            fractions = _most(fractions, _number(extension))
        elif url in _DOSE:
            fractions = _most(fractions, _nested_number(extension, "fractions"))
            delivered = _most(delivered, _nested_number(extension, "fractionsDelivered"))
        elif url == _X + "codexrt-radiotherapy-fractions-delivered":
            delivered = _most(delivered, _number(extension))
    told = bool(methods) or not_performed or _TRACKED in verified
    if verified or (tracking and methods):
        methods.add(TRACKING)  # gating alone is no record of image guidance, beside one it is its method
    return Radiotherapy(
        techniques=beams.together([frozenset(techniques)]),
        methods=frozenset(methods) if told else OpenSet(methods) if methods else UNKNOWN,
        breath_hold=breath_hold,
        intents=frozenset(intents),
        sites=frozenset(s for concept in sites for s in _site(concept, table)),
        other_modalities=frozenset(techniques & MODALITIES_BESIDE_PHOTONS),
        fractions=fractions,
        fractions_delivered=delivered,
        paths=tuple(paths),
    )


def coded_techniques(extensions: Iterable[fhir.Extension], table: CodeTable) -> frozenset[str]:
    """Techniques of the mCODE extensions of one resource."""
    coded = [_technique(extension, table) for extension in extensions if extension.url == _TECHNIQUE]
    return frozenset([t for techniques in coded for t in techniques])


_TECHNIQUE = _M + "mcode-radiotherapy-modality-and-technique"
_MOTION = frozenset(
    {
        _X + "codexrt-radiotherapy-respiratory-motion-management",
        _X + "codexrt-radiotherapy-free-breathing-motion-mgmt-technique",
    }
)
_FRACTIONS_PLANNED = frozenset(
    {
        _X + "codexrt-radiotherapy-fractions-prescribed",
        _X + "codexrt-radiotherapy-fractions-planned",
    }
)
_DOSE = frozenset(
    {
        _X + "codexrt-radiotherapy-dose-prescribed-to-volume",
        _X + "codexrt-radiotherapy-dose-planned-to-volume",
        _M + "mcode-radiotherapy-dose-delivered-to-volume",
    }
)


def merge(parts: Iterable[Radiotherapy]) -> Radiotherapy:
    """What several resources of one course say together; several values stay a list (contract section 3).

    A breath hold in one part of the course is one of the course, whatever the other parts say.
    """
    parts = tuple(parts)
    if len(parts) < 2:
        return parts[0] if parts else Radiotherapy()
    breath_hold: bool | Unknown = UNKNOWN
    fractions: float | Unknown = UNKNOWN
    delivered: float | Unknown = UNKNOWN
    for part in parts:
        breath_hold = _held(breath_hold, part.breath_hold)
        fractions = _most(fractions, part.fractions)
        delivered = _most(delivered, part.fractions_delivered)
    return Radiotherapy(
        techniques=beams.together(part.techniques for part in parts),
        methods=coded_methods.together(part.methods for part in parts),
        breath_hold=breath_hold,
        intents=_together(part.intents for part in parts),
        sites=_together(part.sites for part in parts),
        other_modalities=_together(part.other_modalities for part in parts),
        fractions=fractions,
        fractions_delivered=delivered,
        paths=tuple([path for part in parts for path in part.paths]),
    )


def _together(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _technique(outer: fhir.Extension, table: CodeTable) -> set[str]:
    return named_techniques([inner.valueCodeableConcept for inner in outer.extension], table)


def named_techniques(concepts: Iterable[fhir.CodeableConcept | None], table: CodeTable) -> set[str]:
    """Techniques that modality and technique codes say together. Particle beams and brachytherapy sources decide by
    themselves, photons by their technique."""
    found: set[str] = set()
    modalities: set[str] = set()
    for concept in concepts:
        found |= {t for t in local_codes(concept, "technique") if t in _TECHNIQUES}
        modalities |= set(table.values("beam", concept))
        found |= set(table.values("technique", concept))
    if "radiopharmaceutical" in modalities:
        found.discard("brachytherapy")  # given into the body, but no sealed source
    decided, specific = modalities & _BEAM_TECHNIQUES, found & _SPECIFIC_TECHNIQUES
    if "photon" in modalities:
        return decided | (specific or found or {LINAC})
    return decided | specific if decided or specific else found


def separately_named(concepts: Sequence[fhir.CodeableConcept], table: CodeTable) -> set[str]:
    """Techniques that the code and details of one order name, each for itself: IMRT and an electron boost are two.

    IMRT or 3D conformal treatment beside protons, and no photons, is that of the protons; an application into the body
    beside a radiopharmaceutical, and no sealed source, is no brachytherapy.
    """
    found = {technique for concept in concepts for technique in named_techniques([concept], table)}
    beams_named = {beam for concept in concepts for beam in table.values("beam", concept)}
    if "proton" in beams_named and "photon" not in beams_named:
        found -= _TECHNIQUES_OF_PROTONS
    if "radiopharmaceutical" in beams_named and "brachytherapy" not in beams_named:
        found.discard("brachytherapy")
    return found


def _method(extension: fhir.Extension, table: CodeTable) -> tuple[set[str], bool]:
    found: set[str] = set()
    for concept in _concepts(extension):
        found |= {m for m in local_codes(concept, "igrt-method") if m in _METHODS}
        found |= set(table.values("method", concept))
    none = "none" in found
    return found - {"none"}, none


def _verified_by(extension: fhir.Extension, table: CodeTable) -> set[str]:
    """By which means the fraction was verified while it was given; all are tracking (rulebook 1.2). Images within the
    fraction leave open how the patient was set up before it; surface, transponders and our own code of tracking are
    the method by themselves."""
    found: set[str] = set()
    for concept in _concepts(extension):
        own = set(local_codes(concept, "igrt-method")) & _METHODS - {"none"}
        found |= {_TRACKED if method == TRACKING else "image" for method in own}
        found |= set(table.values("verification", concept))
    return found


def _concepts(extension: fhir.Extension) -> list[fhir.CodeableConcept]:
    own = [extension.valueCodeableConcept] if extension.valueCodeableConcept else []
    if extension.valueCoding:
        own.append(fhir.CodeableConcept(coding=[extension.valueCoding]))
    return own + [c for inner in extension.extension for c in _concepts(inner)]


def _site(concept: fhir.CodeableConcept, table: CodeTable) -> set[str]:
    found = set(local_codes(concept, "body-site")) | set(table.values("site", concept))
    if "brain" in found:
        qualifiers = [c for extension in concept.extension for c in _concepts(extension)]
        if any(table.values("site-qualifier", q) for q in qualifiers):
            found.add("whole-brain")
    return found


def _number(extension: fhir.Extension) -> float | Unknown:
    for value in (extension.valuePositiveInt, extension.valueUnsignedInt, extension.valueInteger):
        if value is not None:
            return float(value)
    if extension.valueQuantity and extension.valueQuantity.value is not None:
        return extension.valueQuantity.value
    return UNKNOWN


def _nested_number(extension: fhir.Extension, url: str) -> float | Unknown:
    for inner in extension.extension:
        if inner.url == url:
            return _number(inner)
    return UNKNOWN


def _held(one: bool | Unknown, other: bool | Unknown) -> bool | Unknown:
    if isinstance(one, Unknown):
        return other
    return one if isinstance(other, Unknown) else one or other


def _most(one: float | Unknown, other: float | Unknown) -> float | Unknown:
    """Several volumes of one course repeat its fractions: the larger number counts, not the sum."""
    if isinstance(one, Unknown):
        return other
    return one if isinstance(other, Unknown) else max(one, other)
