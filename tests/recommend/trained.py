"""A small run that was really trained, with the artefacts it was made from: for what reads its encoders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.jobs import steps
from core.recommend.recommender import Recommender
from core.recommend.text_view import TextView
from core.training.config import TrainingConfig
from core.workspace import Workspace

TINY = TrainingConfig(slot_dim=4, behaviour_dim=8, batch_size=64, epochs=3, evaluate_every=1, device="cpu", text_dim=4, text_scale=0.6)
_WORDS = ("guitar", "piano", "drum", "violin", "flute", "trumpet", "harp")
_REASONS = ("It was cheap and worth every penny.", "The sound is rich and clear.", "Setup took two minutes.", "It broke after a week.")


@dataclass(frozen=True)
class Trained:
    """The workspace, the run's recommender and its text."""

    workspace: Workspace
    recommender: Recommender
    text: TextView


def train(folder: Path, dataset: ReviewDataset) -> Trained:
    """Train on a dataset whose reviews say different things."""
    workspace = Workspace(folder / "workspace")
    reviews = dataset.interactions.copy()
    reviews["text"] = [
        f"{_REASONS[(user * item) % 4]} {_REASONS[(user + item) % 4]} Best {_WORDS[user % 7]} for {_WORDS[item % 5]} players."
        for user, item in reviews[["user_idx", "item_idx"]].to_numpy()
    ]
    source = publish_dataset(workspace, replace(dataset, interactions=reviews, name="small"), {"domain": "products"})
    steps.extract(workspace, source.id, {"encoder": "tfidf"})
    recommender = Recommender.open(workspace, steps.train(workspace, source.id, TINY).id)
    return Trained(workspace, recommender, TextView.open(recommender.run))
