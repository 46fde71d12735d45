"""Nothing of a held-out review reaches a feature, a score or a metric, from the import's dataset to the run's figures."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import torch

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.jobs import steps
from core.motivations.profiles import Profiles
from core.recommend.recommender import Recommender
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

SETTINGS = TrainingConfig(slot_dim=4, batch_size=64, epochs=6, device="cpu", text_dim=4)


def chain(workspace: Workspace, dataset: ReviewDataset, name: str) -> tuple[Profiles, Artefact]:
    source = publish_dataset(workspace, replace(dataset, name=name), {"domain": dataset.domain})
    profiles = steps.extract(workspace, source.id, {"encoder": "tfidf"}).profiles
    return Profiles.load(profiles), steps.train(workspace, source.id, SETTINGS)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, small_dataset: ReviewDataset) -> tuple[Workspace, list[tuple[Profiles, Artefact]]]:
    """The chain on a dataset, and on the same with the text of every validation and test review rewritten."""
    workspace = Workspace(tmp_path_factory.mktemp("leak") / "workspace")
    rewritten = small_dataset.interactions.copy()
    held_out = rewritten["split"] != "train"
    rewritten.loc[held_out, "text"] = "A gift for my sister, delivered late. The guitar sounds dull and costs far too much."
    rewritten.loc[held_out, "summary"] = "Utterly changed"
    changed = replace(small_dataset, interactions=rewritten)
    return workspace, [chain(workspace, small_dataset, "plain"), chain(workspace, changed, "changed")]


def test_held_out_text_changes_no_feature(both: tuple[Workspace, list[tuple[Profiles, Artefact]]]) -> None:
    (plain, _), (changed, _) = both[1]
    pd.testing.assert_frame_equal(plain.statements, changed.statements)
    pd.testing.assert_frame_equal(plain.user_table, changed.user_table)
    pd.testing.assert_frame_equal(plain.item_table, changed.item_table)
    for side in ("users", "items"):
        for part in ("positive", "negative", "positive_weight", "negative_weight"):
            assert torch.equal(getattr(getattr(plain, side), part), getattr(getattr(changed, side), part)), (side, part)


def test_held_out_text_changes_no_score_and_no_metric(both: tuple[Workspace, list[tuple[Profiles, Artefact]]]) -> None:
    (_, plain), (_, changed) = both[1]
    first, second = (RunVectors.load(run.path / "vectors.safetensors") for run in (plain, changed))
    assert torch.equal(first.user, second.user)
    assert torch.equal(first.item, second.item)
    for figures in ("validation", "test"):
        assert plain.manifest.summary[figures] == changed.manifest.summary[figures]


def test_held_out_text_changes_no_explanation(both: tuple[Workspace, list[tuple[Profiles, Artefact]]]) -> None:
    workspace, ((_, plain), (_, changed)) = both
    for user, item in (("u0", "i0"), ("u7", "i3"), ("u10", "i14")):
        first, second = (Recommender.open(workspace, run.id).explain(user, item).document() for run in (plain, changed))
        assert first == second
