"""A hand-made run: known vectors, four motivations, and a statement for every review, the held-out ones included."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.dataset import ReviewDataset
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.profiles import Profiles, SlotText
from core.recommend.recommender import Recommender
from core.training.opened import OpenedRun
from core.training.run import RunVectors
from tests.recommend.trained import Trained, train

KEYS = ("sound", "price", "ease", "other")
HELD_OUT = "held out"


def hand_made_taxonomy() -> Taxonomy:
    entries = [TaxonomyEntry(key=key, name=f"The {key}", description=key, examples=(key,)) for key in KEYS[:-1]]
    return Taxonomy(name="hand-made", title="Hand-made", motivations=tuple(entries))


def hand_made_statements(dataset: ReviewDataset) -> pd.DataFrame:
    """Two statements a review about the motivations (n, n + 1) mod 4; nobody says anything of "ease" about item 0."""
    rows = []
    for number, interaction in enumerate(dataset.interactions.itertuples()):
        mark = "" if interaction.split == "train" else HELD_OUT
        for motivation in (number % 4, (number + 1) % 4):
            if interaction.item_idx == 0 and KEYS[motivation] == "ease":
                continue
            said = f"{mark or 'so'} u{interaction.user_idx} on i{interaction.item_idx} about {KEYS[motivation]}"
            polarity = "negative" if number % 5 == 0 else "positive"
            position = (number, interaction.user_idx, interaction.item_idx)
            rows.append(("review", *position, motivation, said, said, polarity, 0.2 + (number % 7) / 10, 0.9, True, 1.0, len(rows)))
    rows.append(("user_profile", -1, 0, -1, 0, "u0 loves sound", "loves sound", "positive", 0.1, 0.1, True, 1.0, len(rows)))
    columns = (
        "source interaction_idx user_idx item_idx motivation statement quote polarity strength confidence grounded grounding embedding_row"
    )
    return pd.DataFrame(rows, columns=columns.split())


def hand_made_table(statements: pd.DataFrame, node: str) -> pd.DataFrame:
    """user_table or item_table of `Profiles`, without the smoothing of the real ones."""
    own = statements[statements[node] >= 0].rename(columns={node: "node_idx"})
    table = own.groupby(["node_idx", "motivation", "polarity"], as_index=False).agg(
        share=("strength", "sum"), n_statements=("strength", "size")
    )
    table["share"] /= table.groupby("node_idx")["share"].transform("sum")
    return table.assign(confidence=table["n_statements"] / (table["n_statements"] + 1))


def hand_made_profiles(dataset: ReviewDataset) -> Profiles:
    statements = hand_made_statements(dataset)
    training = statements[~statements["statement"].str.contains(HELD_OUT)]
    empty = torch.zeros(1, len(KEYS), 1)
    text = SlotText(empty, empty, empty[..., 0], empty[..., 0])
    tables = hand_made_table(training, "user_idx"), hand_made_table(training, "item_idx")
    whole = torch.zeros(1, 1)
    return Profiles("profiles-0", hand_made_taxonomy(), text, text, *tables, statements, user_whole=whole, item_whole=whole)


@pytest.fixture(scope="session")
def make_recommender(small_dataset: ReviewDataset) -> Callable[..., Recommender]:
    """Builds recommenders over the small dataset: ``named`` slots or not, with a bias, with behaviour, with profiles or not."""

    def make(
        *, named: bool = True, bias: bool = False, behaviour: bool = False, profiles: bool = True, vectors: RunVectors | None = None
    ) -> Recommender:
        generator = torch.Generator().manual_seed(3)
        slots = (len(KEYS), 3) if named else (1, 12)
        user = torch.randn(small_dataset.n_users, *slots, generator=generator)
        item = torch.randn(small_dataset.n_items, *slots, generator=generator)
        item_bias = torch.randn(small_dataset.n_items, generator=generator) if bias else torch.zeros(small_dataset.n_items)
        views = {}
        if behaviour:
            views["user_behaviour"] = torch.randn(small_dataset.n_users, 5, generator=generator)
            views["item_behaviour"] = torch.randn(small_dataset.n_items, 5, generator=generator)
        made = vectors or RunVectors(user, item, KEYS if named else (), item_bias, views)
        text = hand_made_profiles(small_dataset) if profiles else None
        embeddings = torch.randn(len(text.statements), 8, generator=generator) if text else None
        return Recommender(OpenedRun("run-0", "run", made, small_dataset, text, embeddings))

    return make


@pytest.fixture(scope="session")
def recommender(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender()


@pytest.fixture(scope="session")
def brute_scores(recommender: Recommender) -> np.ndarray:
    """float64 [n_users, n_items] by the definition, one loop a term."""
    vectors = recommender.run.vectors
    user, item = vectors.user.double().numpy(), vectors.item.double().numpy()
    return np.array([[sum(float(u[k] @ i[k]) for k in range(len(u))) for i in item] for u in user])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, small_dataset: ReviewDataset) -> Trained:
    """A run that was really trained."""
    return train(tmp_path_factory.mktemp("trained"), small_dataset)
