"""Profiles: what the statements of the training reviews say of every user and item ("amass", METHOD 1 and 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch

from core.extraction.taxonomy import Taxonomy
from core.workspace import Artefact


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
        user_table, item_table: one row per (node, motivation) with at least one statement: node_idx int32,
            motivation int16, polarity str, share float32 (of the node's strength), n_statements int32,
            confidence float32 (grows with the number of statements).
        statements: the grounded statements of training reviews and profile texts behind the profiles, with the columns of
            `core.extraction.schema.STATEMENT_COLUMNS`.
    """

    id: str
    taxonomy: Taxonomy
    users: SlotText
    items: SlotText
    user_table: pd.DataFrame
    item_table: pd.DataFrame
    statements: pd.DataFrame

    @classmethod
    def load(cls, artefact: Artefact) -> Profiles:
        """Read the profiles of an artefact of kind "profiles"."""
        raise NotImplementedError
