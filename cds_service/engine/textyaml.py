"""YAML read as text: every scalar stays a string, and duplicate keys are refused.

Plain loaders turn an unquoted 77387 into a number that never matches a code, and `0123` into 83 or 123.
Aliases and tags are refused too: a policy file has no use for them, and aliases can expand without bound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cds_service.engine.letters import Problem

Tree = dict[str, Any] | list[Any] | str
Lines = dict[tuple[str | int, ...], int]

_PLAIN_TAGS = ("tag:yaml.org,2002:",)


class TextYaml:
    """A parsed file: `data` of dicts, lists and strings, and the line of each path within it."""

    def __init__(self, name: str, data: Tree, lines: Lines) -> None:
        self.name = name
        self.data = data
        self._lines = lines

    def line(self, *path: str | int) -> int:
        """1-based line of the nearest known ancestor of `path`."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1


def read_text_yaml(path: Path, name: str, problems: list[Problem]) -> TextYaml | None:
    """Read one file; on failure add letters to `problems` and return None."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(name, 0, "", f"cannot be read: {error}.", "Save it as UTF-8 text."))
        return None
    return parse_text_yaml(text, name, problems)


def parse_text_yaml(text: str, name: str, problems: list[Problem]) -> TextYaml | None:
    """As `read_text_yaml`, from a string."""
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = True  # composed, not constructed: we name both lines ourselves
    try:
        for event in YAML(typ="rt").parse(text):
            if isinstance(event, AliasEvent):
                line = event.start_mark.line + 1
                problems.append(
                    Problem(name, line, "", "aliases (*name) are not allowed.", "Write the value out.")
                )
                return None
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        problems.append(Problem(name, line, "", f"is not YAML: {error.problem}.", "Check the indentation."))
        return None
    except (YAMLError, ValueError, RecursionError) as error:
        problems.append(Problem(name, 0, "", f"is not YAML: {type(error).__name__}.", "Check the file."))
        return None
    if node is None:
        problems.append(Problem(name, 0, "", "is empty.", "Write the file or remove it."))
        return None
    lines: Lines = {}
    before = len(problems)
    data = _convert(node, (), lines, name, problems)
    return TextYaml(name, data, lines) if len(problems) == before else None


def _convert(
    node: Node, path: tuple[str | int, ...], lines: Lines, name: str, problems: list[Problem]
) -> Tree:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                problems.append(Problem(name, line, "", "a key must be plain text.", "Write a plain key."))
                continue
            key = str(key_node.value)
            if key in result:
                first = lines[(*path, key)]
                problems.append(
                    Problem(name, line, "", f"`{key}` stands here and in line {first}.", "Keep one of them.")
                )
                continue
            result[key] = _convert(value_node, (*path, key), lines, name, problems)
            lines[(*path, key)] = line
        return result
    if isinstance(node, SequenceNode):
        return [_convert(child, (*path, i), lines, name, problems) for i, child in enumerate(node.value)]
    return str(node.value)
