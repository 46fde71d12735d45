"""Training on chosen profiles: the newest by default, those named otherwise, and never those of another dataset."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError
from core.jobs import steps
from core.jobs.kinds import checked_arguments
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

TINY = TrainingConfig(slot_dim=4, batch_size=64, epochs=2, device="cpu", text_dim=4)


@pytest.fixture
def dataset(workspace: Workspace, small_dataset: ReviewDataset) -> Artefact:
    return publish_dataset(workspace, small_dataset, {"domain": small_dataset.domain})


def profiles(workspace: Workspace, dataset: Artefact, threshold: float) -> str:
    return steps.extract(workspace, dataset.id, {"encoder": "tfidf", "threshold": threshold}).profiles.id


def test_a_run_is_trained_on_the_profiles_that_are_named(workspace: Workspace, dataset: Artefact):
    old, new = profiles(workspace, dataset, 0.1), profiles(workspace, dataset, 0.5)
    assert old != new
    newest, chosen, same = (
        steps.train(workspace, dataset.id, TINY, profiles=named).manifest.sources["profiles"] for named in (None, old, new)
    )
    assert (newest, chosen, same) == (new, old, new)
    assert len(workspace.list("run")) == 2
    assert {run.manifest.sources["profiles"] for run in workspace.list("run")} == {old, new}


def test_profiles_of_a_sample_do_not_replace_those_of_all_reviews(workspace: Workspace, dataset: Artefact):
    def extracted(sample: int | None) -> str:
        return steps.extract(workspace, dataset.id, {"encoder": "tfidf", "sample": sample}).profiles.id

    sampled = extracted(3)
    assert steps.ensure_profiles(workspace, dataset.id).id == sampled
    whole = extracted(None)
    assert extracted(4) != sampled
    assert steps.ensure_profiles(workspace, dataset.id).id == whole


def test_profiles_of_another_dataset_are_refused(workspace: Workspace, dataset: Artefact, small_dataset: ReviewDataset):
    interactions = small_dataset.interactions.copy()
    interactions["text"] += " It broke."
    other = publish_dataset(workspace, replace(small_dataset, name="other", interactions=interactions), {"domain": "products"})
    own, foreign = profiles(workspace, dataset, 0.1), profiles(workspace, other, 0.1)
    with pytest.raises(InputError, match=f"of another dataset .*{own}"):
        steps.train(workspace, dataset.id, TINY, profiles=foreign)
    with pytest.raises(NotFoundError, match="No profiles 'absent'"):
        steps.train(workspace, dataset.id, TINY, profiles="absent")
    with pytest.raises(InputError, match="lightgcn reads no profiles"):
        steps.train(workspace, dataset.id, TINY.model_copy(update={"model": "lightgcn"}), profiles=own)
    assert workspace.list("run") == []


def test_a_job_can_name_its_profiles():
    assert checked_arguments("train", {"dataset": "shop", "profiles": "shop-1"})["profiles"] == "shop-1"
    assert checked_arguments("train", {"dataset": "shop"})["profiles"] is None
