"""Profiles: what the statements of the training reviews say of every user and item ("amass", METHOD 1 and 1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch

from core.extraction.taxonomy import Taxonomy
from core.storage import read_json, read_tensors
from core.workspace import Artefact

POLARITIES = ("positive", "negative")


@dataclass(frozen=True)
class SlotText:
    """The text of one side (users or items), pooled per motivation slot; the slot after the last motivation is "other".

    Args:
        positive: float32 [n, K, D], strength-weighted mean of the embeddings of the node's positive statements of
            motivation k; zero where there are none.
        negative: the same of the negative statements.
        positive_weight, negative_weight: float32 [n, K], the sum of the strengths behind each mean (0 = silent).
    """

    positive: torch.Tensor
    negative: torch.Tensor
    positive_weight: torch.Tensor
    negative_weight: torch.Tensor


@dataclass(frozen=True)
class Profiles:
    """Motivation profiles of all users and items of a dataset.

    Args:
        taxonomy: the taxonomy the slots stand for; K = len(taxonomy) + 1 with "other".
        users, items: the pooled text.
        user_table, item_table: one row per (node, motivation, polarity) with at least one statement: node_idx int32,
            motivation int16, polarity str, share float32 (of the node's strength), n_statements int32,
            confidence float32 (grows with the number of statements).
        statements: the grounded statements of training reviews and profile texts behind the profiles, with the columns of
            `core.extraction.schema.STATEMENT_COLUMNS`.
        user_whole, item_whole: see `whole`.
    """

    id: str
    taxonomy: Taxonomy
    users: SlotText
    items: SlotText
    user_table: pd.DataFrame
    item_table: pd.DataFrame
    statements: pd.DataFrame

    user_whole: torch.Tensor
    item_whole: torch.Tensor

    def whole(self, side: Literal["user", "item"]) -> torch.Tensor:
        """float32 [n, D]: the strength-weighted mean over all statements of each node; zero where there are none."""
        return self.user_whole if side == "user" else self.item_whole

    @classmethod
    def load(cls, artefact: Artefact) -> Profiles:
        """Read the profiles of an artefact of kind "profiles"."""
        path = artefact.path
        shape = read_json(path / "shape.json")
        tensors = read_tensors(path / "vectors.safetensors")
        return cls(
            id=artefact.id,
            taxonomy=Taxonomy.read(path / "taxonomy.json"),
            users=slot_text(tensors, "user", shape["n_users"], shape),
            items=slot_text(tensors, "item", shape["n_items"], shape),
            user_table=pd.read_parquet(path / "users.parquet"),
            item_table=pd.read_parquet(path / "items.parquet"),
            statements=pd.read_parquet(path / "statements.parquet"),
            user_whole=tensors["user.whole"].float(),
            item_whole=tensors["item.whole"].float(),
        )


def node_column(side: Literal["user", "item"]) -> str:
    """The column of the statements table that holds the nodes of a side."""
    return f"{side}_idx"


def slot_text(tensors: dict[str, torch.Tensor], side: str, n: int, shape: dict[str, int]) -> SlotText:
    """The pooled text of a side from the tensors of an artefact ("<side>.<polarity>.rows", ".means", ".weights")."""
    filled = [_filled(tensors, f"{side}.{polarity}", n, shape) for polarity in POLARITIES]
    (positive, positive_weight), (negative, negative_weight) = filled
    return SlotText(positive, negative, positive_weight, negative_weight)


def _filled(tensors: dict[str, torch.Tensor], prefix: str, n: int, shape: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The means float32 [n, K, D] and weights float32 [n, K] of one polarity, zero in silent slots."""
    rows = tensors[f"{prefix}.rows"]
    means = torch.zeros(n * shape["slots"], shape["dim"])
    weights = torch.zeros(n * shape["slots"])
    means[rows] = tensors[f"{prefix}.means"].float()
    weights[rows] = tensors[f"{prefix}.weights"]
    return means.view(n, shape["slots"], shape["dim"]), weights.view(n, shape["slots"])
