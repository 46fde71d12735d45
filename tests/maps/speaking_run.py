"""A small run with everything a map can show: named slots, both views, statements with embeddings, and its text encoder on the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.data.dataset import ReviewDataset
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.models.config import ModelConfig
from core.models.text_encoder import SlotTextEncoder
from core.motivations.profiles import Profiles, SlotText
from core.storage import write_json, write_tensors
from core.training.opened import OpenedRun
from core.training.run import RunVectors

KEYS = ("sound", "price", "other")
DIM, WIDTH = 4, 6
"""Of a slot; of a sentence embedding."""


def statements_of(dataset: ReviewDataset) -> tuple[pd.DataFrame, torch.Tensor]:
    """One statement a training interaction, about the motivation its user's number says, and the embeddings of all."""
    rows = dataset.rows("train")
    motivation = (rows["user_idx"] % 2).to_numpy(copy=True)
    generator = torch.Generator().manual_seed(3)
    embeddings = torch.nn.functional.normalize(
        torch.eye(WIDTH)[motivation] + 0.2 * torch.randn(len(rows), WIDTH, generator=generator), dim=1
    )
    table = pd.DataFrame(
        {
            "source": "review",
            "interaction_idx": rows.index,
            "user_idx": rows["user_idx"],
            "item_idx": rows["item_idx"],
            "motivation": motivation,
            "statement": [("warm tone", "fair price")[which] + f" {row}" for row, which in enumerate(motivation)],
            "quote": "",
            "polarity": np.where(np.arange(len(rows)) % 5 == 0, "negative", "positive"),
            "strength": 1.0,
            "confidence": 0.9,
            "embedding_row": np.arange(len(rows)),
        }
    ).reset_index(drop=True)
    return table, embeddings


def pooled(table: pd.DataFrame, embeddings: torch.Tensor, column: str, n: int) -> SlotText:
    """Means of the statements of every node and slot; silent slots zero."""
    parts = {}
    for polarity in ("positive", "negative"):
        sums, weights = torch.zeros(n, len(KEYS), WIDTH), torch.zeros(n, len(KEYS))
        for row in table[table["polarity"] == polarity].itertuples():
            node = getattr(row, column)
            sums[node, row.motivation] += embeddings[row.embedding_row]
            weights[node, row.motivation] += 1
        parts[polarity] = (sums / weights.clamp(min=1)[..., None], weights)
    return SlotText(parts["positive"][0], parts["negative"][0], parts["positive"][1], parts["negative"][1])


def profiles_of(dataset: ReviewDataset, table: pd.DataFrame, embeddings: torch.Tensor) -> Profiles:
    entries = tuple(TaxonomyEntry(key=key, name=key.capitalize(), description=key, examples=(key,)) for key in KEYS[:-1])
    tables = [
        table.rename(columns={node: "node_idx"})
        .groupby(["node_idx", "motivation"], as_index=False)
        .size()
        .assign(share=1.0, confidence=0.8, polarity="positive")
        for node in ("user_idx", "item_idx")
    ]
    users, items = pooled(table, embeddings, "user_idx", dataset.n_users), pooled(table, embeddings, "item_idx", dataset.n_items)
    whole = {"user_whole": torch.zeros(dataset.n_users, WIDTH), "item_whole": torch.zeros(dataset.n_items, WIDTH)}
    return Profiles("profiles-0", Taxonomy(name="two", title="Two", motivations=entries), users, items, *tables, table, **whole)


def speaking_run(dataset: ReviewDataset, directory: Path) -> OpenedRun:
    """The run; its text views are what its encoder makes of its profiles, and its interaction views are near them."""
    table, embeddings = statements_of(dataset)
    profiles = profiles_of(dataset, table, embeddings)
    generator = torch.Generator().manual_seed(1)
    encoder = SlotTextEncoder(len(KEYS), 2 * WIDTH, DIM, ModelConfig(text_hidden=5), generator).eval()
    views: dict[str, torch.Tensor] = {}
    for side, text in (("user", profiles.users), ("item", profiles.items)):
        with torch.no_grad():
            own = encoder(torch.cat([text.positive, text.negative], dim=2), (text.positive_weight + text.negative_weight) > 0)
        acted = torch.nn.functional.normalize(own, dim=2) + 0.3 * torch.randn(own.shape, generator=generator)
        views |= {f"{side}_text": own, f"{side}_interaction": acted}
    user, item = (views[f"{side}_interaction"] + views[f"{side}_text"] for side in ("user", "item"))
    write_tensors(directory / "model.safetensors", {f"student.slot_text.{name}": one for name, one in encoder.state_dict().items()})
    write_json(directory / "config.json", {"text_dim": WIDTH})
    vectors = RunVectors(user, item * 2.0, KEYS, torch.zeros(len(item)), views)
    return OpenedRun("run-0", "run", vectors, dataset, profiles, embeddings, directory)


def without_encoder(run: OpenedRun) -> OpenedRun:
    return replace(run, directory=None)
