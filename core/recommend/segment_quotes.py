"""What the people of a segment typically say."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import normalize

from core.recommend.evidence import Evidence
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments


def typical_quotes(segments: Segments, number: int, motivation: str, limit: int = 3) -> list[Evidence]:
    """The statements of a segment's users about a motivation that lie nearest the mean of all of them, one a user.

    Without embeddings the strongest statements.

    Raises:
        NotFoundError: no such segment.
    """
    segments.name(number)
    evidence = segments.recommender.evidence
    if evidence is None:
        return []
    of_users = [evidence.rows("user", int(user), motivation) for user in segments.nodes(number, "user")]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *of_users])
    chosen: list[Evidence] = []
    met: set[str] = set()
    for row in rows[np.argsort(-_typical(segments.recommender, rows), kind="stable")]:
        said = evidence.at(int(row))
        keys = {f"user {said.user}", " ".join(said.quote.split()).casefold()}
        if keys & met:
            continue
        met |= keys
        chosen.append(said)
        if len(chosen) == limit:
            break
    return chosen


def _typical(recommender: Recommender, rows: np.ndarray) -> np.ndarray:
    """How typical statements are of all of them, float64 [n]: the cosine to their mean, weighted by strength and confidence."""
    assert recommender.evidence is not None
    statements = recommender.evidence.statements.iloc[rows]
    weight = (statements["strength"] * statements["confidence"]).to_numpy(dtype=np.float64)
    embeddings = recommender.run.statement_embeddings
    if embeddings is None or not len(rows):
        return weight
    own = normalize(embeddings[torch.tensor(statements["embedding_row"].to_numpy(dtype=np.int64))].double(), dim=1)
    mean = (own * torch.tensor(weight)[:, None]).sum(dim=0)
    return np.asarray((own @ normalize(mean, dim=0)).numpy())
