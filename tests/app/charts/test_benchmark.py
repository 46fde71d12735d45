from __future__ import annotations

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from app.charts.benchmark import (
    PEER_COLOURS,
    NoisePoint,
    Spread,
    activity_chart,
    change_chart,
    marks,
    model_dots,
    noise_chart,
    slot_chart,
)
from app.charts.palette import ACCENT, NEUTRAL
from tests.app.charts.test_palette import SIGHT, linear, luminance, oklab

MODELS = ["LMMRec", "EASE", "LightGCN"]
ROWS = {"EASE": Spread(0.2, 0.0, [0.2, 0.2]), "LMMRec": Spread(0.3, 0.1, [0.2, 0.4]), "LightGCN": Spread(0.25, None, [0.25])}


def trace(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = (one for one in figure.data if one.name == name)
    return found


@pytest.mark.parametrize("sight", SIGHT)
def test_models_are_told_apart_by_all_eyes(sight: str) -> None:
    seen = {colour: oklab(SIGHT[sight] @ linear(colour)) for colour in (ACCENT, *PEER_COLOURS)}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 0.11, (one, other)


@pytest.mark.parametrize("page", ["#ffffff", "#11151c"])
def test_models_stand_out_from_both_pages(page: str) -> None:
    for colour in (ACCENT, *PEER_COLOURS):
        light, dark = sorted((luminance(colour), luminance(page)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 2.5, colour


def test_sixteen_models_have_sixteen_ways_to_be_drawn_and_the_first_stands_out() -> None:
    drawn = marks([f"m{number}" for number in range(16)])
    assert len({(one.colour, one.symbol, one.dash) for one in drawn.values()}) == 16
    first, *peers = drawn.values()
    assert (first.colour, first.dash) == (ACCENT, "solid")
    assert all(one.colour != ACCENT and one.dash != "solid" and one.width < first.width for one in peers)


def test_dots_are_sorted_with_the_best_on_top_and_show_every_seed() -> None:
    figure = model_dots(ROWS, marks(MODELS), "recall@20")
    assert list(figure.layout.yaxis.categoryarray) == ["EASE", "LightGCN", "LMMRec"]  # plotly counts from below
    assert list(trace(figure, "LMMRec, mean ± sd").x) == pytest.approx([0.2, 0.4])
    assert list(trace(figure, "LMMRec, seeds").x) == [0.2, 0.4]
    assert list(trace(figure, "LMMRec").x) == [0.3]
    assert "± 0.1000" in trace(figure, "LMMRec").hovertemplate


def test_one_seed_has_no_spread_to_show() -> None:
    figure = model_dots(ROWS, marks(MODELS), "recall@20")
    assert [one.name for one in figure.data if one.name.startswith("LightGCN")] == ["LightGCN, seeds", "LightGCN"]
    assert "±" not in trace(figure, "LightGCN").hovertemplate


def test_activity_keeps_models_within_their_group_and_apart() -> None:
    rows = {name: [Spread(0.1, 0.01, ()), Spread(0.2, 0.02, ())] for name in MODELS}
    figure = activity_chart(["2-5", "6-30"], [31, 29], rows, marks(MODELS), "recall@20")
    places = np.array([trace(figure, name).x for name in MODELS])
    assert (np.abs(places - [0, 1]) < 0.5).all()
    assert len(np.unique(places)) == 6
    assert list(trace(figure, "EASE").error_y.array) == [0.01, 0.02]
    assert list(figure.layout.xaxis.ticktext) == ["2-5<br>31 users", "6-30<br>29 users"]


def test_noise_begins_at_a_hundred_percent_and_is_drawn_in_percent() -> None:
    points = [NoisePoint(0.1, Spread(0.95, 0.01, ())), NoisePoint(0.3, Spread(0.8, None, ()))]
    figure = noise_chart({"LMMRec": points}, marks(MODELS), "noise", "kept")
    line = trace(figure, "LMMRec")
    assert list(line.x) == [0, 10, 30]
    assert list(line.y) == [100, 95, 80]
    assert list(line.error_y.array) == [0, 1, 0]
    assert list(figure.layout.xaxis.ticktext) == ["0 %", "10 %", "30 %"]


def test_a_change_is_in_colour_only_where_its_line_leaves_out_zero() -> None:
    rows = {"sure": Spread(-5.0, 1.0, [-4.0, -6.0]), "unsure": Spread(0.5, 1.0, [1.5, -0.5]), "one seed": Spread(-9.0, None, [-9.0])}
    figure = change_chart(rows, "change")
    assert trace(figure, "sure").marker.color == ACCENT
    assert trace(figure, "unsure").marker.color == trace(figure, "one seed").marker.color == NEUTRAL
    assert "excludes zero" in trace(figure, "sure").hovertemplate
    assert "includes zero" in trace(figure, "unsure").hovertemplate
    assert "zero" not in trace(figure, "one seed").hovertemplate
    assert list(trace(figure, "sure, seeds").x) == [-4.0, -6.0]
    assert list(figure.layout.yaxis.categoryarray) == ["one seed", "unsure", "sure"]


def test_slots_are_rows_and_planted_motives_columns() -> None:
    heat, faint, strong = slot_chart([[0.9, 0.4, 0.5], [0.5, 0.8, 0.5]], ["price", "sound"], ["Price", "Sound", "Gift"]).data
    assert (list(strong.text), list(strong.x), list(strong.y)) == (["0.90", "0.80"], ["Price", "Sound"], ["price", "sound"])
    assert len(faint.text) == 4
    assert (list(heat.y), list(heat.x)) == (["price", "sound"], ["Price", "Sound", "Gift"])
    assert [list(row) for row in heat.z] == [[0.9, 0.4, 0.5], [0.5, 0.8, 0.5]]
    assert heat.zmid == 0.5
