"""What is fuzzed: each target takes one input and tells its outcome, or fails when a promise is broken."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.app import create_app
from cds_service.books import CATALOGUES, POLICIES, standard_library
from cds_service.cli.inputs import Input, review_input
from cds_service.cli.new_payer_files import write_new_payer
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.letters import PolicyError
from cds_service.engine.loader import load_book
from cds_service.engine.textyaml import parse_text_yaml
from cds_service.facts.pool import Pool
from cds_service.facts.vocabulary import VOCABULARY
from cds_service.request import gate
from cds_service.request.errors import Refusal
from cds_service.settings import Settings
from fhir_fixtures import stories
from scripts.fuzz.strict_json import Refused, strict_parse

DAY = date(2026, 11, 23)
MORE = POLICIES / "molina"
"""A payer folder whose files are damaged as well; they load only beside those of other payers."""


class BrokenPromise(AssertionError):
    """An input got an answer that it must not get."""


@dataclass(frozen=True)
class Target:
    """`seeds` are good inputs to damage; `run` tells the outcome of one input in a word."""

    seeds: Sequence[bytes]
    run: Callable[[bytes], str]


def app_target() -> Target:
    """The whole application in process: the first line of an input is the address, the rest the body."""
    # Without a limit of calls: a fuzzer calls more often than any client may, and would hear 429 of all but a few.
    app = create_app(Settings(development=True, rate_limit=0))
    client = app.test_client()
    seeds = [f"/cds-services/{s.service}\n".encode() + s.path.read_bytes() for s in stories()]
    seeds += [
        f"/playground/explain?service={s.service}\n".encode() + s.path.read_bytes() for s in stories()[::9]
    ]
    seeds += [b'/playground/markdown\n{"texts": ["# a", "|a|\\n|-|\\n|b|"]}']
    seeds += [f"/cds-services/{s.service}/feedback\n".encode() + b'{"feedback": []}' for s in stories()[:2]]

    def run(given: bytes) -> str:
        line, _, body = given.partition(b"\n")
        response = client.post(_address(line), data=body, content_type="application/json")
        if response.status_code >= 500:
            raise BrokenPromise(f"status {response.status_code}")
        if response.mimetype != "application/json":
            raise BrokenPromise(f"status {response.status_code} with {response.mimetype}")
        read = json.loads(response.data)
        if response.status_code >= 400 and (
            read.get("resourceType") != "OperationOutcome" or not read["issue"]
        ):
            raise BrokenPromise(f"status {response.status_code} without OperationOutcome")
        return str(response.status_code)

    return Target(seeds, run)


def _address(line: bytes) -> str:
    text = line.decode("latin-1")
    return (
        text
        if text.startswith(("/cds-services/", "/playground/")) and text.isprintable()
        else "/cds-services/x"
    )


def gate_target() -> Target:
    """The gate, held against a second reading of what it lets through."""

    def run(given: bytes) -> str:
        try:
            wanted = strict_parse(given, gate.DEFAULT)
        except Refused:
            try:
                gate.check(given)
            except Refusal as refusal:
                if "or not plainly so" in refusal.problems[0].what:
                    raise BrokenPromise("refused without a place") from None
                return "refused"
            raise BrokenPromise("let through what a strict reading refuses") from None
        try:
            got = gate.parse(given)
        except Refusal:
            raise BrokenPromise("refused what a strict reading lets through") from None
        if json.dumps(got) != json.dumps(wanted):
            raise BrokenPromise("read another value")
        return "passed"

    whole = [story.path.read_bytes() for story in stories(None)]
    parts = {json.dumps(part).encode() for story in stories()[:12] for part in _parts(story.request())}
    return Target(whole + sorted(part for part in parts if 20 < len(part) < 400) * 2, run)


def _parts(value: Any) -> Iterator[Any]:
    """Objects and lists inside a value: small bodies are fuzzed faster, and reach the same branches."""
    yield value
    inner = value.values() if isinstance(value, dict) else value
    for part in inner:
        if isinstance(part, dict | list):
            yield from _parts(part)


def readers_target() -> Target:
    """The FHIR readers on resources that no gate has seen, then all of a review as `check` makes it."""
    library = standard_library()
    seeds = [s.path.read_bytes() for s in stories(None) if s.folder != "hook_requests"]
    for number, story in enumerate(stories()):
        request = story.request()
        values = [
            *request["context"].values(),
            *(request.get("prefetch", {}).values() if number % 5 == 0 else ()),
        ]
        seeds += [json.dumps(value).encode() for value in values if isinstance(value, dict)]

    def run(given: bytes) -> str:
        Pool("p").add(given, "resource")
        try:
            reviewed = review_input(Input("given", given), library, DAY)
        except Refusal:
            return "refused"
        return "findings" if reviewed.findings else "nothing found"

    return Target(seeds, run)


@contextmanager
def policy_target() -> Iterator[Target]:
    """The policy loader: the first line of an input names the file of a payer folder that the rest replaces."""
    catalogue = load_catalogue(CATALOGUES)
    with tempfile.TemporaryDirectory() as folder:
        files = write_new_payer("sunny-health", Path(folder), (), ())
        home = files[0].parent
        alone = {path.name.encode(): path.read_bytes() for path in files if ".cases." not in path.name}
        seeds = [name + b"\n" + content for name, content in alone.items()]
        seeds += [
            path.name.encode() + b"\n" + path.read_bytes()
            for path in sorted(MORE.glob("*.yaml"))
            if ".cases." not in path.name
        ]
        seeds += [_as_json(seed) for seed in seeds]
        names = {seed.partition(b"\n")[0] for seed in seeds}

        def run(given: bytes) -> str:
            line, _, content = given.partition(b"\n")
            name = line if line in names else min(names)
            path = home / name.decode()
            path.write_bytes(content)
            try:
                load_book((Path(folder),), catalogue, VOCABULARY)
            except PolicyError:
                return "refused"
            finally:
                if name in alone:
                    path.write_bytes(alone[name])
                else:
                    path.unlink()
            return "loaded"

        yield Target(seeds, run)


def _as_json(seed: bytes) -> bytes:
    """The same file as JSON, which is YAML too, so that its structure can be damaged and not its text alone."""
    name, _, content = seed.partition(b"\n")
    read = parse_text_yaml(content.decode(), name.decode(), [])
    return name + b"\n" + json.dumps(read and read.data, ensure_ascii=False).encode()


@contextmanager
def opened(name: str) -> Iterator[Target]:
    """The target of this name."""
    if name == "policies":
        with policy_target() as target:
            yield target
    else:
        yield {"app": app_target, "gate": gate_target, "readers": readers_target}[name]()


NAMES = ("app", "gate", "readers", "policies")
