"""From what each rule says to what the user is told: merging and suppression, M-1 to M-11 of rulebook 2.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from cds_service.engine.drafts import Draft, Merged
from cds_service.engine.limits import one_limit_one_finding, without_removed
from cds_service.engine.model import (
    BESIDE_AN_INVALID_CODE,
    BESIDE_CORRECTIONS,
    KINDS,
    Evidence,
    Finding,
    LineRef,
    Remedy,
    Severity,
    Text,
)
from cds_service.engine.partly import days_of
from cds_service.engine.rules import Book
from cds_service.engine.standing import sent_before, standing
from cds_service.engine.subjects import LineLike, UnitLike
from cds_service.engine.trace import Trace

T = TypeVar("T")
_KIND_ORDER = {kind: n for n, kind in enumerate(KINDS)}

_OF_THE_WHOLE = ("add-document", "attest-indication", "attest-other-modality")
"""Remedies that settle a whole claim or order, whichever lines a rule that speaks once names."""

EARLIER = "Earlier lines on record: {earlier}."
EARLIER_SHOWN = 6
"""Earlier lines named in one card, before the rest is only counted."""

ORDER_CAPPED = frozenset(
    {
        "documentation",
        "bundling",
        "code-choice-by-payer",
        "code-choice-by-setting",
        "code-choice-by-method",
    }
)
"""Kinds that are info at most while an order is being signed (rulebook 2.3)."""


def settle(
    unit: UnitLike, drafts: list[Draft], book: Book, hook: str, trace: Trace | None = None
) -> list[Finding]:
    """Findings of one unit: named overrides, M-10, M-1 (same line), M-2, M-3, M-1 (over lines), order caps.

    `trace` is told what is left after each stage. Most units have a draft or two, on which most stages have nothing to
    do: each looks for that first.
    """
    if trace is not None:
        trace.after("said", drafts)
    drafts = _without_overridden(drafts)
    if trace is not None:
        trace.after("overrides", drafts)
    drafts = _only_validity_on_invalid_lines(drafts)
    if trace is not None:
        trace.after("M-10", drafts)
    drafts, changed = _without_further_corrections(unit, drafts)
    if trace is not None:
        trace.after("M-2", drafts)
    drafts = _without_guidance_concerns(unit, drafts, changed)
    if trace is not None:
        trace.after("M-3", drafts)
    merged = [_merge_on_line(group) for group in _same_line_same_remedy(drafts)]
    if len(merged) > 1:
        merged = one_limit_one_finding(merged)
    if hook == "order":
        merged = [_capped_at_order(m) for m in merged]
    findings = _over_lines(unit, merged, book)
    if trace is not None:
        trace.changed, trace.merged, trace.findings = changed, merged, findings
    return findings


def _without_overridden(drafts: list[Draft]) -> list[Draft]:
    """A rule about a line silences the named ones on that line, a rule about the whole unit everywhere in it."""
    overriding = [d for d in drafts if d.rule.overrides]
    if not overriding:
        return drafts
    silenced = {(id(line), name) for d in overriding for name in d.rule.overrides for line in d.lines}
    everywhere = {name for d in overriding if not d.lines for name in d.rule.overrides}
    kept = []
    for draft in drafts:
        lines = tuple(line for line in draft.lines if (id(line), draft.rule.id) not in silenced)
        if draft.rule.id in everywhere or (draft.lines and not lines):
            continue
        kept.append(draft if lines == draft.lines else draft.with_lines(lines))
    return kept


def _only_validity_on_invalid_lines(drafts: list[Draft]) -> list[Draft]:
    """M-10: a line whose code is invalid on its date gets that card only; coverage rules still run."""
    invalid = {id(line) for d in drafts if d.rule.finding.kind == "code-effective-date" for line in d.lines}
    if not invalid:
        return drafts
    kept = []
    for draft in drafts:
        lines = draft.lines
        if draft.kind not in BESIDE_AN_INVALID_CODE:
            lines = tuple([line for line in lines if id(line) not in invalid])
        if lines or not draft.lines:
            kept.append(draft if lines == draft.lines else draft.with_lines(lines))
    return kept


def _without_further_corrections(unit: UnitLike, drafts: list[Draft]) -> tuple[list[Draft], dict[int, Draft]]:
    """M-2: a line to be removed or replaced gets no other coding suggestion and no review."""
    strongest = _strongest_changes(drafts)
    if not strongest:
        return drafts, strongest
    left = [d for draft in drafts if (d := without_removed(unit, draft, strongest)) is not None]
    if left != drafts:
        drafts, strongest = left, _strongest_changes(left)
    kept = []
    for draft in drafts:
        if draft.kind in BESIDE_CORRECTIONS or not draft.lines:
            kept.append(draft)
            continue
        lines = tuple([line for line in draft.lines if _may_stay(draft, strongest.get(id(line)))])
        others = _others_left(draft, strongest)
        if lines and others is not None:
            same = lines == draft.lines and others == draft.others
            kept.append(draft if same else replace(draft, lines=lines, others=others))
    return kept, strongest


def _others_left(draft: Draft, strongest: dict[int, Draft]) -> tuple[LineLike, ...] | None:
    """Its other lines without those that go anyway; None when no other line that a remedy names is left, so that there
    is nothing to choose, or when one with the code of those that go is: it is said once these are gone."""
    named = {remedy.code for remedy in draft.remedies}
    if draft.changes_its_line or not any(other.code in named for other in draft.others):
        return draft.others
    left = tuple([other for other in draft.others if not _surely_goes(strongest.get(id(other)))])
    if len(left) < len(draft.others):
        gone = {other.code for other in draft.others if _surely_goes(strongest.get(id(other)))}
        if not gone.isdisjoint([other.code for other in left]):
            return None  # a remedy names a code: it would not say which of its lines it means
    return left if any(other.code in named for other in left) else None


def _strongest_changes(drafts: list[Draft]) -> dict[int, Draft]:
    strongest: dict[int, Draft] = {}
    for draft in (*[d for d in drafts if d.changes_its_line], *_removing_together(drafts)):
        key = id(draft.lines[0])
        rival = strongest.get(key)
        if rival is None or _precedence(draft) < _precedence(rival):
            strongest[key] = draft
    return strongest


def _removing_together(drafts: Iterable[Draft]) -> list[Draft]:
    """Drafts with another way out each, which M-1 merges into the one way that they share: the line goes. They are
    given with that way alone."""
    by_line: dict[int, list[Draft]] = {}
    for draft in drafts:
        if draft.remedies[0].action == "remove-line" and len(draft.lines) == 1 and not draft.partly:
            code = draft.lines[0].code
            if draft.remedies[0] == Remedy("remove-line", code=code):
                by_line.setdefault(id(draft.lines[0]), []).append(draft)
    found: list[Draft] = []
    for group in by_line.values():
        shared = set(group[0].remedies).intersection(*[d.remedies for d in group])
        if len(shared) == 1:
            found += [replace(d, remedies=tuple(shared)) for d in group if not d.changes_its_line]
    return found


def _surely_goes(draft: Draft | None) -> bool:
    return draft is not None and draft.removes_its_line and not draft.capped


def _precedence(draft: Draft) -> tuple[bool, int, int]:
    # What was lowered because the situation is not certain gives way to what is.
    return draft.capped, _KIND_ORDER[draft.kind], -draft.severity


def _may_stay(draft: Draft, strongest: Draft | None) -> bool:
    """Whether the draft still has something to say of a line that `strongest` removes or replaces."""
    if strongest is None or all(r.action == "add-line" for r in draft.remedies):
        return True
    if "code-effective-date" in (draft.kind, strongest.kind) and "not-necessary" in (
        draft.kind,
        strongest.kind,
    ):
        return True  # an invalid code gets its card, and coverage rules run all the same (M-10)
    if draft.kind == "not-necessary" and not draft.changes_its_line:
        return True  # it asks for a reason, which is no coding suggestion
    if draft.kind == "unit-limit" and strongest.kind != "unit-limit":
        return False
    if draft.remedies[0] == strongest.remedies[0]:
        return True
    if draft.changes_its_line or draft.kind == "code-choice-by-method":
        return False
    # A hint may not hide what weighs more.
    return strongest.severity is Severity.info < draft.severity


def _without_guidance_concerns(unit: UnitLike, drafts: list[Draft], changed: dict[int, Draft]) -> list[Draft]:
    """M-3: nothing about coverage or documents of guidance whose lines are all to be removed."""
    others = [d for d in drafts if not d.rule.finding.concerns_guidance]
    if len(others) == len(drafts):
        return drafts
    guidance = [line for line in unit.lines if line.is_guidance]
    sure = [d for d in (*changed.values(), *drafts) if d.removes_its_line and not d.capped]
    removed = {id(line) for d in sure for line in d.lines}
    if not guidance or not all(id(line) in removed for line in guidance):
        return drafts
    return others


def _same_line_same_remedy(drafts: list[Draft]) -> list[list[Draft]]:
    if len(drafts) < 2:
        return [drafts] if drafts else []
    groups: dict[tuple[object, ...], list[Draft]] = {}
    for draft in drafts:
        first = draft.remedies[0]
        # Without a line a remedy such as `review` says nothing about what it is to settle.
        asks: object = draft.rule.id if not draft.lines or first.action == "add-document" else ""
        if draft.lines and first.action == "review":
            asks = draft.remedies
        kind = draft.kind if first.action.startswith("attest") else ""
        of_the_whole = draft.rule.once_per == "unit" and first.action in _OF_THE_WHOLE
        lines = () if of_the_whole else tuple([id(line) for line in draft.lines])
        together = draft.remedies if draft.rule.finding.all_of else ()  # none of them settles it alone
        groups.setdefault((lines, first, asks, kind, draft.partly, together), []).append(draft)
    return list(groups.values())


def _merge_on_line(group: list[Draft]) -> Merged:
    """M-1, first half: the same remedy for the same line is one finding, at the strictest severity."""
    lead = group[0]
    if len(group) == 1:
        return Merged((lead,), lead.lines, lead.rule.finding.kind, lead.severity, lead.remedies)
    ordered = sorted(group, key=lambda d: (-d.severity, _KIND_ORDER[d.kind]))
    lead = ordered[0]
    # Only what settles every one of the merged rules settles the finding.
    remedies = [r for r in lead.remedies if all(r in draft.remedies for draft in ordered)]
    # Remedies of the whole claim or order are one, whichever lines each of the rules names.
    lines = tuple({id(line): line for draft in ordered for line in draft.lines}.values())
    return Merged(tuple(ordered), lines, lead.kind, lead.severity, tuple(remedies))


def _capped_at_order(merged: Merged) -> Merged:
    if merged.severity == Severity.info or merged.kind not in ORDER_CAPPED:
        return merged
    return replace(merged, severity=Severity.info)


def _over_lines(unit: UnitLike, merged: list[Merged], book: Book) -> list[Finding]:
    """M-1, second half: same kind, severity and remedies is one finding with several lines."""
    if len(merged) == 1:
        return [_finding(unit, merged, book)]
    groups: dict[tuple[object, ...], list[Merged]] = {}
    for m in merged:
        spec = m.lead.rule.finding
        key: tuple[object, ...] = (m.kind, m.severity, m.remedies, spec.document, spec.all_of)
        if m.remedies[0].action in ("review", "add-document"):
            codes = frozenset(line.code for line in m.lines)
            key = (*key, m.lead.rule.policy, m.lead.rule.id, codes)
        elif m.kind == "unit-limit" and m.lines and m.remedies[0].action == "reduce-units":
            key = (*key, m.lead.rule.name)
        groups.setdefault(key, []).append(m)
    return [_finding(unit, group, book) for group in groups.values()]


def _finding(unit: UnitLike, group: Sequence[Merged], book: Book) -> Finding:
    first = group[0]
    lead = first.lead
    drafts = first.drafts if len(group) == 1 else [draft for m in group for draft in m.drafts]
    lines = _unique([line for m in group for line in _lines_of(m)])
    spec = lead.rule.finding
    refs = _line_refs(lines)
    if len(drafts) == 1:
        cites, because, notes, missing = lead.cites, lead.because, lead.notes, spec.missing
    else:
        cites = tuple([cited for d in drafts for cited in d.cites])
        because = tuple([text for d in drafts for text in d.because])
        notes = tuple([text for d in drafts for text in d.notes])
        missing = tuple([fact for d in drafts for fact in d.rule.finding.missing])
    summary, rules = lead.summary, _unique(cites)
    if len(refs) > 1 and (several := _several_told(drafts, lines)):
        summary = _of_days(summary, several)
        because = tuple([_of_days(text, several) for text in because])
        notes = tuple([_of_days(text, several) for text in notes])
    if earlier := _earlier(drafts):
        notes = (*notes, Text(EARLIER, (("earlier", earlier),)))
        if again := sent_before(lines, [other for draft in drafts for other in draft.others]):
            notes = (*notes, again)
    stands = standing(unit, lines, first.remedies) if lines else None
    if stands:
        notes = (*notes, stands)
    return Finding(
        kind=first.kind,
        severity=first.severity,
        unit=unit.ref,
        rules=rules,
        rule_names=_unique([d.rule.name for d in drafts]),
        summary=summary,
        because=_unique(because),
        sources=_unique([book.source(cited) for cited in rules]),
        lines=refs,
        remedies=first.remedies,
        all_of=(first.all_of or spec.all_of) and len(first.remedies) > 1,
        evidence=_evidence(lines, drafts),
        document=spec.document,
        missing=_unique(missing),
        notes=_unique(notes),
        checklist=spec.checklist,
        checklist_summary=lead.checklist_summary,
        by_hand=any(draft.partly for draft in drafts),
        elsewhere=all(draft.rule.finding.others_in_question for draft in drafts),
        doubles=stands is not None,
    )


def _days_told(drafts: Sequence[Draft], days: list[str]) -> list[str]:
    """The days that sentences are about: those of the lines, unless one is about another day of its line's period."""
    told = {value for draft in drafts for gap, value in draft.summary.values if gap == "date"}
    return days if told <= set(days) else sorted(told)


def _several_told(drafts: Sequence[Draft], lines: Sequence[LineLike]) -> dict[str, str]:
    """What the gaps for dates are filled with where a finding is about several: the first, and how many more."""
    told = {
        "date": _days_told(drafts, sorted({line.ref.date for line in lines})),
        "days": sorted({days_of(line) for line in lines}),
    }
    return {
        gap: f"{days[0]} and {'1 more date' if len(days) == 2 else f'{len(days) - 1} more dates'}"
        for gap, days in told.items()
        if len(days) > 1
    }


def _of_days(text: Text, several: Mapping[str, str]) -> Text:
    """The sentence of a finding about several dates."""
    return replace(text, values=tuple((gap, several.get(gap, value)) for gap, value in text.values))


def _lines_of(merged: Merged) -> list[LineLike]:
    """The lines of a finding, with those others of which a remedy speaks, so that the finding has to list them."""
    found = list(merged.lines)
    others = [other for draft in merged.drafts if draft.others for other in draft.others if other.in_review]
    if others:
        own = {line.code for line in found}
        named = {remedy.code for remedy in merged.remedies} - own
        found += [other for other in others if other.code in named]
    return found


def _line_refs(lines: Sequence[LineLike]) -> tuple[LineRef, ...]:
    refs = _unique([line.ref for line in lines if line.in_review])
    if len(refs) < 2:
        return refs
    return tuple(sorted(refs, key=lambda r: (r.resource, r.date, r.sequence or 0, r.path)))


def _evidence(lines: Sequence[LineLike], drafts: Sequence[Draft]) -> tuple[Evidence, ...]:
    found = [e for line in lines for e in line.evidence]
    for draft in drafts:
        for other in draft.others:
            found += other.evidence
    return _unique(found)


def _earlier(drafts: Sequence[Draft]) -> str:
    """The lines outside the claim or order that its findings rest on, with the claim of each (contract section 4)."""
    found = [other.ref for draft in drafts for other in draft.others if not other.in_review]
    if not found:
        return ""
    refs = sorted(_unique(found), key=lambda r: (r.date, r.resource, r.sequence or 0, r.path))
    told = _unique([f"{ref.label} of {ref.date} in {ref.resource}" for ref in refs])
    more = len(told) - EARLIER_SHOWN
    return ", ".join(told[:EARLIER_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _unique(items: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items) if len(items) > 1 else items)
