"""YAML read as text: every scalar stays a string, and duplicate keys are refused.

Plain loaders turn an unquoted 77387 into a number that never matches a code, and `0123` into 83 or 123.
Aliases and tags are refused too: a policy file has no use for them, and aliases can expand without bound.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml

from cds_service.engine.letters import Problem, unseen

Tree = dict[str, Any] | list[Any] | str
Lines = dict[tuple[str | int, ...], int]

# libyaml's parser where the wheel has it: the same nodes, twenty times faster.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

DEEPEST = 64
"""Levels of lists and mappings in a file; the deepest of our own has fourteen."""

_HINT = "Indent with blanks, never tabs; put a text that holds `: ` or `{` in quotes."

_OPENED = {"flow sequence": "the list that [", "flow mapping": "the mapping that {"}
"""What the parser was at, and how a letter names it."""
_NO_END = ("unexpected end of stream", "unexpected document indicator")
_CURLY = re.compile("(^|[:,\\[{-])\\s*[\u201c\u201d]")
"""A curly quote that begins a text; within one it is a letter like others."""


class TextYaml:
    """A parsed file: `data` of dicts, lists and strings, the line of each path in it, the SHA-256 of its text."""

    def __init__(self, name: str, data: Tree, lines: Lines, digest: bytes) -> None:
        self.name = name
        self.data = data
        self.digest = digest
        self._lines = lines

    def line(self, *path: str | int) -> int:
        """1-based line of the nearest known ancestor of `path`."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1


def read_text_yaml(path: Path, name: str, problems: list[Problem], *, named: bool = False) -> TextYaml | None:
    """Read one file, which somebody `named` or a folder held; on failure add letters to `problems` and return None.

    What is no plain file is not opened: a pipe would be waited for.
    """
    try:
        if path.exists() and not path.is_file():
            found = "a folder, where a file is meant" if path.is_dir() else "no file, but a pipe or a device"
            remedy = "Name the file itself." if named else "Give it another name, or move it away."
            problems.append(Problem(name, 0, "", f"is {found}.", remedy))
            return None
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problems.append(Problem(name, 0, "", *_why_not(error)))
        return None
    except UnicodeDecodeError as error:
        problems.append(Problem(name, 0, "", f"cannot be read: {error}.", "Save it as UTF-8 text."))
        return None
    return parse_text_yaml(text, name, problems)


def _why_not(error: OSError) -> tuple[str, str]:
    """What is wrong with a file that cannot be opened, and what to do."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "does not exist.", "Check the path."
    return f"cannot be read ({error.strerror}).", "See that it is a file which this user may read."


def parse_text_yaml(text: str, name: str, problems: list[Problem]) -> TextYaml | None:
    """As `read_text_yaml`, from a string."""
    try:
        deep = _too_deep(text)
        node = None if deep else yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        _not_yaml(error, text, name, problems)
        return None
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        what = f"holds a character that no text has (U+{error.character:04X})."
        problems.append(Problem(name, line, "", what, "Remove it, or save the file as plain UTF-8 text."))
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(Problem(name, 0, "", f"is not YAML: {type(error).__name__}.", "Check the file."))
        return None
    if deep:
        what = f"is nested more than {DEEPEST} levels deep."
        problems.append(Problem(name, deep, "", what, "Check brackets and indentation, or write it flatter."))
        return None
    if node is None:
        problems.append(Problem(name, 0, "", "is empty.", "Write the file or remove it."))
        return None
    lines: Lines = {}
    before = len(problems)
    data = _convert(node, (), lines, name, problems, set())
    if len(problems) > before:
        return None
    return TextYaml(name, data, lines, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def _not_yaml(error: yaml.MarkedYAMLError, text: str, name: str, problems: list[Problem]) -> None:
    """The parser stops where it cannot go on, which may be far from what was opened and not closed."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    began = error.context_mark.line + 1 if error.context_mark else line
    problem = str(error.problem)
    if "alias" in problem:
        _no_alias(name, line, problems)
        return
    context = str(error.context)
    if "quoted scalar" in context and any(words in problem for words in _NO_END):
        what = "is not YAML: the text that a quote opens here is not closed."
        problems.append(Problem(name, began, "", what, "Close it where the text ends."))
        return
    said = f"{error.context}, {problem}" if problem.startswith("but ") else problem
    opened = next((what for words, what in _OPENED.items() if words in context), "")
    hint = _HINT
    if _CURLY.search("".join(text.splitlines()[line - 1 : line])):
        hint = f'Use straight quotes ("); curly ones are letters like others. {_HINT}'
    elif signs := unseen("".join(text.splitlines()[max(line - 2, 0) : line])):
        hint = f"In this line or the one before stands {' and '.join(signs)}: type it anew, with plain blanks. {_HINT}"
    elif "could not find expected ':'" in problem:
        hint = f"A blank may be missing after a colon, here or in the line before. {_HINT}"
    elif "unknown escape" in problem:
        hint = "Write two \\ for one, or put the text in single quotes."
    elif opened:
        said += f", in {opened} opens in line {began}"
        hint = f"A comma, bracket or quote is missing or too much between there and here. {_HINT}"
    elif problem == "did not find expected key":
        hint = f"{_HINT} A quote may be left open further above, from line {began} on."
    problems.append(Problem(name, line, "", f"is not YAML: {said}.", hint))


def _too_deep(text: str) -> int:
    """1-based line in which a text passes the deepest level, else 0.

    Asked before anything composes it: libyaml calls itself for each level, and a long row of brackets ends the process.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def _no_alias(name: str, line: int, problems: list[Problem]) -> None:
    """One letter a file: a file that has aliases may have any number of them."""
    what = "aliases (*name) are not allowed."
    if not any((problem.file, problem.what) == (name, what) for problem in problems):
        problems.append(Problem(name, line, "", what, "Write the value out."))


def _convert(
    node: yaml.Node,
    path: tuple[str | int, ...],
    lines: Lines,
    name: str,
    problems: list[Problem],
    seen: set[int],
) -> Tree:
    line = node.start_mark.line + 1
    lines[path] = line
    if id(node) in seen:
        # Composing keeps an alias as the very node that it names, so that nothing has been expanded yet.
        _no_alias(name, line, problems)
        return ""
    seen.add(id(node))
    if not isinstance(node, yaml.ScalarNode) and not node.tag.startswith("tag:yaml.org,2002:"):
        problems.append(Problem(name, line, "", f"tags ({node.tag}) are not allowed.", "Write plain YAML."))
        return ""
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name, problems, seen)
    if isinstance(node, yaml.SequenceNode):
        return [
            _convert(child, (*path, i), lines, name, problems, seen) for i, child in enumerate(node.value)
        ]
    return str(node.value)


def _mapping(
    node: yaml.MappingNode,
    path: tuple[str | int, ...],
    lines: Lines,
    name: str,
    problems: list[Problem],
    seen: set[int],
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(name, line, "", "a key must be plain text.", "Write a plain key."))
            continue
        key = str(key_node.value)
        if key in result:
            first = lines[(*path, key)]
            problems.append(
                Problem(name, line, "", f"`{key}` stands here and in line {first}.", "Keep one of them.")
            )
            continue
        result[key] = _convert(value_node, (*path, key), lines, name, problems, seen)
        lines[(*path, key)] = line
    return result
