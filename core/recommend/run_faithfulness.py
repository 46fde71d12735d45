"""Faithfulness as a figure of a run: the deletion test of sampled recommendations, made once and kept beside the workspace's caches."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.progress import Progress, ProgressEvent, silent
from core.recommend.explanation import Answer
from core.recommend.pair_faithfulness import PairFaithfulness, deletion_of
from core.recommend.recommender import Recommender
from core.recommend.user_terms import UserTerms
from core.storage import content_hash, read_json, write_json
from core.workspace import Workspace

VERSION = 1  # raise when the figures would be others
USERS = 200
_Z = 1.959963984540054


class Share(Answer):
    """A share 0..1 of recommendations and the ends of its 95 % interval (Wilson 1927)."""

    value: float
    low: float
    high: float


class MeanCurve(Answer):
    """Means over recommendations after 0 .. K steps, and the area below the reciprocal ranks."""

    scores: list[float]
    reciprocal_ranks: list[float]
    area: float


class RunFaithfulness(Answer):
    """The deletion test over the first recommendations of ``n`` users drawn with ``seed``.

    Args:
        score_beats: share of (recommendation, other motivation) in which deleting the first motivation lowers the score more. A score is
            the sum of its terms and the first is the largest, so anything but a tie counts.
        rank_beats: in which it lowers the rank more. rank_holds: in which it lowers it more or equally far.
        deletion, insertion: in the explanation's order. random_deletion, random_insertion: the mean over all orders.
        exact: all orders were counted; else a hundred of each were drawn.
    """

    n: int
    seed: int
    n_motivations: int
    score_beats: Share
    rank_beats: Share
    rank_holds: Share
    deletion: MeanCurve
    insertion: MeanCurve
    random_deletion: MeanCurve
    random_insertion: MeanCurve
    exact: bool


def kept_faithfulness(workspace: Workspace, run_id: str, users: int = USERS, seed: int = 0) -> RunFaithfulness | None:
    """The figures of a run where they were made before, else None."""
    path = _path(workspace, run_id, users, seed)
    return RunFaithfulness.model_validate(read_json(path)) if path.exists() else None


def run_faithfulness(
    workspace: Workspace, recommender: Recommender, users: int = USERS, seed: int = 0, progress: Progress = silent
) -> RunFaithfulness:
    """The figures of a run, made now where they were not before.

    Raises:
        InputError: the run has fewer than two named motivations, or nothing can be recommended. StorageError: the disk refused.
    """
    known = kept_faithfulness(workspace, recommender.run.id, users, seed)
    if known is not None:
        return known
    found = measured(recommender, users, seed, progress)
    write_json(_path(workspace, recommender.run.id, users, seed), found)
    return found


def measured(recommender: Recommender, users: int = USERS, seed: int = 0, progress: Progress = silent) -> RunFaithfulness:
    """The figures of a run; see `run_faithfulness`."""
    if len(recommender.motivations) < 2:
        where = f"run {recommender.run.id}"
        raise InputError("A deletion test needs at least two named motivations", where=where, hint="Train LMMRec in the slot form")
    chosen = np.sort(np.random.default_rng(seed).permutation(recommender.dataset.n_users)[:users])
    first = recommender.recommend_many(chosen, 1)[0][:, 0]
    pairs = [(int(user), int(item)) for user, item in zip(chosen, first, strict=True) if item >= 0]
    if not pairs:
        raise InputError("No recommendation to explain", where=f"run {recommender.run.id}", hint="Every item is in the users' history")
    tests = []
    for done, (user, item) in enumerate(pairs):
        progress(ProgressEvent("Deleting motivations", done, len(pairs)))
        terms = UserTerms.of(recommender.scorer, recommender.scorer.user(user), recommender.history(user))
        tests.append(deletion_of(terms, item, recommender.motivations, seed))
    progress(ProgressEvent("Deleting motivations", len(pairs), len(pairs)))
    return _summed(recommender, tests, seed)


def interval(share: float, n: int) -> Share:
    """A mean share of n recommendations with its 95 % Wilson interval; wider than needed where each holds a share of its own."""
    centre, wide = share + _Z**2 / (2 * n), _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    return Share(value=share, low=max(0.0, (centre - wide) / scale), high=min(1.0, (centre + wide) / scale))


def _summed(recommender: Recommender, tests: list[PairFaithfulness], seed: int) -> RunFaithfulness:
    n = len(tests)

    def share(*names: str) -> Share:
        return interval(min(1.0, float(np.mean([sum(getattr(one, name) for name in names) for one in tests]))), n)

    deletion = _curve([one.scores for one in tests], [one.reciprocal_ranks for one in tests])
    random = _curve([one.random_scores for one in tests], [one.random_reciprocal_ranks for one in tests])
    return RunFaithfulness(
        n=n,
        seed=seed,
        n_motivations=len(recommender.motivations),
        score_beats=share("score_beats"),
        rank_beats=share("rank_beats"),
        rank_holds=share("rank_beats", "rank_ties"),
        deletion=deletion,
        insertion=_curve([one.insertion_scores for one in tests], [one.insertion_reciprocal_ranks for one in tests]),
        random_deletion=random,
        random_insertion=_backwards(random),
        exact=all(one.exact for one in tests),
    )


def _curve(scores: list[list[float]], reciprocal_ranks: list[list[float]]) -> MeanCurve:
    mean = np.mean(reciprocal_ranks, axis=0)
    area = float(np.trapezoid(mean, dx=1.0 / (len(mean) - 1)))
    return MeanCurve(scores=np.mean(scores, axis=0).tolist(), reciprocal_ranks=mean.tolist(), area=area)


def _backwards(curve: MeanCurve) -> MeanCurve:
    """In a random order, what is left after K - m deletions is what m insertions make."""
    return MeanCurve(scores=curve.scores[::-1], reciprocal_ranks=curve.reciprocal_ranks[::-1], area=curve.area)


def _path(workspace: Workspace, run_id: str, users: int, seed: int) -> Path:
    return workspace.cache / "faithfulness" / f"{run_id}-{content_hash(VERSION, users, seed)}.json"
