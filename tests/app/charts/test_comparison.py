from __future__ import annotations

import plotly.graph_objects as go
import pytest

from app.charts.comparison import ChangeBar, comparison_chart
from app.charts.palette import ACCENT, NEUTRAL

SURE = ChangeBar(change=0.02, low=0.01, high=0.03, level=0.95, by_seed=[0.018, 0.022])
UNSURE = ChangeBar(change=-0.01, low=-0.04, high=0.02, level=0.95, by_seed=[-0.05, 0.03])


def traces(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = (trace for trace in figure.data if trace.name == name)
    return found


def test_every_figure_has_its_interval_its_change_and_its_seeds() -> None:
    figure = comparison_chart({"NDCG@20": SURE, "Recall@20": UNSURE}, "one@1", "two@1")
    assert list(traces(figure, "NDCG@20, interval").x) == [0.01, 0.03]
    assert list(traces(figure, "NDCG@20").x) == [0.02]
    assert list(traces(figure, "Recall@20, seeds").x) == [-0.05, 0.03]
    assert set(traces(figure, "Recall@20, seeds").y) == {"Recall@20"}
    assert "one@1" in figure.layout.xaxis.title.text
    assert "two@1" in figure.layout.xaxis.title.text


def test_a_row_tells_by_colour_and_word_whether_its_interval_excludes_zero() -> None:
    figure = comparison_chart({"NDCG@20": SURE, "Recall@20": UNSURE}, "a", "b")
    assert traces(figure, "NDCG@20, interval").line.color == ACCENT
    assert traces(figure, "Recall@20, interval").line.color == NEUTRAL
    assert "excludes zero" in traces(figure, "NDCG@20, interval").hovertemplate
    assert "includes zero" in traces(figure, "Recall@20, interval").hovertemplate
    below = ChangeBar(change=-0.02, low=-0.03, high=-0.01, level=0.95, by_seed=[-0.02])
    assert traces(comparison_chart({"NDCG@20": below}, "a", "b"), "NDCG@20, interval").line.color == ACCENT


@pytest.mark.parametrize("one", [SURE, UNSURE])
def test_zero_stands_in_the_middle_and_every_mark_is_in_view(one: ChangeBar) -> None:
    low, high = comparison_chart({"NDCG@20": one}, "a", "b").layout.xaxis.range
    assert low == -high
    assert low < min(one.low, *one.by_seed)
    assert high > max(one.high, *one.by_seed)


def test_no_change_at_all_still_has_an_axis() -> None:
    nothing = ChangeBar(change=0, low=0, high=0, level=0.95, by_seed=[0, 0])
    low, high = comparison_chart({"NDCG@20": nothing}, "a", "b").layout.xaxis.range
    assert low < 0 < high


def test_labels_are_shown_as_text_not_as_markup() -> None:
    title = comparison_chart({"NDCG@20": SURE}, "<b>x</b>", "y" * 80).layout.xaxis.title.text
    assert "<b>" not in title
    assert "y" * 41 not in title
