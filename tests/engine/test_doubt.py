"""What is found with and without a doubtful record, put together (engine/doubt.py)."""

from __future__ import annotations

from dataclasses import replace

from cds_service.engine.doubt import graded
from cds_service.engine.model import Finding, Remedy, Severity, Text
from tests.cards.builders import PAYER, line

REMOVE, REPLACE = Remedy("remove-line", code="77014"), Remedy("replace", code="77014", to="77387")


def found(severity: Severity = Severity.critical, **more: object) -> Finding:
    made = Finding(
        kind="bundling",
        severity=severity,
        unit="Claim/c1",
        rules=("CVS-14",),
        rule_names=("a@2020-01-01",),
        summary=Text("A sentence."),
        because=(Text("A reason."),),
        sources=(PAYER,),
        lines=(line(0, "77014"),),
        remedies=(REMOVE,),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_what_needs_the_doubtful_record_is_a_hint() -> None:
    (hint,) = graded([found()], [])
    assert (hint.severity, hint.remedies) == (Severity.info, (REMOVE,))


def test_what_is_found_either_way_is_said_as_without_it_and_no_stricter_than_with_it() -> None:
    (same,) = graded([found()], [found(remedies=(REPLACE,))])
    assert (same.severity, same.remedies) == (Severity.critical, (REPLACE,))
    (lower,) = graded([found(Severity.warning)], [found(remedies=(REPLACE,))])
    assert (lower.severity, lower.remedies) == (Severity.warning, (REPLACE,))
    (sure,) = graded([found()], [found(Severity.warning)])
    assert sure.severity is Severity.warning


def test_what_doubt_silences_is_a_hint() -> None:
    (hint,) = graded([], [found()])
    assert hint.severity is Severity.info


def test_what_another_finding_of_its_lines_displaces_stays_in_its_place() -> None:
    sure = found(kind="modifier", rules=("AST-11",))
    assert graded([found()], [sure]) == (sure,)


def test_findings_of_other_lines_and_claims_are_other_matters() -> None:
    other_line, other_claim = found(lines=(line(1, "77014"),)), found(unit="Claim/c2", lines=())
    kept = graded([other_line, other_claim], [found()])
    assert [f.severity for f in kept] == [Severity.info] * 3
    for other in ({"rules": ("CVS-16",)}, {"kind": "modifier"}):
        (sure, hint) = graded([found(**other), found(lines=(line(2, "77014"),), **other)], [found()])
        assert (sure.severity, hint.severity) == (Severity.critical, Severity.info)
    document = found(kind="documentation", lines=(), document="28626-0")
    kept = graded([replace(document, document="18741-9")], [document])
    assert [f.severity for f in kept] == [Severity.info] * 2
