"""The report about an item: what people seek in it, in their words, and whom it is recommended to."""

from __future__ import annotations

import numpy as np

from core.recommend.portrait import disagreements, portrait
from core.reports.profile_parts import described, said_and_done, told
from core.reports.rendering import rendered
from core.reports.source import ReportSource

_K = 10
_SEEKERS = 10
_MOST_USERS = 5000
"""Users whose lists are looked at; of more, this many drawn at random."""


def item_report(source: ReportSource, item_id: str, *, recommendations: bool = True, k: int = _K) -> str:
    """One HTML document about an item.

    Args:
        recommendations: with the users among whose first ``k`` recommendations it is.

    Raises:
        NotFoundError: no such item.
    """
    shown = portrait(source.recommender, "item", item_id, quotes=2, similar=8)
    ratings = shown.history["rating"].dropna()
    positive = sum(view.positive_share for view in shown.motivations)
    return rendered(
        "item.html",
        source,
        title=shown.label,
        shown=shown,
        described=described(shown),
        drawing=said_and_done(source, shown),
        told=told(shown),
        differences=disagreements(shown),
        rating=float(ratings.mean()) if len(ratings) else float("nan"),
        praise=positive if shown.has_text else None,
        seekers=_seekers(source, shown.idx, k) if recommendations else None,
        k=k,
        history=shown.history.head(12).to_dict(orient="records"),
    )


def _seekers(source: ReportSource, item: int, k: int) -> dict[str, object]:
    """The users who get the item, those it stands highest for first: n, of (how many were looked at), first (rows)."""
    recommender = source.recommender
    n_users = recommender.dataset.n_users
    users = np.arange(n_users)
    if n_users > _MOST_USERS:
        users = np.sort(np.random.default_rng(0).choice(n_users, size=_MOST_USERS, replace=False))
    listed, scores = recommender.recommend_many(users, k)
    rows, places = np.nonzero(listed == item)
    ids, names = recommender.dataset.users["user_id"].astype(str), recommender.run.motivation_names
    first = []
    for row, place in sorted(zip(rows.tolist(), places.tolist(), strict=True), key=lambda pair: (pair[1], -scores[pair]))[:_SEEKERS]:
        user = int(users[row])
        keys = recommender.motivations
        reason = names[keys[int(recommender.scorer.terms(user, item).argmax())]] if keys else ""
        first.append({"user": ids.iloc[user], "rank": place + 1, "score": float(scores[row, place]), "reason": reason})
    return {"n": len(rows), "of": len(users), "first": first}
