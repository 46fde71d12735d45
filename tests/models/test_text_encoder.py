"""The text encoder: which components a step hides, what a slot's MLP is, and that silence stays silent."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.models.config import ModelConfig
from core.models.text_encoder import SlotTextEncoder, TextEncoder, TextLayer


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_step_hides_the_same_share_of_components_from_every_row(share: float) -> None:
    layer = TextLayer(8, 3, share, generator()).train()
    # With the unit vectors as rows the output is the weight of each component: zero where it was hidden.
    seen = layer(torch.eye(8))
    spoken = seen.abs().sum(1) > 0
    assert int(spoken.sum()) == round(8 * (1 - share))
    assert torch.allclose(seen[spoken], layer.weight.T[spoken] / (1 - share))


def test_hidden_components_change_from_step_to_step() -> None:
    layer = TextLayer(64, 3, 0.5, generator()).train()
    first, second = layer(torch.eye(64)), layer(torch.eye(64))
    assert not torch.equal(first, second)


def test_nothing_is_hidden_from_recommendations() -> None:
    layer = TextLayer(8, 3, 0.5, generator()).eval()
    text = torch.randn(5, 8, generator=generator())
    assert torch.equal(layer(text), functional.linear(text, layer.weight, layer.bias))


def test_slots_share_the_first_layer_and_have_a_second_of_their_own() -> None:
    encoder = SlotTextEncoder(3, 6, 2, ModelConfig(text_hidden=5), generator()).eval()
    with torch.no_grad():
        encoder.first_bias.normal_(generator=generator())
        encoder.second_bias.normal_(generator=generator())
    text = torch.randn(4, 3, 6, generator=generator())
    present = torch.ones(4, 3, dtype=torch.bool)
    present[1, 2] = False
    vectors = encoder(text, present)
    for node in range(4):
        for slot in range(3):
            hidden = encoder.first.weight @ text[node, slot] + encoder.first_bias[slot]
            hidden = torch.where(hidden > 0, hidden, 0.01 * hidden)
            expected = hidden @ encoder.second[slot] + encoder.second_bias[slot, 0]
            assert torch.allclose(vectors[node, slot], expected * present[node, slot], atol=1e-6)


@pytest.mark.parametrize(("hidden", "expected"), [(0, (10 + 4) // 2), (7, 7)])
def test_hidden_width_is_the_papers_unless_it_is_set(hidden: int, expected: int) -> None:
    encoder = TextEncoder(10, 4, ModelConfig(text_hidden=hidden), generator())
    assert encoder.first.weight.shape == (expected, 10)
