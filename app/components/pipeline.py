"""The workspace as the pipeline it is: dataset, extraction, profiles, runs, map; each stage's state and next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app import session
from app.components.job_progress import launch_button
from app.components.page import duration, moment
from core.jobs.resplits import import_again
from core.jobs.store import Job
from core.workspace import Artefact, Workspace


@dataclass(frozen=True)
class Stage:
    """One stage: what it is called, what it has made, and the kinds of job that work on it."""

    name: str
    what: str
    made: tuple[Artefact, ...]
    jobs: tuple[str, ...]

    def state(self, live: list[Job], subjects: set[str]) -> tuple[str, str]:
        """A word and a colour for how the stage stands.

        Args:
            subjects: ids of the dataset and of its run: a job about another dataset does not count.
        """
        if any(job.kind in self.jobs and {job.arguments.get("dataset"), job.arguments.get("run")} & subjects for job in live):
            return "running", "blue"
        return ("done", "green") if self.made else ("to do", "gray")


def stages(space: Workspace, dataset: Artefact, run: Artefact | None) -> list[Stage]:
    """The stages of one dataset, in order."""
    profiles = tuple(space.made_from("profiles", dataset))
    maps = tuple(space.made_from("map", run)) if run else ()
    return [
        Stage("Dataset", "reviews, users, items", (dataset,), ("import",)),
        Stage("Extraction", "statements of motivations", tuple(space.made_from("extraction", dataset)), ("extract",)),
        Stage("Profiles", "what moves each user and item", profiles, ("extract",)),
        Stage("Runs", "trained models", tuple(session.runs_of(space, dataset)), ("train", "sweep")),
        Stage("Map", "users and items in one plane", maps, ("map",)),
    ]


def show_pipeline(space: Workspace, dataset: Artefact, run: Artefact | None, live: list[Job], *, has_text: bool) -> None:
    """Five cards in a row, each with state, figures and the button of its next step; below them, one button for all that is left.

    That one is offered where there is no run yet and the file the dataset came from is still there; the single steps stand back then.
    """
    request = import_again(dataset) if run is None else None
    steps = _next_steps(space, dataset, run, has_text, leading=request is None)
    shown = stages(space, dataset, run)
    ready = True
    subjects = {dataset.id, dataset.manifest.name} | ({run.id} if run else set())
    for column, stage in zip(st.columns(len(shown), gap="small"), shown, strict=True):
        word, colour = stage.state(live, subjects)
        with column.container(border=True, height="stretch"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"):
                st.markdown(f"**{stage.name}**", width="content")
                st.badge(word, color=colour)
            st.caption(_figures_of(stage) if stage.made else stage.what)
            if stage.name in steps and (stage.made or ready or not has_text) and word != "running":
                steps[stage.name](bool(stage.made))
        ready = ready and bool(stage.made)
    if request is not None:
        _whole_way(space, request, has_text)


def _whole_way(space: Workspace, request: dict[str, object], has_text: bool) -> None:
    arguments: dict[str, object] = {"request": request} | ({} if has_text else {"training": {"model": "lightgcn"}})
    with st.container(horizontal=True, vertical_alignment="center"):
        launch_button(space, "Do all that is left", "pipeline", arguments, key="whole-way")
        st.caption(
            f"{'Extraction, profiles, training' if has_text else 'Training of LightGCN (there are no texts)'} and map, one after another. "
            "It runs on if you close this page."
        )


def _figures_of(stage: Stage) -> str:
    newest = stage.made[0]
    summary = newest.manifest.summary
    made = moment(newest.manifest.created_at).removesuffix(" UTC")
    if stage.name == "Runs":
        took = summary.get("seconds")
        newest_took = f"  \nnewest took {duration(float(took))} on {summary.get('device', 'cpu')}" if took is not None else ""
        on_the_way = sum(run.manifest.byproduct for run in stage.made)
        own = len(stage.made) - on_the_way
        words = f"{own:,} run{'' if own == 1 else 's'}" + (f" and {on_the_way:,} of benchmarks or ablations" if on_the_way else "")
        return f"{words}{newest_took}"
    counts = [f"{summary[key]:,} {label}" for key, label in _COUNTS if isinstance(summary.get(key), int)]
    return f"{', '.join(counts[:2]) or newest.id}  \n{made}"


_COUNTS = (
    ("n_statements", "statements"),
    ("n_users", "users"),
    ("n_items", "items"),
    ("n_interactions", "interactions"),
    ("n_points", "points"),
    ("n_clusters", "clusters"),
)


def _next_steps(
    space: Workspace, dataset: Artefact, run: Artefact | None, has_text: bool, *, leading: bool
) -> dict[str, Callable[[bool], None]]:
    """Stage -> what draws its button; the argument says whether the stage is done already.

    Args:
        leading: whether the next step is the first thing to do here, and not one among several.
    """

    def extraction(done: bool) -> None:
        if done and st.button("See results", key="see-extraction"):
            session.open_page("extraction")
        elif not has_text:
            st.caption("This dataset has no texts: LightGCN and its like can be trained on it.")
        elif not done:
            launch_button(space, "Extract", "extract", {"dataset": dataset.id}, key="next-extract", primary=leading)

    def profiles(done: bool) -> None:
        if done and st.button("Browse", key="next-profiles"):
            session.open_page("profiles")

    def training(done: bool) -> None:
        if st.button("Train another" if done else "Train", key="next-train", type="primary" if leading and not done else "secondary"):
            session.open_page("training")

    def layout(done: bool) -> None:
        if done and st.button("Open the map", key="open-map"):
            session.open_page("motivation_map")
        if not done and run is not None:
            launch_button(space, "Build", "map", {"run": run.id}, key="next-map", primary=False)

    return {"Extraction": extraction, "Profiles": profiles, "Runs": training, "Map": layout}
