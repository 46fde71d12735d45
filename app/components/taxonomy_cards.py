"""The motivations of a taxonomy from inside: figures, words, examples with their reviews; which may be one, which may be two."""

from __future__ import annotations

import streamlit as st

from app.charts.palette import motivation_colours
from app.components.legend import swatch
from app.components.page import literal, shortened
from core.motivations.taxonomy_clusters import MotivationCluster, TaxonomyClusters
from core.motivations.taxonomy_store import TaxonomyVersion

_ALIKE = 0.6  # centroids nearer than that are offered for a merge
_APART = 0.05  # silhouette above which a motivation is offered for a split
_OFFERED = 3
_REVIEW_CHARS = 600


def motivation_cards(clusters: TaxonomyClusters) -> None:
    """One card a motivation, folded: what it is about and what is said in it."""
    colours = motivation_colours(clusters.taxonomy.keys)
    meanings = {entry.key: entry.description for entry in clusters.taxonomy.motivations}
    for cluster in clusters.clusters:
        size = f"{100 * cluster.share:.1f} % · {cluster.n_statements:,} statements"
        head = f"{swatch(colours[cluster.key])}\u2002**{literal(cluster.name)}** · {size}"
        with st.expander(head, key=f"motivation-{cluster.key}"):
            _card(cluster, meanings.get(cluster.key, "What fits no motivation of the taxonomy."))


def _card(cluster: MotivationCluster, meaning: str) -> None:
    st.markdown(literal(meaning))
    if cluster.words:
        st.markdown(f"Words that set it apart: **{literal(', '.join(cluster.words))}**")
    st.caption(_figures(cluster))
    for example in cluster.examples:
        quote = f"“{literal(shortened(example.statement, 200))}” :gray[:small[{example.similarity:.2f}]]"
        review = f"From the review: {literal(shortened(example.review, _REVIEW_CHARS))}" if example.review else None
        st.markdown(quote, help=review)
    if cluster.examples:
        st.caption("Nearest to the middle of the motivation first, with their cosine to it.")


def _figures(cluster: MotivationCluster) -> str:
    parts = [f"in {cluster.n_reviews:,} reviews"]
    if cluster.positive is not None:
        parts.append(f"{100 * cluster.positive:.0f} % praise")
    if cluster.confidence is not None:
        parts.append(f"mean confidence {cluster.confidence:.2f}")
    return " · ".join(parts)


def candidates(clusters: TaxonomyClusters, version: TaxonomyVersion) -> None:
    """Look-alikes to merge and motivations that fall apart, each with the button that fills in the form."""
    names = dict(zip(clusters.taxonomy.keys, clusters.taxonomy.names, strict=True))
    merges = [one for one in clusters.merges if one.similarity >= _ALIKE][:_OFFERED]
    splits = [one for one in clusters.splits if one.silhouette >= _APART][:_OFFERED]
    for merge in merges:
        keys = [merge.first, merge.second]
        text = f"{literal(names[merge.first])} and {literal(names[merge.second])} are alike: cosine {merge.similarity:.2f}"
        fill: dict[str, object] = {f"merge-keys-{version.label}": keys}
        _candidate(f":material/call_merge: {text}", "Merge", f"offer-merge-{merge.first}-{merge.second}", "merge", fill)
    for split in splits:
        halves = " and ".join(f"“{literal(', '.join(words[:3]))}”" for words in split.words if words)
        text = f"{literal(names[split.key])} may be two, {halves}: silhouette {split.silhouette:.2f}"
        _candidate(f":material/call_split: {text}", "Split", f"offer-split-{split.key}", "split", {f"split-key-{version.label}": split.key})
    if not merges and not splits:
        st.caption("No two motivations look alike, and none falls clearly apart.")


def _candidate(text: str, label: str, key: str, action: str, values: dict[str, object]) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f":small[{text}]")
    right.button(label, key=key, on_click=_fill, args=(action, values), width="stretch")


def _fill(action: str, values: dict[str, object]) -> None:
    st.session_state["edit-action"] = action
    st.session_state.update(values)
