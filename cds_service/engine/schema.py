"""The shape of each kind of file: JSON Schemas in `schemas/`, and a letter for everything that does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from cds_service.engine.letters import Problem, did_you_mean
from cds_service.engine.textyaml import TextYaml


@cache
def _validator(kind: str, package: str) -> Draft202012Validator:
    text = files(package).joinpath("schemas", f"{kind}.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def fits(
    text: TextYaml,
    kind: str,
    problems: list[Problem],
    *,
    package: str = "cds_service.engine",
    manual: str = "docs/add-a-payer.md",
) -> bool:
    """Whether a file has the shape of its kind (policy, sources, payer, cases and so on); letters for what does not.

    `package` holds the schema in its folder `schemas`, `manual` explains the file. A text that has fitted is not looked
    at again: whoever compares books, or tries one's own folder, loads the package's files several times.
    """
    key = (package, kind, text.digest)
    if key in _fitting:
        return True
    errors = list(_validator(kind, package).iter_errors(text.data))
    for found in errors:
        error = _nearest(found)
        path = tuple(error.absolute_path)
        rule = _rule_of(text.data, path)
        for name, what, remedy in _said(error, manual):
            line = text.line(*path, name) if name else text.line(*path)
            letter = Problem(text.name, line, rule, f"{_where(path)}: {what}", remedy)
            if letter not in problems:
                problems.append(letter)
    if not errors:
        if len(_fitting) >= _MOST:
            _fitting.clear()
        _fitting.add(key)
    return not errors


_fitting: set[tuple[str, str, bytes]] = set()
_MOST = 4096
"""Texts that are remembered, by their digest."""


def _where(path: tuple[str | int, ...]) -> str:
    """The place in words: rules 3, finding, severity; list entries counted from 1."""
    words = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in path]
    return "".join(words).removeprefix(", ") or "the file"


def _said(error: ValidationError, manual: str) -> Iterator[tuple[str, str, str]]:
    """(member that is meant, what is wrong, what to do) of one fault."""
    schema: Any = error.schema
    value: Any = error.instance
    about = schema.get("description") if isinstance(schema, dict) else None
    hint = f"It should be: {about.rstrip('.')}." if about else f"See {manual}."
    if error.validator == "additionalProperties":
        for name in value:
            if name not in schema.get("properties", {}):
                yield name, f"there is no member `{name}`.", _instead(name, schema.get("properties", {}))
    elif error.validator == "required":
        yield "", f"`{error.message.split(chr(39))[1]}` is missing.", "Add it, or check its indentation."
    elif error.validator == "enum":
        known = ", ".join(schema["enum"])
        yield "", f"{_quoted(value)} is not known here.", f"Use one of: {known}."
    elif value == "" and error.validator in ("type", "pattern", "minLength"):
        yield "", "is empty.", hint
    elif error.validator == "type":
        wanted = _SHAPES.get(str(error.validator_value), str(error.validator_value))
        # A file that is one text may be another's: a key, say, which is not to stand in a log.
        whole_text = isinstance(value, str) and not error.absolute_path
        shown = "what it holds, one text," if whole_text else _quoted(value)
        yield "", f"{shown} is not {wanted}.", hint
    elif error.validator in ("oneOf", "anyOf"):
        yield "", f"{_quoted(value)} is nothing that may stand here.", hint
    elif error.validator in ("minItems", "minProperties") and not value:
        yield "", "is empty.", "Write at least one entry."
    elif error.validator == "pattern" and about:
        yield "", f"{_quoted(value)} is not of the right form.", hint
    else:
        yield "", f"{_shorter(error.message)}.", hint


_SHAPES = {"array": "a list", "object": "a mapping (`name: value`)", "string": "one text"}


def _quoted(value: Any) -> str:
    return (
        f"`{_shorter(value)}`"
        if isinstance(value, str)
        else "a list"
        if isinstance(value, list)
        else "a mapping"
    )


def _instead(name: str, known: Mapping[str, Any]) -> str:
    otherwise = f"Remove it, or check its indentation. Here may stand: {', '.join(known)}."
    return did_you_mean(name, known, otherwise)


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
        if _is_no_member_meant(alike[0][0]):
            return error
        error = alike[0][0]
    return error


def _is_no_member_meant(error: ValidationError) -> bool:
    """Of a mapping that has none of the members of a shape: another shape is meant, and its members are no slips."""
    known: Any = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return error.validator == "additionalProperties" and known.keys().isdisjoint(error.instance)


def _shorter(message: str) -> str:
    return message if len(message) < 200 else message[:90] + " … " + message[-90:]


def _rule_of(data: Any, path: tuple[str | int, ...]) -> str:
    if len(path) >= 2 and path[0] == "rules" and isinstance(path[1], int):
        rule = data["rules"][path[1]]
        return str(rule.get("id", "")) if isinstance(rule, dict) else ""
    return ""
