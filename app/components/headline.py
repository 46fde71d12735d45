"""The figures one looks at first: what the run found on the test split, beside the same backbone without text."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.pickers import model_name
from core.workspace import Artefact, Workspace

_NAMES = ("recall@20", "ndcg@20")
_MEANINGS = {
    "recall@20": "Share of a user's held-out items that are among the first 20 of all items; mean over users ± standard error.",
    "ndcg@20": "The same, counting the more the higher an item stands; mean over users ± standard error.",
}


def headline(space: Workspace, dataset: Artefact, run: Artefact) -> None:
    """Recall@20 and NDCG@20 of the run on test, and of the peer on the same split."""
    peer = peer_of(space, dataset, run)
    own = artefacts.test_figures(space, run)
    other = artefacts.test_figures(space, peer) if peer else {}
    columns = st.columns([1, 1, 1, 1, 1.1])
    for position, (name, measure) in enumerate((name, measure) for measure in (own, other) for name in _NAMES):
        of = run if measure is own else peer
        if of is None or name not in measure:
            continue
        with columns[position].container(border=True):
            figure = measure[name]
            difference = None
            if measure is own and name in other and other[name].mean:
                difference = f"{100 * (figure.mean / other[name].mean - 1):+.1f} %"
            st.metric(
                f"{model_name(of)} {name}",
                f"{figure.mean:.3f}",
                difference,
                delta_description=f"against {model_name(peer)}" if difference and peer else None,
                help=_MEANINGS[name],
            )
            st.caption(f"± {figure.standard_error:.3f}, {figure.n_users:,} users, seed {of.manifest.summary.get('seed', 0)}")
    with columns[4]:
        if st.button("See recommendations", type="primary", width="stretch", key="see-recommendations"):
            session.open_page("recommendations", run=run.id)
        if st.button("Browse profiles", width="stretch", key="see-profiles"):
            session.open_page("profiles", run=run.id)
        if st.button("Open the map", width="stretch", key="see-map"):
            session.open_page("motivation_map", run=run.id)
        if peer is None:
            st.caption("Train LightGCN too and its figures stand here beside these.")


def peer_of(space: Workspace, dataset: Artefact, run: Artefact) -> Artefact | None:
    """The newest run of the other kind of model on the same dataset; of the same seed if there is one."""
    model = run.manifest.summary.get("model")
    others = [other for other in session.runs_of(space, dataset) if other.manifest.summary.get("model") not in (model, None)]
    same_seed = [other for other in others if other.manifest.summary.get("seed") == run.manifest.summary.get("seed")]
    return next(iter(same_seed or others), None)
