"""From what a report says to one HTML document: templates with all text escaped, no script, and nothing from a network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from core.recommend.counterfactuals import SmallestMotivations
from core.reports.source import ReportSource

_NO_TIME = 0


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("core.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"percent": _percent, "signed": _signed, "number": _number, "day": _day, "short": _short, "stars": _stars}
    made.globals["smallest"] = _smallest
    return made


def rendered(template: str, source: ReportSource, **values: Any) -> str:
    """The document of a template of this package.

    Args:
        values: what the template names; text among it is escaped where it is put.
    """
    return _environment().get_template(template).render(source=source, generated=source.recommender.dataset.generated, **values)


def _smallest(found: SmallestMotivations, named: Mapping[str, str]) -> str:
    """What the search for the smallest set of motivations found, in words."""
    if found.change is not None:
        names = " and ".join(named.get(key, key) for key in found.change.dropped)
        fewer = "" if found.proven == 0 else " No smaller set does it."
        return f"Smallest change: without {names} it falls out of the first {found.k}, to place {found.change.rank_after:,}.{fewer}"
    if found.outcome == "none":
        return f"No set of motivations takes it out of the first {found.k}: behaviour alone keeps it there."
    if found.outcome == "beyond":
        return f"No set of up to {found.proven} motivations takes it out of the first {found.k}; larger ones were not tried."
    return f"It is not among the first {found.k}, so nothing can take it out of them."


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _number(value: float, digits: int = 0) -> str:
    return "n/a" if isinstance(value, float) and math.isnan(value) else f"{value:,.{digits}f}"


def _day(timestamp: float) -> str:
    return pd.Timestamp(timestamp, unit="s").strftime("%Y-%m-%d") if timestamp > _NO_TIME else ""


def _stars(rating: float) -> str:
    return "" if math.isnan(rating) else f"{rating:g} / 5"


def _short(text: str, length: int = 280) -> str:
    plain = " ".join(str(text).split())
    return plain if len(plain) <= length else plain[: length - 1].rsplit(" ", 1)[0] + "…"
