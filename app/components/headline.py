"""The figures one looks at first: what the run finds on the test split, beside the other kind of model."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.pickers import model_name, spoken_model
from core.models.config import WRAPPERS
from core.workspace import Artefact, Workspace

_MEANINGS = {
    "recall@20": "Share of a user's held-out items that are among the first 20 of all items (0 to 1): mean over users ± standard error.",
    "ndcg@20": "The same, but a held-out item counts the more the higher it stands: mean over users ± standard error.",
}


def headline(space: Workspace, dataset: Artefact, run: Artefact) -> None:
    """Recall@20 and NDCG@20 of the run on test, beside its peer's, and the ways on."""
    peer = peer_of(space, dataset, run)
    own = artefacts.test_figures(space, run)
    other = artefacts.test_figures(space, peer) if peer else {}
    columns = st.columns([1.25, 1.25, 1])
    for column, (name, meaning) in zip(columns, _MEANINGS.items(), strict=False):
        if name not in own:
            continue
        with column.container(border=True, height="stretch"):
            figure = own[name]
            st.metric(f"{model_name(run)}: {name}", f"{figure.mean:.3f} ± {figure.standard_error:.3f}", help=meaning)
            if peer is None or name not in other:
                wanted = spoken_model(_backbone(run)) if _model(run) in WRAPPERS else "another model"
                st.caption(f"{figure.n_users:,} test users. Train {wanted} too and it stands here beside.")
                continue
            beside = other[name]
            seeds = f"seed {seed_of(run)}" if seed_of(run) == seed_of(peer) else f"seeds {seed_of(run)} and {seed_of(peer)}"
            change = f"{100 * (figure.mean / beside.mean - 1):+.1f} %" if beside.mean else "n/a"
            st.markdown(f"{model_name(peer)}: {beside.mean:.3f} ± {beside.standard_error:.3f}, difference **{change}**")
            st.caption(f"{figure.n_users:,} test users, one run each, {seeds}")
    with columns[2]:
        if st.button("See recommendations", type="primary", width="stretch", key="see-recommendations"):
            session.open_page("recommendations", run=run.id)
        if st.button("Browse profiles", width="stretch", key="see-profiles"):
            session.open_page("profiles", run=run.id)
        if st.button("Open the map", width="stretch", key="see-map"):
            session.open_page("motivation_map", run=run.id)


def seed_of(run: Artefact) -> int:
    """The seed of a run."""
    return int(run.manifest.summary.get("seed", 0))


def peer_of(space: Workspace, dataset: Artefact, run: Artefact) -> Artefact | None:
    """What a run is set beside: another model's run on the same dataset, of several the best on validation.

    A model around a backbone stands beside that backbone by itself, a backbone beside LMMRec around it; only where there is no such run,
    beside whatever else there is. The best and not the newest, since a run cut short would flatter the other.
    """
    others = [other for other in session.runs_of(space, dataset) if _model(other) not in (_model(run), "")]
    return max(others, key=lambda other: (_kinship(run, other), session.validation_recall(other)), default=None)


def _kinship(run: Artefact, other: Artefact) -> int:
    if _model(run) in WRAPPERS:
        return int(_model(other) == _backbone(run))
    return 0 if _model(other) != "lmmrec" else 2 if _backbone(other) == _model(run) else 1


def _model(run: Artefact) -> str:
    return str(run.manifest.summary.get("model") or "")


def _backbone(run: Artefact) -> str:
    return str(run.manifest.summary.get("backbone") or "lightgcn")
