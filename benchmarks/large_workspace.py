"""A workspace with one large made-up run, for measuring the pages: users and items around forty directions, each with words of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.data.assemble import assemble, publish_dataset
from core.data.dataset import ReviewDataset
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.motivations.build import build_profiles
from core.storage import write_json, write_parquet, write_tensors
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace

SEED, WIDTH, DIRECTIONS, PER_USER = 0, 8, 40, 6
NAME = "large"
TAXONOMY = Taxonomy.default("products")


def large_workspace(folder: Path, n_users: int, n_items: int) -> tuple[Workspace, Artefact]:
    """The workspace and its run; made once and then found again. Items that nobody happens to review are not in it."""
    space = Workspace(folder)
    if known := space.list("run"):
        return space, known[0]
    generator = np.random.default_rng(SEED)
    leaning = [generator.integers(DIRECTIONS, size=n) for n in (n_users, n_items)]
    dataset = publish_dataset(
        space, assemble(*_frames(leaning, generator), name=NAME, domain="products", min_interactions=1, generated=True)
    )
    interactions = pd.read_parquet(dataset.path / "interactions.parquet")
    extraction = _extraction(space, dataset, interactions)
    opened = ReviewDataset.load(dataset)
    profiles = build_profiles(space, extraction, opened)
    position = {f"{side}-{n:06d}": n for side, count in (("user", n_users), ("item", n_items)) for n in range(count)}
    rows = [[position[identifier] for identifier in table] for table in (opened.users["user_id"], opened.items["item_id"])]
    return space, _run(space, dataset, profiles, [own[kept] for own, kept in zip(leaning, rows, strict=True)])


def _frames(leaning: list[np.ndarray], generator: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Reviews, items and users; each user reviews items of its own direction, in the words of a motivation."""
    of_user, of_item = leaning
    users = np.repeat(np.arange(len(of_user)), PER_USER)
    order = np.argsort(of_item, kind="stable")
    starts = np.searchsorted(of_item[order], np.arange(DIRECTIONS + 1))
    low, high = starts[of_user[users]], starts[of_user[users] + 1]
    items = order[(low + generator.random(len(users)) * (high - low)).astype(np.int64)]
    examples = [example for entry in TAXONOMY.motivations for example in entry.examples]
    texts = np.array(examples)[(of_user[users] * 3 + generator.integers(4, size=len(users))) % len(examples)]
    reviews = pd.DataFrame(
        {
            "user_id": [f"user-{n:06d}" for n in users],
            "item_id": [f"item-{n:06d}" for n in items],
            "rating": generator.integers(3, 6, size=len(users)).astype(np.float32),
            "timestamp": 1_600_000_000 + np.arange(len(users)),
            "text": texts,
        }
    )
    item_table = pd.DataFrame(
        {"item_id": [f"item-{n:06d}" for n in range(len(of_item))], "title": [f"Made-up article {n}" for n in range(len(of_item))]}
    )
    user_table = pd.DataFrame(
        {"user_id": [f"user-{n:06d}" for n in range(len(of_user))], "name": [f"Made-up person {n}" for n in range(len(of_user))]}
    )
    return reviews.drop_duplicates(["user_id", "item_id"]), item_table, user_table


def _extraction(space: Workspace, dataset: Artefact, interactions: pd.DataFrame) -> Artefact:
    """Each training review is one statement about the motivation it is an example of."""
    known = {example: number for number, entry in enumerate(TAXONOMY.motivations) for example in entry.examples}
    rows = interactions[interactions["split"] == "train"]
    motivation = rows["text"].map(known).to_numpy()
    statements = pd.DataFrame(
        {
            "source": "review",
            "interaction_idx": rows.index,
            "user_idx": rows["user_idx"],
            "item_idx": rows["item_idx"],
            "motivation": motivation,
            "statement": rows["text"],
            "quote": rows["text"],
            "polarity": "positive",
            "strength": 0.3 + 0.7 * np.random.default_rng(SEED).random(len(rows)),
            "confidence": 0.8,
            "grounded": True,
            "grounding": 1.0,
            "embedding_row": motivation,
        }
    )
    embeddings = torch.nn.functional.one_hot(torch.arange(len(TAXONOMY) + 1)).float()
    with space.publish("extraction", f"{NAME}-extraction", name=NAME, sources={"dataset": dataset.id}) as draft:
        write_parquet(draft.path / "statements.parquet", statements[list(STATEMENT_COLUMNS)].astype(STATEMENT_COLUMNS))
        write_tensors(draft.path / "embeddings.safetensors", {"embeddings": embeddings})
        write_json(draft.path / "taxonomy.json", TAXONOMY)
        draft.summary |= {"n_statements": len(statements), "coverage": 1.0}
    return space.get("extraction", f"{NAME}-extraction")


def _run(space: Workspace, dataset: Artefact, profiles: Artefact, leaning: list[np.ndarray]) -> Artefact:
    """Slot vectors around the directions of users and items."""
    generator = torch.Generator().manual_seed(SEED)
    slots = len(TAXONOMY) + 1
    centres = torch.randn(DIRECTIONS, slots, WIDTH, generator=generator)
    user, item = (centres[torch.from_numpy(own)] + 1.6 * torch.randn(len(own), slots, WIDTH, generator=generator) for own in leaning)
    vectors = RunVectors(user, item, tuple(TAXONOMY.keys), torch.zeros(len(item)), {})
    sources = {"dataset": dataset.id, "profiles": profiles.id}
    with space.publish("run", f"{NAME}-run", name=f"{NAME}-lmmrec", sources=sources, config={"model": "lmmrec"}) as draft:
        vectors.save(draft.path / "vectors.safetensors")
        draft.generated = True
        draft.summary |= {"model": "lmmrec", "backbone": "lightgcn", "form": "slots", "seed": SEED}
    return space.get("run", f"{NAME}-run")
