"""Charts as inline SVG: no script, no outside resource; colours come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from markupsafe import Markup

_WIDTH, _HEIGHT = 760, 250
_LEFT, _RIGHT, _BOTTOM, _TOP = 62, 26, 34, 14
_LABEL = 78
"""Width of a label under the columns; where columns are narrower, some go without."""
_CHARACTER = 8
"""Room for a character of the scale: its widest are digits, and letters of a currency."""
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: its severity, its share, and what it stands for."""

    severity: str
    share: float
    label: str


def bar(parts: Sequence[Part], height: int = 14) -> Markup:
    """A lying bar whose parts share one length; `share` of the whole width each. The figures stand beside it."""
    made = Markup("")
    left = 0.0
    for part in parts:
        width = max(0.0, min(1000.0 - left, part.share * 1000))
        if width > 0:
            made += Markup(
                '<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="{}"><title>{}</title></rect>'
            ).format(f"fill-{part.severity}", left, width, height, part.label)
        left += width
    return Markup(
        '<svg class="bar" viewBox="0 0 1000 {h}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" x="0" y="0" width="1000" height="{h}"/>{made}</svg>'
    ).format(h=height, made=made)


@dataclass(frozen=True, slots=True)
class Column:
    """One standing column: its name, and its parts from below, with amounts."""

    name: str
    parts: Sequence[tuple[str, Decimal]]
    label: str

    @property
    def total(self) -> Decimal:
        """Height of the column."""
        return sum((amount for _, amount in self.parts), Decimal(0))


def columns(
    title: str, description: str, bars: Sequence[Column], axis: Sequence[tuple[Decimal, str]]
) -> Markup:
    """Standing columns over a scale. `axis` are the marks of the scale from 0, the last one at its top."""
    top = float(axis[-1][0]) or 1.0
    plot = _HEIGHT - _BOTTOM - _TOP
    start = max(_LEFT, _CHARACTER * (1 + max(len(text) for _, text in axis)))

    def y(value: Decimal) -> float:
        return _TOP + plot - float(value) / top * plot

    made = Markup("")
    for mark, text in axis:
        made += Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(start, _WIDTH, y(mark), y(mark), start - 8, y(mark) + 4, text)
    step = (_WIDTH - start - _RIGHT) / max(1, len(bars))
    width = min(46.0, step * 0.68)
    named = max(1, ceil(_LABEL / step))
    for number, column in enumerate(bars):
        x = start + step * number + (step - width) / 2
        below = Decimal(0)
        pieces = Markup("")
        for severity, amount in column.parts:
            if amount > 0:
                upper = below + amount
                pieces += Markup(
                    '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                ).format(f"fill-{severity}", x, y(upper), width, y(below) - y(upper))
                below = upper
        made += Markup("<g><title>{}</title>{}</g>").format(column.label, pieces)
        if number % named == 0:
            made += Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                x + width / 2, _HEIGHT - 12, column.name
            )
    return Markup(
        '<svg class="columns" viewBox="0 0 {} {}" role="img" aria-labelledby="columns-title columns-text">'
        '<title id="columns-title">{}</title><desc id="columns-text">{}</desc>{}</svg>'
    ).format(_WIDTH, _HEIGHT, title, description, made)


def scale(largest: Decimal) -> list[Decimal]:
    """Round marks from 0 to at least `largest`: four or five of them."""
    if largest <= 0:
        return [Decimal(0), Decimal(1)]
    rough = float(largest) / 4
    power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 0.1
    step = next(Decimal(str(s * power)) for s in _STEPS if s * power >= rough)
    marks = [Decimal(0)]
    while marks[-1] < largest:
        marks.append(marks[-1] + step)
    return marks
