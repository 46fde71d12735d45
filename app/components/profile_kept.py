"""What the profiles page computes once a run and keeps in memory; keyed by ids and revisions, never by contents."""

from __future__ import annotations

import streamlit as st

from core.maps.catalogue import joint_map
from core.maps.cluster_edits import edited, revision
from core.recommend.comparison import Words
from core.recommend.correction import Corrector
from core.recommend.node_search import NodeSearch
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from core.workspace import Artefact, Workspace


def segments(space: Workspace, run: Artefact, recommender: Recommender) -> Segments | None:
    """The segments of a run's newest map as people named and merged them; None where it has no map."""
    drawn = joint_map(space, run)
    return _segments(drawn.id, drawn.manifest.created_at, revision(drawn), _drawn=drawn, _of=recommender) if drawn else None


@st.cache_resource(max_entries=4, show_spinner="Looking at the segments")
def _segments(drawn: str, created_at: str, revision: int, _drawn: Artefact, _of: Recommender) -> Segments:
    del drawn, created_at, revision
    return Segments(_of, edited(_drawn))


def node_search(recommender: Recommender) -> NodeSearch:
    """The search over a run's users and items."""
    return _search(recommender.run.id, _of=recommender)


@st.cache_resource(max_entries=2, show_spinner=False)
def _search(run: str, _of: Recommender) -> NodeSearch:
    del run
    return NodeSearch(_of)


def words(recommender: Recommender) -> Words:
    """How often every word is said in a run's statements."""
    return _words(recommender.run.id, _of=recommender)


@st.cache_resource(max_entries=4, show_spinner=False)
def _words(run: str, _of: Recommender) -> Words:
    del run
    return Words(_of)


def corrector(recommender: Recommender) -> Corrector:
    """What corrects profiles of a run.

    Raises:
        InputError: the run's text cannot be read again.
    """
    return _corrector(recommender.run.id, _of=recommender)


@st.cache_resource(max_entries=2, show_spinner="Reading the run's text encoders")
def _corrector(run: str, _of: Recommender) -> Corrector:
    del run
    return Corrector(_of)
