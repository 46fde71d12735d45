"""The exact prompt a model gets for a user, an item, or the merge of their statements: as an extraction sends it."""

from __future__ import annotations

import streamlit as st

from app import artefacts
from app.components.page import literal
from app.components.pickers import pick_node
from app.components.prompt_editor import Edited
from app.components.prompt_preview import length_line, message_boxes
from core.errors import InputError
from core.extraction.ollama.chat import ChatOptions
from core.extraction.questions import Side
from core.extraction.taxonomy import Taxonomy
from core.extraction.trial_nodes import ExtractedStatements, NodePrompt, NodeReviews
from core.workspace import Artefact, Workspace

_WHERE = "The **Extraction** page runs prompts of this kind; this is what it sends."


@st.cache_resource(max_entries=2, show_spinner="Reading the reviews")
def _node_reviews(path: str, created_at: str, _dataset: Artefact) -> NodeReviews:
    del path, created_at
    return NodeReviews(artefacts.dataset(_dataset))


@st.cache_resource(max_entries=2, show_spinner="Reading the statements")
def _statements(path: str, created_at: str, _extraction: Artefact, _dataset: Artefact) -> ExtractedStatements:
    del path, created_at
    rows = artefacts.table(_extraction, "statements.parquet")
    return ExtractedStatements(rows, artefacts.dataset(_dataset), artefacts.own_taxonomy(_extraction))


def node_preview(space: Workspace, dataset: Artefact, edited: Edited, taxonomy: Taxonomy, options: ChatOptions) -> None:
    """The messages of a user, item or merge prompt for a chosen user or item, word for word.

    Args:
        options: of the first variant: its context and longest answer decide how much fits.
    """
    st.caption(_WHERE)
    statements = None
    reviews = _node_reviews(str(dataset.path), dataset.manifest.created_at, _dataset=dataset)
    side: Side = "item" if edited.template.kind == "item" else "user"
    if edited.template.kind == "merge":
        extractions = space.made_from("extraction", dataset)
        if not extractions:
            st.caption("A merge reads statements, and this dataset has no extraction yet. Run one on the Extraction page.")
            return
        newest = extractions[0]
        statements = _statements(str(newest.path), newest.manifest.created_at, _extraction=newest, _dataset=dataset)
        side = _pick_side()
    node = _pick(dataset, side, (statements or reviews).nodes(side))
    if node is None:
        return
    if edited.problem:
        st.caption("The prompt appears here once its template is right.")
        return
    try:
        if statements is None:
            _show(reviews.prompt(edited.template, taxonomy, options, side, node), "training reviews, the newest", options)
        else:
            found = reviews.merge_prompt(edited.template, options, side, node, statements)
            _show(found, f"statements of the newest extraction ({extractions[0].id}), the strongest", options)
    except InputError as error:
        st.error(literal(str(error)), icon=":material/error:")


def _pick_side() -> Side:
    sides: tuple[Side, ...] = ("user", "item")
    chosen = st.segmented_control(
        "Merge the statements of",
        sides,
        default="user",
        required=True,
        format_func=lambda one: f"a{'n' * (one == 'item')} {one}",
        key="merge-side",
    )
    return "item" if chosen == "item" else "user"


def _pick(dataset: Artefact, side: Side, nodes: list[int]) -> int | None:
    """The user or item the prompt is shown for, by node; None, and why, where there is none."""
    if not nodes:
        st.caption(f"No {side} of this dataset has enough to read.")
        return None
    frame = getattr(artefacts.dataset(dataset), f"{side}s")
    ids = frame[f"{side}_id"].astype(str).tolist()
    names = frame["name" if side == "user" else "title"].fillna("").astype(str).tolist()
    labels = [name or identifier for identifier, name in zip(ids, names, strict=True)]
    chosen = pick_node(side, ids, labels, label="Prompt as it is sent for", key=f"prompt-{side}", default=ids[nodes[0]])
    if chosen is None:
        return None
    node = ids.index(chosen)
    if node not in set(nodes):
        st.caption(f"There is nothing to send for this {side}: too few of its training reviews have something to read. Choose another.")
        return None
    return node


def _show(prompt: NodePrompt | None, what: str, options: ChatOptions) -> None:
    if prompt is None:
        st.error(f"Not even one of its texts fits the context of {options.num_ctx:,}. Raise num_ctx.", icon=":material/content_cut:")
        return
    length_line(prompt.messages, options)
    whole = prompt.shown + prompt.left_out
    words = f"{prompt.shown} of {whole} {literal(what)} first"
    if prompt.left_out:
        st.caption(f":orange[:material/content_cut:] {words}; {prompt.left_out} do not fit the context of {options.num_ctx:,}.")
    else:
        st.caption(f"{words}; all fit.")
    message_boxes(prompt.messages)
