"""The probes of one seed, and the seeds put together: what `benchmarks/disentanglement.py` measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from core.data.dataset import ReviewDataset, Split
from core.evaluation.disentanglement import (
    FEATURES,
    ProbeScore,
    cross_validated_probe,
    guesses,
    held_out_probe,
    in_slices,
    pair_features,
    slot_aucs,
)
from core.evaluation.significance import SplitFigures, compare_models
from core.jobs import steps
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.workspace import Workspace

KEYS = ["user_id", "item_id"]
Model = tuple[torch.Tensor, torch.Tensor]
Right = dict[str, SplitFigures]
"""By features: the share of each user's tested interactions that the probe named rightly, of LightGCN (a) and of LMMRec (b)."""


@dataclass(frozen=True)
class OneSeed:
    """What one seed gives.

    Args:
        figures: nested by name, numbers at the leaves. right: by part of ``figures``, of the parts whose models are compared over users.
        overlap: test interactions over training ones of a random re-split, 0 where all seeds have one split.
    """

    figures: dict[str, Any]
    right: dict[str, Right]
    overlap: float = 0.0


def train_both(workspace: Workspace, dataset: str, profiles: str, seed: int) -> tuple[dict[str, Model], tuple[str, ...], dict[str, Any]]:
    """Vectors [n, K, s] of LMMRec and of LightGCN cut into K slices, the slots' keys, and what was trained.

    The profiles are named: unnamed ones would be those of the dataset's own taxonomy, which knows nothing of occasions.
    """
    lmmrec = steps.train(workspace, dataset, TrainingConfig(seed=seed), profiles=profiles)
    slots = RunVectors.load(lmmrec.path / "vectors.safetensors")
    width, n_slots = slots.user[0].numel(), len(slots.motivations)
    lightgcn = steps.train(workspace, dataset, TrainingConfig(model="lightgcn", dim=width, seed=seed))
    plain = RunVectors.load(lightgcn.path / "vectors.safetensors")
    models = {"LMMRec": (slots.user, slots.item), "LightGCN": (in_slices(plain.user, n_slots), in_slices(plain.item, n_slots))}
    recall = {label: run.manifest.summary["test"]["recall@20"] for label, run in (("LMMRec", lmmrec), ("LightGCN", lightgcn))}
    return models, slots.motivations, {"width": width, "slots": n_slots, "recall@20": recall}


def labelled(dataset: ReviewDataset, truth: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The interactions of a split that have a label: both indices and ids, and the columns of ``truth`` (index user_id, item_id)."""
    rows = dataset.rows(split)[["user_idx", "item_idx"]].reset_index(drop=True)
    ids = {
        "user_id": dataset.users["user_id"].to_numpy(dtype=str)[rows["user_idx"]],
        "item_id": dataset.items["item_id"].to_numpy(dtype=str)[rows["item_idx"]],
    }
    return rows.assign(**ids).join(truth, on=KEYS, how="inner").reset_index(drop=True)


def pairs_of(rows: pd.DataFrame) -> np.ndarray:
    """int64 [n, 2], (user_idx, item_idx)."""
    return rows[["user_idx", "item_idx"]].to_numpy(dtype=np.int64)


def score_of(score: ProbeScore) -> dict[str, float]:
    """What is written down of a probe."""
    return {"accuracy": score.accuracy, "macro_f1": score.macro_f1}


def held_out(models: dict[str, Model], learnt: pd.DataFrame, tested: pd.DataFrame, label: str) -> tuple[dict[str, Any], Right]:
    """Each model's probes, by features, and how often each user's interactions were named rightly."""
    truth, test_truth = learnt[label].to_numpy(dtype=str), tested[label].to_numpy(dtype=str)
    probes: dict[str, Any] = {name: {} for name in models}
    right: Right = {}
    for kind in FEATURES:
        correct = {}
        for name, (user, item) in models.items():
            rows = [pair_features(user, item, pairs_of(one), kind) for one in (learnt, tested)]
            score = held_out_probe(rows[0], truth, rows[1], test_truth)
            probes[name][kind] = score_of(score)
            correct[name] = score.correct
        shares = pd.DataFrame(correct).groupby(tested["user_id"].to_numpy()).mean()
        right[kind] = SplitFigures(shares.index.to_numpy(), shares["LightGCN"].to_numpy(), shares["LMMRec"].to_numpy())
    chance = asdict(guesses(truth, test_truth))
    return {"learnt": len(learnt), "tested": len(tested), "guesses": chance, "probes": probes}, right


def cross_validated(models: dict[str, Model], rows: pd.DataFrame, label: str) -> dict[str, Any]:
    """Each model's probes, by features, cross-validated over interactions, users kept in one fold."""
    labels, users = rows[label].to_numpy(dtype=str), rows["user_idx"].to_numpy()
    probes = {
        name: {kind: score_of(cross_validated_probe(pair_features(user, item, pairs_of(rows), kind), labels, users)) for kind in FEATURES}
        for name, (user, item) in models.items()
    }
    return {"n": len(rows), "guesses": asdict(guesses(labels)), "probes": probes}


def aucs(models: dict[str, Model], keys: tuple[str, ...], rows: pd.DataFrame, label: str) -> dict[str, Any]:
    """Each slot's term alone: AUC of the motivation it is named after, and of the others; LightGCN's slices have no names."""
    truth = rows[label].to_numpy(dtype=str)
    classes = [key for key in keys if (truth == key).any()]
    table = slot_aucs(pair_features(*models["LMMRec"], pairs_of(rows), "terms"), truth, classes)
    own = np.array([table[keys.index(name), column] for column, name in enumerate(classes)])
    named = [slot for slot, key in enumerate(keys) if key in classes]
    n = len(classes)
    plain = slot_aucs(pair_features(*models["LightGCN"], pairs_of(rows), "terms"), truth, classes)
    return {
        "own_slot": dict(zip(classes, own.tolist(), strict=True)),
        "mean_own": float(own.mean()),
        "mean_other": float((table[named].sum() - own.sum()) / (n * n - n)),
        "own_is_best_slot": float(np.mean([keys[best] == name for best, name in zip(table.argmax(axis=0), classes, strict=True)])),
        "lightgcn_mean": float(plain.mean()),
    }


def references(models: dict[str, Model], learnt: pd.DataFrame, tested: pd.DataFrame) -> dict[str, Any]:
    """What the garment's category alone tells of the occasion, what it adds to LightGCN's vectors, and what the item's commonest does."""
    truth, test_truth = learnt["occasion"].to_numpy(dtype=str), tested["occasion"].to_numpy(dtype=str)
    categories = np.unique(learnt["category"])
    one_hot = [(one["category"].to_numpy()[:, None] == categories).astype(float) for one in (learnt, tested)]
    plain = [pair_features(*models["LightGCN"], pairs_of(one), "vectors") for one in (learnt, tested)]
    joined = [np.concatenate([vectors, words], axis=1) for vectors, words in zip(plain, one_hot, strict=True)]
    commonest = learnt.groupby("item_idx")["occasion"].agg(lambda own: own.mode().iloc[0])
    named = tested["item_idx"].map(commonest).fillna(learnt["occasion"].mode().iloc[0]).to_numpy(dtype=str)
    return {
        "category": score_of(held_out_probe(one_hot[0], truth, one_hot[1], test_truth)),
        "LightGCN vectors + category": score_of(held_out_probe(joined[0], truth, joined[1], test_truth)),
        "commonest occasion of the item": {"accuracy": float((named == test_truth).mean())},
    }


def over_seeds(seeds: Sequence[OneSeed]) -> dict[str, Any]:
    """The figures of all seeds as mean and standard deviation, and in each compared part LMMRec tested against LightGCN.

    Over users (each user's difference averaged over the seeds) and over seeds, by `core.evaluation.significance`.
    """
    document: dict[str, Any] = {"seeds": len(seeds)} | summarised([one.figures for one in seeds])
    for part in seeds[0].right:
        document[part]["difference"] = {
            kind: asdict(compare_models([one.right[part][kind] for one in seeds], overlap=seeds[0].overlap)) for kind in FEATURES
        }
    return document


def summarised(values: Sequence[Any]) -> Any:
    """Nested figures, one of each seed, as one: a leaf is its mean, standard deviation (ddof 1; 0 of one seed) and values by seed.

    >>> summarised([{"a": 1.0}, {"a": 3.0}])["a"]["mean"]
    2.0
    """
    if isinstance(values[0], dict):
        return {name: summarised([one[name] for one in values]) for name in values[0]}
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0, "by_seed": list(values)}
