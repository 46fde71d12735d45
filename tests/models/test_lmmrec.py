"""What is particular to LMMRec: its terms, its teacher, and that text without a meaning for a term leaves it out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.errors import InputError
from core.models.build import build_model
from core.models.config import ModelConfig
from core.models.graph import Interactions
from core.models.lmmrec import DualEncoder, LMMRec
from core.models.recommendation import Batch
from core.models.text_features import SHRINKAGE, TextFeatures, motivation_lift

BATCH = Batch(torch.tensor([0, 0, 1, 2, 5]), torch.tensor([0, 2, 1, 2, 3]), torch.tensor([1, 1, 0, 5, 4]))


def model(checkerboard: Interactions, text: TextFeatures, **settings: object) -> LMMRec:
    config = ModelConfig.model_validate({"slot_dim": 4, "dim": 8, "loss": "bpr", "history_dim": 0} | settings)
    built = build_model(checkerboard, text, config)
    assert isinstance(built, LMMRec)
    return built


@pytest.mark.parametrize(
    ("weight", "term"),
    [("mcs_weight", "mcs"), ("slot_mcs_weight", "slot_mcs"), ("itcm_weight", "itcm"), ("independence_weight", "independence")],
)
def test_a_weight_of_zero_takes_its_term_out(checkerboard: Interactions, block_text: TextFeatures, weight: str, term: str) -> None:
    assert term in model(checkerboard, block_text, **{weight: 0.1}).losses(BATCH)
    assert term not in model(checkerboard, block_text, **{weight: 0.0}).losses(BATCH)


def test_slots_and_parts_of_behaviour_recommend_together_and_each_by_itself(checkerboard: Interactions, block_text: TextFeatures) -> None:
    settings = {"behaviour_dim": 6, "behaviour_parts": 2, "part_weight": 0.25, "joint_weight": 0.7}
    lmmrec = model(checkerboard, block_text, text_scale=0.0, slot_text_scale=0.0, **settings).eval()
    with torch.no_grad():
        terms, vectors = lmmrec.losses(BATCH), lmmrec.vectors()

    def bpr(*parts: str) -> float:
        def score(users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
            return sum((vectors[f"user{part}"][users].flatten(1) * vectors[f"item{part}"][items].flatten(1)).sum(1) for part in parts)  # type: ignore[return-value]

        margins = score(BATCH.users, BATCH.positives) - score(BATCH.users, BATCH.negatives)
        return float(-torch.log(torch.sigmoid(margins)).mean())

    assert vectors["user_behaviour"].shape == (40, 6)
    for side in ("user", "item"):
        vectors[f"{side}_first"], vectors[f"{side}_second"] = vectors[f"{side}_behaviour"].split(3, dim=1)
    assert float(terms["recommendation"]) == pytest.approx(0.7 * bpr("", "_behaviour"))
    assert float(terms["recommendation_apart"]) == pytest.approx(0.25 * (bpr("") + bpr("_first") + bpr("_second")))
    assert "recommendation" not in model(checkerboard, block_text, behaviour_dim=6, joint_weight=0.0).losses(BATCH)


def test_without_behaviour_it_is_the_papers_objective(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text, behaviour_dim=0)
    assert "recommendation_apart" not in lmmrec.losses(BATCH)
    assert "user_behaviour" not in lmmrec.vectors()


def test_teacher_hides_nothing_from_itself(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text, itcm_weight=0.1).train()
    assert isinstance(lmmrec.teacher, DualEncoder)
    assert lmmrec.student.training
    assert not any(module.training for module in lmmrec.teacher.modules())


def test_terms_scale_with_their_weight(checkerboard: Interactions, block_text: TextFeatures) -> None:
    one, two = (model(checkerboard, block_text, mcs_weight=weight, text_dropout=0.0).losses(BATCH)["mcs"] for weight in (0.1, 0.2))
    assert torch.allclose(2 * one, two)


def test_teacher_follows_by_its_momentum_and_takes_no_gradient(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text, itcm_weight=0.1, momentum=0.9)
    assert isinstance(lmmrec.teacher, DualEncoder)
    before = [parameter.clone() for parameter in lmmrec.teacher.parameters()]
    with torch.no_grad():
        for parameter in lmmrec.student.parameters():
            parameter.add_(1.0)
    lmmrec.after_step()
    for old, new in zip(before, lmmrec.teacher.parameters(), strict=True):
        assert torch.allclose(new, old + 0.1, atol=1e-6)
    sum(lmmrec.losses(BATCH).values()).backward()
    assert all(parameter.grad is None for parameter in lmmrec.teacher.parameters())


def test_every_part_of_the_student_learns(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text, itcm_weight=0.1, prototypes=3, slot_mcs_weight=0.1, independence_weight=0.1)
    sum(lmmrec.losses(BATCH).values()).backward()
    for name, parameter in lmmrec.student.named_parameters():
        assert parameter.grad is not None, name
        assert bool(torch.isfinite(parameter.grad).all()), name


def test_prototypes_add_their_softmax_mean(checkerboard: Interactions, block_text: TextFeatures) -> None:
    student = model(checkerboard, block_text, prototypes=3, prototype_temperature=0.5, motivation_gate=0.0).student
    users, items = student.backbone()
    slot, centres = users[7, 4:8], student.prototypes[1]
    centres = centres - centres.mean(0)
    share = torch.softmax(centres @ slot / 0.5, dim=0)
    assert torch.allclose(student.parts(users, items)[0][0][7, 4:8], slot + share @ centres, atol=1e-6)


def test_silent_slots_have_a_silent_text_view(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text).eval()
    slots = lmmrec.student.slot_view(block_text.users, torch.tensor([0, 1]))
    assert not slots[0, 2].any()
    assert slots[1, 2].any()


def test_gate_scales_a_users_slots_by_its_power_of_the_lift(checkerboard: Interactions, block_text: TextFeatures) -> None:
    joined = {"text_scale": 0.3, "slot_text_scale": 0.0}
    plain = model(checkerboard, block_text, motivation_gate=0.0, **joined).eval().vectors()
    gated = model(checkerboard, block_text, motivation_gate=2.0, other_gate=0.5, **joined).eval().vectors()
    expected = plain["user_interaction"] * block_text.users.lift.square()[:, :, None]
    assert torch.allclose(gated["user_interaction"][:, :-1], expected[:, :-1], atol=1e-6)
    assert torch.allclose(gated["user_interaction"][:, -1], 0.5 * expected[:, -1], atol=1e-6)
    assert torch.equal(gated["item"], plain["item"])
    added, ungated = ((vectors["user"] - vectors["user_interaction"])[1] for vectors in (gated, plain))
    ratio = (added[0] / added[1]) / (ungated[0] / ungated[1])
    own = (block_text.users.lift[1, 0] / block_text.users.lift[1, 1]) ** 2
    assert torch.allclose(ratio, own.expand(4), rtol=1e-4)


def test_lift_equals_its_formula_and_is_one_for_silence() -> None:
    weight = torch.tensor([[3.0, 1.0], [0.0, 0.0], [0.0, 4.0]])
    lift = motivation_lift(weight)
    prior = 3 / 8
    assert lift[0, 0].item() == pytest.approx((3 + SHRINKAGE * prior) / ((4 + SHRINKAGE) * prior))
    assert lift[1].tolist() == pytest.approx([1.0, 1.0])
    assert lift[2, 1] > lift[0, 1]


def test_asks_for_text(checkerboard: Interactions) -> None:
    with pytest.raises(InputError, match="profiles"):
        build_model(checkerboard, None, ModelConfig(model="lmmrec"))


def test_views_are_compared_every_so_many_steps_and_weigh_that_much_more(checkerboard: Interactions, block_text: TextFeatures) -> None:
    often, seldom = (model(checkerboard, block_text, align_every=every, text_dropout=0.0) for every in (1, 3))
    with torch.no_grad():
        each = [often.losses(replace(BATCH, number=number)) for number in range(4)]
        third = [seldom.losses(replace(BATCH, number=number)) for number in range(4)]
    assert all("mcs" in terms for terms in each)
    assert ["mcs" in terms for terms in third] == [True, False, False, True]
    assert float(third[0]["mcs"]) == pytest.approx(3 * float(each[0]["mcs"]), rel=1e-5)
    assert float(third[1]["recommendation"]) == pytest.approx(float(each[1]["recommendation"]))


def test_final_vectors_are_the_sum_of_the_views(checkerboard: Interactions, block_text: TextFeatures) -> None:
    lmmrec = model(checkerboard, block_text, text_scale=0.2, slot_text_scale=0.7).eval()
    vectors, text = lmmrec.vectors(), block_text.items
    slots = vectors["item_interaction"]
    with torch.no_grad():
        whole = lmmrec.student.whole_text(text.whole)
        own = lmmrec.student.slot_text(text.slots, text.present)
    length = float(slots.flatten(1).norm(dim=1).mean())
    for item in range(5):
        expected = slots[item] + 0.2 * length * (whole[item] / whole[item].norm()).view(3, 4)
        for slot in range(3):
            if bool(text.present[item, slot]):
                expected[slot] += 0.7 * float(slots[:, slot].norm(dim=1).mean()) * own[item, slot] / own[item, slot].norm()
        assert torch.allclose(vectors["item"][item], expected, atol=1e-5)
