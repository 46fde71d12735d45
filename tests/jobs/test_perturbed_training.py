"""Perturbed trainings: runs of their own, kept aside, whose figures and text are what the settings say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from app import session
from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.jobs import steps
from core.jobs.perturbed_text import text_to_read
from core.jobs.training_step import interactions_of, interactions_of_run, run_id
from core.models.text_features import text_features
from core.motivations.build import with_users
from core.motivations.profiles import Profiles
from core.storage import read_tensors
from core.training.config import TrainingConfig
from core.training.perturbation import swapped_users
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

TINY = TrainingConfig(slot_dim=4, batch_size=64, epochs=3, evaluate_every=1, device="cpu", text_dim=4)
CONTROLS: tuple[dict[str, Any], ...] = (
    {"text_control": "shuffled"},
    {"text_control": "random"},
    {"text_control": "none"},
    {"interaction_noise": 0.2},
    {"text_noise": 0.3},
)


def changed(**settings: Any) -> TrainingConfig:
    return TrainingConfig.model_validate(TINY.model_dump() | settings)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, small_dataset: ReviewDataset) -> tuple[Workspace, Artefact, Artefact]:
    """A workspace with a dataset and its profiles: two sorts of users, with words that tell single reviews apart."""
    workspace = Workspace(tmp_path_factory.mktemp("perturbed") / "workspace")
    reviews = small_dataset.interactions.copy()
    words = ("guitar", "piano", "drum", "violin", "flute", "trumpet", "harp")
    reviews["text"] = [
        f"{text} Best {words[user % 7]} for {words[item % 5]} players."
        for text, user, item in reviews[["text", "user_idx", "item_idx"]].to_numpy()
    ]
    source = publish_dataset(workspace, replace(small_dataset, interactions=reviews, name="small"), {"domain": "products"})
    return workspace, source, steps.extract(workspace, source.id, {"encoder": "tfidf"}).profiles


@pytest.fixture(scope="module")
def runs(made: tuple[Workspace, Artefact, Artefact]) -> tuple[Artefact, list[Artefact]]:
    """The plain run, and after it one for each perturbation."""
    workspace, source, _ = made
    return steps.train(workspace, source.id, TINY), [steps.train(workspace, source.id, changed(**one)) for one in CONTROLS]


def vectors_of(run: Artefact) -> RunVectors:
    return RunVectors.load(run.path / "vectors.safetensors")


def test_every_perturbation_trains_another_model(runs: tuple[Artefact, list[Artefact]]) -> None:
    users = [vectors_of(run).user for run in (runs[0], *runs[1])]
    assert all(torch.isfinite(one).all() for one in users)
    for first in range(len(users)):
        assert not any(torch.equal(users[first], other) for other in users[first + 1 :])


def test_names_and_summaries_say_what_differs(runs: tuple[Artefact, list[Artefact]]) -> None:
    plain, perturbed = runs
    assert plain.manifest.name == "small-lmmrec-lightgcn-s0"
    assert not {"text_control", "interaction_noise", "text_noise"} & set(plain.manifest.summary)
    ends = ["shuffled", "random-text", "no-text", "noise20", "textnoise30"]
    assert [run.manifest.name for run in perturbed] == [f"small-lmmrec-lightgcn-s0-{end}" for end in ends]
    for run, settings in zip(perturbed, CONTROLS, strict=True):
        assert run.manifest.summary == run.manifest.summary | settings
        assert len({"text_control", "interaction_noise", "text_noise"} & set(run.manifest.summary)) == 1
    assert len({run.id for run in (plain, *perturbed)}) == 6


def test_perturbed_runs_are_never_the_newest(made: tuple[Workspace, Artefact, Artefact], runs: tuple[Artefact, list[Artefact]]) -> None:
    workspace, source, _ = made
    plain, perturbed = runs
    assert all(run.manifest.byproduct for run in perturbed)
    assert workspace.list("run")[0].id == workspace.made_from("run", source)[0].id == plain.id
    again = steps.train(workspace, source.id, changed(**CONTROLS[0]))
    assert again == perturbed[0]
    assert workspace.list("run")[0].id == plain.id


def test_pages_open_a_plain_run_even_where_only_perturbed_ones_have_motivations(
    made: tuple[Workspace, Artefact, Artefact], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "selected", lambda key: None)
    source = made[1]

    def publish(into: Workspace, name: str, model: str, recall: float = 0.2, **perturbed: object) -> None:
        with into.publish("run", f"{name}-0", name=name, sources={"dataset": source.id}) as draft:
            draft.summary |= {"model": model, "validation": {"recall@20": recall}, **perturbed}

    def opened() -> str:
        found = session.chosen_run(workspace, source)
        assert found is not None
        return found.manifest.name

    for_benchmark = workspace.for_byproducts()
    publish(for_benchmark, "noisy", "lmmrec", 0.5, interaction_noise=0.2)
    assert opened() == "noisy"
    publish(for_benchmark, "peer", "rlmrec-con", 0.4)
    publish(for_benchmark, "whole", "lmmrec", 0.3)
    publish(for_benchmark, "ablated", "lmmrec", 0.25)
    assert opened() == "whole"  # not the newest, not that of the noise, not another model
    publish(workspace, "plain", "lightgcn")
    assert opened() == "plain"
    publish(workspace, "own", "lmmrec", 0.1)
    assert opened() == "own"


def test_figures_of_a_noisy_run_are_those_of_its_own_training_interactions(
    made: tuple[Workspace, Artefact, Artefact], runs: tuple[Artefact, list[Artefact]]
) -> None:
    workspace, source, _ = made
    noisy = runs[1][3]
    dataset = ReviewDataset.load(source)
    clean, seen = interactions_of(dataset), interactions_of_run(dataset, noisy)
    assert len(seen["train"].pairs) == round(1.2 * len(clean["train"].pairs))
    assert (seen["train"].matrix().data == 1).all()
    held_out = {tuple(pair) for split in ("validation", "test") for pair in clean[split].pairs.tolist()}  # type: ignore[index]
    assert not held_out & {tuple(pair) for pair in seen["train"].pairs.tolist()}
    for split in ("validation", "test"):
        np.testing.assert_array_equal(seen[split].pairs, clean[split].pairs)  # type: ignore[index]
        assert steps.evaluate_run(workspace, noisy.id, split)["metrics"] == pytest.approx(noisy.manifest.summary[split])  # type: ignore[arg-type]
    assert interactions_of_run(dataset, runs[0])["train"].pairs.shape == clean["train"].pairs.shape


def test_without_perturbation_the_features_are_those_of_the_profiles(made: tuple[Workspace, Artefact, Artefact]) -> None:
    workspace, _, profiles = made
    plain, read = text_features(Profiles.load(profiles), 4), text_to_read(workspace, profiles, TINY)
    for side in ("users", "items"):
        for part in ("slots", "present", "whole", "lift"):
            assert torch.equal(getattr(getattr(plain, side), part), getattr(getattr(read, side), part)), (side, part)


def embeddings_of(workspace: Workspace, profiles: Artefact) -> torch.Tensor:
    extraction = workspace.get("extraction", profiles.manifest.sources["extraction"])
    return read_tensors(extraction.path / "embeddings.safetensors")["embeddings"]


def test_profiles_amassed_again_with_the_same_users_are_the_same(made: tuple[Workspace, Artefact, Artefact]) -> None:
    workspace, _, artefact = made
    profiles = Profiles.load(artefact)
    again = with_users(profiles, profiles.statements["user_idx"].to_numpy(dtype=np.int64), embeddings_of(workspace, artefact))
    for part in ("positive", "negative", "positive_weight", "negative_weight"):
        assert torch.equal(getattr(again.users, part), getattr(profiles.users, part))
    assert torch.equal(again.user_whole, profiles.user_whole)
    pd.testing.assert_frame_equal(again.user_table, profiles.user_table)


def test_swapped_statements_move_to_the_other_user_and_items_stay(made: tuple[Workspace, Artefact, Artefact]) -> None:
    workspace, _, artefact = made
    profiles, embeddings = Profiles.load(artefact), embeddings_of(workspace, artefact)
    users = swapped_users(profiles.statements, 0.5, 0)
    swapped = with_users(profiles, users, embeddings)
    assert swapped.items is profiles.items
    assert swapped.item_table is profiles.item_table
    assert (users != profiles.statements["user_idx"].to_numpy()).mean() > 0.3
    for user in range(24):
        own = profiles.statements[users == user]
        strength = torch.tensor(own["strength"].to_numpy(dtype="float32", copy=True))[:, None]
        rows = torch.tensor(own["embedding_row"].to_numpy(dtype="int64", copy=True))
        expected = (embeddings[rows].float() * strength).sum(0) / strength.sum()
        torch.testing.assert_close(swapped.user_whole[user], expected, atol=1e-3, rtol=0)
    assert not torch.equal(swapped.user_whole, profiles.user_whole)


def test_profile_texts_are_swapped_where_there_are_no_reviews(workspace: Workspace, small_dataset: ReviewDataset) -> None:
    said = ("Loves rich sound.", "Wants a low price.", "Buys gifts for children.")
    users = small_dataset.users.assign(profile_text=[f"{said[n % 3]} Plays instrument{n}." for n in range(24)])
    silent = small_dataset.interactions.assign(text="", summary="")
    source = publish_dataset(workspace, replace(small_dataset, users=users, interactions=silent), {"domain": "products"})
    profiles = Profiles.load(artefact := steps.extract(workspace, source.id, {"encoder": "tfidf"}).profiles)
    moved = with_users(profiles, swapped_users(profiles.statements, 0.5, 0), embeddings_of(workspace, artefact))
    stayed = (moved.user_whole == profiles.user_whole).all(1)
    assert int((~stayed).sum()) == 12
    before, after = ({tuple(row.tolist()) for row in one.user_whole} for one in (profiles, moved))
    assert before == after


@pytest.fixture(scope="module")
def rewritten(made: tuple[Workspace, Artefact, Artefact], tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Artefact]:
    """The same dataset and its profiles after the text of every held-out review was rewritten."""
    reviews = ReviewDataset.load(made[1])
    changed_reviews = reviews.interactions.copy()
    changed_reviews.loc[changed_reviews["split"] != "train", ["text", "summary"]] = "Delivered late. The guitar costs far too much."
    workspace = Workspace(tmp_path_factory.mktemp("rewritten") / "workspace")
    source = publish_dataset(workspace, replace(reviews, interactions=changed_reviews), {"domain": "products"})
    steps.extract(workspace, source.id, {"encoder": "tfidf"})
    return workspace, source


@pytest.mark.parametrize("settings", CONTROLS)
def test_held_out_text_reaches_no_perturbed_run(
    rewritten: tuple[Workspace, Artefact], runs: tuple[Artefact, list[Artefact]], settings: dict[str, Any]
) -> None:
    workspace, source = rewritten
    other, run = steps.train(workspace, source.id, changed(**settings)), runs[1][CONTROLS.index(settings)]
    assert other.manifest.sources["dataset"] != run.manifest.sources["dataset"]
    assert torch.equal(vectors_of(other).user, vectors_of(run).user)
    assert other.manifest.summary["test"] == run.manifest.summary["test"]


def test_a_model_without_text_trains_on_noise_but_under_no_control_of_text(made: tuple[Workspace, Artefact, Artefact]) -> None:
    workspace, source, _ = made
    run = steps.train(workspace, source.id, changed(model="lightgcn", interaction_noise=0.05))
    assert run.manifest.name == "small-lightgcn-s0-noise5"
    assert run.manifest.byproduct
    with pytest.raises(InputError, match="lightgcn reads no text"):
        steps.train(workspace, source.id, changed(model="lightgcn", text_control="shuffled"))


@pytest.mark.parametrize(
    ("settings", "end"),
    [
        ({}, "lmmrec-lightgcn-s0"),
        ({"backbone": "simgcl", "seed": 3}, "lmmrec-simgcl-s3"),
        ({"model": "simgcl"}, "simgcl-s0"),
        ({"model": "rlmrec-con", "backbone": "simgcl"}, "rlmrec-con-simgcl-s0"),
        ({"model": "ease", "backbone": "simgcl"}, "ease-s0"),
        ({"model": "popularity"}, "popularity-s0"),
        ({"model": "alpharec"}, "alpharec-s0"),
        ({"interaction_noise": 0.125, "text_noise": 0.07, "text_control": "none"}, "lmmrec-lightgcn-s0-no-text-noise12.5-textnoise7"),
    ],
)
def test_runs_are_called_after_what_was_trained(made: tuple[Workspace, Artefact, Artefact], settings: dict[str, Any], end: str) -> None:
    assert run_id(made[1], None, changed(**settings)).rsplit("-", 1)[0] == f"small-{end}"


def test_name_of_a_dataset_is_cut_where_the_whole_would_be_too_long(made: tuple[Workspace, Artefact, Artefact]) -> None:
    long = Artefact(made[1].manifest.model_copy(update={"name": "a" * 64}), made[1].path)
    most = changed(model="rlmrec-gen", text_control="random", interaction_noise=0.25, text_noise=0.25)
    name = run_id(long, None, most).rsplit("-", 1)[0]
    assert len(name) == 64
    assert name.endswith("-rlmrec-gen-lightgcn-s0-random-text-noise25-textnoise25")
    assert run_id(long, None, TINY).startswith("a" * 32 + "-lmmrec")
