from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from app.charts.motivation_map import Marks, motivation_map
from app.charts.motivation_map_solid import solid_map
from app.charts.palette import motivation_colours
from core.maps.density_grid import density_grid
from core.maps.trust_grid import trust_grid
from tests.app.charts.made_points import CLUSTERS, NAMES, points


def of_points(figure: go.Figure) -> list[Any]:
    """The traces of points, without the legend's entries, rings and lines."""
    return [trace for trace in figure.data if trace.type == "scattergl" and trace.mode == "markers" and not is_ring(trace)]


def is_ring(trace: Any) -> bool:
    return isinstance(trace.marker.color, str) and trace.marker.color == "rgba(0,0,0,0)"


def drawn_points(figure: go.Figure) -> list[tuple[int, float, float]]:
    """(row, x, y) of every point."""
    return sorted(
        (int(row), float(x), float(y)) for trace in of_points(figure) for row, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    )


@pytest.mark.parametrize(
    "colour_by", ["distinctive", "motivation", "said", "cluster", "side", "activity", "trust", "confidence", "category"]
)
def test_every_point_is_drawn_once_with_its_place_and_its_row_in_all_points(colour_by: str) -> None:
    given = points()[5:]
    figure = motivation_map(given, NAMES, CLUSTERS, colour_by=colour_by)
    assert drawn_points(figure) == sorted(zip(given.index, given["x"], given["y"], strict=True))


def test_motivations_keep_their_colour_when_some_are_filtered_out() -> None:
    colours = motivation_colours(list(NAMES))
    only = points()[lambda frame: (frame["motivation"] == "price") & (frame["side"] == "user")]
    (trace,) = of_points(motivation_map(only, NAMES, CLUSTERS, colour_by="motivation"))
    assert (trace.name, trace.marker.color) == ("Price", colours["price"])


def test_the_legend_names_each_group_once_though_users_items_and_statements_are_drawn_apart() -> None:
    figure = motivation_map(points(), NAMES, CLUSTERS, colour_by="motivation")
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert sorted(named) == sorted({trace.name for trace in of_points(figure)})
    assert {trace.marker.symbol for trace in of_points(figure)} == {"circle", "diamond"}
    colours = {trace.name: trace.marker.color for trace in of_points(figure)}
    assert {trace.name: trace.marker.color for trace in figure.data if trace.showlegend is not False} == colours


def test_statements_are_smaller_than_users() -> None:
    sizes = {trace.text[0][3:12]: trace.marker.size for trace in of_points(motivation_map(points(), NAMES, CLUSTERS, colour_by="side"))}
    assert sizes["Statement"] < min(size for start, size in sizes.items() if start != "Statement")


def test_what_was_found_stands_out_and_the_others_step_back() -> None:
    figure = motivation_map(points(), NAMES, CLUSTERS, colour_by="side", marks=Marks(found=np.array([3])))
    opacity = {}
    for trace in of_points(figure):
        values = np.broadcast_to(trace.marker.opacity, len(trace.customdata))
        opacity |= dict(zip(trace.customdata.tolist(), values.tolist(), strict=True))
    assert opacity[3] == 1.0
    assert max(value for row, value in opacity.items() if row != 3) < 0.3
    assert [list(trace.customdata) for trace in figure.data if trace.name == "Found"] == [[3]]


def test_the_chosen_point_is_joined_with_its_neighbours_even_if_they_are_not_drawn() -> None:
    every = points()
    figure = motivation_map(every[:4], NAMES, CLUSTERS, every=every, marks=Marks(chosen=1, neighbours=[8, 9]))
    lines = next(trace for trace in figure.data if trace.mode == "lines")
    ends = [tuple(lines.x[start : start + 2]) for start in (0, 3)]
    assert ends == [(every["x"][1], every["x"][8]), (every["x"][1], every["x"][9])]
    assert np.isnan(lines.x[2])
    assert [list(trace.customdata) for trace in figure.data if trace.name == "Chosen point"] == [[1]]


def test_both_views_of_a_node_are_joined_by_a_line() -> None:
    given = points(4).assign(view=["text", "interaction", "text", "interaction"])
    figure = motivation_map(given, NAMES, CLUSTERS, marks=Marks(joins=np.array([[0, 1], [2, 3]])))
    (lines,) = (trace for trace in figure.data if trace.mode == "lines")
    assert [float(x) for x in lines.x[:2]] == [0.0, 1.0]
    assert {trace.marker.symbol for trace in of_points(figure)} == {"triangle-up", "square"}


def test_doubtful_regions_are_shaded_by_the_share_of_neighbours_lost() -> None:
    given = points().assign(trust=0.25)
    (tiles,) = (trace for trace in motivation_map(given, NAMES, CLUSTERS, trust=trust_grid(given, 2, 1)).data if trace.type == "heatmap")
    assert np.nanmax(tiles.z) == pytest.approx(0.75)


def test_density_lies_under_the_points() -> None:
    given = points()
    first, *rest = motivation_map(given, NAMES, CLUSTERS, density=density_grid(given)).data
    assert first.type == "contour"
    assert np.max(first.z) == pytest.approx(1)
    assert "contour" not in [trace.type for trace in rest]


def test_clusters_are_named_at_their_middle_and_names_do_not_lie_on_each_other() -> None:
    annotations = motivation_map(points(), NAMES, CLUSTERS).layout.annotations
    assert [note.text for note in annotations] == ["Listeners", "Savers &amp; co"]
    assert annotations[0].x == pytest.approx(points().query("cluster == 0")["x"].median())
    near = points().assign(x=0.0, y=np.linspace(0, 100, len(points())))
    first, second = motivation_map(near, NAMES, CLUSTERS).layout.annotations
    assert abs(first.y - second.y) * 640 / 100 > 20
    assert not motivation_map(points(), NAMES, CLUSTERS, label_clusters=False).layout.annotations


def test_points_in_no_cluster_have_no_name_on_the_map() -> None:
    given = points().assign(cluster=lambda frame: frame["cluster"] - 1)
    clusters = pd.DataFrame({"cluster": [0, -1], "name": ["Listeners", "Unclustered"]})
    assert [note.text for note in motivation_map(given, NAMES, clusters).layout.annotations] == ["Listeners"]


def test_axes_stay_the_same_over_drawings_that_are_compared() -> None:
    figure = motivation_map(points(), NAMES, CLUSTERS, frame=((-1.0, 5.0), (-2.0, 2.0)))
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((-1.0, 5.0), (-2.0, 2.0))


def test_an_outline_stays_while_colour_and_marks_change_and_goes_when_it_is_let_go_of() -> None:
    first = motivation_map(points(), NAMES, CLUSTERS, revision="map-1", selection="0").layout
    second = motivation_map(points(), NAMES, CLUSTERS, colour_by="trust", revision="map-1", selection="0").layout
    third = motivation_map(points(), NAMES, CLUSTERS, revision="map-1", selection="1").layout
    assert first.selectionrevision == second.selectionrevision != third.selectionrevision
    assert first.uirevision == third.uirevision


def test_three_dimensions_draw_every_point_and_mark_what_was_found() -> None:
    given = points().assign(z=lambda frame: frame["x"] * 2)
    figure = solid_map(given, NAMES, CLUSTERS, colour_by="activity", ringed=given.loc[[2]])
    *traces, rings = (trace for trace in figure.data if trace.text is not None)
    assert {trace.type for trace in figure.data} == {"scatter3d"}
    assert sorted(row for trace in traces for row in trace.customdata) == list(given.index)
    assert list(rings.z) == [given["z"][2]]
