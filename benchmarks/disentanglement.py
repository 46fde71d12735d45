"""Do the slots mean anything? Probes to the planted motivation (demo) and to the stated occasion (rent-the-runway).

    python benchmarks/disentanglement.py [--workspace DIR] [--real-data DIR] [--only demo|rentals]

One LMMRec in the slot form and one LightGCN of the same width are trained on each dataset with default settings; LightGCN's vector is
cut into as many slices as there are slots. Linear probes learn the motive from the training interactions and are tested on those of
the test split, which no model saw; on the demo they are also cross-validated over the held-out interactions with users kept in one
fold. Prints Markdown tables and writes `benchmarks/results/disentanglement.json`.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import torch
import typer
from rentals import FILE, NAME, OCCASIONS, rentals, stated_occasions, write_without_occasions

from core.data.dataset import ReviewDataset, Split
from core.data.importing import ImportRequest
from core.errors import InputError
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
from core.evaluation.planted import Planted
from core.evaluation.significance import over_users
from core.jobs import steps
from core.motivations.taxonomy_store import TaxonomyVersions
from core.storage import read_json, write_json
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.workspace import Workspace

RESULTS = Path(__file__).parent / "results" / "disentanglement.json"
KEYS = ["user_id", "item_id"]
FIGURES = ("accuracy", "macro_f1")
Model = tuple[torch.Tensor, torch.Tensor]


def train_both(workspace: Workspace, dataset: str) -> tuple[dict[str, Model], tuple[str, ...], dict[str, Any]]:
    """Vectors [n, K, s] of LMMRec and of LightGCN cut into K slices, the slots' keys, and what was trained."""
    lmmrec = steps.train(workspace, dataset, TrainingConfig())
    slots = RunVectors.load(lmmrec.path / "vectors.safetensors")
    width = slots.user[0].numel()
    lightgcn = steps.train(workspace, dataset, TrainingConfig(model="lightgcn", dim=width))
    plain = RunVectors.load(lightgcn.path / "vectors.safetensors")
    n_slots = len(slots.motivations)
    models = {"LMMRec": (slots.user, slots.item), "LightGCN": (in_slices(plain.user, n_slots), in_slices(plain.item, n_slots))}
    trained = {label: run.manifest.summary["test"]["recall@20"] for label, run in (("LMMRec", lmmrec), ("LightGCN", lightgcn))}
    return models, slots.motivations, {"width": width, "slots": n_slots, "recall@20": trained}


def labelled(dataset: ReviewDataset, truth: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The interactions of a split that have a label: user_idx, item_idx and the columns of ``truth`` (index user_id, item_id)."""
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
    """What is written down of a probe; the spread only where there are folds."""
    spread = dict(zip((f"{figure}_sd" for figure in FIGURES), score.spread, strict=True))
    return {"accuracy": score.accuracy, "macro_f1": score.macro_f1} | (spread if len(score.accuracies) > 1 else {})


def held_out(models: dict[str, Model], learnt: pd.DataFrame, tested: pd.DataFrame, label: str) -> dict[str, Any]:
    """Each model's probes, by features, and LMMRec against LightGCN over users."""
    truth, test_truth = learnt[label].to_numpy(dtype=str), tested[label].to_numpy(dtype=str)
    document: dict[str, Any] = {"learnt": len(learnt), "tested": len(tested), "guesses": asdict(guesses(truth, test_truth)), "probes": {}}
    for kind in FEATURES:
        right = {}
        for name, (user, item) in models.items():
            rows = [pair_features(user, item, pairs_of(one), kind) for one in (learnt, tested)]
            score = held_out_probe(rows[0], truth, rows[1], test_truth)
            document["probes"].setdefault(name, {})[kind] = score_of(score)
            right[name] = score.correct.astype(float)
        difference = pd.Series(right["LMMRec"] - right["LightGCN"]).groupby(tested["user_idx"].to_numpy()).mean()
        document.setdefault("difference", {})[kind] = asdict(over_users(difference.to_numpy()))
    return document


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


def demo(workspace: Workspace) -> dict[str, Any]:
    """The planted dominant motivation of each interaction of the demo."""
    if workspace.find("dataset", "demo") is None:
        steps.build_demo(workspace)
    artefact = workspace.get("dataset", "demo")
    dataset, planted = ReviewDataset.load(artefact), Planted.load(artefact)
    truth = planted.reviews.drop_duplicates(KEYS).set_index(KEYS)[["dominant"]]
    models, keys, document = train_both(workspace, artefact.id)
    learnt, tested = labelled(dataset, truth, "train"), labelled(dataset, truth, "test")
    document["held_out"] = held_out(models, learnt, tested, "dominant")
    unseen = pd.concat([labelled(dataset, truth, "validation"), tested], ignore_index=True)
    labels = unseen["dominant"].to_numpy(dtype=str)
    document["cross_validated"] = {"n": len(unseen), "guesses": asdict(guesses(labels)), "probes": {}}
    for name, (user, item) in models.items():
        document["cross_validated"]["probes"][name] = {
            kind: score_of(cross_validated_probe(pair_features(user, item, pairs_of(unseen), kind), labels, unseen["user_idx"].to_numpy()))
            for kind in FEATURES
        }
    document["slot_aucs"] = aucs(models, keys, tested, "dominant")
    return document


def occasions(workspace: Workspace, folder: Path) -> dict[str, Any]:
    """The stated occasion of each rental."""
    frame = rentals(folder)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "rentals.parquet"
        write_without_occasions(frame, table)
        dataset = ReviewDataset.load(steps.import_dataset(workspace, ImportRequest(path=table, format="table", name=NAME)))
    taxonomy = TaxonomyVersions(workspace).save(OCCASIONS.name, OCCASIONS)
    steps.extract(workspace, dataset.id, {"taxonomy": taxonomy.label})
    truth = stated_occasions(frame)
    models, keys, document = train_both(workspace, dataset.id)
    document |= {"users": dataset.n_users, "items": dataset.n_items, "interactions": len(dataset.interactions)}
    learnt, tested = labelled(dataset, truth, "train"), labelled(dataset, truth, "test")
    document["held_out"] = held_out(models, learnt, tested, "occasion")
    document["held_out_from_validation"] = held_out(models, labelled(dataset, truth, "validation"), tested, "occasion")
    document["references"] = references(models, learnt, tested)
    document["slot_aucs"] = aucs(models, keys, tested, "occasion")
    return document


def references(models: dict[str, Model], learnt: pd.DataFrame, tested: pd.DataFrame) -> dict[str, Any]:
    """What the category alone tells, what it adds to LightGCN's vectors, and what the item's commonest occasion tells."""
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
        "commonest occasion of the item (accuracy)": float((named == test_truth).mean()),
    }


def report(title: str, document: dict[str, Any], part: str) -> None:
    """Print one part as a Markdown table."""
    table = document[part]
    typer.echo(f"\n{title}: {part.replace('_', ' ')}\n\n| features | model | accuracy | macro-F1 |\n| --- | --- | --- | --- |")
    for kind in FEATURES:
        for name, probes in table["probes"].items():
            one = probes[kind]
            cells = [f"{one[figure]:.3f}" + (f" ± {one[f'{figure}_sd']:.3f}" if part == "cross_validated" else "") for figure in FIGURES]
            typer.echo(f"| {kind} | {name} | {' | '.join(cells)} |")
    chance = table["guesses"]
    typer.echo(f"| none | majority | {chance['majority']:.3f} | {chance['majority_macro_f1']:.3f} |")
    typer.echo(f"| none | in proportion / uniform | {chance['proportional']:.3f} / {chance['uniform']:.3f} | |")
    for kind, test in table.get("difference", {}).items():
        interval = f"[{test['low']:+.3f}, {test['high']:+.3f}]"
        typer.echo(f"\n{kind}, LMMRec - LightGCN over {test['n_users']} users: {test['change']:+.3f} {interval}, p = {test['p']:.2g}")


def main(
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    real_data: Annotated[Path | None, typer.Option(envvar="LMMREC_REAL_DATA")] = None,
    only: Annotated[Literal["demo", "rentals"] | None, typer.Option()] = None,
) -> None:
    """Train, probe, print and write down; a part that is not asked for keeps the figures it had."""
    place = Workspace(workspace)
    if only in (None, "demo"):
        document = demo(place)
        keep("demo", document)
        for part in ("held_out", "cross_validated"):
            report("demo, planted motivation", document, part)
        typer.echo(f"\nslots alone (AUC): {document['slot_aucs']}")
    if only in (None, "rentals"):
        if real_data is None or not (real_data / FILE).exists():
            raise InputError("No rentals to probe", where=str(FILE), hint="Name the folder with --real-data, or use --only demo")
        document = occasions(place, real_data)
        keep("rentals", document)
        for part in ("held_out", "held_out_from_validation"):
            report("rent-the-runway, stated occasion", document, part)
        typer.echo(f"\nreferences: {document['references']}\n\nslots alone (AUC): {document['slot_aucs']}")


def keep(name: str, document: dict[str, Any]) -> None:
    """Write one part down beside the other."""
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, (read_json(RESULTS) if RESULTS.exists() else {}) | {name: document})


if __name__ == "__main__":
    typer.run(main)
