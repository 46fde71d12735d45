"""How far the drawing can be trusted, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.components.map_points import ShownMap

_EXPLANATION = """
A map in two dimensions cannot keep everything: the run knows every user and item by many numbers, the drawing by two.

* **Trustworthiness** of the whole drawing: 1 means that whoever is near here is near in the original space; below about 0.9, check
  neighbours before you conclude anything from them.
* **Trust** of a point: the share of its nearest neighbours in the original space that are among as many nearest here. Colour by it, or
  filter by it.
* **Doubt** shades the regions where this share is low on the mean: between clusters, distances and positions there say little.
* **Statements** and views are placed afterwards among the users and items that do not move for them.
* **Mixing**: how often users have items as neighbours, and items users; 1 is as at random, 0 is two islands.

Distances between clusters, the size of a cluster's area and the axes have no meaning. Neighbours of a chosen point and everything in
tables are computed in the original space, never from the drawing.
"""


def trust_note(shown: ShownMap, kind: str) -> None:
    """One line of figures, and what they mean behind a button; of views also how well text and interactions agree."""
    if kind == "views":
        _alignment(shown.figures.get("alignment", {}))
    nodes = shown.points[(shown.points["side"] != "statement") & (shown.points["view"] == "joint")]
    seconds = float(shown.drawn.manifest.summary.get("seconds", 0.0))
    parts = [
        f"{len(nodes):,} users and items",
        f"trustworthiness {shown.trustworthiness:.3f}",
        f"mean trust of a point {nodes['trust'].mean():.2f}",
        f"mixing of users and items {shown.mixing:.2f}",
        f"drawn in {seconds:.0f} s",
    ]
    left, right = st.columns([4.6, 1.4], vertical_alignment="center")
    left.caption(" · ".join(parts))
    with right.popover("What this means", type="tertiary", icon=":material/help:"):
        st.markdown(_EXPLANATION)


def _alignment(found: Mapping[str, Mapping[str, float]]) -> None:
    parts = [
        f"of {figures['measured']:,} {side}s, {100 * figures['nearest']:.0f} % have their own interactions nearest of all to their text "
        f"(by chance {100 / (2 * figures['chance_rank'] - 1):.1f} %), at the median place {figures['median_rank']:,.0f}"
        for side, figures in found.items()
    ]
    if parts:
        st.caption(f"Text against interactions, in the original space: {'; '.join(parts)}.")
