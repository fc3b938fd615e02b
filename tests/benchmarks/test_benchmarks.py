"""The benchmark compares fairly, and measures the decision that the service makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks import timing
from benchmarks.__main__ import main
from benchmarks.audit import BARE, ONE, SPARK, TWO, AuditResult, Row, measure
from benchmarks.report import Results, page
from benchmarks.timing import Spread, compare


class Clock:
    """A clock that only jobs move; `slowness` stands for what else the machine does."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slowness = 1.0

    def job(self, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.now += seconds * self.slowness

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "process_time", lambda: clock.now)
    return clock


def test_costs_and_ratios_are_those_of_the_jobs(clock: Clock) -> None:
    quick, slow = compare({"quick": clock.job(0.001), "slow": clock.job(0.004)}, rounds=5)
    assert quick.name == "quick"
    assert quick.ratio == Spread(1, 1, 1)
    assert slow.seconds.median == pytest.approx(0.004)
    assert slow.ratio.median == pytest.approx(4)


def test_ratio_survives_a_machine_that_slows_down(clock: Clock) -> None:
    quick = clock.job(0.001)

    def first_of_the_round() -> None:
        clock.slowness *= 1.001
        quick()

    _, slow = compare({"first": first_of_the_round, "slow": clock.job(0.004)}, rounds=20)
    assert slow.seconds.high > 1.2 * slow.seconds.low
    assert slow.ratio.high < 1.05 * slow.ratio.low


def test_spread_needs_three_values() -> None:
    with pytest.raises(ValueError, match="at least 3 rounds"):
        Spread.of([1.0, 2.0])
    assert Spread.of([4, 1, 3, 2, 5]) == Spread(2, 3, 4)


@pytest.mark.slow
def test_table_has_a_row_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--rounds", "3"])
    shown = capsys.readouterr().out
    for step in ("json.loads", "typed decoding", "facts", "whole decision"):
        assert step in shown
    assert "µs a request" in shown
    assert " 0 findings" not in shown


def test_an_audit_is_measured_beside_the_decoding_of_its_files() -> None:
    found = measure("a small office", 3, 20, 3, spark=False)
    assert [row.name for row in found.rows] == [BARE, ONE, TWO]
    assert set(found.stages) == {"reading", "judging claims"}
    assert found.claims > 60
    assert 0 < found.radiotherapy < 0.4, "of laboratory tests no rule speaks"
    own = found.row(ONE)
    assert own is not None
    assert own.ratio is not None
    assert own.ratio.median > 1
    assert own.memory is not None
    assert 20 < own.memory < 200
    shown = page(Results(audits=[found]))
    assert "| audit of a small office at most 1.5 × bare decoding |" in shown
    assert "| audit of a small office, at most 200 MB a worker |" in shown
    assert f"| {TWO} |" in shown
    assert SPARK not in shown


@pytest.mark.parametrize(("two", "spark", "holds"), [(1.7, 1.3, "yes"), (1.5, 1.0, "**no**")])
def test_goals_of_an_audit_are_ratios(two: float, spark: float, holds: str) -> None:
    def row(name: str, ratio: float | None, gain: float) -> Row:
        known = None if ratio is None else Spread(ratio, ratio, ratio)
        return Row(name, known, known, Spread(1, 1, 1), Spread(gain, gain, gain), None)

    rows = (row(ONE, 3.0, 1.0), row(TWO, 3.1, two), row(SPARK, None, spark))
    shown = page(Results(audits=[AuditResult("an office", 1, 1, 1.0, rows, {})]))
    assert "| audit of an office at most 1.5 × bare decoding | 3.0 × | **no** |" in shown
    assert f"2 processes at least 1.6 × 1 | {two:.2f} × | {holds} |" in shown
    assert (
        f"Spark at least 0.7 × 2 processes | {spark / two:.2f} × | {'yes' if spark / two >= 0.7 else '**no**'} |"
        in shown
    )


def test_too_few_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--rounds", "2"])
    assert stopped.value.code == 2
    assert "3 rounds at least" in capsys.readouterr().err
