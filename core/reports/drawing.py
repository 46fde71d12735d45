"""Charts of a report as inline SVG: drawn by hand so that a file needs no script and no network, and prints.

Words and lines take their colour from the file's style sheet (light, dark, print); only bars carry colours of their own. Every number a
chart shows stands in it with all its digits, as ``data-`` attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDTH = 720
_NAMES = 190
"""Width of the column with the rows' names."""
_VALUES = 66
_ROW = 30
_BAR = 16
_LONGEST_NAME = 27
_NOTHING = 1e-5


@dataclass(frozen=True)
class Bar:
    """A row of a chart: its name, value and colour."""

    name: str
    value: float
    colour: str


@dataclass(frozen=True)
class Pair:
    """A row with two marks, each a share 0..1."""

    name: str
    first: float
    second: float
    colour: str


def waterfall(terms: Sequence[Bar], remainder: float, score: float, remainder_name: str) -> Markup:
    """Bars one after the other from zero to the score, largest first; what no motivation holds comes last, unless it is nothing.

    Args:
        remainder_name: what it is called.
    """
    shown = sorted(terms, key=lambda term: -abs(term.value))
    if abs(remainder) > _NOTHING * max(1.0, abs(score)):
        shown.append(Bar(remainder_name, remainder, "var(--muted)"))
    starts, position = [], 0.0
    for term in shown:
        starts.append(position)
        position += term.value
    ends = [0.0, score, *starts, *(start + term.value for start, term in zip(starts, shown, strict=True))]
    scale = _Scale(min(ends), max(ends))
    parts = [_line(scale.at(0), 0, scale.at(0), (len(shown) + 1) * _ROW, "axis")]
    for row, (term, start) in enumerate(zip(shown, starts, strict=True)):
        end = start + term.value
        parts.append(_name(row, term.name))
        parts.append(_bar(row, scale, start, end, term.colour, f'data-term="{term.value!r}"'))
        parts.append(_line(scale.at(end), row * _ROW + _ROW - 7, scale.at(end), (row + 1) * _ROW + 7, "step"))
        parts.append(_value(row, f"{term.value:+.3f}"))
    last = len(shown)
    parts.append(_name(last, "Score", strong=True))
    parts.append(_bar(last, scale, 0.0, score, "none", f'class="total" data-score="{score!r}"'))
    parts.append(_value(last, f"{score:.3f}", strong=True))
    return _svg(parts, (last + 1) * _ROW, f"What adds up to the score of {score:.3f}: one bar a motivation")


def pairs(rows: Sequence[Pair], first: str, second: str, alt: str) -> Markup:
    """Two shares a row: a full bar and, below it, a thin hatched one; with a legend.

    Args:
        first, second: what the two are. alt: what the chart shows, for those who do not see it.
    """
    largest = max([0.01, *(max(row.first, row.second) for row in rows)])
    scale = _Scale(0.0, largest)
    parts = [
        f'<rect x="{_NAMES}" y="2" width="14" height="10" rx="2" class="first"/>',
        _text(_NAMES + 20, 11, first, "legend"),
        f'<rect x="{_NAMES + 220}" y="4" width="14" height="6" rx="2" class="second"/>',
        _text(_NAMES + 240, 11, second, "legend"),
        _line(_NAMES, 22, _NAMES, 22 + len(rows) * _ROW, "axis"),
    ]
    for number, row in enumerate(rows):
        top = 22 + number * _ROW
        parts.append(_name(number, row.name, top=22))
        for share, y, height, opacity in ((row.first, top + 4, 11, 1.0), (row.second, top + 17, 6, 0.45)):
            width = max(0.0, scale.at(share) - _NAMES)
            parts.append(
                f'<rect x="{_NAMES}" y="{y}" width="{width:.1f}" height="{height}" rx="2" fill="{row.colour}" opacity="{opacity}"'
                f' data-share="{share!r}"/>'
            )
        parts.append(_value(number, f"{100 * row.first:.0f} · {100 * row.second:.0f} %", top=22))
    return _svg(parts, 22 + len(rows) * _ROW, alt)


def lines(first: Sequence[float], second: Sequence[float], first_name: str, second_name: str, x_name: str, alt: str) -> Markup:
    """Two falling or rising lines over the same steps, values 0..1; the first is full, the second dashed."""
    height, bottom, left, width = 190, 160, 46, 460
    steps = max(1, len(first) - 1)

    def points(values: Sequence[float]) -> str:
        return " ".join(f"{left + width * step / steps:.1f},{bottom - 140 * value:.1f}" for step, value in enumerate(values))

    parts = [_line(left, bottom - 140 * tick, left + width, bottom - 140 * tick, "grid") for tick in (0.0, 0.5, 1.0)]
    parts += [_text(left - 8, bottom - 140 * tick + 4, f"{tick:g}", "tick end") for tick in (0.0, 0.5, 1.0)]
    parts += [_text(left + width * step / steps, bottom + 16, str(step), "tick middle") for step in range(steps + 1)]
    parts.append(_text(left + width / 2, bottom + 30, x_name, "tick middle"))
    parts.append(f'<polyline points="{points(second)}" class="curve random"/>')
    parts.append(f'<polyline points="{points(first)}" class="curve"/>')
    for name, kind, place in ((first_name, "curve", 40), (second_name, "curve random", 64)):
        parts.append(f'<polyline points="{left + width + 16},{place - 4} {left + width + 40},{place - 4}" class="{kind}"/>')
        parts.append(_text(left + width + 46, place, name, "legend"))
    return _svg(parts, height, alt)


class _Scale:
    """From a value to its place between the names and the numbers."""

    def __init__(self, least: float, most: float) -> None:
        self._least = least
        self._per_unit = (_WIDTH - _NAMES - _VALUES) / ((most - least) or 1.0)

    def at(self, value: float) -> float:
        return _NAMES + (value - self._least) * self._per_unit


def _svg(parts: Sequence[str], height: int, alt: str) -> Markup:
    inside = "".join(parts)
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(alt)}">{inside}</svg>')


def _bar(row: int, scale: _Scale, start: float, end: float, colour: str, attributes: str) -> str:
    left, right = sorted((scale.at(start), scale.at(end)))
    y = row * _ROW + (_ROW - _BAR) / 2
    return f'<rect x="{left:.1f}" y="{y:g}" width="{max(1.0, right - left):.1f}" height="{_BAR}" rx="2" fill="{colour}" {attributes}/>'


def _name(row: int, name: str, *, top: int = 0, strong: bool = False) -> str:
    shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return _text(_NAMES - 12, top + row * _ROW + _ROW / 2 + 4, shown, "name strong" if strong else "name")


def _value(row: int, value: str, *, top: int = 0, strong: bool = False) -> str:
    return _text(_WIDTH, top + row * _ROW + _ROW / 2 + 4, value, "value strong" if strong else "value")


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
