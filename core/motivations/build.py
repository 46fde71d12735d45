"""Statements into profiles ("amass", METHOD 1): per node, motivation and polarity the strength-weighted mean of embeddings.

    x_nk = sum_s w_s v_s / sum_s w_s     over the statements s of node n with motivation k (w: strength, v: embedding)

A review's statement belongs to its user and to its item; a profile text's to its own node. Ungrounded statements stay out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from core.data.dataset import ReviewDataset
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy, reference_of
from core.motivations.profiles import POLARITIES, Profiles, node_column, slot_text
from core.progress import Progress, ProgressEvent, silent
from core.storage import content_hash, read_tensors, write_json, write_parquet, write_tensors
from core.workspace import Artefact, Workspace, artefact_id

VERSION = 1  # raise when profiles change, so that artefacts made before are not taken for current ones
CONFIDENCE_SCALE = 3.0  # statements at which a motivation's confidence reaches 1 - 1/e = 0.63
_BLOCK = 200_000  # statements pooled at once: bounds memory to a few hundred MB

Side = Literal["user", "item"]


def build_profiles(workspace: Workspace, extraction: Artefact, dataset: ReviewDataset, progress: Progress = silent) -> Artefact:
    """Amass the statements of an extraction into profiles of all users and items.

    Returns:
        Artefact of kind "profiles", read by `Profiles.load`: vectors.safetensors (float16 means of the slots that are not
        silent, and each node's mean over all), users.parquet, items.parquet, statements.parquet, taxonomy.json. One made
        before from the same extraction is returned at once.
    """
    identifier = artefact_id(dataset.name, content_hash(VERSION, extraction.id, dataset.n_users, dataset.n_items, CONFIDENCE_SCALE))
    sources = {"dataset": dataset.id, "extraction": extraction.id}
    known = workspace.find("profiles", identifier)
    if known is not None and known.manifest.sources == sources:
        return known
    taxonomy = Taxonomy.read(extraction.path / "taxonomy.json")
    statements = pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)
    statements = statements[statements["grounded"]].reset_index(drop=True)
    embeddings = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"]
    tensors: dict[str, torch.Tensor] = {}
    tables: dict[Side, pd.DataFrame] = {}
    sides: tuple[tuple[Side, int], ...] = (("user", dataset.n_users), ("item", dataset.n_items))
    for step, (side, n_nodes) in enumerate(sides):
        progress(ProgressEvent("Building profiles", step, 2))
        own = statements[statements[node_column(side)] >= 0]
        tensors |= {f"{side}.{name}": tensor for name, tensor in _pooled(own, side, n_nodes, len(taxonomy) + 1, embeddings).items()}
        tables[side] = _table(own, side)
    progress(ProgressEvent("Building profiles", 2, 2))
    shape = {"n_users": dataset.n_users, "n_items": dataset.n_items, "slots": len(taxonomy) + 1, "dim": embeddings.shape[1]}
    with workspace.publish(
        "profiles", identifier, name=dataset.name, sources=sources, config={"confidence_scale": CONFIDENCE_SCALE}
    ) as draft:
        write_tensors(draft.path / "vectors.safetensors", tensors)
        write_json(draft.path / "shape.json", shape)
        write_json(draft.path / "taxonomy.json", taxonomy)
        write_parquet(draft.path / "users.parquet", tables["user"])
        write_parquet(draft.path / "items.parquet", tables["item"])
        write_parquet(draft.path / "statements.parquet", statements)
        draft.generated = dataset.generated
        draft.summary |= shape | {"n_statements": len(statements)}
        draft.summary["taxonomy"] = reference_of(extraction)
        draft.summary |= {f"{side}s_with_text": int(tables[side]["node_idx"].nunique()) for side, _ in sides}
    return workspace.get("profiles", identifier)


def with_users(profiles: Profiles, users: npt.NDArray[np.int64], embeddings: torch.Tensor) -> Profiles:
    """Profiles as they would be if their statements were other users'; what is said of items stays.

    Args:
        users: int64 [n_statements], the user of each statement; -1 where it is nobody's.
        embeddings: float16 [n_distinct, D] of the extraction the profiles were made of.
    """
    statements = profiles.statements.assign(user_idx=users.astype(np.int32))
    own = statements[statements["user_idx"] >= 0]
    n_users, slots, dim = profiles.users.positive.shape
    pooled = {f"user.{name}": tensor for name, tensor in _pooled(own, "user", n_users, slots, embeddings).items()}
    text = slot_text(pooled, "user", n_users, {"slots": slots, "dim": dim})
    return replace(profiles, users=text, user_whole=pooled["user.whole"].float(), user_table=_table(own, "user"), statements=statements)


def _pooled(own: pd.DataFrame, side: Side, n_nodes: int, slots: int, embeddings: torch.Tensor) -> dict[str, torch.Tensor]:
    """Means of the slots that are not silent, with their weights, and the mean over all slots.

    Returns:
        For each polarity "<polarity>.rows" int64 [m] (node * slots + motivation, ascending), "<polarity>.means" float16
        [m, D], "<polarity>.weights" float32 [m]; "whole" float16 [n_nodes, D], zero where a node is silent.
    """
    nodes = own[node_column(side)].to_numpy(dtype=np.int64)
    cells = nodes * slots + own["motivation"].to_numpy(dtype=np.int64)
    strength = own["strength"].to_numpy(dtype=np.float32)
    rows = own["embedding_row"].to_numpy(dtype=np.int64)
    tensors = {}
    for polarity in POLARITIES:
        chosen = (own["polarity"] == polarity).to_numpy()
        found, position = np.unique(cells[chosen], return_inverse=True)
        sums, weights = _sums(position, len(found), strength[chosen], rows[chosen], embeddings)
        tensors[f"{polarity}.rows"] = torch.from_numpy(found)
        tensors[f"{polarity}.means"] = (sums / weights.clamp_min(1e-12)[:, None]).half()
        tensors[f"{polarity}.weights"] = weights
    sums, weights = _sums(nodes, n_nodes, strength, rows, embeddings)
    tensors["whole"] = (sums / weights.clamp_min(1e-12)[:, None]).half()
    return tensors


def _sums(
    position: npt.NDArray[np.int64], n: int, strength: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], embeddings: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Strength-weighted sums of embeddings, float32 [n, D], and sums of strengths, float32 [n], by position."""
    sums = torch.zeros(n, embeddings.shape[1])
    weights = torch.zeros(n)
    for begin in range(0, len(position), _BLOCK):
        where = torch.tensor(position[begin : begin + _BLOCK])
        weight = torch.tensor(strength[begin : begin + _BLOCK])
        picked = embeddings[torch.tensor(rows[begin : begin + _BLOCK])].float()
        sums.index_add_(0, where, picked * weight[:, None])
        weights.index_add_(0, where, weight)
    return sums, weights


def _table(own: pd.DataFrame, side: Side) -> pd.DataFrame:
    """One row per (node, motivation, polarity): share of the node's strength, number of statements, confidence.

    confidence = 1 - exp(-n_statements / 3): one statement 0.28, three 0.63, nine 0.95.
    """
    column = node_column(side)
    grouped = own.groupby([column, "motivation", "polarity"], sort=True, observed=True)["strength"].agg(["sum", "count"]).reset_index()
    total = grouped.groupby(column)["sum"].transform("sum")
    count = grouped["count"].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "node_idx": grouped[column].astype("int32"),
            "motivation": grouped["motivation"].astype("int16"),
            "polarity": grouped["polarity"].astype("str"),
            "share": (grouped["sum"] / total).astype("float32"),
            "n_statements": grouped["count"].astype("int32"),
            "confidence": (1.0 - np.exp(-count / CONFIDENCE_SCALE)).astype("float32"),
        }
    )
    return table.reset_index(drop=True)
