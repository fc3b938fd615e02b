"""Charts: what is drawn where, and how large."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

import pytest

from cds_service.audit_report.charts import Column, Part, bar, columns, scale

_RECT = re.compile(
    r'<rect class="fill-([a-z]+)" x="([0-9.-]+)" y="([0-9.-]+)" width="([0-9.-]+)" height="([0-9.-]+)"'
)
_NAME = re.compile(r'<text class="tick" x="([0-9.]+)" y="[0-9]+" text-anchor="middle">([^<]+)</text>')
_NAMES_AT = 250 - 12
_MARK = re.compile(r'<line class="grid" x1="[0-9]+" x2="[0-9]+" y1="([0-9.]+)" y2="([0-9.]+)"/>')


def drawn(svg: str) -> list[tuple[str, list[float]]]:
    """Severity, and left, top, width and height of each piece."""
    return [(name, list(map(float, rest))) for name, *rest in _RECT.findall(svg)]


def chart(count: int, *parts: tuple[str, int]) -> str:
    amounts = [(severity, Decimal(amount)) for severity, amount in parts]
    bars = [Column(f"M{n}", amounts, "") for n in range(count)]
    return str(columns("t", "d", bars, [(Decimal(mark), str(mark)) for mark in (0, 50, 100)]))


def test_parts_of_a_bar_lie_side_by_side() -> None:
    parts = [Part("critical", 0.25, ""), Part("info", 0, ""), Part("warning", 0.5, "")]
    assert drawn(bar(parts)) == [
        ("critical", [0.0, 0.0, 250.0, 14.0]),
        ("warning", [250.0, 0.0, 500.0, 14.0]),
    ]


def test_credits_do_not_push_a_bar_over_its_ends() -> None:
    """Money that is given back makes one part negative, and another more than the sum of both."""
    parts = [Part("critical", -0.5, ""), Part("warning", 1.5, ""), Part("info", 0.5, "")]
    assert drawn(bar(parts)) == [("warning", [0.0, 0.0, 1000.0, 14.0])]


def test_pieces_of_a_column_stand_on_each_other_as_high_as_the_scale_says() -> None:
    svg = chart(1, ("critical", 50), ("info", -20), ("warning", 25))
    half, quarter = drawn(svg)
    bottom, middle, top = (float(y) for y, same in _MARK.findall(svg) if y == same)
    assert bottom > middle > top >= 0
    assert bottom + 12 <= _NAMES_AT, "names stand in the columns"
    assert half[0] == "critical"
    assert half[1][1] == middle
    assert half[1][1] + half[1][3] == pytest.approx(bottom, abs=0.11)
    assert quarter[0] == "warning"
    assert quarter[1][1] + quarter[1][3] == pytest.approx(middle, abs=0.11)
    assert quarter[1][3] == pytest.approx((bottom - top) / 4, abs=0.11)


@pytest.mark.parametrize("count", [1, 2, 12, 36])
def test_columns_stand_beside_each_other_within_the_chart(count: int) -> None:
    left = [place[0] for _, place in drawn(chart(count, ("critical", 50)))]
    (width,) = {place[2] for _, place in drawn(chart(count, ("critical", 50)))}
    assert len(left) == count
    assert left[0] >= 62
    assert left[-1] + width <= 760 - 26
    assert all(next_ >= each + width for each, next_ in pairwise(left))
    assert width <= 46


@pytest.mark.parametrize("top", ["$100", "$1,000,000", "$150,000,000", "150,000,000.00 CAD"])
def test_the_longest_amount_of_the_scale_has_room_before_the_columns(top: str) -> None:
    axis = [(Decimal(0), "0"), (Decimal(50), "50"), (Decimal(100), top)]
    svg = str(columns("t", "d", [Column("M", [("critical", Decimal(100))], "")], axis))
    (end,) = {
        float(x) for x in re.findall(r'<text class="tick" x="([0-9.]+)" y="[0-9.]+" text-anchor="end">', svg)
    }
    assert end >= 7.2 * len(top), "a figure of 12 units takes about 7 of them, a capital letter 9"
    assert drawn(svg)[0][1][0] > end


@pytest.mark.parametrize("count", [3, 12, 36])
def test_names_under_columns_do_not_run_into_each_other(count: int) -> None:
    svg = chart(count, ("critical", 50))
    middles = [place[0] + place[2] / 2 for _, place in drawn(svg)]
    named = [(float(x), int(name[1:])) for x, name in _NAME.findall(svg)]
    assert named[0][1] == 0
    assert all(x == pytest.approx(middles[number], abs=0.11) for x, number in named)
    apart = [next_ - x for (x, _), (next_, _) in pairwise(named)]
    assert min(apart) >= 78
    assert max(apart) - (middles[1] - middles[0]) < 78, "more go without than have to"


@pytest.mark.parametrize(
    ("largest", "marks"),
    [
        ("0", ["0", "1"]),
        ("-5", ["0", "1"]),
        ("0.3", ["0", "0.1", "0.2", "0.3"]),
        ("4", ["0", "1.0", "2.0", "3.0", "4.0"]),
        ("9.5", ["0", "2.5", "5.0", "7.5", "10.0"]),
        ("376.20", ["0", "100", "200", "300", "400"]),
        ("1000", ["0", "250", "500", "750", "1000"]),
    ],
)
def test_marks_of_a_scale_are_round(largest: str, marks: list[str]) -> None:
    assert [float(mark) for mark in scale(Decimal(largest))] == [float(mark) for mark in marks]
