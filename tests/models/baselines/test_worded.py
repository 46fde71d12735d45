"""The models LMMRec is compared with can be given the words of the texts too: `text_words`."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.models.build import build_model
from core.models.config import TEXT_MODELS, ModelConfig
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import NodeText, TextFeatures

BATCH = Batch(torch.tensor([1, 3, 3, 0, 6]), torch.tensor([2, 2, 5, 9, 0]), torch.tensor([4, 2, 7, 7, 0]))


def worded(side: NodeText) -> NodeText:
    return replace(side, words=torch.randn(len(side.whole), 4, generator=torch.Generator().manual_seed(len(side.whole))))


@pytest.mark.parametrize("name", [name for name in TEXT_MODELS if name not in ("lmmrec", "ease-text")])
def test_what_a_model_makes_of_the_text_hangs_on_its_words(name: str, checkerboard: Interactions, block_text: TextFeatures) -> None:
    config = ModelConfig.model_validate({"model": name, "dim": 8, "text_dropout": 0.0})
    with_words = TextFeatures(worded(block_text.users), worded(block_text.items), block_text.motivations)
    silent = TextFeatures(*(replace(side, words=side.words * 0) for side in (with_words.users, with_words.items)), with_words.motivations)
    losses = []
    for text in (with_words, silent):
        model = build_model(checkerboard, text, config).eval()
        torch.manual_seed(0)
        terms = model.losses(BATCH)
        assert all(bool(term.isfinite()) for term in terms.values())
        losses.append(torch.stack(list(terms.values())).detach())
    assert not torch.allclose(*losses, rtol=1e-4)


def test_ease_with_text_reads_the_words(checkerboard: Interactions, block_text: TextFeatures) -> None:
    config = ModelConfig.model_validate({"model": "ease-text", "ease_weight": 10.0})
    with_words = replace(block_text, items=worded(block_text.items))
    plain, read = (build_model(checkerboard, text, config).vectors()["item"] for text in (block_text, with_words))
    assert not torch.allclose(plain, read, atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": "lmmrec", "text_words": 7}, 128),
        ({"model": "lmmrec", "history_words": 5}, 5),
        ({"model": "lmmrec", "history_dim": 0}, 0),
        ({"model": "rlmrec-gen"}, 0),
        ({"model": "rlmrec-gen", "text_words": 7, "history_words": 5}, 7),
        ({"model": "lightgcn", "text_words": 7}, 0),
    ],
)
def test_words_are_made_for_those_that_read_them(settings: dict[str, object], words: int) -> None:
    assert ModelConfig.model_validate(settings).words_read == words
