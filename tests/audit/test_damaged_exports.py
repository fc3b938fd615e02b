"""Wrong types, flipped bytes and cut lines: each fault costs its line, nothing falls over, nothing leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from cds_service.audit.judge import Options
from cds_service.audit.records import BadRecord
from cds_service.audit.routing import Router, damaged
from cds_service.audit.shard import audit_shard
from cds_service.audit.shared import Everybody
from cds_service.audit.tally import Tally
from cds_service.books import Library
from fhir_fixtures.bulk.export import made_up
from fhir_fixtures.bulk.fhir import resources
from tests.audit.running import DAY

SECRET = "Synthetic"  # the family name of everybody in these exports
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", SECRET, [], {}, [None], [SECRET], {"a": 1}, [[]], "9999-99-99", "\x00\t\n", 10**19,
)  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path and path != ("resourceType",):
        yield path
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(below, (*path, key))


def damage(resource: dict[str, Any], rng: Random) -> bytes:
    if rng.random() < 0.15:
        *above, last = rng.choice(list(paths(resource)))
        holder: Any = resource
        for key in above:
            holder = holder[key]
        holder[last] = rng.choice(WRONG)
    raw = json.dumps(resource).encode()
    if rng.random() < 0.03:
        at = rng.randrange(len(raw))
        raw = raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
    return raw[: rng.randrange(len(raw))] if rng.random() < 0.02 else raw


@pytest.mark.parametrize("seed", range(4))
def test_damage_costs_the_damaged_lines(library: Library, seed: int) -> None:
    rng = Random(seed)
    router, tally, lines, told = Router.of(library.knowledge), Tally(), list[bytes](), list[str]()
    for number in range(25):
        for resource in resources(made_up(number, seed)):
            raw = damage(deepcopy(resource), rng)
            routed = router.route(raw, f"0:{len(told) + len(lines) + 1}")
            if isinstance(routed, BadRecord):
                told.append(f"{routed.where} {routed.what}")
                mark = damaged(raw, "0:1")
                lines += [mark.line] if mark and mark.line else []
            elif routed.line:
                lines.append(routed.line)
    rows = list(audit_shard(lines, Everybody({}), library, Options(DAY, chart=True), tally))
    assert told
    assert tally.bad
    assert [bad for bad in tally.bad if "could not be judged" in bad.what] == []
    said = [*told, *(f"{bad.where} {bad.what}" for bad in tally.bad), *(row.decode() for row in rows)]
    assert [text for text in said if SECRET in text.replace("Synthetic Hospital", "")] == []
