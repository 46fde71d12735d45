"""The map over the training: a slider over the kept epochs, the same points on the same axes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.charts.motivation_map import Marks, motivation_map
from app.components.errors import live_fragment
from app.components.export import chart, table
from app.components.map_controls import controls, kept
from app.components.map_members import member_section
from app.components.map_points import Setting, epoch_maps, points_after
from app.components.map_state import catch, caught, cleared, selected_rows
from app.components.map_view import drawn_part
from app.components.page import literal
from core.maps.density_grid import density_grid
from core.maps.epochs import EpochMaps
from core.maps.members import search
from core.maps.trust_grid import trust_grid
from core.workspace import Artefact

_MARGIN = 0.04


@live_fragment()
def epochs_view(setting: Setting, drawn: Artefact) -> None:
    """Slider, chart and what an outline has caught; a fragment."""
    maps = epoch_maps(drawn)
    epoch = maps.epochs[-1]
    if len(maps.epochs) > 1:
        epoch = int(st.select_slider("Training epoch", maps.epochs, epoch, key="epoch", bind="query-params"))
    points = points_after(setting, drawn, epoch)
    chosen = controls(points, maps.clusters, setting.names)
    passing = points[kept(points, chosen)]
    if passing.empty:
        st.info("No point passes the filters. Take one of them back.")
        return
    found = passing.index.to_numpy()[search(passing, chosen.search, maps.clusters)]
    shown = drawn_part(passing, found, "epochs")
    _notes(maps, epoch, len(shown), len(passing))
    of = drawn.id
    figure = motivation_map(
        shown,
        setting.names,
        maps.clusters,
        colour_by=chosen.colour_by,
        every=points,
        marks=Marks(found=found if len(found) else None, ringed=selected_rows(points)),
        label_clusters=chosen.cluster_names,
        trust=trust_grid(passing) if chosen.trust_regions else None,
        density=density_grid(passing) if chosen.density else None,
        drag=chosen.drag,
        revision=of,
        selection=str(cleared()),
        frame=_frame(maps.layouts),
    )
    chart(
        figure,
        "motivation-map",
        "Scatter of users and items after one training epoch",
        on_select=lambda: catch(of),
        selection_mode=("points", "box", "lasso"),
    )
    members = caught(of, passing)
    if members is not None:
        member_section(setting, members, f"inside your outline after epoch {epoch}", outlined=True)
    elif chosen.search:
        member_section(setting, passing.loc[found], f"found for “{literal(chosen.search)}”")
    table(
        maps.figures.round(3),
        "epoch-figures",
        "Each drawn epoch: how far the drawing can be trusted (1 = wholly), how users and items mix (1 = as at random), and how far a "
        "point has moved on the mean since the epoch before, in shares of the drawing's spread.",
    )


def _notes(maps: EpochMaps, epoch: int, n_shown: int, n_passing: int) -> None:
    figures = maps.figures.set_index("epoch").loc[epoch]
    parts = [
        f"After epoch {epoch} of {maps.epochs[-1]}",
        f"trustworthiness {figures['trustworthiness']:.3f}",
        f"points moved {100 * figures['moved']:.0f} % of the drawing's spread since the epoch before it here",
    ]
    if len(maps.nodes) < maps.n_nodes:
        parts.append(f"the run kept {len(maps.nodes):,} of {maps.n_nodes:,} users and items at random")
    if n_shown < n_passing:
        parts.append(f"{n_shown:,} of {n_passing:,} points are drawn; an outline means all of them")
    st.caption(" · ".join(parts) + ". Clusters and motivations are those of the finished run.")


def _frame(layouts: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges of both axes that hold every epoch's drawing."""
    ranges = []
    for axis in ("x", "y"):
        low, high = float(layouts[axis].min()), float(layouts[axis].max())
        edge = _MARGIN * (high - low)
        ranges.append((low - edge, high + edge))
    return ranges[0], ranges[1]
