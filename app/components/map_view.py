"""The map on its page: controls, the chart, and below it what was caught, the chosen point and the clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.charts.motivation_map import Marks, motivation_map
from app.charts.motivation_map_solid import MOST_SOLID, solid_map
from app.components.errors import live_fragment
from app.components.export import chart
from app.components.map_clusters import chosen_cluster, cluster_section
from app.components.map_controls import Controls, controls, kept
from app.components.map_members import member_section
from app.components.map_neighbours import neighbour_rows, neighbour_section
from app.components.map_points import Setting, ShownMap
from app.components.map_state import CHART, catch, caught, chosen_row, cleared, drawing_of, selected_rows, take_click
from app.components.map_trust import trust_note
from app.components.page import literal
from core.maps.density_grid import density_grid
from core.maps.members import display_sample, search
from core.maps.trust_grid import trust_grid

MOST_SHOWN = 5_000
"""More points than this make the page slow to load and an outline heavy; whoever is not drawn is still found on the server."""
_MOST_MARKED = 3_000
VIEWS = ("text", "interaction")


@live_fragment()
def map_view(setting: Setting, shown: ShownMap, kind: str) -> None:
    """Chart and selection; a fragment, so that a lasso does not run the whole page again.

    Args:
        kind: "joint", "slot" or "views" (see `app.components.map_choice.KINDS`).
    """
    points = points_of_kind(shown.points, kind)
    solid = shown.config.dimensions == 3
    chosen = controls(points, shown.clusters, setting.names, solid=solid)
    passing = points[kept(points, chosen)]
    found = passing.index.to_numpy()[search(passing, chosen.search, shown.clusters)]
    cluster = chosen_cluster(shown)
    if solid:
        _solid(setting, shown, chosen, passing, found)
        return
    take_click(points)
    draw_map(setting, shown, kind, chosen, passing, found, cluster)
    members = caught(drawing_of(shown, kind), passing)
    trust_note(shown, kind)
    if members is not None:
        member_section(setting, members, "inside your outline", outlined=True)
    elif chosen.search:
        member_section(setting, passing.loc[found], f"found for “{literal(chosen.search)}”")
    elif cluster is not None:
        member_section(setting, passing[passing["cluster"] == cluster], "in the chosen cluster")
    neighbour_section(setting, shown, points)
    cluster_section(setting, shown)


def draw_map(
    setting: Setting, shown: ShownMap, kind: str, chosen: Controls, passing: pd.DataFrame, found: np.ndarray, cluster: int | None
) -> None:
    """The chart with everything that stands out on it."""
    if passing.empty:
        st.info("No point passes the filters. Take one of them back.")
        return
    points = points_of_kind(shown.points, kind)
    row = chosen_row(points)
    highlighted = _highlighted(chosen, passing, found, cluster)
    drawn = drawn_part(passing, highlighted, kind)
    if len(drawn) < len(passing):
        st.caption(
            f"{len(drawn):,} of {len(passing):,} points are drawn, a sample of every cluster in proportion to its size. "
            "An outline, a search or a cluster always means all of them."
        )
    marks = Marks(
        found=highlighted,
        ringed=[other for other in selected_rows(points) if other != row],
        chosen=row,
        neighbours=neighbour_rows(setting, shown, points, row) if row is not None else (),
        joins=joined_rows(drawn) if kind == "views" else np.zeros((0, 2), dtype=np.int64),
    )
    figure = motivation_map(
        drawn,
        setting.names,
        shown.clusters,
        colour_by=chosen.colour_by,
        every=points,
        marks=marks,
        label_clusters=chosen.cluster_names,
        trust=trust_grid(nodes_of(passing)) if chosen.trust_regions else None,
        density=density_grid(passing) if chosen.density else None,
        drag=chosen.drag,
        revision=drawing_of(shown, kind),
        selection=str(cleared()),
    )
    of = drawing_of(shown, kind)
    chart(
        figure,
        CHART,
        "Scatter of users, items and statements by what moves them",
        on_select=lambda: catch(of),
        selection_mode=("points", "box", "lasso"),
    )


def _highlighted(chosen: Controls, passing: pd.DataFrame, found: np.ndarray, cluster: int | None) -> np.ndarray | None:
    """Rows before which all others step back; None where all are alike."""
    if chosen.search:
        return found if len(found) else None
    if cluster is not None:
        return passing.index.to_numpy()[(passing["cluster"] == cluster).to_numpy()]
    return None


def points_of_kind(points: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The points a kind of map shows; indexed by their row in all."""
    of_views = points["view"].isin(VIEWS)
    return points[of_views] if kind == "views" else points[~of_views]


def drawn_part(passing: pd.DataFrame, marked: np.ndarray | None, kind: str) -> pd.DataFrame:
    """The points that are drawn: all, or a sample with what stands out always in it; of views both points of a node or neither."""
    if len(passing) <= MOST_SHOWN:
        return passing
    if kind == "views":
        nodes = passing[passing["view"] == VIEWS[0]]
        chosen = nodes.iloc[display_sample(nodes, MOST_SHOWN // 4)]
        return passing[_node_keys(passing).isin(_node_keys(chosen))]
    rows = passing.index.to_numpy()[display_sample(passing, MOST_SHOWN)]
    if marked is not None:
        rows = np.union1d(rows, marked[:_MOST_MARKED])
    return passing.loc[np.sort(rows)]


def joined_rows(drawn: pd.DataFrame) -> np.ndarray:
    """int64 [m, 2]: rows of text and of interactions of each node that has both."""
    keys = ["side", "node_idx"]
    left, right = (drawn.loc[drawn["view"] == view, keys].rename_axis("row").reset_index() for view in VIEWS)
    pairs = left.merge(right, on=keys)
    return pairs[["row_x", "row_y"]].to_numpy(dtype=np.int64)


def nodes_of(points: pd.DataFrame) -> pd.DataFrame:
    """Users and items without statements; of these the neighbourhoods are."""
    return points[points["side"] != "statement"]


def _node_keys(points: pd.DataFrame) -> pd.Series:
    return points["side"].astype(str) + points["node_idx"].astype(str)


def _solid(setting: Setting, shown: ShownMap, chosen: Controls, passing: pd.DataFrame, found: np.ndarray) -> None:
    """Three dimensions: nothing can be selected, so nothing stands below."""
    if passing.empty:
        st.info("No point passes the filters. Take one of them back.")
        return
    drawn = passing.iloc[display_sample(passing, MOST_SOLID)]
    sample = f" {len(drawn):,} of {len(passing):,} points are drawn, a sample of every cluster." if len(drawn) < len(passing) else ""
    st.caption(f"Three dimensions are for looking only: turn it by dragging. To select, list or compare points, choose 2-D.{sample}")
    marked = np.union1d(found[:_MOST_MARKED], selected_rows(passing)).astype(np.int64)
    figure = solid_map(
        drawn,
        setting.names,
        shown.clusters,
        colour_by=chosen.colour_by,
        ringed=passing.loc[marked],
        revision=shown.drawn.id,
    )
    chart(figure, f"{CHART}-solid", "Scatter in three dimensions of users, items and statements by what moves them")
    if chosen.search:
        st.caption(f"{len(found):,} of {len(passing):,} points match “{literal(chosen.search)}”.")
