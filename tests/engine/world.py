"""A made-up world for the engine: facts of every type that answer what a test puts into them, no FHIR.

A fact `line_number` is a number about a line, `unit_choice` a choice about a claim, and so on; what a subject
was not given is UNKNOWN.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.engine.catalogue import Catalogue, Code
from cds_service.engine.evaluate import Engine
from cds_service.engine.loader import load_book
from cds_service.engine.model import UNKNOWN, Evidence, Finding, LineRef
from cds_service.engine.vocabulary import SCOPES, FactType, Scope, Vocabulary

TYPES: tuple[FactType, ...] = ("choice", "choices", "code", "codes", "number", "day", "yes-no", "lines")
CHOICES = ("a", "b", "c")
DAY = datetime.date(2024, 6, 3)

_CODES = ("77387", "77014", "G6002", "G6017", "77386", "77402")
CATALOGUE = Catalogue(
    codes={code: Code(code, "cpt", code, "guidance", datetime.date(2015, 1, 1), None) for code in _CODES}
    | {
        "77421": Code(
            "77421", "cpt", "77421", "guidance", datetime.date(2006, 1, 1), datetime.date(2014, 12, 31)
        )
    },
    sets={
        "guidance": frozenset({"77387", "77014", "G6002", "G6017"}),
        "unsplit-guidance": frozenset({"G6017"}),
        "some-choices": frozenset({"a", "b"}),
    },
    radiotherapy=frozenset(_CODES),
)


@dataclass(eq=False)
class Subject:
    """What facts are asked of: answers by name, and UNKNOWN for the rest."""

    answers: dict[str, Any] = field(default_factory=dict, kw_only=True)


@dataclass(eq=False)
class World(Subject):
    """A case."""

    hook: str = "claim"
    units: list[Claim] = field(default_factory=list)


@dataclass(eq=False)
class Claim(Subject):
    """A unit."""

    case: World
    ref: str = "Claim/c1"
    start: datetime.date = DAY
    lines: list[Item] = field(default_factory=list)


@dataclass(eq=False)
class Item(Subject):
    """A line."""

    unit: Claim
    code: str = "77387"
    modifiers: tuple[str, ...] = ()
    units: float = 1
    date: datetime.date = DAY
    end: datetime.date = DAY
    sequence: int = 1
    is_guidance: bool = True
    in_review: bool = True
    course_number: int = 0

    @property
    def component_modifiers(self) -> tuple[str, ...]:
        return tuple(m for m in self.modifiers if m in ("26", "TC"))

    @property
    def component(self) -> str:
        return next(iter(self.component_modifiers), "")

    @property
    def likeness(self) -> Hashable:
        return self.code, self.modifiers, repr(sorted(self.answers.items()))

    @property
    def path(self) -> str:
        return f"Claim.item[{self.sequence - 1}]"

    @property
    def ref(self) -> LineRef:
        day = self.date.isoformat()
        return LineRef(self.unit.ref, self.sequence, self.code, self.modifiers, day, self.path)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return (Evidence(f"{self.path}.productOrService", self.code),)


def world(*codes: str, hook: str = "claim", **answers: Any) -> World:
    """One claim with these lines (`CODE` or `CODE-MOD`); answers that begin with `line_` are every line's."""
    made = World(hook)
    of_lines = {name: value for name, value in answers.items() if name.startswith("line_")}
    claim = Claim(made, answers={name: value for name, value in answers.items() if name not in of_lines})
    for number, text in enumerate(codes, start=1):
        code, *modifiers = text.split("-")
        claim.lines.append(Item(claim, code, tuple(modifiers), sequence=number, answers=dict(of_lines)))
    made.units.append(claim)
    return made


def vocabulary() -> Vocabulary:
    """A fact of every type about every scope, and the facts that the engine itself knows by name."""
    made = Vocabulary()
    for scope in SCOPES:
        for kind in TYPES:
            indexed = kind == "yes-no" and scope != "case"
            values = CHOICES if kind.startswith("choice") else ()
            made.add(scope, kind, *values, name=_name(scope, kind), indexed=indexed)(
                _answer(_name(scope, kind))
            )

    made.add("case", "number", name="limit")(_answer("limit"))

    @made.add("line", "code")
    def code(line: Item) -> str:
        """The line's code."""
        return line.code

    @made.add("unit", "lines")
    def lines_of_claim(unit: Claim) -> tuple[Item, ...]:
        """All lines of the claim."""
        return tuple(unit.lines)

    @made.add("line", "lines")
    def other_lines(line: Item) -> tuple[Item, ...]:
        """The other lines of the claim."""
        return tuple(each for each in line.unit.lines if each is not line)

    return made


def _name(scope: Scope, kind: FactType) -> str:
    return f"{scope}_{kind.replace('-', '_')}"


def _answer(name: str) -> Any:
    def get(subject: Subject) -> Any:
        return subject.answers.get(name, UNKNOWN)

    get.__doc__ = f"What the test says of {name}."
    return get


VOCABULARY = vocabulary()


def rule(id: str, when: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A rule as a policy writes it; members of the finding may stand beside those of the rule."""
    of_rule = {"status", "effective", "hooks", "for_each", "once_per", "if_unknown", "overrides", "cites"}
    finding = {
        "kind": "modifier",
        "severity": "warning",
        "summary": f"Summary of {id}.",
        "because": f"Because of {id}.",
        "remedies": [{"action": "review"}],
    }
    made: dict[str, Any] = {"id": id, "status": "active", "effective": {"from": "2020-01-01"}}
    made |= {name: value for name, value in members.items() if name in of_rule}
    made["when"] = when or {"code": {"in": {"set": "guidance"}}}
    made["finding"] = finding | {name: value for name, value in members.items() if name not in of_rule}
    made.setdefault("cites", [f"DOC-{id.upper().replace('-', '')[:12]}"])
    return made


def if_unknown(word: str) -> dict[str, str]:
    """Members of a rule that asks, or stays silent, when it does not know."""
    return {"if_unknown": word} | ({"question": "What is it that nobody told?"} if word == "ask" else {})


def engine(folder: Path, *rules: Mapping[str, Any], **members: Any) -> Engine:
    """An engine for one policy of these rules, written into `folder` (as JSON, which is YAML) and read there."""
    policy = {"policy": "world.rules", "about": "Rules of a made-up world.", "document": "world", **members}
    also = [each for one in members.get("also_cites", ()) for each in one["cites"]]
    cited = list(dict.fromkeys([*(each for one in rules for each in one["cites"]), *also]))
    register = {
        "id": "world",
        "title": "The rules of the world",
        "owner": "Nobody",
        "label": "World rules",
        "rank": "facts",
        "url": "https://world.example/rules",
        "editions": [
            {
                "id": "first",
                "issued": "never",
                "in_force": {"from": "2000-01-01"},
                "last_reviewed": "2026-01-01",
            }
        ],
        "statements": [
            {"id": each, "section": "All of it", "says": "What the rule says.", "kind": "informational"}
            for each in cited
        ],
    }
    place = folder / "world"
    place.mkdir(exist_ok=True)
    (place / "sources.yaml").write_text(json.dumps({"documents": [register]}), "utf-8")
    (place / "rules.policy.yaml").write_text(json.dumps(policy | {"rules": list(rules)}), "utf-8")
    return Engine(load_book([folder], CATALOGUE, VOCABULARY))


def told(findings: Sequence[Finding]) -> list[tuple[str, str, str, str]]:
    """Kind, severity, lines and remedies of findings, in their order."""
    return [
        (
            f.kind,
            f.severity.name,
            " ".join(f"{line.sequence}:{line.label}" for line in f.lines),
            " | ".join(r.label for r in f.remedies),
        )
        for f in findings
    ]


def speaking(findings: Sequence[Finding]) -> list[list[str]]:
    """The ids of the rules behind each finding."""
    return [[name.removeprefix("world.rules.").partition("@")[0] for name in f.rule_names] for f in findings]
