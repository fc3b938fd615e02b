"""Billing codes as real senders write them, brought to one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cds_service.engine.catalogue import Catalogue
from cds_service.facts.fhir import CodeableConcept, Coding

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
BILLING_SYSTEMS = frozenset(
    {
        CPT,
        "urn:oid:2.16.840.1.113883.6.12",
        HCPCS,
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
        "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
        "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14",
    }
)
"""CPT and HCPCS under the URLs seen in the field (contract section 3)."""
CLINICAL_SYSTEMS = frozenset(
    {"http://snomed.info/sct", "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"}
)
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"

_CODE = re.compile(r"^(\d{5}|\d{4}[A-Z]|[A-Z]\d{4})$")
_MODIFIER = re.compile(r"^[A-Z0-9]{2}$")
_SPLIT = re.compile(r"[:\s,;/+-]+")
_ICD = re.compile(r"^[A-TV-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?$")


@dataclass(frozen=True, slots=True)
class BillingCode:
    """One billing code with the modifiers written into it; `composite` when several codes shared one text."""

    code: str
    modifiers: tuple[str, ...]
    coding: int
    composite: bool = False


def billing_codes(concept: CodeableConcept | None, catalogue: Catalogue) -> tuple[BillingCode, ...]:
    """Every billing code of a CodeableConcept, in coding order, each code once.

    Post-coordinated modifiers (`77387:26`, `77387-26`) are split off, composite texts into their codes.
    A plain-shaped code in an unknown or missing system counts only when the catalogue knows it.
    """
    if concept is None:
        return ()
    found: dict[str, BillingCode] = {}
    for index, coding in enumerate(concept.coding):
        for code in _read(coding, index, catalogue):
            found.setdefault(code.code, code)
    return tuple(found.values())


def _read(coding: Coding, index: int, catalogue: Catalogue) -> list[BillingCode]:
    if not coding.code or (coding.system or "") in CLINICAL_SYSTEMS:
        return []
    parts = [p for p in _SPLIT.split(coding.code.strip().upper()) if p]
    if not parts or not _CODE.match(parts[0]):
        return []
    codes: list[tuple[str, list[str]]] = []
    for part in parts:
        if _CODE.match(part):
            codes.append((part, []))
        elif _MODIFIER.match(part):
            codes[-1][1].append(part)
    known_system = coding.system in BILLING_SYSTEMS
    return [
        BillingCode(code, tuple(modifiers), index, composite=len(codes) > 1)
        for code, modifiers in codes
        if known_system or catalogue.code(code) is not None
    ]


def modifiers_of(concepts: list[CodeableConcept]) -> tuple[str, ...]:
    """Two-character modifiers of `Claim.item.modifier`, each once, in order; the system does not matter."""
    found: dict[str, None] = {}
    for concept in concepts:
        texts = [coding.code for coding in concept.coding if coding.code] or [concept.text or ""]
        for text in texts:
            for part in _SPLIT.split(text.strip().upper()):
                if _MODIFIER.match(part):
                    found.setdefault(part)
    return tuple(found)


def icd10_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """ICD-10-CM codes of a concept, upper case with the dot in its place."""
    if concept is None:
        return ()
    found: dict[str, None] = {}
    for coding in concept.coding:
        text = (coding.code or "").strip().upper()
        if coding.system in (ICD10, "urn:oid:2.16.840.1.113883.6.90") and _ICD.match(text):
            plain = text.replace(".", "")
            found.setdefault(f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain)
    return tuple(found)


def codes_in(concept: CodeableConcept | None, system: str) -> tuple[str, ...]:
    """Codes of one system, trimmed, in order."""
    if concept is None:
        return ()
    return tuple(c.code.strip() for c in concept.coding if c.code and c.system == system)


def any_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """Codes of any system, trimmed, in order."""
    return tuple(c.code.strip() for c in concept.coding if c.code) if concept else ()
