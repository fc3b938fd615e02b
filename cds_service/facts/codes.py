"""Billing codes as real senders write them, brought to one form."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from cds_service.engine.catalogue import Catalogue
from cds_service.engine.record import record
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
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
_ICD10_SYSTEMS = frozenset({ICD10, "urn:oid:2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10"})
"""ICD-10-CM, also under the address of ICD-10, from which it comes: Medicare's exports have it there."""
_SNOMED_OID = "urn:oid:2.16.840.1.113883.6.96"
CLINICAL_SYSTEMS = _ICD10_SYSTEMS | {
    LOINC,
    "urn:oid:2.16.840.1.113883.6.1",
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://www.cms.gov/Medicare/Coding/ICD10",
    "http://hl7.org/fhir/sid/ndc",
}
"""Systems whose codes are never billing codes, whatever they look like; SNOMED CT comes on top."""
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_POS_SYSTEMS = frozenset({POS, "urn:oid:2.16.840.1.113883.15.5"})

_CODE = re.compile(r"[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4}")
_MODIFIER = re.compile(r"[A-Z0-9]{2}")
_SPLIT = re.compile(r"[:\s,;/+-]+")
_ICD = re.compile(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?")
_PLACE = re.compile(r"[0-9]{1,2}")


@record(frozen=True, slots=True)
class BillingCode:
    """One billing code with the modifiers written into it; `composite` when several codes shared one text."""

    code: str
    modifiers: tuple[str, ...]
    coding: int
    composite: bool = False


def billing_codes(concept: CodeableConcept | None, catalogue: Catalogue) -> tuple[BillingCode, ...]:
    """Every billing code of a CodeableConcept, in coding order, each code once.

    Post-coordinated modifiers (`77387:26`, `77387-26`) are split off, composite texts into their codes.
    A plain-shaped code in an unknown or missing system counts only when the catalogue knows it, and a number only when
    no coding beside it is of a billing system: a site's own numbers may look like codes.
    """
    if concept is None:
        return ()
    if len(concept.coding) == 1:
        return _read(concept.coding[0], 0, catalogue)[1]
    read = [_read(coding, index, catalogue) for index, coding in enumerate(concept.coding)]
    billed = any(known and codes for known, codes in read)
    found: dict[str, BillingCode] = {}
    for known, codes in read:
        for code in codes:
            if known or not (billed and code.code.isdigit()):
                found.setdefault(code.code, code)
    return tuple(found.values())


def _read(coding: Coding, index: int, catalogue: Catalogue) -> tuple[bool, tuple[BillingCode, ...]]:
    """The codes of a coding, and whether its system is one of billing codes."""
    text, system = coding.code, coding.system or ""
    if not text:
        return False, ()
    split = _split_once if len(text) + len(system) <= _USUAL_LENGTH else _split
    known, codes = split(system, text, index)
    return known, codes if known else tuple([c for c in codes if catalogue.code(c.code) is not None])


_USUAL_LENGTH = 120
"""Characters of a system and a code that are kept, once read, for the next line that has the same."""


def _split(system: str, text: str, index: int) -> tuple[bool, tuple[BillingCode, ...]]:
    """Whether the system is one of billing codes, and the codes that are written in the text, each once."""
    system = system.strip().rstrip("/")
    if system in CLINICAL_SYSTEMS or (system and is_snomed(system)):
        return False, ()
    parts = [p for p in _SPLIT.split(text.strip().upper()) if p]
    if not parts or not _CODE.fullmatch(parts[0]):
        return False, ()
    known_system = system in BILLING_SYSTEMS
    codes: list[tuple[str, list[str]]] = []
    for part in parts:
        if _CODE.fullmatch(part):
            codes.append((part, []))
        elif _MODIFIER.fullmatch(part):
            codes[-1][1].append(part)
        elif not known_system:
            return False, ()  # some other identifier that begins like a billing code
    found: dict[str, BillingCode] = {}
    for code, modifiers in codes:
        found.setdefault(code, BillingCode(code, tuple(modifiers), index, composite=len(codes) > 1))
    return known_system, tuple(found.values())


_split_once = lru_cache(maxsize=4096)(_split)
"""As `_split`; a billing office has few codes, and every course repeats its own."""


def modifiers_of(concepts: list[CodeableConcept]) -> tuple[str, ...]:
    """Two-character modifiers of `Claim.item.modifier`, each once, in order; the system does not matter.

    A text is read where no coding holds a modifier, as far as its words look like modifiers.
    """
    if not concepts:
        return ()
    found: dict[str, None] = {}
    for concept in concepts:
        modifiers = [p for c in concept.coding if c.code for p in _modifiers_in(c.code)]
        if not modifiers:
            words = [w for w in _SPLIT.split((concept.text or "").strip().upper()) if w]
            modifiers = list(takewhile(_MODIFIER.fullmatch, words))
        found |= dict.fromkeys(modifiers)
    return tuple(found)


def _modifiers_in(text: str) -> tuple[str, ...]:
    return _modifiers_once(text) if len(text) <= _USUAL_LENGTH else _modifiers(text)


def _modifiers(text: str) -> tuple[str, ...]:
    return tuple([p for p in _SPLIT.split(text.strip().upper()) if _MODIFIER.fullmatch(p)])


_modifiers_once = lru_cache(maxsize=1024)(_modifiers)


def places_of_service(concept: CodeableConcept | None) -> tuple[str, ...]:
    """Two-digit place of service codes: those of the CMS code set, else any that look like one."""
    if concept is None:
        return ()
    if len(concept.coding) == 1:  # whatever its system, there is no other
        text = (concept.coding[0].code or "").strip()
        return (text.zfill(2),) if _PLACE.fullmatch(text) else ()
    own = [c for c in concept.coding if (c.system or "").strip() in _POS_SYSTEMS]
    for codings in (own, concept.coding):
        codes = [c.code.strip() for c in codings if c.code and _PLACE.fullmatch(c.code.strip())]
        if codes:
            return tuple(code.zfill(2) for code in codes)
    return ()


def is_snomed(system: str | None) -> bool:
    """Whether a coding system is SNOMED CT of any edition, or left out."""
    return not system or system in (_SNOMED_OID, SNOMED) or system.startswith(SNOMED + "/")


def icd10_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """ICD-10-CM codes of a concept, upper case with the dot in its place."""
    if concept is None:
        return ()
    found: dict[str, None] = {}
    for coding in concept.coding:
        text = (coding.code or "").strip().upper()
        if coding.system in _ICD10_SYSTEMS and _ICD.fullmatch(text):
            plain = text.replace(".", "")
            found.setdefault(f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain)
    return tuple(found)


def any_codes(concept: CodeableConcept | None) -> tuple[str, ...]:
    """Codes of any system, trimmed, in order."""
    return tuple([c.code.strip() for c in concept.coding if c.code]) if concept else ()
