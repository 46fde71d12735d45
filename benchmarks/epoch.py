"""What an epoch costs: LightGCN the usual way, LightGCN here, and LMMRec here.

    python benchmarks/epoch.py FOLDER [--rounds 3] [--dims "32 64"]

FOLDER holds a published split of RLMRec (rlmrec/yelp: 11,091 x 11,010, 166,620 training interactions); batches of 4,096 interactions, 3
layers, BPR, the squared norm of the batch at 1e-4. Every measurement has a process of its own; usual and ours take turns, and the least
processor time on one thread counts. LMMRec has its default widths, reads random text (positive and negative components for each node, 8
motivations and "other") and is compared with LightGCN of as many dimensions as LMMRec propagates. Writes `benchmarks/results/epoch.json`.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from speed_report import cpu_seconds, in_child, published_split, report
from usual_way import Triples, UsualLightGCN, train_epoch

from core.models.build import build_model
from core.models.graph import Interactions
from core.models.lmmrec import LMMRec
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.trainer import fit

BATCH, LAYERS, REGULARISATION, RATE = 4096, 3, 1e-4, 1e-3
SLOTS, TEXT_WIDTH = 9, 2 * TrainingConfig().text_dim


def random_text(interactions: Interactions) -> TextFeatures:
    """Text of the size that a training reads by default, of positive and of negative statements, and the words of items."""
    generator = torch.Generator().manual_seed(0)
    words = torch.randn(interactions.n_items, TrainingConfig().history_words, generator=generator)

    def side(count: int) -> NodeText:
        slots = torch.randn(count, SLOTS, TEXT_WIDTH, generator=generator)
        return NodeText(slots, torch.rand(count, SLOTS, generator=generator) < 0.7, slots.mean(1), torch.ones(count, SLOTS))

    items = replace(side(interactions.n_items), words=words)
    return TextFeatures(side(interactions.n_users), items, tuple(f"motivation {slot}" for slot in range(SLOTS)))


def width_of(folder: Path) -> int:
    """Dimensions of LMMRec's graph embeddings in the slot form: what LightGCN has to be given for a fair comparison."""
    interactions = published_split(folder)["train"]
    model = build_model(interactions, random_text(interactions), TrainingConfig())
    assert isinstance(model, LMMRec)
    return model.student.backbone.dim


def usual_epochs(interactions: Interactions, dim: int, epochs: int) -> dict[str, float]:
    """Least processor time of an epoch, and how much of it goes into drawing negatives."""
    model, triples = UsualLightGCN(interactions, dim, LAYERS, REGULARISATION), Triples(interactions)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    seconds = [cpu_seconds(lambda: train_epoch(model, triples, optimiser, BATCH)) for _ in range(epochs)]
    return {"seconds": min(seconds), "negatives": cpu_seconds(triples.draw_negatives)}


def our_epochs(interactions: Interactions, model: str, dim: int, epochs: int) -> dict[str, float]:
    """Least processor time of an epoch of the training loop, from one report of progress to the next."""
    config = TrainingConfig(
        model=model, dim=dim, layers=LAYERS, batch_size=BATCH, loss="bpr", regularisation=REGULARISATION,
        learning_rate=RATE, epochs=epochs + 2, evaluate_every=epochs + 2, device="cpu",
    )  # fmt: skip
    text = random_text(interactions) if config.reads_text else None
    marks: list[float] = []
    fit(interactions, text, config, lambda vectors: {"recall@20": 0.0}, progress=lambda event: marks.append(time.process_time()))
    spans = [later - earlier for earlier, later in pairwise(marks[:-1])]  # the last one validates
    return {"seconds": min(spans)}


def main(
    folder: Annotated[Path, typer.Argument(help="A folder with trn_mat.pkl, val_mat.pkl and tst_mat.pkl")],
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of ours in a round")] = 5,
    dims: str = "32 64",
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Measure and report."""
    wanted: list[tuple[str, str, int, int]] = []
    for dim in (int(one) for one in dims.split()):
        wanted += [("LightGCN, the usual way", "usual", dim, 1), ("LightGCN, ours", "lightgcn", dim, epochs)]
    width = width_of(folder)
    wanted += [("LightGCN, ours", "lightgcn", width, epochs), ("LMMRec, ours", "lmmrec", width, epochs)]
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for _, kind, dim, count in wanted:
            task = {"folder": str(folder), "kind": kind, "dim": dim, "epochs": count}
            found.setdefault((kind, dim), []).append(in_child(__file__, task, threads))
    least = {key: min(one["seconds"] for one in values) for key, values in found.items()}
    rows: list[dict[str, Any]] = []
    for label, kind, dim, _ in wanted:
        row: dict[str, Any] = {"epoch of": label, "d": dim, "seconds": least[kind, dim]}
        row["times faster than usual"] = least["usual", dim] / least[kind, dim] if ("usual", dim) in least and kind != "usual" else None
        row["times LightGCN"] = least[kind, dim] / least["lightgcn", dim] if kind == "lmmrec" else None
        rows.append(row)
    measured = [{"kind": kind, "d": dim, "rounds": values} for (kind, dim), values in found.items()]
    title = f"Processor seconds of an epoch, {folder.name}, {threads} thread(s), least of {rounds} round(s)"
    report("epoch", title, rows, {"measured": measured, "threads": threads})


def child(task: dict[str, Any]) -> None:
    """One measurement in a process of its own."""
    interactions = published_split(Path(task["folder"]))["train"]
    if task["kind"] == "usual":
        found = usual_epochs(interactions, task["dim"], task["epochs"])
    else:
        found = our_epochs(interactions, task["kind"], task["dim"], task["epochs"])
    typer.echo(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(json.loads(sys.argv[2]))
    else:
        typer.run(main)
