"""The CVS radiation-oncology programme, section 8 of the rules: necessity by technique and intent, and CVS-14.

It speaks for its members whatever their payer is called and on every date.
"""

from __future__ import annotations

from tests.oracle.coverage import SLUGS
from tests.oracle.model import IGRT, Line, Scenario
from tests.oracle.raw import Raw, strictest
from tests.oracle.technique import STEREOTACTIC, UNTOLD, Technique, all_lines, technique_on
from tests.oracle.validity import is_invalid

_PHOTONS = frozenset({"3dcrt", "2d"})
_OPEN = _PHOTONS | {"conventional", UNTOLD}  # what CVS-08 and CVS-09 speak of, beside an unknown technique
_EXCEPTIONS = frozenset({"prior-irradiation-adjacent", "close-to-critical-structure"})
_BONE = "C79.51"
_REASONS = (
    *SLUGS,
    "concave-convex-target",
    "conventional-targeting-inadequate",
)  # 1.4 without hippocampal-sparing
_ANY_REASON = f"attest-indication {','.join(sorted(_REASONS))}"
# An intent is no indication; what can be attested is the one that makes a palliative course necessary as well.
_INTENT = "attest-indication prior-irradiation-adjacent"


def programme_lines(scenario: Scenario) -> list[Raw]:
    """CVS-08, CVS-09, CVS-14, CVS-16, CVS-17: what is said of a guidance line."""
    if not scenario.programme:
        return []
    found: list[Raw] = []
    for line in scenario.lines:
        for rule in (_superficial, _electron, _stereotactic, _whole_brain, _bone):
            found += rule(scenario, line)
    return found


def _not_necessary(
    line: Line, severity: str, remedies: tuple[str, ...], rule: str, maybe: bool = False
) -> Raw:
    return Raw(4, "not-necessary", severity, (line,), remedies, rule, possible=maybe)


def _superficial(scenario: Scenario, line: Line) -> list[Raw]:
    """CVS-16. 77439 is newer than the policy: information, whatever else is known."""
    fits = technique_on(scenario, line.date).fits(frozenset({"superficial"}))
    if fits == "no" or line.code not in IGRT | {"77439"}:
        return []
    if line.code == "77439":
        return [_not_necessary(line, "info", ("review",), "CVS-16", maybe=True)]
    severity = "critical" if fits == "yes" else "info"
    return [_not_necessary(line, severity, (f"remove-line {line.code}",), "CVS-16", maybe=fits == "maybe")]


def _electron(scenario: Scenario, line: Line) -> list[Raw]:
    """CVS-17: critical on a date that is electron and nothing else."""
    fits = technique_on(scenario, line.date).fits(frozenset({"electron"}))
    if fits == "no" or line.code not in IGRT:
        return []
    sure = fits == "yes" and not _mixed_course(scenario, line)
    remedy = (f"remove-line {line.code}",)
    return [_not_necessary(line, "critical" if sure else "info", remedy, "CVS-17", maybe=not sure)]


def _mixed_course(scenario: Scenario, line: Line) -> bool:
    """A list with a photon technique; or electron is known for the course only, which has other deliveries."""
    dated = [
        record.techniques for record in scenario.records if record.date == line.date and record.techniques
    ]
    course = [record.techniques for record in scenario.records if record.date is None]
    if any(set(techniques) - {"electron"} for techniques in dated or course):
        return True
    if dated:
        return False
    days = {o.date for o in all_lines(scenario)} | {
        r.date for r in scenario.records if r.date and r.techniques
    }
    if any(
        o.code in {"77418", "0073T"} for o in all_lines(scenario)
    ):  # IMRT, whether its code is still valid or not
        return True
    others = (technique_on(scenario, day) for day in days)
    return any(o.step != "hint" and o.values - {"electron", "conventional"} for o in others)


def _stereotactic(scenario: Scenario, line: Line) -> list[Raw]:
    """CVS-14. An invalid line has its own card only (M-10)."""
    fits = technique_on(scenario, line.date).fits(STEREOTACTIC)
    if fits == "no" or line.code not in IGRT or is_invalid(line):
        return []
    if scenario.hook == "order":
        return [Raw(5, "bundling", "info", (line,), ("review",), "CVS-14", possible=True)]
    severity, remedy = "critical" if fits == "yes" else "info", (f"remove-line {line.code}",)
    return [Raw(5, "bundling", severity, (line,), remedy, "CVS-14", possible=fits == "maybe")]


def _whole_brain(scenario: Scenario, line: Line) -> list[Raw]:
    """CVS-08."""
    open_to = _open_technique(technique_on(scenario, line.date))
    slugs = set(scenario.indications)
    if not scenario.whole_brain or open_to == "no" or line.code not in IGRT or "hippocampal-sparing" in slugs:
        return []
    mild = open_to == "maybe" or scenario.intent == "curative" or bool(slugs & _EXCEPTIONS)
    remedies = ("attest-indication hippocampal-sparing", f"remove-line {line.code}")
    return [_not_necessary(line, "info" if mild else "warning", remedies, "CVS-08", maybe=True)]


def _bone(scenario: Scenario, line: Line) -> list[Raw]:
    """CVS-09 with its exception CVS-10."""
    open_to = _open_technique(technique_on(scenario, line.date))
    if open_to == "no" or line.code not in IGRT or not treats_bone(scenario, line):
        return []
    if set(scenario.indications) & _EXCEPTIONS:
        return []
    mild = open_to == "maybe" or scenario.intent == "curative"
    remedies = (f"attest-indication {','.join(sorted(_EXCEPTIONS))}", f"remove-line {line.code}")
    return [_not_necessary(line, "info" if mild else "warning", remedies, "CVS-09", maybe=True)]


def _open_technique(technique: Technique) -> str:
    """`yes` for 3dcrt, 2d, conventional and unknown, `maybe` with another one beside, else `no`. A hint silences."""
    if not technique.likely or technique.likely <= _OPEN:
        return "yes"
    if technique.step == "hint" or not technique.likely & _OPEN:
        return "no"
    return "maybe"


def treats_bone(scenario: Scenario, line: Line) -> bool:
    """CVS-09: is a bone metastasis the treated site? By the first diagnosis that the line points to, Z codes apart.

    Else by the whole claim: the first diagnosis after the primary tumour, with no other metastatic site.
    """
    pointed = _pointed(scenario, line)
    if pointed:
        return pointed[0] == _BONE
    left = [code for code in scenario.diagnoses if not (code.startswith("Z") or _is_primary(code))]
    return left[:1] == [_BONE] and all(code == _BONE for code in left if code[:3] in {"C77", "C78", "C79"})


def _pointed(scenario: Scenario, line: Line) -> list[str]:
    """What the line points to, without Z codes. An order has no pointers."""
    numbers = line.points if scenario.hook == "claim" else ()
    return [code for code in (scenario.diagnoses[n - 1] for n in numbers) if not code.startswith("Z")]


def _is_primary(code: str) -> bool:
    return is_malignant(code) and code[:3] not in {"C77", "C78", "C79", "C7B"}


def is_malignant(code: str) -> bool:
    """CVS-06: C00 to C96 and D00 to D09."""
    return "C00" <= code[:3] <= "C96" or "D00" <= code[:3] <= "D09"


def programme_attestations(scenario: Scenario) -> list[Raw]:
    """CVS-06 and CVS-18: once for the claim or order, the strictest that any line gives."""
    if not scenario.programme:
        return []
    found: dict[str, Raw] = {}
    for line in (line for line in scenario.lines if line.code in IGRT):
        raw = _attestation(scenario, line)
        if raw is not None:
            known = found.get(raw.rule)
            if known is None or strictest(known.severity, raw.severity) != known.severity:
                found[raw.rule] = raw
    return list(found.values())


def _attestation(scenario: Scenario, line: Line) -> Raw | None:
    technique, intent = technique_on(scenario, line.date), scenario.intent
    slugs = set(scenario.indications)
    reasons = slugs & set(_REASONS)  # "nearby prior irradiation or another reason"
    if technique.step == "hint" or not technique.values:  # M-6: only where the technique is known
        return None
    if intent == "palliative" and "prior-irradiation-adjacent" in slugs:  # CVS-07
        return None
    benign = _benign(scenario, line)
    if technique.values <= _PHOTONS:
        if scenario.whole_brain or treats_bone(scenario, line):  # CVS-08 to CVS-10 decide
            return None
        if intent == "palliative":
            several = len(technique.values) > 1  # info at most (1.3)
            return None if reasons else _attest("info" if several else "warning")
        if technique.values == {"3dcrt"} and benign is False:
            if intent is None and "prior-irradiation-adjacent" not in slugs:
                return Raw(4, "coverage-necessity", "info", (), (_INTENT,), "CVS-06")
            return None
        # 2d and an unknown intent: curative it would be (a), palliative (b)
        if not reasons and (technique.values == {"2d"} or benign):
            return _attest("info")
    elif technique.values == {"neutron"} and not reasons:
        return _attest("info")
    elif technique.values == {"conventional"} and intent == "palliative" and not reasons:
        # Open in M-6: (b) warns of 3dcrt and 2d; a conventional technique that is not known better is for information.
        return None if scenario.whole_brain or treats_bone(scenario, line) else _attest("info")
    return None


def _attest(severity: str) -> Raw:
    return Raw(4, "coverage-necessity", severity, (), (_ANY_REASON,), "CVS-18")


def _benign(scenario: Scenario, line: Line) -> bool | None:
    """None = no diagnosis beside Z codes. A malignant or in-situ code that the line points to, else any, is enough."""
    codes = [code for code in _pointed(scenario, line) or scenario.diagnoses if not code.startswith("Z")]
    return None if not codes else not any(is_malignant(code) for code in codes)
