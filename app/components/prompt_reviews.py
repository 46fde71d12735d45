"""Choosing the training reviews a comparison is about: some drawn at random, or some chosen by hand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import artefacts
from app.components.prompt_preview import review_label
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trials import MAX_REVIEWS
from core.workspace import Artefact

_WAYS = {"sampled": "Drawn at random", "chosen": "Chosen by hand"}
FIRST_SAMPLE = 5
OFFERED = 200  # matches of a search: sending thousands to the browser would be slow


@st.cache_resource(max_entries=4, show_spinner="Reading the reviews")
def _training_reviews(path: str, created_at: str, _dataset: Artefact) -> TrainingReviews:
    del path, created_at
    return TrainingReviews(artefacts.dataset(_dataset))


def training_reviews(dataset: Artefact) -> TrainingReviews:
    """The training reviews of a dataset; shared, so never changed."""
    return _training_reviews(str(dataset.path), dataset.manifest.created_at, _dataset=dataset)


def pick_way() -> str:
    """How the reviews are found: "sampled" or "chosen"."""
    st.session_state.setdefault("reviews-way", "sampled")
    way = st.segmented_control(
        "Training reviews to run on", list(_WAYS), required=True, format_func=_WAYS.__getitem__, key="reviews-way", persist_state="session"
    )
    return way or "sampled"


def pick_reviews(way: str, reviews: TrainingReviews, dataset: Artefact) -> list[int]:
    """The reviews to run on, as interaction_idx.

    Args:
        way: see `pick_way`.
    """
    if way == "chosen":
        return _chosen(reviews, dataset)
    left, middle, right = st.columns([1, 1, 2], vertical_alignment="bottom")
    most = min(MAX_REVIEWS, max(1, len(reviews)))
    # Another dataset may have fewer.
    st.session_state["n-reviews"] = min(int(st.session_state.get("n-reviews") or FIRST_SAMPLE), most)
    number = left.number_input("How many", 1, most, key="n-reviews", persist_state="session", help=f"At most {MAX_REVIEWS} at once")
    seed = middle.number_input(
        "Seed of the draw",
        0,
        None,
        0,
        key="reviews-seed",
        persist_state="session",
        help="The same seed draws the same reviews, here and in an extraction of a sample",
    )
    drawn = reviews.sampled(int(number or 1), int(seed or 0))
    right.caption(f"{len(drawn)} of {len(reviews):,} training reviews with text. Validation and test reviews are never shown to a model.")
    return drawn


def choose_reviews(dataset: str, indices: Sequence[int]) -> None:
    """Take these reviews, as if they had been chosen by hand."""
    st.session_state["reviews-way"] = "chosen"
    st.session_state[f"chosen-{dataset}"] = list(indices)


def _chosen(reviews: TrainingReviews, dataset: Artefact) -> list[int]:
    left, right = st.columns([1, 2])
    words = left.text_input("Search the reviews", key="reviews-search", type="search", placeholder="words of the review or the title")
    key = f"chosen-{dataset.id}"
    kept = [index for index in st.session_state.get(key, []) if index in reviews]
    st.session_state[key] = kept
    found = reviews.matching(str(words or ""), OFFERED)
    options = [*kept, *(index for index in found if index not in kept)]
    chosen = right.multiselect(
        "Reviews",
        options,
        format_func=lambda index: review_label(reviews.get(index)),
        key=key,
        max_selections=MAX_REVIEWS,
        placeholder="Choose one or more",
        persist_state="session",
        select_all=False,
        wrap=True,
    )
    matches = f"{len(found)} match" if len(found) < OFFERED else f"{OFFERED} or more match, the first {OFFERED} are offered"
    st.caption(f"{len(chosen)} chosen; {matches}.")
    return list(chosen)
