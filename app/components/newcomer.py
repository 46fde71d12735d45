"""Newcomers: paste reviews or pick motivations, and see what the run would recommend to somebody who wrote that, and why."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pandas as pd
import streamlit as st

from app.charts.palette import motivation_colours
from app.components.counterfactual import text_view
from app.components.explanation import newcomer_explanation
from app.components.export import table
from app.components.legend import swatch
from app.components.linked_choice import one_from_link, several_from_link, to_link
from app.components.ollama_models import ollama_server, ollama_state
from app.components.page import literal
from app.user_names import UserNames
from core.errors import InputError, NotFoundError
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.prompts.defaults import default_template
from core.extraction.run import encoder_of
from core.extraction.schema import Extractor, Review
from core.extraction.trial_asking import version_of
from core.recommend.counterfactuals import without_each_of
from core.recommend.newcomer import NO_BEHAVIOUR, Newcomer, Newcomers
from core.recommend.recommender import Recommender
from core.workspace import Workspace

_WAYS = {"reviews": "Paste reviews", "motivations": "Pick motivations"}
_EMBEDDED = "Embedded, no server"
_KEPT = "newcomer read"
_EXAMPLE = "What did you like or dislike, and why? One review or more, with an empty line between two."


def newcomer_view(space: Workspace, recommender: Recommender, k: int, people: UserNames) -> None:
    """The whole view: what is known of the newcomer, the list, and the explanation of one item of it."""
    try:
        newcomers = _newcomers(recommender.run.id, str(recommender.run.directory), _space=space, _recommender=recommender)
    except NotFoundError as error:
        st.info(f"{literal(error.what)}: what read this run's reviews is gone, so other texts cannot be read.")
        return
    except InputError as error:
        st.info(f"{literal(error.what)}. Newcomers need a run of LMMRec with named slots.")
        return
    one_from_link("newcomer", list(_WAYS), "reviews")
    way = st.segmented_control(
        "What is known of the newcomer",
        list(_WAYS),
        required=True,
        format_func=_WAYS.__getitem__,
        key="newcomer",
        on_change=to_link,
        args=("newcomer", "reviews"),
    )
    newcomer = _picked(newcomers) if way == "motivations" else _pasted(newcomers)
    if newcomer is None:
        return
    st.info(NO_BEHAVIOUR, icon=":material/info:")
    _understood(newcomers, newcomer)
    _recommended(newcomers, newcomer, k, people)


def _picked(newcomers: Newcomers) -> Newcomer | None:
    names = {entry.key: entry.name for entry in newcomers.taxonomy.motivations}
    several_from_link("picked", list(names))
    keys = st.pills(
        "What moves the newcomer",
        list(names),
        selection_mode="multi",
        format_func=names.__getitem__,
        key="picked",
        on_change=to_link,
        args=("picked",),
    )
    if not keys:
        st.caption("Pick one motivation or more.")
        return None
    return newcomers.of_picks(list(keys))


def _pasted(newcomers: Newcomers) -> Newcomer | None:
    """What was read of the pasted reviews when the button was last pressed."""
    state = ollama_state()
    with st.form("newcomer-form", border=False):
        text = st.text_area("Reviews", key="newcomer-text", height=160, placeholder=_EXAMPLE)
        left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
        rating = left.select_slider("Their rating", ["none", 1, 2, 3, 4, 5], value="none", key="newcomer-rating")
        readers = [_EMBEDDED, *(card.name for card in state.chatting)] if state.up else [_EMBEDDED]
        reader = middle.selectbox("Read by", readers, key="newcomer-reader", help="Models of the Ollama server, where one answers")
        asked = right.form_submit_button("Recommend", type="primary", width="stretch")
    run = newcomers.recommender.run.id
    if asked:
        st.session_state.pop(_KEPT, None)
        reviews = split_reviews(text or "", None if rating == "none" else float(str(rating)))
        with st.spinner("Reading"):
            st.session_state[_KEPT] = (run, newcomers.of_reviews(reviews, _extractor(newcomers, str(reader), state.host)))
    kept: tuple[str, Newcomer] | None = st.session_state.get(_KEPT)
    if kept is None or kept[0] != run:
        st.caption("The reviews stay on this page: nothing of them is stored, and the link does not hold them.")
        return None
    return kept[1]


def split_reviews(text: str, rating: float | None) -> list[Review]:
    """Reviews of a text, at its empty lines."""
    return [Review(text=part.strip(), rating=rating) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _extractor(newcomers: Newcomers, reader: str, host: str) -> Extractor:
    if reader == _EMBEDDED:
        return newcomers.embedded
    template = default_template("review", newcomers.recommender.dataset.domain)
    return OllamaExtractor(ollama_server(host), reader, version_of(template), newcomers.taxonomy)


def _understood(newcomers: Newcomers, newcomer: Newcomer) -> None:
    """Which motivations were found, with how many statements."""
    names, colours = newcomers.taxonomy.names, motivation_colours(newcomers.taxonomy.keys)
    counts = Counter(newcomer.motivation.tolist())
    found = "&ensp;".join(
        f"{swatch(colours[newcomers.taxonomy.keys[slot]])} {literal(names[slot])} ({count})" for slot, count in counts.most_common()
    )
    st.markdown(f"**Understood** (statements): {found}")
    if newcomer.ungrounded:
        st.caption(
            f"{newcomer.ungrounded} statements were left out: their quotes do not stand in the text, or their motivation is unknown."
        )


def _recommended(newcomers: Newcomers, newcomer: Newcomer, k: int, people: UserNames) -> None:
    recommender = newcomers.recommender
    listed = newcomers.recommend(newcomer, k)
    terms = newcomers.terms(newcomer)
    names = recommender.run.motivation_names
    best = terms.terms[: terms.n_slots].argmax(axis=0)
    rows = pd.DataFrame(
        [
            {
                "rank": one.rank,
                "title": one.title,
                "main reason": names[recommender.motivations[int(best[one.item_idx])]],
                "score": one.score,
                "item": one.item,
            }
            for one in listed.items
        ]
    )
    items = [one.item for one in listed.items]
    # The place in the list and not the item: what is listed follows from the words above.
    place = st.session_state.setdefault("newcomer-place", 0)
    default: Any = {"selection": {"rows": [min(place, len(items) - 1)]}}
    table(
        rows.drop(columns="item"),
        "newcomer-list",
        f"**Top {len(items)}** for the newcomer",
        exported=rows,
        column_config={
            "rank": st.column_config.NumberColumn("rank", width=50),
            "score": st.column_config.NumberColumn("score", format="%.3f", width=64),
        },
        on_select=_choose,
        selection_mode="single-row",
        selection_default=default,
        height=38 + 35 * min(len(rows), 10),
    )
    item = items[min(st.session_state["newcomer-place"], len(items) - 1)]
    why = newcomers.explain(newcomer, item)
    drops = without_each_of(terms, recommender.dataset.item_idx(item), recommender.motivations, names)
    newcomer_explanation(why, drops, recommender.dataset.n_items, recommender.motivations, people)


def _choose() -> None:
    rows = st.session_state["newcomer-list"]["selection"]["rows"]
    st.session_state["newcomer-place"] = rows[0] if rows else 0


@st.cache_resource(max_entries=2, show_spinner="Opening the reader of new texts")
def _newcomers(run: str, directory: str, _space: Workspace, _recommender: Recommender) -> Newcomers:
    del run, directory
    text = text_view(_recommender)
    assert _recommender.run.profiles is not None
    profiles = _space.get("profiles", _recommender.run.profiles.id)
    return Newcomers(_recommender, text, encoder_of(_space.get("extraction", profiles.manifest.sources["extraction"])))
