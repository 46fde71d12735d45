"""Choosing a dataset, a run, a user or an item; what is chosen goes into the URL."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import session
from app.components.page import literal, shortened
from app.components.training_form import SPOKEN
from core.models.config import WRAPPERS
from core.workspace import Artefact, Workspace

# A list of more entries than this is searched first: sending all of it to the browser would be slow.
_LONGEST_LIST = 3000
_SHOWN = 200
_RESPLITS = "show-resplits"
_CONTROLS = {"shuffled": "text of other nodes", "random": "random text", "none": "no text"}


def run_label(run: Artefact) -> str:
    """A run's name with what tells it from the others: model, what was changed in the data it was trained on, seed, its figure on test."""
    summary = run.manifest.summary
    recall = summary.get("test", {}).get("recall@20")
    figure = f", recall@20 {recall:.3f}" if isinstance(recall, (int, float)) else ""
    form = ", one vector" if summary.get("model") == "lmmrec" and summary.get("form") == "vector" else ""
    return f"{model_name(run)}{form}{perturbed(run)}, seed {summary.get('seed', 0)}{figure} ({run.id[-6:]})"


def perturbed(run: Artefact) -> str:
    """How the data of a run was perturbed, in words to follow its name; empty where it was not."""
    summary = run.manifest.summary
    words = [_CONTROLS[summary["text_control"]]] if "text_control" in summary else []
    words += [noise_words(summary[name], name) for name in ("interaction_noise", "text_noise") if name in summary]
    return "".join(f", {one}" for one in words)


def noise_words(share: float, setting: str) -> str:
    """What a share of noise is of, by the setting that says how much: "20 % random interactions"."""
    return f"{100 * share:g} % {'random interactions' if setting == 'interaction_noise' else 'of the reviews swapped'}"


def model_name(run: Artefact) -> str:
    """The model of a run as people write it."""
    summary = run.manifest.summary
    model = summary.get("model", "")
    return spoken_model(model, summary.get("backbone")) if model in SPOKEN else run.manifest.name


def spoken_model(model: str, backbone: str | None = None) -> str:
    """A model as people write it, with its backbone where it wraps another one than LightGCN: "RLMRec-Con on SimGCL"."""
    on = f" on {SPOKEN.get(backbone, backbone)}" if backbone and model in WRAPPERS and backbone != "lightgcn" else ""
    return f"{SPOKEN.get(model, model)}{on}"


def pick_dataset(space: Workspace) -> Artefact | None:
    """The dataset all pages are about, chosen in the sidebar; None where the workspace has none.

    Random re-splits of benchmarks and searches stay out of the list until they are asked for; one that a link names is in it.
    """
    chosen = session.chosen_dataset(space)
    if chosen is None:
        return None
    session.settle("dataset", chosen)
    found = sorted(space.list("dataset"), key=lambda one: (one.manifest.byproduct, one.manifest.name if one.manifest.byproduct else ""))
    resplits = sum(one.manifest.byproduct for one in found)
    with st.sidebar:
        shown = bool(resplits) and bool(st.session_state.get(_RESPLITS, chosen.manifest.byproduct))
        known = {one.id: one for one in found if shown or one.id == chosen.id or not one.manifest.byproduct}
        st.session_state["pick-dataset"] = chosen.id
        st.selectbox(
            "Dataset",
            list(known),
            format_func=lambda key: known[key].manifest.name,
            key="pick-dataset",
            on_change=_choose,
            args=("dataset", "pick-dataset"),
        )
        if resplits:
            st.toggle(
                f"Show {resplits} re-split{'s' if resplits > 1 else ''}",
                value=chosen.manifest.byproduct,
                key=_RESPLITS,
                persist_state="session",
                help="The same reviews under other random splits, made on the way to benchmarks and searches (NAME-r1, NAME-r2, ...)",
            )
    return chosen


def pick_run(space: Workspace, dataset: Artefact | None) -> Artefact | None:
    """The run all pages are about, chosen in the sidebar; None where the dataset has none."""
    chosen = session.chosen_run(space, dataset)
    if chosen is None:
        return None
    session.settle("run", chosen)
    known = {run.id: run for run in session.runs_of(space, dataset)} | {chosen.id: chosen}
    with st.sidebar:
        st.session_state["pick-run"] = chosen.id
        st.selectbox(
            "Run", list(known), format_func=lambda key: run_label(known[key]), key="pick-run", on_change=_choose, args=("run", "pick-run")
        )
    return chosen


def pick_node(
    side: str,
    ids: Sequence[str],
    labels: Sequence[str],
    *,
    label: str,
    key: str,
    help_text: str | None = None,
    default: str | None = None,
) -> str | None:
    """A user or an item by name or id; the choice goes into the URL under ``side`` ("user", "item", "other_user", "other_item").

    Args:
        ids, labels: of all nodes, in the same order; with pseudonyms on, the labels of users are those, and the ids are not shown.
        default: shown where none is selected; it does not enter the URL.
    """
    names = dict(zip(ids, labels, strict=True))
    kind = side.removeprefix("other_")
    by_id = kind != "user" or not session.users_hidden()
    current = session.selected(side) or default
    options = list(ids)
    if current is not None and current not in names:
        st.warning(f"The link names the {kind} “{literal(current)}”, which this dataset does not hold. Choose another.")
    if len(options) > _LONGEST_LIST:
        wanted = st.text_input(
            f"Search {label.lower()}",
            key=f"{key}-search",
            type="search",
            live=True,
            placeholder="part of a name or id" if by_id else "part of a name",
        )
        options = _matching(wanted, names, by_id=by_id)
    if current is not None and current not in options:
        options = [current, *options] if current in names else options
    st.session_state[key] = current if current in names else None
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=lambda identifier: _node_label(identifier, names, by_id=by_id),
        key=key,
        on_change=_choose,
        args=(side, key),
        placeholder=f"Choose among {len(names):,}",
        help=help_text,
    )


def _matching(wanted: str | None, names: dict[str, str], *, by_id: bool) -> list[str]:
    if not wanted:
        return list(names)[:_SHOWN]
    folded = wanted.casefold()
    return [one for one, name in names.items() if folded in name.casefold() or (by_id and folded in one.casefold())][:_SHOWN]


def _node_label(identifier: str, names: dict[str, str], *, by_id: bool) -> str:
    name = shortened(names.get(identifier, identifier), 80)
    return name if name == identifier or not by_id else f"{name} ({identifier})"


def _choose(what: str, key: str) -> None:
    session.select(**{what: st.session_state[key]})
