"""The words of a history: what they are made of, that an item never explains itself, and how much they may count."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.models.build import build_model
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.history_text import SHARES, HistoryText, score_spread
from core.models.known import KnownPairs
from core.models.lmmrec import LMMRec
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures

SETTINGS = {"slot_dim": 4, "history_dim": 5, "negatives": 7, "text_dropout": 0.0}


def lmmrec(interactions: Interactions, text: TextFeatures, **settings: object) -> LMMRec:
    built = build_model(interactions, text, ModelConfig.model_validate(SETTINGS | settings))
    assert isinstance(built, LMMRec)
    return built.eval()


def history(interactions: Interactions, text: TextFeatures, **settings: object) -> HistoryText:
    found = lmmrec(interactions, text, **settings).history
    assert found is not None
    return found


def taken(interactions: Interactions, user: int) -> list[int]:
    return [int(item) for own, item in interactions.pairs if own == user]


def read(words: HistoryText, text: TextFeatures, items: list[int], gate: torch.Tensor) -> torch.Tensor:
    """r_u of a history, item by item as the module's formula has it."""
    slots, present = text.items.slots[items], text.items.present[items]
    mean = torch.stack([slots[present[:, k], k].mean(0) if present[:, k].any() else torch.zeros(slots.shape[2]) for k in range(3)])
    made = words.slots(mean[None], present.any(0)[None])[0] + words.whole(text.items.whole[items].mean(0)[None]).view(3, -1)
    made = made * gate[:, None]
    return made / made.norm()


def test_a_user_is_the_mean_of_what_was_taken_but_for_the_item_left_out(checkerboard: Interactions, block_text: TextFeatures) -> None:
    words = history(checkerboard, block_text)
    assert words.gate is not None
    for user in (0, 7):
        items = taken(checkerboard, user)
        everything, without = words.users(torch.tensor([user])), words.users(torch.tensor([user]), torch.tensor([items[1]]))
        torch.testing.assert_close(everything[0], read(words, block_text, items, words.gate[user]), atol=1e-5, rtol=1e-4)
        rest = [item for item in items if item != items[1]]
        torch.testing.assert_close(without[0], read(words, block_text, rest, words.gate[user]), atol=1e-5, rtol=1e-4)


def test_the_words_of_the_item_asked_about_do_not_reach_its_user(checkerboard: Interactions, block_text: TextFeatures) -> None:
    user = 4
    positive = taken(checkerboard, user)[0]
    changed = block_text.items.slots.clone()
    changed[positive] += 100
    other = replace(block_text, items=replace(block_text.items, slots=changed, whole=changed.mean(1)))
    row, item = torch.tensor([user]), torch.tensor([positive])
    before, after = (history(checkerboard, text) for text in (block_text, other))
    torch.testing.assert_close(before.users(row, item), after.users(row, item), atol=1e-4, rtol=1e-3)
    assert not torch.allclose(before.users(row), after.users(row), atol=1e-2)


def test_the_words_themselves_are_read_beside_the_whole_text_and_left_out_with_their_item(
    checkerboard: Interactions, block_text: TextFeatures
) -> None:
    worded = replace(block_text, items=replace(block_text.items, words=torch.randn(30, 4, generator=torch.Generator().manual_seed(3))))
    plain, words = history(checkerboard, block_text), history(checkerboard, worded)
    assert words.whole.first.weight.shape[1] == plain.whole.first.weight.shape[1] + 4
    user = 4
    positive = taken(checkerboard, user)[0]
    changed = worded.items.words.clone()
    changed[positive] += 10
    other = history(checkerboard, replace(worded, items=replace(worded.items, words=changed)))
    row, item = torch.tensor([user]), torch.tensor([positive])
    torch.testing.assert_close(words.users(row, item), other.users(row, item), atol=1e-4, rtol=1e-3)
    assert not torch.allclose(words.users(row), other.users(row), atol=1e-2)
    assert not torch.allclose(words.items(item), other.items(item), atol=1e-2)


def test_who_took_nothing_else_has_no_direction(block_text: TextFeatures) -> None:
    interactions = Interactions(40, 30, torch.tensor([[0, 1], [1, 1], [1, 2]]).numpy())
    words = history(interactions, block_text)
    assert not words.users(torch.tensor([0]), torch.tensor([1])).any()
    assert not words.users(torch.tensor([5])).any()
    assert words.users(torch.tensor([1]), torch.tensor([1])).norm().item() == pytest.approx(1.0)


def test_loss_is_the_softmax_over_what_the_user_did_not_take(checkerboard: Interactions, block_text: TextFeatures) -> None:
    words = history(checkerboard, block_text, history_temperature=0.5, history_rows=4)
    users, positives = torch.tensor([0, 1, 2, 3, 9]), torch.tensor([taken(checkerboard, user)[0] for user in (0, 1, 2, 3, 9)])
    negatives = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expected = []
    for user, positive in zip(users[:4].tolist(), positives[:4].tolist(), strict=True):
        own = words.users(torch.tensor([user]), torch.tensor([positive])).flatten()
        others = [item for item in negatives[:7].tolist() if item not in taken(checkerboard, user)]
        scores = torch.stack([(own * words.items(torch.tensor([item])).flatten()).sum() / 0.5 for item in [positive, *others]])
        expected.append(scores.logsumexp(0) - scores[0])
    batch = Batch(users, positives, negatives)
    assert words.loss(batch).item() == pytest.approx(torch.stack(expected).mean().item(), rel=1e-4)
    known = KnownPairs(checkerboard)(users[:, None], negatives[None, :])
    assert words.loss(replace(batch, negatives=negatives[:7], excluded=known[:, :7])).item() == pytest.approx(words.loss(batch).item())


def test_scores_are_the_slots_with_the_words_beside_them(checkerboard: Interactions, block_text: TextFeatures) -> None:
    model = lmmrec(checkerboard, block_text, history_scale=0.7)
    assert model.history is not None
    vectors, without = model.vectors(), lmmrec(checkerboard, block_text, history_dim=0).vectors()
    assert vectors["user"].shape == (40, 3, 4 + 5)
    torch.testing.assert_close(vectors["user"][..., :4], without["user"])
    users, items = model.history.everybody()
    beside = torch.einsum("uks,iks->ui", vectors["user"][..., 4:], vectors["item"][..., 4:])
    plain = torch.einsum("uks,iks->ui", users, items)
    torch.testing.assert_close(beside / beside.norm(), plain / plain.norm())
    others = without["user"].flatten(1) @ without["item"].flatten(1).T + without["user_behaviour"] @ without["item_behaviour"].T
    spreads = [(scores - scores.mean(1, keepdim=True)).square().mean().sqrt().item() for scores in (beside, others)]
    assert spreads[0] == pytest.approx(0.7 * spreads[1], rel=1e-3)
    assert score_spread(users.flatten(1), items.flatten(1)).item() == pytest.approx(
        (plain - plain.mean(1, keepdim=True)).square().mean().sqrt().item(), rel=1e-3
    )


def test_what_all_items_share_is_in_no_term(checkerboard: Interactions, block_text: TextFeatures) -> None:
    vectors = lmmrec(checkerboard, block_text).vectors()
    terms = torch.einsum("uks,iks->uik", vectors["user"][..., 4:], vectors["item"][..., 4:])
    torch.testing.assert_close(terms.mean(dim=1), torch.zeros(40, 3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("best", SHARES)
def test_validation_chooses_how_much_the_words_count(checkerboard: Interactions, block_text: TextFeatures, best: float) -> None:
    model = lmmrec(checkerboard, block_text)
    assert model.history is not None
    seen = []

    def validate(vectors: dict[str, torch.Tensor]) -> dict[str, float]:
        seen.append(float(vectors["user"][..., 4:].norm() > 0))
        return {"recall@20": float(list(SHARES)[len(seen) - 1] == best), "ndcg@20": 0.5}

    assert model.validated(validate, "recall@20") == {"recall@20": 1.0, "ndcg@20": 0.5}
    assert seen == [float(share > 0) for share in SHARES]
    assert float(model.history.share) == best
    assert bool(model.vectors()["user"][..., 4:].any()) == (best > 0)
    again = lmmrec(checkerboard, block_text)
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again.vectors()["user"], model.vectors()["user"])


def test_no_words_where_none_are_asked_for(checkerboard: Interactions, block_text: TextFeatures) -> None:
    for settings in ({"history_dim": 0}, {"history_scale": 0.0}, {"form": "vector", "dim": 8}):
        assert lmmrec(checkerboard, block_text, **settings).history is None
