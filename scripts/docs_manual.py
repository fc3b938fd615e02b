"""The tables of docs/add-a-payer.md and docs/reading-the-cards.md, made from what the code knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from cards.corrections import EDITS
from cards.wording import load
from cds_service.books import CATALOGUES
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.conditions import MANUAL, OPERATORS
from cds_service.engine.model import ACTIONS, KINDS
from cds_service.engine.points import DIMENSIONS, POINTS
from cds_service.engine.positions import answers_of
from cds_service.engine.settle import ORDER_CAPPED
from cds_service.engine.textyaml import read_text_yaml
from cds_service.facts.vocabulary import VOCABULARY
from scripts import docs_changes, docs_letters, docs_words

_MANY = 8


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _without_notes(text: str) -> str:
    """A sentence without section numbers of working notes, which authors do not have."""
    return re.sub(r" \([^()]*rulebook[^()]*\)", "", text)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _codes(values: Iterable[str]) -> str:
    return ", ".join(map(_code, values))


def _facts(scope: str) -> str:
    rows = [
        (_code(fact.name), fact.type, _codes(fact.values), _without_notes(fact.about))
        for fact in VOCABULARY.values()
        if fact.scope == scope
    ]
    return table(("fact", "type", "answers", "meaning"), rows)


def _operators() -> str:
    rows = [(_code(name), ", ".join(OPERATORS[name]), about) for name, about in MANUAL.items()]
    return table(("operator", "asked of", "meaning"), rows)


def _sets() -> str:
    document = read_text_yaml(CATALOGUES / "sets.yaml", "sets.yaml", [])
    described: Any = document.data if document else {}
    rows = []
    for name, members in load_catalogue(CATALOGUES).sets.items():
        listed = sorted(members)
        shown = ", ".join(listed[:_MANY]) + (f", … ({len(listed)} in all)" if len(listed) > _MANY else "")
        rows.append((_code(name), shown, _without_notes(described["sets"][name].get("about", ""))))
    return table(("set", "members", "what it is"), rows)


def _kinds() -> str:
    labels = load("kind_labels")
    rows = [(_code(kind), labels[kind], docs_words.KINDS[kind], _cap(kind)) for kind in KINDS]
    return table(("kind", "the card says", "used when", "while an order is signed"), rows)


def _cap(kind: str) -> str:
    return "info at most" if kind in ORDER_CAPPED else "as on a claim"


def _remedies() -> str:
    rows = []
    for action in ACTIONS:
        needs, effect = docs_words.REMEDIES[action]
        offered = [
            {"Claim": "claims", "ServiceRequest": "orders"}[kind] for kind in EDITS if action in EDITS[kind]
        ]
        rows.append((_code(action), needs, effect, " and ".join(offered) or "never: a person does it"))
    return table(("action", "needs", "what it does", "the card can carry it out on"), rows)


def _given(definition: str) -> Callable[[], str]:
    def made() -> str:
        text = files("cds_service.engine").joinpath("schemas", "cases.schema.json").read_text("utf-8")
        shapes = json.loads(text)["$defs"]
        shape = shapes[definition]
        members = shape.get("properties") or shape["then"]["properties"]
        rows = [(_code(name), spec["description"], _answers(spec, shapes)) for name, spec in members.items()]
        return table(("key", "meaning", "answers"), rows)

    return made


def _answers(spec: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    named = shapes[spec["$ref"].rpartition("/")[2]] if "$ref" in spec else spec
    values = named.get("enum") or named.get("items", {}).get("enum", ())
    return _codes(values) if values != shapes["indications"]["items"]["enum"] else "the reasons below"


def _labels(name: str, head: Sequence[str]) -> Callable[[], str]:
    return lambda: table(head, [(_code(code), label) for code, label in load(name).items()])


def _letters() -> str:
    return table(
        ("what was written", "the letter"),
        [(slip.told, str(docs_letters.letter(slip)).replace("<", "&lt;")) for slip in docs_letters.SLIPS],
    )


def _points() -> str:
    rows = []
    for name, point in POINTS.items():
        if point.lists:
            how = (
                "differ when not the same" if point.compare == "unequal" else "differ when they share nothing"
            )
            answers = f"a list of {point.lists}; lists {how}"
        else:
            told = "; ".join(f"{_code(stance)}: {about}" for stance, about in point.stances.items())
            pairs = sorted(" ✕ ".join(s for s in point.stances if s in pair) for pair in point.excludes)
            answers = f"{told}. {'; '.join(pairs)}"
        rows.append((_code(name), point.about, answers))
    return table(("point", "question", "stances"), rows)


def _dimensions() -> str:
    rows = []
    for name, dimension in DIMENSIONS.items():
        closed = answers_of(dimension, VOCABULARY)
        fact = VOCABULARY.get(dimension.fact)
        values = [*(fact.values if fact else ()), *dimension.values]
        shown = "the reasons below, `none`" if name == "reason" else _codes(values) if closed else ""
        rows.append((_code(name), dimension.about, shown))
    return table(("dimension", "meaning", "values"), rows)


def _changes() -> str:
    return table(("what was changed", "how it is told"), [*docs_changes.told()])


TABLES: Mapping[str, Callable[[], str]] = {
    "facts-case": lambda: _facts("case"),
    "facts-unit": lambda: _facts("unit"),
    "facts-line": lambda: _facts("line"),
    "operators": _operators,
    "sets": _sets,
    "kinds": _kinds,
    "remedies": _remedies,
    "given": _given("given"),
    "given-line": _given("line"),
    "documents": _labels("document_labels", ("type", "document")),
    "reasons": _labels("indication_labels", ("reason", "on the card")),
    "modalities": _labels("modality_labels", ("other treatment", "on the card")),
    "letters": _letters,
    "points": _points,
    "dimensions": _dimensions,
    "changes": _changes,
}
"""Name -> the table."""
