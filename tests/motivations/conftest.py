"""An extraction small enough to check by hand: four topics, their statements near one axis each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.dataset import ReviewDataset
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.storage import write_json, write_parquet, write_tensors
from core.workspace import Artefact, Workspace

TOPICS = {
    "sound": "The {} tone is warm and rich",
    "price": "A {} bargain that costs little money",
    "gift": "My {} cousin unwrapped this present happily",
    "cable": "This {} cable fits every jack and plug",
}
FILLERS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
DIM = 8


def axis(topic: int) -> np.ndarray:
    """The direction of a topic's statements."""
    return np.eye(len(TOPICS), DIM)[topic]


@pytest.fixture
def hand_taxonomy() -> Taxonomy:
    """Two motivations: "quality" is about sound and cables, "money" about prices; presents are "other"."""
    quality = TaxonomyEntry(key="quality", name="Quality", description="It is well made.", examples=("It sounds rich.",))
    money = TaxonomyEntry(key="money", name="Money", description="It costs little.", examples=("It is a bargain.",))
    return Taxonomy(name="made", title="Made by hand", motivations=(quality, money))


@pytest.fixture
def hand_extraction(workspace: Workspace, small_dataset: ReviewDataset, hand_taxonomy: Taxonomy) -> Artefact:
    """48 statements of training reviews, 12 a topic; embedding row 12 * topic + number."""
    generator = np.random.default_rng(1)
    train = small_dataset.rows("train")
    slot = {"sound": 0, "cable": 0, "price": 1, "gift": 2}
    rows = []
    vectors = []
    for topic, (name, text) in enumerate(TOPICS.items()):
        for number, filler in enumerate(FILLERS):
            interaction = int(train.index[(12 * topic + number) % len(train)])
            statement = text.format(filler)
            rows.append(
                {
                    "source": "review",
                    "interaction_idx": interaction,
                    "user_idx": int(train.at[interaction, "user_idx"]),
                    "item_idx": int(train.at[interaction, "item_idx"]),
                    "motivation": slot[name],
                    "statement": statement,
                    "quote": f"{statement}.",
                    "polarity": "positive" if number % 3 else "negative",
                    "strength": 0.5 + number / 24,
                    "confidence": 0.9,
                    "grounded": True,
                    "grounding": 1.0,
                    "embedding_row": len(rows),
                }
            )
            vectors.append(axis(topic) + generator.normal(scale=0.02, size=DIM))
    embeddings = torch.nn.functional.normalize(torch.tensor(np.array(vectors), dtype=torch.float32), dim=1)
    with workspace.publish(
        "extraction", "made-0", name="made", sources={"dataset": small_dataset.id}, config={"taxonomy": "made@1"}
    ) as draft:
        write_parquet(draft.path / "statements.parquet", pd.DataFrame(rows).astype(STATEMENT_COLUMNS))
        write_tensors(draft.path / "embeddings.safetensors", {"embeddings": embeddings.half()})
        write_json(draft.path / "taxonomy.json", hand_taxonomy)
        draft.summary |= {"encoder": "by-hand", "n_reviews": 100, "n_statements": 48, "seconds": 9.0}
    return workspace.get("extraction", "made-0")


@pytest.fixture
def versions(workspace: Workspace) -> TaxonomyVersions:
    return TaxonomyVersions(workspace)


@pytest.fixture
def hand_version(versions: TaxonomyVersions, hand_taxonomy: Taxonomy) -> TaxonomyVersion:
    return versions.save("made", hand_taxonomy, note="by hand")
