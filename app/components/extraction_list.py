"""The extractions of a dataset: which one is looked at, what each was made with, how good it is, and the way on to a training."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.components.export import table
from app.components.job_progress import launch_button
from app.components.page import duration, figures, literal, moment
from core.extraction.taxonomy import reference_of
from core.jobs.extraction_step import usual_profiles
from core.workspace import Artefact, Workspace

BACKENDS = {"zero-shot": "embedded", "ollama": "language model"}


def extraction_list(space: Workspace, dataset: Artefact, current: Artefact) -> None:
    """Choose among the extractions of a dataset; a table of them all where there are several."""
    known = listed(space, dataset, current)
    if len(known) < 2:
        st.subheader(extraction_label(current), anchor=False)
        return
    st.session_state["pick-extraction"] = current.id
    names = {one.id: extraction_label(one) for one in known}
    st.selectbox(
        "Extraction",
        list(names),
        format_func=names.__getitem__,
        key="pick-extraction",
        on_change=_choose,
        help="The newest is what trainings take by themselves",
    )
    with st.expander(f"All {len(known)} extractions of {dataset.manifest.name}, side by side", key="all-extractions"):
        rows = extraction_rows(space, dataset, known)
        table(rows.drop(columns="id"), "extractions", exported=rows, column_config=_formats())
        hidden = len(space.made_from("extraction", dataset)) - len(known)
        if hidden > 0:
            st.caption(f"{hidden:,} more were made on the way to something else (comparisons, tries) and are not listed.")


def _choose() -> None:
    session.select(extraction=str(st.session_state["pick-extraction"]))


def listed(space: Workspace, dataset: Artefact, current: Artefact) -> list[Artefact]:
    """The extractions people asked for, newest first, and the one looked at."""
    return [one for one in space.made_from("extraction", dataset) if not one.manifest.byproduct or one.id == current.id]


def extraction_label(extraction: Artefact) -> str:
    """What tells an extraction from the others: what read the reviews, the taxonomy, when."""
    config, summary = extraction.manifest.config, extraction.manifest.summary
    what = f"{summary.get('model', 'language model')}, {prompt_label(extraction)}" if _by_model(extraction) else "Embedded extractor"
    part = f", sample of {summary.get('n_reviews', 0):,}" if config.get("sample") else ""
    tried = ", only tried" if extraction.manifest.byproduct else ""
    return f"{what}{part}, taxonomy {taxonomy_label(extraction)}{tried}, {moment(extraction.manifest.created_at)} ({extraction.id[-6:]})"


def _by_model(extraction: Artefact) -> bool:
    return extraction.manifest.config.get("backend") == "ollama"


def prompt_label(extraction: Artefact) -> str:
    """The prompts of an extraction: that for reviews, and how many more."""
    prompts: dict[str, str] = extraction.manifest.summary.get("prompts", {})
    more = [label for kind, label in prompts.items() if kind != "review"]
    return ", ".join([str(prompts.get("review", "")), *more]) if prompts else ""


def taxonomy_label(extraction: Artefact) -> str:
    """The taxonomy of an extraction as "name@version"; from a file it has no version."""
    reference = reference_of(extraction)
    return f"{reference['name']}@{reference['version']}" if reference.get("version") else str(reference["name"])


def extraction_rows(space: Workspace, dataset: Artefact, known: list[Artefact]) -> pd.DataFrame:
    """One row an extraction, with what it was made with and its quality."""
    used = training_takes(space, dataset)
    return pd.DataFrame([_row(one, one.id == used) for one in known])


def training_takes(space: Workspace, dataset: Artefact) -> str | None:
    """The extraction behind the profiles that a training takes by itself: the newest."""
    profiles = space.made_from("profiles", dataset)
    return profiles[0].manifest.sources.get("extraction") if profiles else None


def _row(extraction: Artefact, used: bool) -> dict[str, Any]:
    summary = extraction.manifest.summary
    return {
        "made": moment(extraction.manifest.created_at),
        "trained on next": used,
        "read by": summary.get("model") or BACKENDS[str(extraction.manifest.config.get("backend", "zero-shot"))],
        "prompts": prompt_label(extraction),
        "taxonomy": taxonomy_label(extraction),
        "reviews": summary.get("n_reviews"),
        "statements": summary.get("n_statements"),
        "valid": _percent(summary.get("valid_share")),
        "failed": summary.get("n_failed"),
        "grounded": _percent(summary.get("grounded_share")),
        "coverage": _percent(summary.get("coverage")),
        "other": _percent(summary.get("share_other")),
        "took (s)": summary.get("seconds_asking") or summary.get("seconds"),
        "id": extraction.id,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _formats() -> dict[str, Any]:
    percent = {
        "valid": "Answers that could be used, of all questions",
        "grounded": "Statements whose quote stands in the review",
        "coverage": "Reviews with at least one motivation of the taxonomy",
        "other": "Statements that fit no motivation",
    }
    columns = {name: st.column_config.NumberColumn(f"{name} (%)", format="%.1f", help=meaning) for name, meaning in percent.items()}
    columns["took (s)"] = st.column_config.NumberColumn(format="%.0f")
    columns |= {name: st.column_config.NumberColumn(format="localized") for name in ("reviews", "statements", "failed")}
    return columns


def extraction_summary(space: Workspace, dataset: Artefact, extraction: Artefact) -> None:
    """The figures of an extraction, and what to do with it."""
    summary = extraction.manifest.summary
    if summary.get("n_reviews") == 0 and summary.get("n_statements"):
        shown = {"Read": "ready profiles"}
    else:
        read = f"{summary['n_reviews']:,}" if "n_reviews" in summary else "n/a"
        shown = {"Reviews read": read, "Coverage": _shown(summary.get("coverage"))}
    shown |= {"Statements": f"{summary.get('n_statements', 0):,}", "Grounded": _shown(summary.get("grounded_share"))}
    if _by_model(extraction):
        shown["Valid answers"] = _shown(summary.get("valid_share"))
    else:
        shown["Other"] = _shown(summary.get("share_other"))
    figures(
        shown,
        {
            "Read": "The dataset brings a text about each user and item in place of reviews; every sentence of it is a statement.",
            "Coverage": "Reviews with at least one motivation of the taxonomy, of all that were read.",
            "Grounded": "Statements whose quote stands in the review. The others are kept, marked, and left out of profiles.",
            "Valid answers": f"Of {summary.get('n_questions', 0):,} distinct questions; {summary.get('n_failed', 0):,} failed.",
            "Other": "Statements that fit no motivation of the taxonomy.",
        },
    )
    _note(extraction)
    _ways_on(space, dataset, extraction)


def _shown(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:.1f} %"


def _note(extraction: Artefact) -> None:
    """What else one has to know of it, in one line."""
    summary = extraction.manifest.summary
    parts = []
    if _by_model(extraction):
        per_review = summary.get("motivations_per_review")
        parts += [f"{per_review:.2f} motivations a valid review"] if per_review is not None else []
        parts.append(f"{summary.get('prompt_tokens', 0) + summary.get('answer_tokens', 0):,} tokens")
        parts.append(f"{duration(float(summary.get('seconds_asking', 0)))} asking")
    elif summary.get("seconds") is not None:
        parts.append(f"{literal(str(summary.get('encoder', '')))}, {duration(float(summary['seconds']))}")
    if relabelled := summary.get("relabelled"):
        edits = "; ".join(relabelled.get("edits", []))
        how = literal(edits) if edits else "every statement named anew from its vector"
        parts.append(f"statements of an earlier extraction, with another taxonomy: {how}")
    if parts:
        st.caption(" · ".join(parts))
    if summary.get("n_truncated"):
        st.warning(
            f"{summary['n_truncated']:,} prompts were cut by the server, or may have been: raise num_ctx, or shorten the prompt.",
            icon=":material/content_cut:",
        )


def _ways_on(space: Workspace, dataset: Artefact, extraction: Artefact) -> None:
    profiles = [one for one in space.made_from("profiles", dataset) if one.manifest.sources.get("extraction") == extraction.id]
    with st.container(horizontal=True, vertical_alignment="center"):
        if not profiles:
            arguments: dict[str, object] = {"dataset": dataset.id, "extraction": extraction.id}
            launch_button(space, "Build the profiles", "profiles", arguments, key="build-profiles")
            st.caption("A training needs the profiles of users and items that are made of these statements.")
            return
        if st.button("Train on this extraction", type="primary", icon=":material/model_training:", key="train-on"):
            session.open_page("training", profiles=profiles[0].id)
        usual = usual_profiles(space, dataset)
        if usual is not None and profiles[0].id == usual.id:
            part = " Only a sample of the reviews is behind it." if extraction.manifest.config.get("sample") else ""
            st.caption(f"Trainings of this dataset take it by themselves: its profiles are the newest.{part}")
        else:
            st.caption("Trainings take another one by themselves (the newest that read all reviews); from here they take this one.")
