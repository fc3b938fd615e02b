"""The shape of each kind of file: JSON Schemas in `schemas/`, and a letter for everything that does not fit."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import TextYaml


@cache
def _validator(kind: str) -> Draft202012Validator:
    text = files("cds_service.engine").joinpath("schemas", f"{kind}.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def fits(text: TextYaml, kind: str, problems: list[Problem]) -> bool:
    """Whether a file has the shape of its kind (policy, sources, payer, cases, sets); letters for what does not."""
    errors = list(_validator(kind).iter_errors(text.data))
    for found in errors:
        error = _nearest(found)
        path = tuple(error.absolute_path)
        where = "/".join(str(p) for p in path) or "the file"
        rule = _rule_of(text.data, path)
        problems.append(
            Problem(text.name, text.line(*path), rule, f"{where}: {_shorter(error.message)}.", _hint(error))
        )
    return not errors


def _nearest(error: ValidationError) -> ValidationError:
    """Of a value that fits none of several shapes: what is wrong with it as the shape that it resembles most."""
    while error.context:
        shapes: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            shapes.setdefault(inner.schema_path[0], []).append(inner)
        other = ("type",) if isinstance(error.instance, str) else ("type", "enum")
        alike = [e for e in shapes.values() if all(i.validator not in other or i.path for i in e)]
        if len(alike) != 1:
            return error
        error = alike[0][0]
    return error


def _shorter(message: str) -> str:
    return message if len(message) < 200 else message[:90] + " … " + message[-90:]


def _hint(error: Any) -> str:
    about = error.schema.get("description") if isinstance(error.schema, dict) else None
    if error.validator == "enum":
        return f"Use one of: {', '.join(map(str, error.validator_value))}."
    if error.validator == "required":
        return "Add it."
    if error.validator == "additionalProperties":
        return "Remove it, or check its spelling and indentation."
    return f"It should be: {about}." if about else "See docs/add-a-payer.md."


def _rule_of(data: Any, path: tuple[str | int, ...]) -> str:
    if len(path) >= 2 and path[0] == "rules" and isinstance(path[1], int):
        rule = data["rules"][path[1]]
        return str(rule.get("id", "")) if isinstance(rule, dict) else ""
    return ""
