"""A hand-made run of two groups: even users and items lean to "sound", odd ones to "price"."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
import torch

from core.data.dataset import ReviewDataset
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.profiles import Profiles, SlotText
from core.training.opened import OpenedRun
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

KEYS = ("sound", "price", "other")
SAID = {0: "warm tone, lovely sound", 1: "cheap bargain, fair price"}


def two_groups(n: int, generator: torch.Generator) -> torch.Tensor:
    """float32 [n, 3, 2]: node n leans to motivation n mod 2."""
    vectors = torch.randn(n, 3, 2, generator=generator) * 0.1
    vectors[torch.arange(n), torch.arange(n) % 2] += 1.0
    return vectors


def two_group_profiles(dataset: ReviewDataset) -> Profiles:
    rows = dataset.rows("train")
    motivation = (rows["user_idx"] % 2).to_numpy()
    statements = pd.DataFrame(
        {
            "source": "review",
            "interaction_idx": rows.index,
            "user_idx": rows["user_idx"],
            "item_idx": rows["item_idx"],
            "motivation": motivation,
            "statement": [SAID[which] for which in motivation],
            "strength": 1.0,
        }
    )
    tables = [
        statements.rename(columns={node: "node_idx"})
        .groupby(["node_idx", "motivation"], as_index=False)
        .size()
        .assign(share=1.0, confidence=0.8, polarity="positive")
        for node in ("user_idx", "item_idx")
    ]
    entries = tuple(TaxonomyEntry(key=key, name=key.capitalize(), description=key, examples=(key,)) for key in KEYS[:-1])
    empty = torch.zeros(1, 3, 1)
    text = SlotText(empty, empty, empty[..., 0], empty[..., 0])
    taxonomy, whole = Taxonomy(name="two", title="Two", motivations=entries), torch.zeros(1, 1)
    return Profiles("profiles-0", taxonomy, text, text, *tables, statements, user_whole=whole, item_whole=whole)


@pytest.fixture(scope="session")
def make_run(small_dataset: ReviewDataset) -> Callable[..., OpenedRun]:
    """Builds the run: ``named`` slots or not, with profiles or not."""

    def make(*, named: bool = True, profiles: bool = True) -> OpenedRun:
        generator = torch.Generator().manual_seed(5)
        user, item = two_groups(small_dataset.n_users, generator), two_groups(small_dataset.n_items, generator)
        if not named:
            user, item = user.flatten(1)[:, None], item.flatten(1)[:, None]
        vectors = RunVectors(user, item * 3.0, KEYS if named else (), torch.zeros(small_dataset.n_items), {})
        return OpenedRun("run-0", "run", vectors, small_dataset, two_group_profiles(small_dataset) if profiles else None)

    return make


@pytest.fixture
def stored_run(workspace: Workspace, make_run: Callable[..., OpenedRun]) -> Artefact:
    """The run without profiles, as an artefact of the workspace."""
    run = make_run(profiles=False)
    with workspace.publish("dataset", run.dataset.id, name="small", config={"domain": "products"}) as draft:
        run.dataset.save(draft.path)
    with workspace.publish("run", "small-run-1", name="small-run", sources={"dataset": run.dataset.id}) as draft:
        run.vectors.save(draft.path / "vectors.safetensors")
    return workspace.get("run", "small-run-1")
