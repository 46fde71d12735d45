"""A small workspace made by hand: a dataset, profiles, two runs and a map, written as the real steps write them, in a second."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.data.assemble import assemble, publish_dataset
from core.data.dataset import ReviewDataset
from core.data.report import ImportReport
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.motivations.build import build_profiles
from core.storage import write_json, write_parquet, write_tensors
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

N_USERS, N_ITEMS, WIDTH = 60, 40, 4
TAXONOMY = Taxonomy.default("products")
K = len(TAXONOMY) + 1


def publish_reviews(space: Workspace, name: str = "small", *, generated: bool = True) -> Artefact:
    """A dataset whose users act for two motivations each and whose reviews are the taxonomy's own examples."""
    generator = np.random.default_rng(5)
    likes = generator.dirichlet(np.full(len(TAXONOMY), 0.4), N_USERS)
    gives = generator.dirichlet(np.full(len(TAXONOMY), 0.4), N_ITEMS)
    rows = []
    for user in range(N_USERS):
        chances = likes[user] @ gives.T
        chosen = generator.choice(N_ITEMS, size=14, replace=False, p=chances / chances.sum())
        for step, item in enumerate(chosen):
            motivation = int(generator.choice(len(TAXONOMY), p=likes[user]))
            examples = TAXONOMY.motivations[motivation].examples
            text = f"{examples[step % len(examples)]} Bought it in spring."
            rows.append((f"user-{user:02d}", f"item-{item:02d}", float(generator.integers(3, 6)), 1_600_000_000 + 86_400 * step, text))
    reviews = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp", "text"])
    items = pd.DataFrame({"item_id": [f"item-{n:02d}" for n in range(N_ITEMS)], "title": [f"Guitar strap No {n}" for n in range(N_ITEMS)]})
    users = pd.DataFrame({"user_id": [f"user-{n:02d}" for n in range(N_USERS)], "name": [f"Ada {n}" for n in range(N_USERS)]})
    report = ImportReport(format="table", files=["reviews.csv"], lines_read=len(rows) + 3)
    report.drop("no user", 3, [4, 8, 15])
    dataset = assemble(reviews, items, users, name=name, domain="products", generated=generated, report=report)
    return publish_dataset(space, dataset)


def statements_of(dataset_path: Path) -> pd.DataFrame:
    """One statement per training review, about the motivation whose example the review holds."""
    interactions = pd.read_parquet(dataset_path / "interactions.parquet")
    known = {example: number for number, entry in enumerate(TAXONOMY.motivations) for example in entry.examples}
    rows = []
    for number, review in enumerate(interactions.itertuples()):
        if review.split != "train":
            continue
        quote = str(review.text).removesuffix(" Bought it in spring.")
        polarity = "negative" if number % 6 == 0 else "positive"
        position = ("review", number, review.user_idx, review.item_idx, known.get(quote, len(TAXONOMY)))
        rows.append((*position, quote, quote, polarity, 0.4 + (number % 6) / 10, 0.8, True, 1.0, len(rows)))
    return pd.DataFrame(rows, columns=list(STATEMENT_COLUMNS)).astype(STATEMENT_COLUMNS)


def publish_run(space: Workspace, dataset: Artefact, config: TrainingConfig, *, profiles: Artefact | None = None) -> Artefact:
    """A run with vectors that fit the reviews, and a history of thirty epochs."""
    interactions = pd.read_parquet(dataset.path / "interactions.parquet")
    n_users, n_items = (len(pd.read_parquet(dataset.path / f"{side}.parquet")) for side in ("users", "items"))
    named = config.model == "lmmrec" and config.form == "slots"
    slots, width = (K, WIDTH) if named else (1, K * WIDTH)
    generator = torch.Generator().manual_seed(config.seed)
    user, item = (torch.rand(n, slots, width, generator=generator) * 0.3 for n in (n_users, n_items))
    for row in interactions.itertuples():
        slot = row.Index % slots
        user[row.user_idx, slot] += 0.05
        item[row.item_idx, slot] += 0.05
    vectors = RunVectors(user, item, tuple(TAXONOMY.keys) if named else (), torch.zeros(n_items), {})
    sources = {"dataset": dataset.id} | ({"profiles": profiles.id} if profiles else {})
    name = f"{dataset.manifest.name}-{config.model}-s{config.seed}"
    with space.publish(
        "run", f"{name}-{config.model[:2]}0{config.seed}", name=name, sources=sources, config=config.model_dump(mode="json")
    ) as draft:
        draft.generated = dataset.manifest.generated
        write_json(draft.path / "config.json", config)
        (draft.path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history_lines(30)), encoding="utf-8")
        vectors.save(draft.path / "vectors.safetensors")
        figures = {"recall@20": 0.21, "ndcg@20": 0.11}
        draft.summary |= {"model": config.model, "backbone": "lightgcn", "form": config.form if named else "vector", "seed": config.seed}
        draft.summary |= {"epochs": 30, "best_epoch": 21, "seconds": 12.5, "device": "cpu", "validation": figures, "test": figures}
    return space.get("run", f"{name}-{config.model[:2]}0{config.seed}")


def history_lines(n: int) -> list[dict[str, object]]:
    """A training's log: falling losses, validation every third epoch."""
    lines: list[dict[str, object]] = []
    for epoch in range(1, n + 1):
        line: dict[str, object] = {"epoch": epoch, "seconds": 0.4, "losses": {"recommendation": 4.0 / epoch, "mcs": 2.0 / (1 + epoch)}}
        if epoch % 3 == 0:
            line["validation"] = {"recall@20": 0.2 - 0.1 / epoch, "ndcg@20": 0.1 - 0.05 / epoch}
        lines.append(line)
    return lines


def publish_map(space: Workspace, run: Artefact) -> Artefact:
    """A map with points on a spiral, in three clusters."""
    n = N_USERS + N_ITEMS
    turn = np.linspace(0.3, 12, n)
    points = pd.DataFrame(
        {
            "side": ["user"] * N_USERS + ["item"] * N_ITEMS,
            "node_idx": [*range(N_USERS), *range(N_ITEMS)],
            "id": [*(f"user-{n:02d}" for n in range(N_USERS)), *(f"item-{n:02d}" for n in range(N_ITEMS))],
            "label": [*(f"Ada {n}" for n in range(N_USERS)), *(f"Guitar strap No {n}" for n in range(N_ITEMS))],
            "x": turn * np.cos(turn),
            "y": turn * np.sin(turn),
            "cluster": np.arange(n) % 3,
            "motivation": [TAXONOMY.keys[number % K] for number in range(n)],
            "distinctive": [TAXONOMY.keys[(number + 1) % K] for number in range(n)],
            "confidence": np.full(n, 0.7),
            "activity": 1 + np.arange(n) % 40,
            "trust": np.linspace(0.2, 1, n),
        }
    )
    clusters = pd.DataFrame(
        {
            "cluster": [0, 1, 2],
            "name": ["Value for money", "Build & durability", "Gifts & family"],
            "words": [["cheap", "price"], ["solid"], ["gift", "son"]],
            "size": [34, 33, 33],
            "users": [20, 20, 20],
            "items": [14, 13, 13],
            "motivation": ["value_for_money", "build_quality", "none"],
        }
    )
    sources = {"run": run.id, "dataset": run.manifest.sources["dataset"]}
    with space.publish("map", f"{run.manifest.name}-map0", name=run.manifest.name, sources=sources) as draft:
        write_parquet(draft.path / "points.parquet", points)
        write_parquet(draft.path / "clusters.parquet", clusters)
        draft.summary |= {"n_points": n, "n_clusters": 3, "trustworthiness": 0.97, "mixing": 0.8, "seconds": 1.2, "seed": 0}
    return space.get("map", f"{run.manifest.name}-map0")


def publish_extraction(space: Workspace, dataset: Artefact) -> Artefact:
    """The statements of every review, with embeddings that tell the motivations apart."""
    statements = statements_of(dataset.path)
    embeddings = torch.nn.functional.one_hot(torch.tensor(statements["motivation"].to_numpy().astype("int64")), K).float()
    embeddings += 0.1 * torch.rand(embeddings.shape, generator=torch.Generator().manual_seed(1))
    with space.publish("extraction", f"{dataset.manifest.name}-ex0", name=dataset.manifest.name, sources={"dataset": dataset.id}) as draft:
        write_parquet(draft.path / "statements.parquet", statements)
        write_tensors(draft.path / "embeddings.safetensors", {"embeddings": embeddings})
        write_json(draft.path / "taxonomy.json", TAXONOMY)
        draft.summary |= {"n_statements": len(statements), "coverage": 0.95}
    return space.get("extraction", f"{dataset.manifest.name}-ex0")


def fill(space: Workspace) -> Workspace:
    """Put everything into a workspace."""
    dataset = publish_reviews(space)
    profiles = build_profiles(space, publish_extraction(space, dataset), ReviewDataset.load(dataset))
    publish_run(space, dataset, TrainingConfig(model="lightgcn"))
    run = publish_run(space, dataset, TrainingConfig(), profiles=profiles)
    publish_map(space, run)
    return space
