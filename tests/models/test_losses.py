"""Each loss against its formula written out with plain loops, and its closed-form values."""

from __future__ import annotations

import math

import pytest
import torch

from core.models.losses import BPRLoss, CorrespondenceLoss, IndependenceLoss, InfoNCELoss, SampledSoftmaxLoss


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(a @ b / (a.norm() * b.norm()))


def test_bpr_equals_its_formula(generator: torch.Generator) -> None:
    users, positives, negatives = (torch.randn(5, 4, generator=generator) for _ in range(3))
    expected = 0.0
    for u, i, j in zip(users, positives, negatives, strict=True):
        expected -= math.log(1 / (1 + math.exp(-float(u @ i - u @ j)))) / 5
    assert float(BPRLoss()(users, positives, negatives)) == pytest.approx(expected, rel=1e-5)


def test_bpr_of_equal_items_is_log_two() -> None:
    same = torch.ones(3, 2)
    assert float(BPRLoss()(same, same, same)) == pytest.approx(math.log(2))


def test_sampled_softmax_equals_its_formula(generator: torch.Generator) -> None:
    users, positives = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    negatives = torch.randn(6, 3, generator=generator)
    excluded = torch.zeros(4, 6, dtype=torch.bool)
    excluded[1, 2] = excluded[3, 5] = True
    expected = 0.0
    for b in range(4):
        user = users[b] / users[b].norm()
        positive = math.exp(float(user @ positives[b]) / 0.3)
        others = sum(math.exp(float(user @ negatives[n]) / 0.3) for n in range(6) if not excluded[b, n])
        expected -= math.log(positive / (positive + others)) / 4
    assert float(SampledSoftmaxLoss(0.3)(users, positives, negatives, excluded)) == pytest.approx(expected, rel=1e-5)


def test_sampled_softmax_ignores_the_length_of_users_but_not_of_items(generator: torch.Generator) -> None:
    users, positives, negatives = (torch.randn(4, 3, generator=generator) for _ in range(3))
    loss = SampledSoftmaxLoss(0.2)
    assert torch.allclose(loss(users * 7, positives, negatives), loss(users, positives, negatives))
    assert not torch.allclose(loss(users, positives * 7, negatives), loss(users, positives, negatives))


def test_info_nce_equals_its_formula(generator: torch.Generator) -> None:
    first, second = torch.randn(5, 4, generator=generator), torch.randn(5, 4, generator=generator)
    expected = 0.0
    for n in range(5):
        weights = [math.exp(cosine(first[n], second[m]) / 0.2) for m in range(5)]
        expected -= math.log(weights[n] / sum(weights)) / 5
    assert float(InfoNCELoss(0.2)(first, second)) == pytest.approx(expected, rel=1e-5)


def test_slot_info_nce_leaves_silent_slots_out(generator: torch.Generator) -> None:
    first, second = torch.randn(5, 3, 4, generator=generator), torch.randn(5, 3, 4, generator=generator)
    present = torch.tensor([[1, 0, 1], [1, 0, 0], [1, 0, 1], [0, 0, 1], [1, 0, 1]], dtype=torch.bool)
    expected, speaking = 0.0, 0
    for k in range(3):
        nodes = [n for n in range(5) if present[n, k]]
        for n in nodes:
            weights = {m: math.exp(cosine(first[n, k], second[m, k]) / 0.5) for m in nodes}
            expected -= math.log(weights[n] / sum(weights.values()))
            speaking += 1
    assert float(InfoNCELoss(0.5)(first, second, present)) == pytest.approx(expected / speaking, rel=1e-5)


def test_slot_info_nce_of_silence_is_zero_and_has_no_bad_gradient(generator: torch.Generator) -> None:
    first = torch.randn(3, 2, 4, generator=generator, requires_grad=True)
    loss = InfoNCELoss(0.2)(first, torch.zeros(3, 2, 4), torch.zeros(3, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert first.grad is not None
    assert bool(torch.isfinite(first.grad).all())


def test_partly_silent_slots_have_finite_gradients(generator: torch.Generator) -> None:
    first = torch.randn(3, 2, 4, generator=generator, requires_grad=True)
    present = torch.tensor([[True, False], [False, False], [True, False]])
    InfoNCELoss(0.2)(first, torch.randn(3, 2, 4, generator=generator), present).backward()
    assert first.grad is not None
    assert bool(torch.isfinite(first.grad).all())
    assert bool((first.grad[:, 1] == 0).all())


def test_correspondence_equals_its_formula(generator: torch.Generator) -> None:
    views = [torch.randn(4, 3, generator=generator) for _ in range(4)]
    tau, alpha = 0.4, 0.3
    expected = 0.0
    for student, teacher in ((views[:2], views[2:]), (views[1::-1], views[:1:-1])):
        for n in range(4):
            soft = [math.exp(cosine(teacher[0][n], teacher[1][m]) / tau) for m in range(4)]
            own = [math.exp(cosine(student[0][n], student[1][m]) / tau) for m in range(4)]
            for m in range(4):
                target = alpha * (n == m) + (1 - alpha) * soft[m] / sum(soft)
                expected += 0.5 * target * (math.log(target) - math.log(own[m] / sum(own))) / 4
    assert float(CorrespondenceLoss(tau, alpha)(*views)) == pytest.approx(expected, rel=1e-4)


def test_correspondence_of_a_student_that_equals_its_teacher_is_zero_without_hard_targets(generator: torch.Generator) -> None:
    z, t = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    assert float(CorrespondenceLoss(0.2, 0.0)(z, t, z, t)) == pytest.approx(0.0, abs=1e-6)


def test_correspondence_gives_the_teacher_no_gradient(generator: torch.Generator) -> None:
    views = [torch.randn(4, 3, generator=generator, requires_grad=True) for _ in range(4)]
    CorrespondenceLoss(0.2, 0.5)(*views).backward()
    assert [view.grad is not None for view in views] == [True, True, False, False]


def test_independence_equals_its_formula(generator: torch.Generator) -> None:
    slots = torch.randn(50, 3, 2, generator=generator)
    standard = (slots - slots.mean(0)) / slots.std(0, unbiased=False)
    total, count = 0.0, 0
    for k in range(3):
        for other in range(3):
            if k == other:
                continue
            for a in range(2):
                for b in range(2):
                    total += float((standard[:, k, a] * standard[:, other, b]).mean()) ** 2
                    count += 1
    assert float(IndependenceLoss()(slots)) == pytest.approx(total / count, rel=1e-4)


def test_independence_is_one_for_copies_and_zero_for_one_slot(generator: torch.Generator) -> None:
    one = torch.randn(40, 1, 1, generator=generator)
    assert float(IndependenceLoss()(torch.cat([one, one], dim=1))) == pytest.approx(1.0, rel=1e-4)
    assert float(IndependenceLoss()(one)) == 0.0
