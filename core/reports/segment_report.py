"""The report about a segment: who is in it, what moves these people more than everybody, and what they choose."""

from __future__ import annotations

import numpy as np

from core.recommend.segment_quotes import typical_quotes
from core.recommend.segments import Segment, Segments
from core.reports.drawing import Pair, pairs
from core.reports.rendering import rendered
from core.reports.source import ReportSource

_K = 10
_LISTED = 10


def segment_report(source: ReportSource, segments: Segments, number: int, *, recommendations: bool = True, k: int = _K) -> str:
    """One HTML document about a segment of users.

    Args:
        segments: of the source's run. recommendations: with the items that are most often among its users' first ``k``.

    Raises:
        NotFoundError: no such segment.
    """
    segment = segments.segment(number)
    rows = sorted((part for part in segment.motivations if part.said or part.everybody_said), key=lambda part: -part.said)
    drawn = [Pair(part.name, part.said, part.everybody_said, source.colour(part.motivation)) for part in rows]
    alt = "Mean share of each motivation in the segment and among everybody"
    quoted = [(part, typical_quotes(segments, number, part.motivation, 2)) for part in segment.typical[:3]]
    return rendered(
        "segment.html",
        source,
        title=segment.name,
        segment=segment,
        described=_described(segment),
        drawing=pairs(drawn, "this segment", "everybody", alt) if drawn else None,
        quoted=[(part, quotes) for part, quotes in quoted if quotes],
        items=segments.items(number, _LISTED).to_dict(orient="records"),
        recommended=_recommended(source, segments.nodes(number, "user"), k) if recommendations else [],
        k=k,
        members=segments.members(number, "user").head(_LISTED).to_dict(orient="records"),
    )


def _described(segment: Segment) -> str:
    typical = segment.typical[:2]
    people = f"{segment.n_users:,} {'person' if segment.n_users == 1 else 'people'}"
    if not typical:
        return f"{people} who speak of no motivation more than everybody does."
    more = [
        f"{part.name} ({_percent(part.said)} of what they say, {_percent(part.everybody_said)} of what everybody says)" for part in typical
    ]
    return f"{people} who speak more than everybody of {' and of '.join(more)}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _recommended(source: ReportSource, users: np.ndarray, k: int) -> list[dict[str, object]]:
    """The items most often among the users' first k: title, users, share."""
    if not len(users):
        return []
    listed = source.recommender.recommend_many(users, k)[0]
    counts = np.bincount(listed[listed >= 0], minlength=source.recommender.dataset.n_items)
    titles = source.recommender.dataset.items["title"].astype(str)
    best = [item for item in np.argsort(-counts, kind="stable")[:_LISTED] if counts[item]]
    return [{"title": titles.iloc[item], "users": int(counts[item]), "share": counts[item] / len(users)} for item in best]
