"""Segments: the clusters of a run's map, with what moves the people in them more than everybody, in their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import normalize

from core.errors import NotFoundError
from core.extraction.schema import OTHER
from core.maps.build import MotivationMap
from core.maps.motivations import NodeMotivations, said_motivations
from core.maps.space import MapSpace
from core.recommend.portrait import behaviour_shares, labels
from core.recommend.recommender import Recommender
from core.training.opened import SIDES, Side

_NAMED = 2
"""Motivations that stand beside a segment's name in the list of all."""
_TYPICAL = 0.02
"""How much more of its users' text than of everybody's a motivation has to be to stand there."""
_NOTICED = 0.01
"""The least difference that is spoken of at all."""


@dataclass(frozen=True)
class SegmentMotivation:
    """One motivation of a segment against everybody; means over users, 0..1.

    Args:
        said, spread: mean and standard deviation of its share of a member's text. everybody_said: the mean over all users with text.
        done, everybody_done: the same of its share of behaviour; 0 where the run's slots are not named.
    """

    motivation: str
    name: str
    said: float
    spread: float
    everybody_said: float
    done: float
    everybody_done: float

    @property
    def difference(self) -> float:
        """How much more of the members' text it is than of everybody's, -1..1."""
        return self.said - self.everybody_said


@dataclass(frozen=True)
class Segment:
    """A segment.

    Args:
        number: of the map's cluster. words: that its members use more than others.
        n_speaking: users of it with a statement, over whom the means are. motivations: in the order of the taxonomy.
        activity: mean number of training interactions of its users; everybody's for comparison.
    """

    number: int
    name: str
    words: tuple[str, ...]
    n_users: int
    n_items: int
    n_speaking: int
    motivations: tuple[SegmentMotivation, ...]
    activity: float
    everybody_activity: float

    @property
    def typical(self) -> list[SegmentMotivation]:
        """Named motivations its users speak of more than everybody, by a percentage point or more; the largest difference first."""
        named = (one for one in self.motivations if one.motivation != OTHER and one.difference >= _NOTICED)
        return sorted(named, key=lambda one: -one.difference)


class Segments:
    """The segments of a run's map; computed once, then asked as often as one likes.

    Args:
        drawn: a joint map of the run, with the names and merges people gave it (`core.maps.cluster_edits.edited`).
    """

    def __init__(self, recommender: Recommender, drawn: MotivationMap) -> None:
        self.recommender = recommender
        run = recommender.run
        n_users = run.dataset.n_users
        nodes = drawn.nodes
        row = np.where(nodes["side"] == "user", 0, n_users) + nodes["node_idx"].to_numpy(dtype=np.int64)
        self._assigned = np.full(n_users + run.dataset.n_items, -1, dtype=np.int64)
        self._assigned[row] = nodes["cluster"].to_numpy(dtype=np.int64)
        self._clusters = drawn.clusters.set_index("cluster")
        self._said, self._done = said_motivations(run), _behaviour(recommender)
        self._everybody = [_known(part, np.arange(n_users)) for part in (self._said, self._done)]
        self._space = MapSpace.of(run.vectors)
        pairs = run.training_pairs
        self._activity = np.concatenate(
            [np.bincount(pairs[:, column], minlength=n) for column, n in enumerate((n_users, run.dataset.n_items))]
        )

    @property
    def numbers(self) -> list[int]:
        """All segments, the largest first; what is in no cluster comes last."""
        sizes = self._clusters["size"]
        return sorted((int(number) for number in self._clusters.index), key=lambda number: (number < 0, -int(sizes[number]), number))

    def name(self, number: int) -> str:
        """A segment's name.

        Raises:
            NotFoundError: no such segment.
        """
        if number not in self._clusters.index:
            raise NotFoundError(f"No segment {number} on this map", hint=f"There are: {', '.join(map(str, self.numbers))}")
        return str(self._clusters.loc[number, "name"])

    def segment(self, number: int) -> Segment:
        """What is known of one segment.

        Raises:
            NotFoundError: no such segment.
        """
        name = self.name(number)
        users, items = self.nodes(number, "user"), self.nodes(number, "item")
        activity = self._activity[users]
        return Segment(
            number=number,
            name=name,
            words=tuple(str(word) for word in self._clusters["words"].to_dict()[number]),
            n_users=len(users),
            n_items=len(items),
            n_speaking=int((self._said.shares[users].sum(axis=1) > 0).sum()),
            motivations=self._motivations(users),
            activity=float(activity.mean()) if len(users) else 0.0,
            everybody_activity=float(self._activity[: self._space.n_users].mean()),
        )

    def table(self) -> pd.DataFrame:
        """All segments: segment, name, users, items, share (of all users), typical motivations, words, interactions per user."""
        rows = []
        for one in (self.segment(number) for number in self.numbers):
            named = [part for part in one.typical if part.difference >= _TYPICAL]
            typical = [f"{part.name} (+{100 * part.difference:.0f})" for part in named[:_NAMED]]
            rows.append(
                {
                    "segment": one.number,
                    "name": one.name,
                    "users": one.n_users,
                    "items": one.n_items,
                    "share": one.n_users / max(1, self._space.n_users),
                    "typical motivations": ", ".join(typical) or "none stands out",
                    "words": ", ".join(one.words),
                    "interactions per user": one.activity,
                }
            )
        return pd.DataFrame(rows)

    def nodes(self, number: int, side: Side) -> np.ndarray:
        """int64: indices of all users or all items in a segment."""
        of_side = self._assigned[: self._space.n_users] if side == "user" else self._assigned[self._space.n_users :]
        return np.flatnonzero(of_side == number)

    def members(self, number: int, side: Side) -> pd.DataFrame:
        """All users or items of a segment, the most typical first: idx, id, name, typicality, interactions, says most of, does most for.

        Typicality is the cosine to the segment's mean direction in the map's space, 1 = the same.

        Raises:
            NotFoundError: no such segment.
        """
        self.name(number)
        nodes = self.nodes(number, side)
        rows = nodes if side == "user" else nodes + self._space.n_users
        dataset = self.recommender.dataset
        ids = dataset.users["user_id"] if side == "user" else dataset.items["item_id"]
        names = labels(self.recommender, side)
        table = pd.DataFrame(
            {
                "idx": nodes,
                "id": ids.iloc[nodes].astype(str).to_numpy(),
                "name": [names[node] for node in nodes],
                "typicality": self._typicality(number, rows),
                "interactions": self._activity[rows],
                "says most of": self._largest(self._said, rows),
                "does most for": self._largest(self._done, rows) if self.recommender.motivations else [""] * len(rows),
            }
        )
        return table.sort_values(["typicality", "idx"], ascending=[False, True], kind="stable").reset_index(drop=True)

    def items(self, number: int, limit: int = 20) -> pd.DataFrame:
        """Items that the segment's users choose more than everybody: item_id, title, users (of it), share (of it), everybody (0..1).

        By the item's term p log(p / q) of the divergence, p and q being the shares of the segment's and of all users who chose it.

        Raises:
            NotFoundError: no such segment.
        """
        self.name(number)
        dataset = self.recommender.dataset
        pairs = self.recommender.run.training_pairs
        users = self.nodes(number, "user")
        inside = np.isin(pairs[:, 0], users)
        own, all_of = (np.bincount(part, minlength=dataset.n_items) for part in (pairs[inside, 1], pairs[:, 1]))
        share, everybody = own / max(1, len(users)), all_of / max(1, dataset.n_users)
        telling = share * np.log((share + 1e-12) / (everybody + 1e-12))
        order = [item for item in np.argsort(-telling, kind="stable") if telling[item] > 0][:limit]
        chosen = dataset.items.iloc[order]
        return pd.DataFrame(
            {
                "item_id": chosen["item_id"].astype(str).to_numpy(),
                "title": chosen["title"].astype(str).to_numpy(),
                "users": own[order],
                "share": share[order],
                "everybody": everybody[order],
            }
        )

    def similarity(self, left: int, right: int) -> float:
        """Cosine of the mean directions of two segments in the map's space, 1 = the same."""
        return float(self._centre(left) @ self._centre(right))

    def _centre(self, number: int) -> torch.Tensor:
        members = torch.from_numpy(np.flatnonzero(self._assigned == number))
        return normalize(self._space.vectors[members].double().mean(dim=0), dim=0)

    def _typicality(self, number: int, rows: np.ndarray) -> np.ndarray:
        return np.asarray((self._space.vectors[torch.from_numpy(rows)].double() @ self._centre(number)).numpy())

    def _largest(self, motivations: NodeMotivations, rows: np.ndarray) -> Sequence[str]:
        names = self.recommender.run.motivation_names
        keys = motivations.dominant()[0]  # "none" where nothing is known has no name
        return [names.get(keys[row], "") for row in rows]

    def _motivations(self, users: np.ndarray) -> tuple[SegmentMotivation, ...]:
        names = self.recommender.run.motivation_names
        said, done = _known(self._said, users), _known(self._done, users)
        all_said, all_done = self._everybody
        return tuple(
            SegmentMotivation(
                motivation=key,
                name=names.get(key, key),
                said=_mean(said, column),
                spread=float(said[:, column].std()) if len(said) else 0.0,
                everybody_said=_mean(all_said, column),
                done=_mean(done, column),
                everybody_done=_mean(all_done, column),
            )
            for column, key in enumerate(self._said.keys)
        )


def _behaviour(recommender: Recommender) -> NodeMotivations:
    """What behaviour says of all nodes; nothing where the run's slots are not named."""
    n = recommender.dataset.n_users + recommender.dataset.n_items
    if not recommender.motivations:
        return NodeMotivations((), np.zeros((n, 0)), np.zeros((n, 0), dtype=np.float32))
    shares = np.concatenate([behaviour_shares(recommender, side) for side in SIDES])
    return NodeMotivations(recommender.motivations, shares, np.zeros(shares.shape, dtype=np.float32))


def _known(motivations: NodeMotivations, rows: np.ndarray) -> np.ndarray:
    """Shares of those nodes of which something is known: float64 [n', K]."""
    shares = motivations.shares[rows]
    return np.asarray(shares[shares.sum(axis=1) > 0])


def _mean(shares: np.ndarray, column: int) -> float:
    return float(shares[:, column].mean()) if column < shares.shape[1] and len(shares) else 0.0
