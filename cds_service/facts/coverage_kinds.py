"""What a Coverage pays for, as far as that decides whether it comes first; codes of the Source of Payment Typology
(NAHDO, https://nahdo.org/sopt) and of HL7's v3 ActCode.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from cds_service.facts import fhir
from cds_service.facts.codes import any_codes
from cds_service.facts.medicare_words import is_medigap
from cds_service.facts.names import normalised

SOPT_SYSTEMS = frozenset({"https://nahdo.org/sopt", "urn:oid:2.16.840.1.113883.3.221.5"})
_ACT_CODES = frozenset({"http://terminology.hl7.org/CodeSystem/v3-ActCode", "urn:oid:2.16.840.1.113883.5.4"})
# Medigap, and Medicaid, which the law has pay last (42 CFR 433.139).
_SUPPLEMENTS = ("523", "623", "2")
# Drugs 122, 516; dental 517, 524, 561, 614, 629; vision 562.
_NOT_MEDICAL = ("122", "516", "517", "524", "561", "562", "614", "629")
_NOT_MEDICAL_POLICIES = frozenset({"DENTAL", "DENTPRG", "DRUGPOL", "VISPOL"})
_DENTAL_OR_VISION = re.compile(r"\b(dental|vision|eyecare|optical)\b")
_MEDICAL = re.compile(
    r"\b(medical|medicare|medicaid|health|hospital|comprehensive|major|incl|including|with|plus)\b"
)
_DRUGS = re.compile(r"\b(drugs?|rx|pharmacy|prescriptions?|pdp|pbm|part d)\b")
_FILLING = re.compile(
    r"\b(and|benefits?|care|commercial|coverage|group|insurance|medicaid|medicare|only|plans?|policy|private|program"
    r"|stand ?alone)\b"
)
_NETWORKS = re.compile(r"\b(dhmo|dppo|hmo|indemnity|ppo)\b")
"""Words of dental and vision plans; beside a word for drugs they tell of a medical plan that pays drugs as well."""
# Nobody's insurance 8…; workers' compensation 95, no-fault car insurance 96, liability 97.
_WITHOUT_HEALTH_INSURER = ("8", "95", "96", "97")
_ACCIDENT_POLICIES = frozenset({"AUTOPOL", "WCBPOL"})
_NO_INSURER_TEXT = re.compile(
    r"self ?pay|private pay|cash|uninsured|no insurance|charity(?: care)?|auto(?:mobile)?(?: insurance)?|no fault"
    r"|liability|work(?:ers?|mens?|er s)?(?: s)? ?comp(?:ensation)?"
)
"""The whole of a type's text that says so."""
_SELF_PAY = "http://terminology.hl7.org/CodeSystem/coverage-selfpay"


class Kind(Enum):
    """A Medicare supplement, TRICARE for Life and Medicaid pay behind others; dental, vision and drug coverage pays no
    radiotherapy."""

    MEDICAL = "medical"
    LAST = "last"
    NOT_MEDICAL = "not-medical"


def kind_of(coverage: fhir.Coverage, payors: Iterable[str] = ()) -> Kind:
    """The kind as codes and text of Coverage.type tell it, and as plan and payer are called.

    Args:
        payors: names of the Coverage's payer.
    """
    text = normalised(coverage.type.text or "") if coverage.type else ""
    plans = [t or "" for e in coverage.class_ if "plan" in any_codes(e.type) for t in (e.value, e.name)]
    texts = [text, *map(normalised, [*plans, *payors])]
    if _sopt(coverage, _NOT_MEDICAL) or _policies(coverage) & _NOT_MEDICAL_POLICIES or _not_medical(text):
        return Kind.NOT_MEDICAL
    if any(_DENTAL_OR_VISION.search(each) and not _MEDICAL.search(each) for each in texts):
        return Kind.NOT_MEDICAL
    if _sopt(coverage, _SUPPLEMENTS) or any(is_medigap(each) or _pays_last(each) for each in texts):
        return Kind.LAST
    return Kind.MEDICAL


def has_no_health_insurer(coverage: fhir.Coverage) -> bool:
    """Whether Coverage.type says that the patient pays, or an insurance against accidents or liability."""
    codings = coverage.type.coding if coverage.type else ()
    text = normalised(coverage.type.text or "") if coverage.type else ""
    return (
        _sopt(coverage, _WITHOUT_HEALTH_INSURER)
        or _NO_INSURER_TEXT.fullmatch(text) is not None
        or not _policies(coverage).isdisjoint(_ACCIDENT_POLICIES)
        or any(coding.system == _SELF_PAY for coding in codings)
    )


def _sopt(coverage: fhir.Coverage, codes: tuple[str, ...]) -> bool:
    codings = coverage.type.coding if coverage.type else ()
    return any(c.system in SOPT_SYSTEMS and (c.code or "").strip().startswith(codes) for c in codings)


def _policies(coverage: fhir.Coverage) -> frozenset[str]:
    codings = coverage.type.coding if coverage.type else ()
    return frozenset([(c.code or "").strip() for c in codings if c.system in _ACT_CODES])


def _pays_last(text: str) -> bool:
    words = text.split()
    return "tricare for life" in text or ("medicaid" in words and "medicare" not in words)


def _not_medical(text: str) -> bool:
    """Whether the words tell of dental, vision or drug coverage and of nothing else."""
    rest, others = _DENTAL_OR_VISION.subn("", text)
    rest, drugs = _DRUGS.subn("", rest)
    rest = _FILLING.sub("", rest if drugs else _NETWORKS.sub("", rest))
    return bool(others or drugs) and not rest.strip()
