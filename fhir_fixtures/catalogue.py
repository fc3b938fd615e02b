"""Reads index.yaml: what each fixture tells, which service takes it and what the service has to answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
INDEX = FOLDER / "index.yaml"
HOOK_REQUESTS = "hook_requests"

_FIXTURE_KEYS = {"name", "story", "service", "file", "valid_r4", "doubt", "expect"}
_EXPECT_KEYS = {"status", "findings"}
_FINDING_KEYS = {"kind", "severity", "rules", "lines", "line_count", "remedies", "document"}


class FixtureError(ValueError):
    """The index or a fixture cannot be used; the message says where, what and what to do."""


@dataclass(frozen=True)
class ExpectedFinding:
    """One finding of the answer. A member that is None is not part of the expectation.

    `rules` must be among the finding's rule ids; `lines` are its distinct lines as CODE or CODE-MODIFIER and
    `line_count` their number; `remedies` are all its alternatives as short texts such as
    `replace 77387 -> G6002-26`; `document` is the LOINC code of a documentation finding.
    """

    kind: str
    severity: str
    rules: tuple[str, ...]
    lines: tuple[str, ...] | None = None
    line_count: int | None = None
    remedies: tuple[str, ...] | None = None
    document: str | None = None


@dataclass(frozen=True)
class Expected:
    """HTTP status and all findings of the answer, in no order; no findings means no card at all."""

    status: int
    findings: tuple[ExpectedFinding, ...]


@dataclass(frozen=True)
class Story:
    """A fixture: its name, one sentence, the service's id, the file with the request and the expected answer.

    `valid_r4` is false for a file that is invalid FHIR on purpose; `doubt` names a point that is left open.
    """

    name: str
    story: str
    service: str
    path: Path
    expected: Expected
    valid_r4: bool = True
    doubt: str | None = None

    @property
    def folder(self) -> str:
        """`hook_requests`, or `claims` or `orders` for files without a hook around them."""
        return self.path.parent.name

    def request(self) -> dict[str, Any]:
        """The file's content, read anew at each call so that a caller may change it."""
        content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return content


def stories(folder: str | None = HOOK_REQUESTS) -> tuple[Story, ...]:
    """The stories of one folder in the order of the index; None gives those of all folders.

    Raises FixtureError when the index is not as its header describes.
    """
    return tuple(story for story in _index().values() if folder in (None, story.folder))


def names() -> list[str]:
    """The names of all fixtures in the order of the index."""
    return list(_index())


def load(name: str) -> dict[str, Any]:
    """The content of the fixture of this name: a hook request, Claim, ServiceRequest or Bundle.

    Raises FixtureError when there is none.
    """
    story = _index().get(name)
    if story is None:
        raise FixtureError(f"fhir_fixtures: no fixture is called {name!r}; fhir_fixtures.names() lists all.")
    return story.request()


class _TextLoader(yaml.BaseLoader):
    """Reads every scalar as text, so that 77387 stays a code, and refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping as a dict.

        Raises:
            FixtureError: when a key stands there twice.
        """
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            line = node.start_mark.line + 1
            raise FixtureError(f"index.yaml:{line}: `{twice}` stands there twice; keep one.")
        return super().construct_mapping(node, deep=deep)


@cache
def _index() -> Mapping[str, Story]:
    content = yaml.load(INDEX.read_text(encoding="utf-8"), Loader=_TextLoader)  # noqa: S506 - a BaseLoader  # nosec B506
    found: dict[str, Story] = {}
    for entry in content["fixtures"]:
        story = _story(entry)
        if story.name in found:
            raise FixtureError(f"index.yaml: {story.name} is there twice; give each fixture its own name.")
        found[story.name] = story
    return found


def _story(entry: Mapping[str, Any]) -> Story:
    where = f"index.yaml, {entry.get('name', 'an entry without name')}"
    required = _FIXTURE_KEYS - {"valid_r4", "doubt"}
    _check_keys(where, entry, _FIXTURE_KEYS, required)
    expect = entry["expect"]
    _check_keys(f"{where}, expect", expect, _EXPECT_KEYS, {"findings"})
    findings = tuple(
        _finding(f"{where}, finding {n}", each) for n, each in enumerate(expect["findings"], start=1)
    )
    return Story(
        name=entry["name"],
        story=entry["story"],
        service=entry["service"],
        path=FOLDER / entry["file"],
        expected=Expected(int(expect.get("status", "200")), findings),
        valid_r4=entry.get("valid_r4", "true") == "true",
        doubt=entry.get("doubt"),
    )


def _finding(where: str, entry: Mapping[str, Any]) -> ExpectedFinding:
    _check_keys(where, entry, _FINDING_KEYS, {"kind", "severity", "rules"})
    texts = {key: tuple(entry[key]) for key in ("lines", "remedies") if key in entry}
    return ExpectedFinding(
        kind=entry["kind"],
        severity=entry["severity"],
        rules=tuple(entry["rules"]),
        line_count=int(entry["line_count"]) if "line_count" in entry else None,
        document=entry.get("document"),
        **texts,
    )


def _check_keys(where: str, entry: Mapping[str, Any], known: set[str], required: set[str]) -> None:
    for key in sorted(required - entry.keys()):
        raise FixtureError(f"{where}: {key} is missing; add it.")
    for key in sorted(entry.keys() - known):
        raise FixtureError(f"{where}: {key} is not known; use one of {', '.join(sorted(known))}.")
