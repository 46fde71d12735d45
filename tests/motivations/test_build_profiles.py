"""Profiles: the pooled text against its formula, and tables that add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.dataset import ReviewDataset
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.motivations.build import build_profiles
from core.motivations.profiles import Profiles
from core.storage import write_json, write_parquet, write_tensors
from core.workspace import Artefact, Workspace

DIM = 6


def _extraction(workspace: Workspace, dataset: ReviewDataset, seed: int = 0, n: int = 400) -> Artefact:
    generator = np.random.default_rng(seed)
    taxonomy = Taxonomy.default("products")
    train = dataset.rows("train")
    picked = generator.integers(0, len(train), n)
    source = generator.choice(["review", "user_profile", "item_profile"], n, p=[0.8, 0.1, 0.1])
    frame = pd.DataFrame(
        {
            "source": source,
            "interaction_idx": np.where(source == "review", train.index[picked], -1),
            "user_idx": np.where(source != "item_profile", train["user_idx"].to_numpy()[picked], -1),
            "item_idx": np.where(source != "user_profile", train["item_idx"].to_numpy()[picked], -1),
            "motivation": generator.integers(0, len(taxonomy) + 1, n),
            "statement": "s",
            "quote": "s",
            "polarity": generator.choice(["positive", "negative"], n),
            "strength": generator.uniform(0.1, 1.0, n),
            "confidence": 0.5,
            "grounded": generator.random(n) < 0.9,
            "grounding": 1.0,
            "embedding_row": generator.integers(0, 50, n),
        }
    ).astype(STATEMENT_COLUMNS)
    vectors = torch.nn.functional.normalize(torch.tensor(generator.normal(size=(50, DIM)), dtype=torch.float32), dim=1)
    with workspace.publish("extraction", f"made-{seed}", name="made", sources={"dataset": dataset.id}) as draft:
        write_parquet(draft.path / "statements.parquet", frame)
        write_tensors(draft.path / "embeddings.safetensors", {"embeddings": vectors.half()})
        write_json(draft.path / "taxonomy.json", taxonomy)
    return workspace.get("extraction", f"made-{seed}")


@pytest.fixture
def built(workspace: Workspace, small_dataset: ReviewDataset) -> tuple[Profiles, pd.DataFrame, torch.Tensor]:
    extraction = _extraction(workspace, small_dataset)
    statements = pd.read_parquet(extraction.path / "statements.parquet")
    from core.storage import read_tensors

    vectors = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"].float()
    return Profiles.load(build_profiles(workspace, extraction, small_dataset)), statements[statements["grounded"]], vectors


@pytest.mark.parametrize("side", ["user", "item"])
@pytest.mark.parametrize("polarity", ["positive", "negative"])
def test_slots_are_strength_weighted_means(
    built: tuple[Profiles, pd.DataFrame, torch.Tensor], small_dataset: ReviewDataset, side: str, polarity: str
) -> None:
    profiles, statements, vectors = built
    text = profiles.users if side == "user" else profiles.items
    means, weights = getattr(text, polarity), getattr(text, f"{polarity}_weight")
    n = small_dataset.n_users if side == "user" else small_dataset.n_items
    assert means.shape == (n, 9, DIM)
    for node in range(n):
        for slot in range(9):
            own = statements[
                (statements[f"{side}_idx"] == node) & (statements["motivation"] == slot) & (statements["polarity"] == polarity)
            ]
            strength = torch.tensor(own["strength"].to_numpy(dtype="float32", copy=True))
            total = float(strength.sum())
            expected = (vectors[own["embedding_row"].to_numpy(copy=True)] * strength[:, None]).sum(0) / max(total, 1e-12)
            assert float(weights[node, slot]) == pytest.approx(total, abs=1e-5)
            torch.testing.assert_close(means[node, slot], expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("side", ["user", "item"])
def test_whole_is_the_mean_over_all_statements(built: tuple[Profiles, pd.DataFrame, torch.Tensor], side: str) -> None:
    profiles, statements, vectors = built
    whole = profiles.whole("user" if side == "user" else "item")
    for node in range(len(whole)):
        own = statements[statements[f"{side}_idx"] == node]
        strength = torch.tensor(own["strength"].to_numpy(dtype="float32", copy=True))
        expected = (vectors[own["embedding_row"].to_numpy(copy=True)] * strength[:, None]).sum(0) / strength.sum().clamp_min(1e-12)
        torch.testing.assert_close(whole[node], expected, atol=1e-3, rtol=0)


def test_tables_add_up(built: tuple[Profiles, pd.DataFrame, torch.Tensor]) -> None:
    profiles, statements, _ = built
    for table, column in ((profiles.user_table, "user_idx"), (profiles.item_table, "item_idx")):
        np.testing.assert_allclose(table.groupby("node_idx")["share"].sum(), 1.0, atol=1e-5)
        assert table["n_statements"].sum() == (statements[column] >= 0).sum()
        assert not table.duplicated(["node_idx", "motivation", "polarity"]).any()
        more = table.sort_values("n_statements")["confidence"].to_numpy()
        assert (np.diff(more) >= 0).all()
        assert ((more > 0) & (more < 1)).all()


def test_ungrounded_statements_stay_out(built: tuple[Profiles, pd.DataFrame, torch.Tensor]) -> None:
    profiles, statements, _ = built
    assert profiles.statements["grounded"].all()
    assert len(profiles.statements) == len(statements)


def test_node_without_text_is_silent(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    users = pd.concat([small_dataset.users, small_dataset.users.tail(1).assign(user_id="new")], ignore_index=True)
    dataset = replace(small_dataset, users=users)
    profiles = Profiles.load(build_profiles(workspace, _extraction(workspace, dataset), dataset))
    assert profiles.users.positive[-1].abs().sum() == 0
    assert profiles.users.positive_weight[-1].sum() == 0
    assert profiles.whole("user")[-1].abs().sum() == 0
    assert 24 not in set(profiles.user_table["node_idx"])


def test_same_extraction_is_not_amassed_twice(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    extraction = _extraction(workspace, small_dataset)
    first = build_profiles(workspace, extraction, small_dataset)
    assert build_profiles(workspace, extraction, small_dataset) == first
    assert first.manifest.sources == {"dataset": small_dataset.id, "extraction": extraction.id}
    assert build_profiles(workspace, _extraction(workspace, small_dataset, seed=1), small_dataset).id != first.id
