"""Perturbations of what a training reads (METHOD 5): random interactions, texts of other nodes, statements of other users.

All of them are drawn from the run's seed and from nothing else of its configuration, so that all models of one seed are trained on the
same noise and can be compared in pairs, and all read training interactions and training text alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from core.errors import InputError
from core.models.graph import Interactions
from core.models.text_features import NodeText, TextFeatures
from core.training.config import TrainingConfig
from core.training.used_settings import PERTURBATIONS

_OF_TEXT = ("text_control", "text_noise")
TextControl = Literal["profiles", "shuffled", "random", "none"]
Indices = npt.NDArray[np.int64]
_STREAMS = {"interactions": 1, "control": 2, "reviews": 3}  # so that no two perturbations of one seed draw the same numbers
_SCAN_FACTOR = 8  # free pairs are listed where the grid has at most so many cells per interaction: memory stays linear in these
_MOST_DRAWN = 2**22


def perturbations(config: TrainingConfig) -> dict[str, Any]:
    """The perturbations that differ from the default and act on this model, by setting; empty for a plain training."""
    acting = [name for name in sorted(PERTURBATIONS) if config.reads_text or name not in _OF_TEXT]
    return {name: getattr(config, name) for name in acting if getattr(config, name) != TrainingConfig.model_fields[name].default}


def check_perturbations(config: TrainingConfig) -> None:
    """Refuse to change a text that is not read: the run's configuration would say what was not done.

    Raises:
        InputError: the model reads no text.
    """
    wanted = [name for name in _OF_TEXT if getattr(config, name) != TrainingConfig.model_fields[name].default]
    if wanted and not config.reads_text:
        raise InputError(f"{config.model} reads no text", where=", ".join(wanted), hint="Leave it out, or train a model that reads text")


def noise(interactions: Interactions, known: Indices, share: float, seed: int) -> Indices:
    """Random interactions that nobody made, to be added to the training interactions (as in RLMRec, arXiv 2310.15950, which adds 5-25 %).

    A user is drawn in proportion to the number of their training interactions, an item uniformly: so everybody's history holds the
    same expected share of noise. Users drawn uniformly would bury those with three interactions and spare those with three hundred,
    and robustness would be mixed up with activity. A pair that is known or was drawn before is drawn again, user and item (who knows
    a large part of all items gets that much less).

    Args:
        interactions: the training interactions.
        known: int64 [m, 2], the pairs of every split: noise must never be right by chance.
        share: how many pairs, as a share of the training interactions.

    Returns:
        int64 [round(share * n), 2], each pair once.

    Raises:
        InputError: the users of the training split have fewer pairs left.
    """
    n_items = interactions.n_items
    wanted = round(share * len(interactions.pairs))
    taken = np.sort(known[:, 0] * n_items + known[:, 1])  # np.unique hashes first: 200 times slower on millions of keys
    taken = taken[np.diff(taken, prepend=-1) > 0]
    degree = np.bincount(interactions.pairs[:, 0], minlength=interactions.n_users)
    active = np.flatnonzero(degree)
    free = len(active) * n_items - int((degree[taken // n_items] > 0).sum())
    if wanted > free:
        raise InputError(
            f"There are only {free} pairs that are no interactions, not {wanted}",
            where=f"interaction_noise {share:g}",
            hint="Take a smaller share",
        )
    generator = _generator(seed, "interactions")
    if len(active) * n_items <= _SCAN_FACTOR * (len(taken) + wanted):
        chosen = _among_all(active, degree, taken, wanted, n_items, generator)
    else:
        chosen = _by_rejection(interactions.pairs[:, 0], taken, wanted, n_items, generator)
    return np.stack([chosen // n_items, chosen % n_items], axis=1)


def _among_all(active: Indices, degree: Indices, taken: Indices, wanted: int, n_items: int, generator: np.random.Generator) -> Indices:
    """``wanted`` of all free pairs, weighted by the user's degree, without replacement.

    Those whose exponential clocks ring first (Efraimidis and Spirakis 2006): the same distribution as drawing and rejecting, quick
    where nearly everything is taken.
    """
    cells = (active[:, None] * n_items + np.arange(n_items)).ravel()
    free = cells[~np.isin(cells, taken, assume_unique=True)]
    clocks = generator.standard_exponential(len(free)) / degree[free // n_items]
    return free[np.argsort(clocks)[:wanted]]


def _by_rejection(users: Indices, taken: Indices, wanted: int, n_items: int, generator: np.random.Generator) -> Indices:
    """Draw pairs, drop what is taken or was drawn before, until there are enough; the user of a random interaction has the weight."""
    chosen = np.empty(0, dtype=np.int64)
    drawn = wanted + 1024
    while len(chosen) < wanted:
        drawn = min(2 * drawn, _MOST_DRAWN)
        pairs = users[generator.integers(len(users), size=drawn)] * n_items + generator.integers(n_items, size=drawn)
        both = np.concatenate([chosen, pairs[~_among(taken, pairs)]])
        first = np.unique(both, return_index=True)[1]
        chosen = both[np.sort(first)]  # in the order of drawing: cutting a sorted list would favour users with small indices
    return chosen[:wanted]


def _among(sorted_keys: Indices, keys: Indices) -> npt.NDArray[np.bool_]:
    """Which keys occur among the sorted ones; looked up in ascending order, which the processor's cache repays 25 times."""
    order = np.argsort(keys)
    ascending = keys[order]
    positions = np.minimum(np.searchsorted(sorted_keys, ascending), len(sorted_keys) - 1)
    found = np.empty(len(keys), dtype=np.bool_)
    found[order] = sorted_keys[positions] == ascending
    return found


def exchanged(owners: Indices, generator: np.random.Generator) -> Indices:
    """The owners in a random order in which nobody stays where they were, or as few as possible (where one owns more than half).

    Args:
        owners: int64 [n], not negative; an owner may stand there more than once.
    """
    order = generator.permutation(len(owners))
    given = owners[order]
    stuck: set[int] = set()
    for position in np.flatnonzero(given == owners).tolist():
        owner = int(owners[position])
        if owner in stuck or given[position] != owner:
            continue
        partners = np.flatnonzero((given != owner) & (owners != owner))
        if len(partners) == 0:  # then more than half of the places are this owner's, and only the inevitable rest is left
            stuck.add(owner)
            continue
        partner = int(generator.choice(partners))
        given[position], given[partner] = given[partner], given[position]
    return given


def swapped_users(statements: pd.DataFrame, share: float, seed: int) -> Indices:
    """The user of each statement after a share of the reviews was swapped between users; items keep what is said of them.

    A chosen review goes as a whole to the user of another one (`exchanged`). Profile texts of users, where there are any, are
    exchanged in the same share among the users that have one. Of one seed, what a smaller share chooses a larger one does too.

    Args:
        statements: of profiles, with the columns of `core.extraction.schema.STATEMENT_COLUMNS`: training text only.

    Returns:
        int64 [n_statements], the new "user_idx".
    """
    generator = _generator(seed, "reviews")
    users = statements["user_idx"].to_numpy(dtype=np.int64).copy()
    for source, text in (("review", "interaction_idx"), ("user_profile", "user_idx")):
        rows = np.flatnonzero((statements["source"] == source).to_numpy(dtype=bool))
        _, first, place = np.unique(statements[text].to_numpy(dtype=np.int64)[rows], return_index=True, return_inverse=True)
        owners = users[rows][first]
        chosen = generator.permutation(len(owners))[: round(share * len(owners))]
        owners[chosen] = exchanged(owners[chosen], generator)
        users[rows] = owners[place]
    return users


def controlled(text: TextFeatures, control: TextControl, seed: int) -> TextFeatures:
    """What a model reads under a control: does the gain come from the text, or from having any?

    "shuffled": every node with text gets that of another node of its side, all of it (slots, silence, lift); nodes without stay so.
    "random": Gaussian directions, each node's slots with its mean length and its silence, the whole and the words with theirs; lift 1.
    "none": nothing is said of anybody; lift 1.
    """
    if control == "profiles":
        return text
    generator = _generator(seed, "control")
    change = {"shuffled": _shuffled, "random": _random, "none": _silent}[control]
    return replace(text, users=change(text.users, generator), items=change(text.items, generator))


def _shuffled(text: NodeText, generator: np.random.Generator) -> NodeText:
    speaking = torch.nonzero(text.present.any(1)).flatten().numpy()
    rows = np.arange(len(text.present))
    rows[speaking] = exchanged(speaking, generator)
    order = torch.from_numpy(rows)
    words = None if text.words is None else text.words[order]
    return NodeText(text.slots[order], text.present[order], text.whole[order], text.lift[order], words)


def _random(text: NodeText, generator: np.random.Generator) -> NodeText:
    speaks = text.present.unsqueeze(-1)
    lengths = (text.slots.norm(dim=2) * text.present).sum(1) / text.present.sum(1).clamp(min=1)
    slots = _directions(text.slots, generator) * lengths[:, None, None] * speaks
    whole = _directions(text.whole, generator) * text.whole.norm(dim=1, keepdim=True)
    words = None if text.words is None else _directions(text.words, generator) * text.words.norm(dim=1, keepdim=True)
    return replace(text, slots=slots, whole=whole, lift=torch.ones_like(text.lift), words=words)


def _silent(text: NodeText, generator: np.random.Generator) -> NodeText:
    del generator
    zeros = {name: torch.zeros_like(getattr(text, name)) for name in ("slots", "present", "whole")}
    words = None if text.words is None else torch.zeros_like(text.words)
    return replace(text, **zeros, lift=torch.ones_like(text.lift), words=words)


def _directions(like: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
    """Random unit vectors along the last dimension, in the shape and type of ``like``."""
    drawn = torch.from_numpy(generator.standard_normal(like.shape, dtype=np.float32))
    return torch.nn.functional.normalize(drawn, dim=-1).to(like.dtype)


def _generator(seed: int, purpose: str) -> np.random.Generator:
    return np.random.default_rng([seed, _STREAMS[purpose]])
