"""The start of a training: one, or the same under several seeds and with parts left out, with what it will take."""

from __future__ import annotations

import streamlit as st

from app.components.job_progress import launch_button
from app.components.training_preflight import preflight
from core.jobs.settings import validated
from core.jobs.sweep_config import MOST_SEEDS, SweepConfig, variants_of
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

VARIANT_WORDS = {
    "plain": "as set",
    "no-mcs": "no MCS",
    "no-itcm": "no ITCM",
    "no-mcs-no-itcm": "no MCS, no ITCM",
    "no-slots": "vector form",
    "no-independence": "no independence of slots",
    "no-gate": "no motivation gate",
    "no-history": "no words of the history",
    "no-words": "no TF-IDF of the history",
    "prototypes": "prototypes the other way",
    "no-behaviour": "no behaviour part",
    "shuffled": "text of other nodes",
    "random-text": "random text",
    "no-text": "no text",
}


def variant_words(variant: str) -> str:
    """A variant as people read it: "no-mcs" is "no MCS"."""
    return VARIANT_WORDS.get(variant, variant.replace("-", " "))


def launch_form(space: Workspace, dataset: Artefact, config: TrainingConfig, profiles: str | None) -> None:
    """How often, with what left out, how long it takes, and the button."""
    left, right = st.columns([1, 4])
    seeds = left.number_input(
        "Seeds",
        1,
        MOST_SEEDS,
        1,
        key="train-seeds",
        persist_state="session",
        help="The seed above and those that follow it. Several tell how far a result is chance.",
    )
    offered = variants_of(config)
    chosen = right.multiselect(
        "Also without",
        offered,
        format_func=variant_words,
        key=f"train-variants-{config.model}-{config.form}",
        persist_state="session",
        disabled=not offered,
        placeholder="Ablations and controls, each under every seed" if offered else "This model has no parts to leave out",
        help="Each is one more training a seed, otherwise as set above. All run in one job, one process a core, and end in one table.",
    )
    wanted = tuple(name for name in chosen if name in offered)
    if seeds == 1 and not wanted:
        preflight(space, dataset, config, profiles)
        single: dict[str, object] = {"dataset": dataset.id, "config": config.model_dump(mode="json"), "profiles": profiles}
        launch_button(space, "Start training", "train", single, key="start-training")
        return
    plain = {"training": config.model_dump(mode="json"), "seeds": int(seeds), "variants": wanted}
    sweep = validated(SweepConfig, plain, "sweep")
    n = len(sweep.cells())
    preflight(space, dataset, config, profiles, n)
    arguments: dict[str, object] = {"dataset": dataset.id, "config": sweep.model_dump(mode="json"), "profiles": profiles}
    launch_button(space, f"Start {n} trainings", "sweep", arguments, key="start-sweep")
