"""What the points of a motivation map can be coloured by: groups with a name and a colour each, or a scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.charts.palette import FAINT, ITEM_COLOUR, NEUTRAL, USER_COLOUR, motivation_colours, series_colour

COLOURINGS = {
    "distinctive": "Distinctive motivation",
    "motivation": "Main motivation",
    "said": "Said motivation",
    "cluster": "Cluster",
    "side": "User, item or statement",
    "activity": "Activity",
    "trust": "Trust",
    "confidence": "Confidence",
}
MEANINGS = {
    "distinctive": "What a point leans to more than others do",
    "motivation": "The largest share of what its interactions are scored by",
    "said": "What its own reviews speak of most",
    "cluster": "The group it is in, by its vector in the original space",
    "side": "Who or what the point stands for",
    "activity": "Training interactions, on a logarithmic scale",
    "trust": "Share of its nearest neighbours in the original space that are near it here too",
    "confidence": "How sure its main motivation is, by the number of statements behind it",
}
_MOTIVATIONS = {"distinctive", "motivation", "said"}
_TITLES = {"activity": "training interactions", "trust": "share of neighbours kept", "confidence": "confidence, 0 to 1"}
_NOT_COLOURS = {"view", "node_idx", "id", "label", "shown_id", "x", "y", "z", "user_idx", "item_idx", "quote", "cluster_name"}
_MOST_LEVELS, _LEVELS_SHOWN = 400, 8


@dataclass(frozen=True)
class Group:
    """Points of one colour: ``rows`` bool [n]."""

    label: str
    colour: str
    rows: np.ndarray


@dataclass(frozen=True)
class Scale:
    """A value per point, float [n] with NaN where there is none; ``ticks`` are (place, words), empty where plotly may choose them."""

    title: str
    values: np.ndarray
    ticks: tuple[tuple[float, str], ...] = ()


def colourings(points: pd.DataFrame) -> dict[str, str]:
    """Column -> what people call it, of all columns the points can be coloured by."""
    known = {column: title for column, title in COLOURINGS.items() if column in points}
    others = [column for column in points if column not in known and column not in _NOT_COLOURS and _is_telling(points[column])]
    return known | {str(column): str(column).replace("_", " ").capitalize() for column in others}


def coloured(points: pd.DataFrame, colour_by: str, names: Mapping[str, str], clusters: pd.DataFrame) -> list[Group] | Scale:
    """The groups that have points, or the scale, of one column.

    Args:
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last. clusters: columns cluster and name.
    """
    if colour_by in _MOTIVATIONS:
        found = _motivation_groups(points[colour_by], names)
    elif colour_by == "cluster":
        pairs = zip(clusters["cluster"], clusters["name"], strict=True)
        # By the cluster's number and not its place: a merge elsewhere leaves the colours of the others alone.
        found = [(str(name), series_colour(int(one)) if one >= 0 else FAINT, points["cluster"] == one) for one, name in pairs]
    elif colour_by == "side":
        sides = (("Users", USER_COLOUR, "user"), ("Items", ITEM_COLOUR, "item"), ("Statements", NEUTRAL, "statement"))
        found = [(label, colour, points["side"] == side) for label, colour, side in sides]
    elif pd.api.types.is_numeric_dtype(points[colour_by]):
        return _scale(points[colour_by], colour_by)
    else:
        found = _level_groups(points[colour_by])
    groups = [Group(label, colour, mask.to_numpy(dtype=bool)) for label, colour, mask in found]
    return [group for group in groups if group.rows.any()]


def _motivation_groups(keys: pd.Series, names: Mapping[str, str]) -> list[tuple[str, str, pd.Series]]:
    colours = motivation_colours(list(names))
    found = [(name, colours[key], keys == key) for key, name in names.items()]
    return [*found, ("No statement", FAINT, ~keys.isin(list(names)))]


def _level_groups(values: pd.Series) -> list[tuple[str, str, pd.Series]]:
    """The most frequent values with a colour each, all others in grey."""
    plain = values.fillna("").astype(str)
    top = list(plain[plain != ""].value_counts().index[:_LEVELS_SHOWN])
    found = [(level, series_colour(number), plain == level) for number, level in enumerate(top)]
    return [*found, ("Other values", NEUTRAL, (plain != "") & ~plain.isin(top)), ("No value", FAINT, plain == "")]


def _scale(column: pd.Series, name: str) -> Scale:
    values = column.to_numpy(dtype=np.float64)
    title = _TITLES.get(name, name.replace("_", " "))
    if name != "activity":
        return Scale(title, values)
    steps = [step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000) if step <= max(1.0, float(np.nanmax(values)))]
    return Scale(title, np.log10(np.maximum(values, 1)), tuple((float(np.log10(step)), f"{step:,}") for step in steps))


def _is_telling(column: pd.Series) -> bool:
    """Whether a column tells points apart without naming each."""
    if pd.api.types.is_numeric_dtype(column):
        return bool(column.nunique() > 1)
    return 1 < column.replace("", np.nan).nunique() <= _MOST_LEVELS
