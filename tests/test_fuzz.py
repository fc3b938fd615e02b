"""A short run of the fuzzer, and that it would notice: `python -m scripts.fuzz` runs as long as one likes."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from scripts.fuzz import campaign
from scripts.fuzz.__main__ import main
from scripts.fuzz.mutations import damaged, reshaped
from scripts.fuzz.targets import NAMES, BrokenPromise, Target, opened

SHORT = {"app": 250, "gate": 3000, "readers": 500, "policies": 100}
GOOD = b'{"a": [1, {"b": "text"}]}'


@pytest.mark.parametrize("name", NAMES)
def test_no_promise_is_broken(name: str) -> None:
    with opened(name) as target:
        outcome = campaign.run(target, seed=7, inputs=SHORT[name])
    assert outcome.faults == []
    assert outcome.inputs == SHORT[name]
    assert len(outcome.counts) > 1, "all inputs ended alike: nothing is tried"


def test_good_inputs_are_let_through() -> None:
    """The seeds are worth damaging: all of them get an answer of another kind than a refusal of their form."""
    with opened("app") as target:
        assert {target.run(seed) for seed in target.seeds if b"/feedback" not in seed} == {"200", "412"}
    with opened("gate") as target:
        assert {target.run(seed) for seed in target.seeds} == {"passed"}


def test_policy_files_written_as_json_load_as_well() -> None:
    """Else damage to their structure would never be met by more than the first check of their shape."""
    with opened("policies") as target:
        as_json = [seed for seed in target.seeds if seed.partition(b"\n")[2].startswith(b"{")]
        assert len(as_json) == len(target.seeds) / 2
        words = [target.run(seed) for seed in as_json]
        assert words == [target.run(seed) for seed in target.seeds if seed not in as_json]
        assert words.count("loaded") == 3


def test_the_application_answers_however_often_the_fuzzer_calls() -> None:
    """A limit of calls once answered 429 to three of four inputs: nothing behind it had seen them."""
    with opened("app") as target:
        seed = min(target.seeds, key=len)
        assert {target.run(seed) for _ in range(1100)} == {target.run(seed)} != {"429"}


def test_the_structure_behind_an_address_is_damaged() -> None:
    """The first line of an input of the application is its address, the rest a body."""
    seed = b"/cds-services/x\n" + GOOD
    bodies = [reshaped(seed, Random(number)).split(b"\n", 1) for number in range(100)]
    assert {line for line, _ in bodies} == {b"/cds-services/x"}
    assert len({body for _, body in bodies}) > 50
    assert all(_is_json(body) or body == b"" for _, body in bodies)


def test_an_exception_a_broken_promise_and_a_hang_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "HANG", 0.2)

    def run(given: bytes) -> str:
        if given == b"hang":
            while True:
                pass
        if given == b"raise":
            raise KeyError("x")
        if given == b"promise":
            raise BrokenPromise("status 500")
        return "fine"

    outcome = campaign.Outcome()
    with campaign.budget():
        for given in (b"hang", b"raise", b"promise", b"else"):
            campaign.feed(Target([GOOD], run), given, outcome)
    assert outcome.counts == {"fault": 3, "fine": 1}
    assert [given for _, given in outcome.faults] == [b"hang", b"raise", b"promise"]


def test_growth_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "GROWTH", 8 * 2**20)
    held: list[bytes] = []

    def run(given: bytes) -> str:
        held.append(bytes(bytearray(b"x" * 2**20)))
        return "fine"

    outcome = campaign.run(Target([GOOD], run), seed=1, inputs=40)
    assert ["grew by" in what for what, _ in outcome.faults] == [True]


def test_the_same_seed_gives_the_same_inputs() -> None:
    bodies = [damaged(GOOD, [GOOD], Random(number)) for number in range(200)]
    assert bodies == [damaged(GOOD, [GOOD], Random(number)) for number in range(200)]
    assert len(set(bodies)) > 150
    assert any(_is_json(body) for body in bodies), "structure is damaged too"
    assert not all(_is_json(body) for body in bodies), "bytes are damaged too"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def test_the_command_prints_counts_and_keeps_what_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--target", "gate", "--inputs", "100", "--keep", str(tmp_path / "kept")]
    assert main(arguments) == 0
    assert "gate: 100 inputs (" in capsys.readouterr().out
    monkeypatch.setattr("scripts.fuzz.targets.gate.check", lambda body: None)
    assert main(arguments) == 1
    assert "FAULT" in capsys.readouterr().out
    assert list((tmp_path / "kept").iterdir())
