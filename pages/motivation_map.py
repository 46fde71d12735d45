"""Motivation map: users and items drawn by what moves them, to look for segments and open what is behind a point."""

from __future__ import annotations

import streamlit as st

from app import artefacts
from app.components.job_progress import job_panels, launch_button
from app.components.legend import motivation_legend, names_of
from app.components.map_view import map_view
from app.components.page import empty_state
from app.components.subject import run_page


def main() -> None:
    subject = run_page(
        "Motivation map",
        "Users (circles) and items (diamonds), near each other where the same motivations move them. Axes have no unit.",
    )
    if subject is None:
        return
    space, dataset, run = subject.space, subject.dataset, subject.run
    maps = space.made_from("map", run)
    working = job_panels(space, "map")
    if not maps:
        if not working:
            empty_state(
                "This run has no map yet",
                "Drawing it takes seconds for a few thousand users and items, and about half a minute for 50,000.",
            )
            launch_button(space, "Build the map", "map", {"run": run.id}, key="build-map")
        return
    recommender = artefacts.recommender(space, run)
    taxonomy = artefacts.taxonomy(space, dataset)
    motivation_legend(names_of(taxonomy), taxonomy)
    map_view(maps[0], recommender, names_of(taxonomy))
    summary = maps[0].manifest.summary
    st.caption(
        f"{summary['n_points']:,} points, drawn in {summary['seconds']:.1f} s. Trustworthiness {summary['trustworthiness']:.3f} "
        f"(1 = what is near here is near in the original space), mixing of users and items {summary['mixing']:.2f} (1 = as at random)."
    )


main()
