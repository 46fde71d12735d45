"""A small dataset whose reviews say why, and a model that reads them by one prompt and not by another: for tests of comparisons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.store import PromptStore
from core.workspace import Artefact, Workspace

HELD_OUT = "What nobody may read"
TEXTS = ("I bought it. The sound is rich and clear. Number {}.", "I bought it. Setup took two minutes. Number {}.")
TINY: dict[str, Any] = {
    "slot_dim": 4,
    "batch_size": 64,
    "epochs": 4,
    "evaluate_every": 1,
    "negatives": 8,
    "device": "cpu",
    "text_dim": 4,
}


def _answers(name: str, statement: str, quote: str) -> dict[str, Any]:
    motivation = {"name": name, "statement": statement, "quote": quote, "polarity": "positive", "strength": 0.9}
    return {"kind": "answer", "json": {"reasoning": "", "motivations": [motivation], "need": ""}}


SCRIPT: dict[str, Any] = {
    "models": [{"name": "tiny:1b"}, {"name": "other:4b"}],
    "slots": 8,
    "rules": [
        {"contains": HELD_OUT, "action": {"kind": "error", "status": 400, "message": "a held-out review was read"}},
        {"contains": "In one word", "action": _answers("other", "The author bought it.", "I bought it.")},
        {
            "contains": "The sound is rich",
            "action": _answers("performance", "The author wants rich sound.", "The sound is rich and clear."),
        },
        {"contains": "Setup took", "action": _answers("ease_of_use", "The author wants it set up quickly.", "Setup took two minutes.")},
    ],
}
"""The model answers the prompt "asking" well, and the prompt "bland" with "other" alone."""


def publish_reviews(workspace: Workspace, dataset: ReviewDataset) -> Artefact:
    """The checkerboard: even users say one thing, odd users another; held-out reviews say what no model may read."""
    interactions = dataset.interactions.copy()
    texts = [TEXTS[user % 2].format(number) for number, user in enumerate(interactions["user_idx"])]
    held_out = interactions["split"] != "train"
    interactions["text"] = [HELD_OUT if hidden else text for hidden, text in zip(held_out, texts, strict=True)]
    interactions["summary"] = ""
    return publish_dataset(workspace, replace(dataset, interactions=interactions, name="reasons"), {"domain": dataset.domain})


def save_prompts(workspace: Workspace) -> None:
    """Keep the prompts "asking" and "bland"."""
    store = PromptStore(workspace)
    template = default_template("review", "products")
    store.save("asking", template)
    store.save("bland", template.model_copy(update={"user": template.user + "\nIn one word."}))
