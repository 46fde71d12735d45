"""A run's text half, read again, makes the very vectors that the training left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.errors import InputError
from core.motivations.profiles import SlotText
from core.recommend.recommender import Recommender
from core.recommend.text_view import TextView
from core.storage import read_json, read_tensors, write_json, write_tensors
from core.training.opened import OpenedRun
from tests.recommend.trained import Trained


def own_text(run: OpenedRun, user: int) -> SlotText:
    assert run.profiles is not None
    text, own = run.profiles.users, slice(user, user + 1)
    return SlotText(text.positive[own], text.negative[own], text.positive_weight[own], text.negative_weight[own])


def test_a_users_own_text_makes_the_users_own_vector(trained: Trained) -> None:
    for user in range(24):
        again = trained.text.users(user, own_text(trained.recommender.run, user))
        assert torch.allclose(again, trained.recommender.scorer.user(user), atol=1e-5)


def test_the_words_of_the_history_are_weighed_by_what_the_reviews_left_care_about(trained: Trained) -> None:
    run = trained.recommender.run
    width = run.vectors.views["user_interaction"].shape[2]
    words = run.vectors.user[0, :, width:].double()
    assert words.any()
    swapped = trained.text.users(0, own_text(run, 1))[0, : run.vectors.user[0].numel()].view(len(words), -1)[:, width:]
    gates = [trained.text._gate(trained.text._trained_text(slice(user, user + 1)))[0].double() for user in (0, 1)]
    expected = words * (gates[1] / gates[0])[:, None]
    torch.testing.assert_close(swapped, expected * words.norm() / expected.norm(), atol=1e-6, rtol=1e-5)


def test_another_text_makes_another_vector_but_leaves_behaviour(trained: Trained) -> None:
    scorer, run = trained.recommender.scorer, trained.recommender.run
    swapped = trained.text.users(0, own_text(run, 1))
    slots = run.vectors.user[0].numel()
    assert not torch.allclose(swapped[:, :slots], scorer.user(0)[:, :slots], atol=1e-4)
    assert torch.equal(swapped[:, slots:], scorer.user(0)[:, slots:])


def test_a_newcomer_has_text_alone(trained: Trained) -> None:
    run = trained.recommender.run
    vector = trained.text.newcomers(own_text(run, 3))
    slots, own = run.vectors.user[3].double(), run.vectors.views["user_interaction"][3].double()
    assert not vector[:, slots.numel() :].any()
    made = vector[0, : slots.numel()].view_as(slots)
    assert torch.allclose(made[:, : own.shape[1]], slots[:, : own.shape[1]] - own, atol=1e-5)
    assert not made[:, own.shape[1] :].any()  # no history, no words of it


def test_what_cannot_be_read_again_is_refused(trained: Trained, make_recommender: Callable[..., Recommender], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parameters are not kept"):
        TextView.open(make_recommender().run)
    run = trained.recommender.run
    assert run.directory is not None
    config, parameters = read_json(run.directory / "config.json"), read_tensors(run.directory / "model.safetensors")

    def refusal(settings: dict[str, object], changed: dict[str, torch.Tensor]) -> str:
        write_json(tmp_path / "config.json", config | settings)
        write_tensors(tmp_path / "model.safetensors", changed)
        with pytest.raises(InputError) as error:
            TextView.open(replace(run, directory=tmp_path))
        return str(error.value)

    assert "changed on purpose (text_control)" in refusal({"text_control": "shuffled"}, parameters)
    assert "only LMMRec" in refusal({"model": "lightgcn"}, parameters)
    assert "computed again here" in refusal({"text_scale": 0.1}, parameters)
    key = "student.slot_text.second"
    assert "earlier version" in refusal({}, parameters | {key: parameters[key][:, :, :2]})
