"""Turns a policy's remedies into remedies for the lines at hand (rulebook 1.6, M-4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from cds_service.engine.closures import compile_condition, getter
from cds_service.engine.model import UNKNOWN, Remedy
from cds_service.engine.rules import RemedySpec
from cds_service.engine.subjects import LineLike
from cds_service.engine.vocabulary import Fact, Scope

Make = Callable[[Any, Sequence[LineLike]], tuple[Remedy, ...]]
Valid = Callable[[str, date], bool]

_COMPONENT = {"professional": ("26",), "technical": ("TC",), "none": ()}


def compile_remedies(
    specs: tuple[RemedySpec, ...], scope: Scope, unsplit: frozenset[str], valid: Valid
) -> Make:
    """A function from the rule's subject and the other lines it names to remedies, in the policy's order.

    `unsplit` are the codes that never carry 26 or TC (rulebook 1.7). `valid` says whether a code can be reported
    on a day: one that ends, or begins, within the days of a line is not suggested for it (contract section 3, Span).
    """
    makers = [_maker(spec, scope, unsplit, valid) for spec in specs]

    def make(subject: Any, others: Sequence[LineLike]) -> tuple[Remedy, ...]:
        found: list[Remedy] = []
        for maker in makers:
            found += [remedy for remedy in maker(subject, others) if remedy not in found]
        return tuple(found)

    return make


def _maker(spec: RemedySpec, scope: Scope, unsplit: frozenset[str], valid: Valid) -> Make:
    make = _without_condition(spec, scope, unsplit, valid)
    if spec.unless is None:
        return make
    test = compile_condition(spec.unless, scope)
    return lambda subject, others: () if test(subject) is True else make(subject, others)


def _without_condition(spec: RemedySpec, scope: Scope, unsplit: frozenset[str], valid: Valid) -> Make:
    if spec.action == "reduce-units":
        return _reduce_units(spec, scope)
    if spec.action in ("review", "add-document", "attest-indication", "attest-other-modality"):
        fixed = Remedy(
            spec.action, document=spec.document, indications=spec.indications, modalities=spec.modalities
        )
        return lambda subject, others: (fixed,)
    targets = _targets(spec, scope)

    def on_lines(subject: Any, others: Sequence[LineLike]) -> tuple[Remedy, ...]:
        lines = others if spec.of == "others" else (subject,)
        if spec.action == "remove-line" and len({line.code for line in lines}) > 1:
            return ()  # removing one of several settles nothing while the next stays
        found: list[Remedy] = []
        for line in lines:
            codes = [t for t in targets(subject) if _fits(t, line, spec.action, valid)]
            found += [r for r in _line_remedies(spec, line, codes, unsplit) if r not in found]
        return tuple(found)

    return on_lines


def _fits(target: str, line: LineLike, action: str, valid: Valid) -> bool:
    code = target.partition("-")[0]
    return valid(code, line.date) and (action == "add-line" or valid(code, line.end))


def _line_remedies(
    spec: RemedySpec, line: LineLike, targets: Sequence[str], unsplit: frozenset[str]
) -> list[Remedy]:
    if spec.action == "remove-line":
        return [Remedy("remove-line", code=line.code)]
    if spec.action in ("add-modifier", "remove-modifier"):
        return [Remedy(spec.action, code=line.code, modifier=spec.modifier)]
    modifiers = _COMPONENT.get(spec.component, tuple(line.component_modifiers))
    texts = [t if "-" in t or t in unsplit else "-".join((t, *modifiers)) for t in targets]
    if spec.action == "add-line":
        return [Remedy("add-line", code=text) for text in texts]
    return [Remedy("replace", code=line.code, to=text) for text in texts]


def _targets(spec: RemedySpec, scope: Scope) -> Callable[[Any], Sequence[str]]:
    if not isinstance(spec.target, Fact):
        fixed = spec.target
        return lambda subject: fixed
    get = getter(spec.target, scope)

    def from_fact(subject: Any) -> Sequence[str]:
        value = get(subject)
        return () if value is UNKNOWN else tuple(value)

    return from_fact


def _reduce_units(spec: RemedySpec, scope: Scope) -> Make:
    if isinstance(spec.target, Fact):
        get = getter(spec.target, scope)
    else:
        number = float(spec.target[0])

        def get(subject: Any) -> Any:
            return number

    def reduce(subject: Any, others: Sequence[LineLike]) -> tuple[Remedy, ...]:
        allowed = get(subject)
        if allowed is UNKNOWN:
            return (Remedy("review"),)
        keep = int(allowed)
        if keep <= 0:
            return (Remedy("remove-line", code=subject.code),)
        return (Remedy("reduce-units", code=subject.code, to=keep),)

    return reduce
