"""Portraits: what text and behaviour say of one user or item, its history, and who is like it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch

from core.errors import InputError
from core.recommend.evidence import Evidence
from core.recommend.recommender import Recommender
from core.training.opened import Side, mean_contributions


@dataclass(frozen=True)
class MotivationView:
    """One motivation of a node, as its text and as its behaviour have it.

    Args:
        text_share: share of the strength of the node's statements, 0..1; positive_share is its positive part.
        confidence: grows with the number of statements, 0..1.
        behaviour_share: share of the positive mean contributions to the node's training interactions, 0..1.
        quotes: the strongest statements.
    """

    motivation: str
    name: str
    text_share: float
    positive_share: float
    n_statements: int
    confidence: float
    behaviour_share: float
    quotes: list[Evidence] = field(default_factory=list)

    @property
    def disagreement(self) -> float:
        """Text minus behaviour: above zero where the node says more of the motivation than it acts on it."""
        return self.text_share - self.behaviour_share


@dataclass(frozen=True)
class Similar:
    """A node of the same side and the cosine of its vector, 1 = same direction."""

    id: str
    idx: int
    label: str
    similarity: float


@dataclass(frozen=True)
class Portrait:
    """A user or an item.

    Args:
        motivations: by text share, then behaviour share, largest first.
        has_text: some statement is about the node. has_behaviour: the run's slots are motivations, so behaviour can be split.
        agreement: 1 - half the summed absolute difference of the two views (1 = the same, 0 = disjoint); NaN without both.
        history: training interactions, newest first: item_id, title (users) or user_id, name (items), rating, timestamp,
            summary, text, interaction_idx.
        similar: nearest nodes of the same side by the cosine of the run's vectors.
    """

    side: Side
    id: str
    idx: int
    label: str
    motivations: list[MotivationView]
    has_text: bool
    has_behaviour: bool
    agreement: float
    history: pd.DataFrame
    similar: list[Similar]


def portrait(recommender: Recommender, side: Side, node_id: str, *, quotes: int = 3, similar: int = 10) -> Portrait:
    """All that is known of a user or an item.

    Raises:
        NotFoundError: no such user or item.
    """
    dataset = recommender.dataset
    idx = dataset.user_idx(node_id) if side == "user" else dataset.item_idx(node_id)
    views = _views(recommender, side, idx, quotes)
    has_text = any(view.n_statements for view in views)
    has_behaviour = bool(recommender.motivations) and any(view.behaviour_share for view in views)
    both = has_text and has_behaviour
    return Portrait(
        side=side,
        id=node_id,
        idx=idx,
        label=labels(recommender, side)[idx],
        motivations=views,
        has_text=has_text,
        has_behaviour=has_behaviour,
        agreement=1 - sum(abs(view.disagreement) for view in views) / 2 if both else float("nan"),
        history=history(recommender, side, idx),
        similar=similar_nodes(recommender, side, idx, similar),
    )


def labels(recommender: Recommender, side: Side) -> list[str]:
    """Names of all users or titles of all items, by index."""
    dataset = recommender.dataset
    return [str(label) for label in (dataset.users["name"] if side == "user" else dataset.items["title"])]


def behaviour_shares(recommender: Recommender, side: Side) -> np.ndarray:
    """float64 [n, K]: each motivation's share of the positive mean contributions to a node's training interactions.

    From the interaction views where the run has them (what behaviour alone says), else from its vectors. Rows sum to 1, or to
    0 where the node has no training interaction or nothing positive.
    """
    run = recommender.run
    views = run.vectors.views
    if {"user_interaction", "item_interaction"} <= views.keys():
        means = mean_contributions(views["user_interaction"], views["item_interaction"], run.training_pairs)[side]
    else:
        means = run.mean_contributions[side]
    positive = means.clip(0)
    return np.asarray(positive / np.maximum(positive.sum(axis=1, keepdims=True), 1e-12))


def _behaviour_of(recommender: Recommender, side: Side, idx: int) -> np.ndarray:
    """float64 [K]: the row of `behaviour_shares` of one node, from its own interactions alone."""
    run = recommender.run
    pairs = run.training_pairs[run.training_pairs[:, 0 if side == "user" else 1] == idx]
    if not len(pairs):
        return np.zeros(len(recommender.motivations))
    views = run.vectors.views
    users, items = views.get("user_interaction"), views.get("item_interaction")
    if users is None or items is None:
        users, items = run.vectors.user, run.vectors.item
    chosen = torch.from_numpy(pairs)
    means = (users[chosen[:, 0]].double() * items[chosen[:, 1]].double()).sum(dim=-1).mean(dim=0)
    positive = means.numpy().clip(0)
    return np.asarray(positive / max(float(positive.sum()), 1e-12))


def disagreements(shown: Portrait, least: float = 0.05) -> list[str]:
    """Where text and behaviour differ by at least ``least`` of the whole, the largest difference first, one sentence each.

    Empty where one of the two views is missing, or where they agree.
    """
    if not (shown.has_text and shown.has_behaviour):
        return []
    differing = [view for view in shown.motivations if abs(view.disagreement) >= least]
    return [_difference(view) for view in sorted(differing, key=lambda view: -abs(view.disagreement))]


def _difference(view: MotivationView) -> str:
    said, done = f"{100 * view.text_share:.0f} % of the text", f"{100 * view.behaviour_share:.0f} % of behaviour"
    points = f"{100 * abs(view.disagreement):.0f} percentage points"
    if not view.n_statements:
        return f"{view.name}: no text speaks of it, yet it makes {done} ({points} more in behaviour)."
    plural = "" if view.n_statements == 1 else "s"
    basis = f"on {view.n_statements} statement{plural}, confidence {view.confidence:.2f}"
    more = "more is said of it than done" if view.disagreement > 0 else "more is done for it than said"
    return f"{view.name}: {said}, {done}: {more}, by {points} ({basis})."


def history(recommender: Recommender, side: Side, idx: int) -> pd.DataFrame:
    """Training interactions of a node, newest first, beside the other side's id and label."""
    dataset = recommender.dataset
    rows = dataset.rows("train")
    own = rows[rows[f"{side}_idx"] == idx].sort_values("timestamp", ascending=False, kind="stable")
    columns = ["rating", "timestamp", "summary", "text"]
    if side == "user":
        others = dataset.items.iloc[own["item_idx"]][["item_id", "title"]]
    else:
        others = dataset.users.iloc[own["user_idx"]][["user_id", "name"]]
    table = pd.concat([others.reset_index(drop=True), own[columns].reset_index(drop=True)], axis=1)
    return table.assign(interaction_idx=own.index.to_numpy())


def similar_nodes(recommender: Recommender, side: Side, idx: int, k: int = 10, motivation: str | None = None) -> list[Similar]:
    """The k nearest nodes of the same side by the cosine of their vectors, or of one motivation's slot.

    Raises:
        InputError: the run does not have the motivation.
    """
    vectors = recommender.run.vectors.user if side == "user" else recommender.run.vectors.item
    if motivation is not None:
        if motivation not in recommender.motivations:
            raise InputError(f"The run has no motivation '{motivation}'", where=f"run {recommender.run.id}")
        vectors = vectors[:, [recommender.motivations.index(motivation)]]
    unit = torch.nn.functional.normalize(vectors.flatten(1).double(), dim=1)
    cosines = (unit @ unit[idx]).numpy()
    order = np.argsort(-cosines, kind="stable")
    nearest = order[order != idx][:k]
    dataset, names = recommender.dataset, labels(recommender, side)
    ids = dataset.users["user_id"] if side == "user" else dataset.items["item_id"]
    return [Similar(str(ids.iloc[node]), int(node), names[node], float(cosines[node])) for node in nearest]


def _views(recommender: Recommender, side: Side, idx: int, quotes: int) -> list[MotivationView]:
    profiles, names = recommender.run.profiles, recommender.run.motivation_names
    table = None
    if profiles is not None:
        table = profiles.user_table if side == "user" else profiles.item_table
        table = table[table["node_idx"] == idx]
    behaviour = dict(zip(recommender.motivations, _behaviour_of(recommender, side, idx), strict=True)) if recommender.motivations else {}
    views = []
    for number, (key, name) in enumerate(
        names.items() if profiles is None else zip(profiles.taxonomy.keys, profiles.taxonomy.names, strict=True)
    ):
        own = table[table["motivation"] == number] if table is not None else pd.DataFrame()
        spoken = len(own) > 0
        views.append(
            MotivationView(
                motivation=key,
                name=name,
                text_share=float(own["share"].sum()) if spoken else 0.0,
                positive_share=float(own.loc[own["polarity"] == "positive", "share"].sum()) if spoken else 0.0,
                n_statements=int(own["n_statements"].sum()) if spoken else 0,
                confidence=float(own["confidence"].max()) if spoken else 0.0,
                behaviour_share=float(behaviour.get(key, 0.0)),
                quotes=recommender.evidence.strongest(side, idx, key, quotes) if recommender.evidence else [],
            )
        )
    return sorted(views, key=lambda view: (-view.text_share, -view.behaviour_share))
