"""What the proof says: faults as letters with an example to paste, and everything as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Any

from cds_service.engine.rules import Book
from cds_service.proof.faults import KINDS, Fault, places
from cds_service.proof.givens import shown, yaml_of
from cds_service.proof.run import Proof
from cds_service.proof.statement import Row, dimension_rows, not_varied, size_rows

HELP = {
    "raises": "Mend the fact or the condition named; a rule must answer at every point.",
    "dead-rule": "Correct its condition or its dates, or remove it; name what overrides it.",
    "dead-part": "Correct the condition, or leave the part out.",
    "contradiction": "Let one of the rules override the other, or offer `review` as a way out.",
    "both-halves": "Let only one of the two lines go: let one rule look away when the other speaks.",
    "no-effect": "Name in the remedy what stands on the line.",
    "comes-back": "Suggest what the rule itself accepts.",
    "draws-again": "Suggest the code with the modifier, and for the lines, that no other rule corrects.",
    "no-rest": "Follow the steps and see which two rules ask for different things.",
    "cycle": "Follow the steps and see which two rules undo each other's suggestion.",
    "invalid-code": "Split the rule where the code begins or ends, or correct the fact that names it.",
    "order-cap": "Cap the severity on orders, or keep the rule to claims with `hooks: [claim]`.",
    "long-summary": "Shorten the summary, or leave out a gap that may hold many values.",
    "no-source": "Cite a statement that sources.yaml registers.",
}
"""Kind of fault -> what to do."""


def letter(fault: Fault, book: Book) -> str:
    """One fault: where, what, what to do, and the smallest point that shows it."""
    where = ", ".join(places(fault.rules, book.rules)) or "(no rule named)"
    rules = ", ".join(fault.rules) or "any rule"
    lines = [f"{where} [{rules}] {fault.kind}: {KINDS[fault.kind]}."]
    lines.append(f"  Here: {fault.what}")
    lines += [f"  Accepted, round {n}: {step}" for n, step in enumerate(fault.steps, start=1)]
    lines.append(f"  {HELP[fault.kind]}")
    if fault.given is not None:
        lines += ["  given:", indent(yaml_of(fault.given), "    ")]
    return "\n".join(lines)


def as_json(proof: Proof, book: Book) -> dict[str, Any]:
    """The whole proof for machines."""
    return {
        "book": book.fingerprint,
        "complete": proof.complete,
        "dimensions": [_row(row) for row in dimension_rows(proof.space, book)],
        "space": [_row(row) for row in size_rows(proof.space, proof.plans)],
        "points": {
            "planned": proof.planned,
            "chosen": proof.chosen,
            "judged": proof.judged,
            "distinct_around_rules": proof.distinct,
            "evaluations": proof.evaluated,
        },
        "parts_of_rules": {"all": proof.goals, "not_seen": len(proof.open)},
        "not_varied": not_varied(proof.plans),
        "not_shown": [
            {"rule": goal.rule, "part": goal.what, "because": facts} for goal, facts in proof.not_shown
        ],
        "faults": [_fault(fault, book) for fault in proof.faults],
        "seconds": round(proof.seconds, 1),
    }


def _row(row: Row) -> dict[str, Any]:
    return {"name": row.name, "before": row.values, "after": row.classes, "how": row.how}


def _fault(fault: Fault, book: Book) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "rules": list(fault.rules),
        "places": list(places(fault.rules, book.rules)),
        "what": fault.what,
        "steps": list(fault.steps),
        "seen": fault.seen,
        "given": shown(fault.given) if fault.given is not None else None,
    }


def verdict(proof: Proof) -> Iterator[str]:
    """The closing lines."""
    share = proof.judged / proof.planned if proof.planned else 0.0
    yield (
        f"{proof.judged:,} of {proof.planned:,} points judged ({share:.1%}), {proof.distinct:,} different ones around "
        f"the rules; {proof.evaluated:,} evaluations in {proof.seconds:.0f} s."
    )
    shown_parts = proof.goals - len(proof.open)
    yield f"{shown_parts:,} of {proof.goals:,} parts of rules seen to matter."
    for goal, facts in proof.not_shown:
        yield f"Not shown: {goal.rule}: {goal.what}; the space does not vary {facts}."
    if proof.faults:
        yield f"{len(proof.faults)} fault(s)."
    elif proof.complete:
        yield "No fault: proved for every point of the space."
    else:
        yield "No fault so far, but the space was not covered: give it more --minutes."
