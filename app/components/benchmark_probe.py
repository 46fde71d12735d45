"""Generated datasets hold the true motives: how well each slot of the chosen run finds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from app import artefacts, session
from app.charts.benchmark import slot_chart
from app.components.export import chart, table
from app.components.legend import names_of
from app.components.page import literal
from app.components.pickers import run_label
from core.data.dataset import ReviewDataset
from core.evaluation.disentanglement import pair_features, slot_aucs
from core.evaluation.planted import Planted
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace


@dataclass(frozen=True)
class PlantedAucs:
    """float64 [slots, planted]: how well each slot's term finds the interactions of each planted motive; of ``n`` interactions."""

    values: npt.NDArray[np.float64]
    slots: tuple[str, ...]
    planted: tuple[str, ...]
    n: int

    @property
    def own(self) -> float:
        """Mean over the motivations that have a slot of their own."""
        return float(np.nanmean([self.values[self.slots.index(key), place] for place, key in enumerate(self.planted) if key in self.slots]))

    @property
    def others(self) -> float:
        """Mean over all other pairs of a slot and a motivation."""
        apart = [[slot != key for key in self.planted] for slot in self.slots]
        return float(np.nanmean(self.values[np.array(apart)]))


def has_probe(dataset: Artefact) -> bool:
    """Whether a dataset has a planted truth to probe runs with."""
    return Planted.kept(dataset)


def probe_view(space: Workspace, dataset: Artefact) -> None:
    """The probe of the run chosen in the sidebar, of a dataset that has a planted truth; says so where the run has no slots."""
    run = session.chosen_run(space, dataset)
    if run is None or run.manifest.summary.get("form") != "slots":
        st.caption(
            "Choose a run of LMMRec with named slots in the sidebar: the slots of others mean nothing, so there is nothing to probe."
        )
        return
    st.markdown(
        "This dataset is generated, so the motive behind every interaction is known; only this score looks at it. "
        f"The run chosen in the sidebar is probed: {literal(run_label(run))}."
    )
    found = _aucs(str(run.path), run.manifest.created_at, _dataset=dataset, _run=run)
    if found is None:
        st.caption("No planted motive has a slot in this run.")
        return
    names = names_of(artefacts.taxonomy(space, dataset))
    st.markdown(f"A slot named after the motive: mean AUC **{found.own:.2f}**; any other slot: **{found.others:.2f}**; chance: 0.50.")
    slots, planted = ([names.get(key, key) for key in keys] for keys in (found.slots, found.planted))
    figure = slot_chart(found.values.tolist(), slots, planted)
    chart(
        figure, f"slots-{run.id}", "AUC of every slot for every planted motivation", "**AUC of each slot's term for each planted motive**"
    )
    st.caption(
        f"AUC over {found.n:,} test interactions, on which the run was not trained: how probably the slot adds more to the score of an "
        "interaction of that motive than to one of another. Where slots mean what they are named after, the diagonal stands out. "
        "It is one run: no spread."
    )
    rows = pd.DataFrame(found.values, columns=planted)
    rows.insert(0, "slot", slots)
    with st.expander("As a table, to export"):
        table(rows.round(4), f"slots-rows-{run.id}")


@st.cache_resource(max_entries=16, show_spinner="Probing the run")
def _aucs(path: str, created_at: str, _dataset: Artefact, _run: Artefact) -> PlantedAucs | None:
    del path, created_at
    return planted_aucs(_dataset, _run)


def planted_aucs(dataset: Artefact, run: Artefact) -> PlantedAucs | None:
    """Probe a run on the test split of a generated dataset; None where no planted motive has a slot, or nothing was planted there."""
    planted, vectors = Planted.load(dataset), RunVectors.load(run.path / "vectors.safetensors")
    if not set(planted.keys) & set(vectors.motivations):
        return None
    truth = held_out_truth(artefacts.dataset(dataset), planted)
    if truth.empty:
        return None
    pairs = truth[["user_idx", "item_idx"]].to_numpy(dtype=np.int64)
    terms = pair_features(vectors.user, vectors.item, pairs, "terms")
    values = slot_aucs(terms, truth["dominant"].to_numpy(dtype=str), planted.keys)
    return PlantedAucs(values, tuple(vectors.motivations), tuple(planted.keys), len(truth))


def held_out_truth(dataset: ReviewDataset, planted: Planted) -> pd.DataFrame:
    """The test interactions with what was planted in them: user_idx, item_idx and the columns of `Planted.reviews`."""
    rows = dataset.rows("test")[["user_idx", "item_idx"]]
    users, items = dataset.users["user_id"].to_numpy(), dataset.items["item_id"].to_numpy()
    named = rows.assign(user_id=users[rows["user_idx"]], item_id=items[rows["item_idx"]])
    return named.merge(planted.reviews.drop_duplicates(["user_id", "item_id"]), on=["user_id", "item_id"], how="inner")
