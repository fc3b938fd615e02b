"""The members of the short form and the values they can take, read from its schema and from the cases in use."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from cds_service.proof.givens import Given

Kind = Literal["choice", "choices", "number", "text", "texts", "entries", "day"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a member holds; `values` are its possible values when they are closed."""

    kind: Kind
    values: tuple[str, ...] = ()


@cache
def shapes(of: Literal["given", "line"]) -> Mapping[str, Shape]:
    """The members of the point, or of one of its lines, in the order of the schema."""
    text = resources.files("cds_service.engine").joinpath("schemas/cases.schema.json").read_text("utf-8")
    defs: Mapping[str, Any] = json.loads(text)["$defs"]
    spec = defs[of]
    members = spec["properties"] if of == "given" else spec["then"]["properties"]
    return {name: _shape(_resolved(member, defs), defs) for name, member in members.items()}


def _resolved(spec: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in spec:
        spec = defs[spec["$ref"].rpartition("/")[2]]
    return spec


def _shape(spec: Mapping[str, Any], defs: Mapping[str, Any]) -> Shape:
    if "enum" in spec:
        return Shape("choice", tuple(spec["enum"]))
    if "then" in spec or spec.get("type") == "array":
        items = _resolved(spec.get("items", {"type": "object"}), defs)
        if "enum" in items:
            return Shape("choices", tuple(items["enum"]))
        return Shape("entries" if items.get("type") != "string" else "texts")
    pattern = str(spec.get("pattern", ""))
    if pattern.endswith(r"\d{2}$") and pattern.startswith(r"^\d{4}"):
        return Shape("day")
    return Shape("number" if pattern.startswith(r"^\d+(") else "text")


def values_in_use(givens: Iterable[Given]) -> dict[tuple[str, str], list[Any]]:
    """(place, member) -> the different values that points use; places are `given`, `line` and `entry`."""
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for given in givens:
        for key, value in given.items():
            if key in ("lines", "history"):
                for line in value:
                    for member, inner in line.items():
                        found["line", member].setdefault(json.dumps(inner), inner)
            elif key in ("documents", "attached", "records") and isinstance(value, list):
                for entry in value:
                    for member, inner in entry.items():
                        found["entry", member].setdefault(json.dumps(inner), inner)
            else:
                found["given", key].setdefault(json.dumps(value), value)
    return {place: list(values.values()) for place, values in found.items()}
