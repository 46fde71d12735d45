"""The report about a user: what moves this person, what is recommended, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.recommend.claims import Claim, share_of_behaviour
from core.recommend.counterfactuals import SmallestMotivations, Without, smallest_motivations, without_each
from core.recommend.evidence import Evidence
from core.recommend.explanation import Contribution, Explanation, Recommended
from core.recommend.portrait import disagreements, portrait
from core.reports.drawing import Bar, waterfall
from core.reports.profile_parts import described, said_and_done, told
from core.reports.rendering import rendered
from core.reports.source import ReportSource

BEHAVIOUR = "Behaviour alone"
_REASONS = 3
_EXPLAINED = 3
_K = 10


@dataclass(frozen=True)
class Reason:
    """A recommendation with all that stands behind it.

    Args:
        place: its rank. drawing: the waterfall. claims: of the sentence, each with the anchor of what it points to, or "".
        parts: the motivations shown with their quotes. without: the same motivations, if they did not count, and all others that matter.
    """

    place: int
    why: Explanation
    drawing: Markup
    claims: Sequence[tuple[Claim, str]]
    parts: Sequence[Contribution]
    without: Sequence[Without]
    smallest: SmallestMotivations
    behaviour: float


def user_report(
    source: ReportSource, user_id: str, *, recommendations: bool = True, k: int = _K, explained: int = _EXPLAINED, item: str | None = None
) -> str:
    """One HTML document about a user.

    Args:
        recommendations: with the first ``k`` recommendations, the first ``explained`` of them with their reasons.
        item: an item whose reasons are told too, whatever its place.

    Raises:
        NotFoundError: no such user or item.
    """
    recommender = source.recommender
    shown = portrait(recommender, "user", user_id, quotes=2, similar=0)
    listed = recommender.recommend(user_id, k).items if recommendations else []
    chosen = [entry.item for entry in listed[:explained]]
    if item is not None and item not in chosen:
        chosen.insert(0, item)
    reasons = [_reason(source, user_id, one, number, k) for number, one in enumerate(chosen, start=1)]
    return rendered(
        "user.html",
        source,
        title=source.who(user_id),
        shown=shown,
        described=described(shown),
        drawing=said_and_done(source, shown),
        told=told(shown),
        differences=disagreements(shown),
        listed=[_row(source, user_id, entry) for entry in listed],
        reasons=reasons,
        history=shown.history.head(12).to_dict(orient="records"),
    )


def _row(source: ReportSource, user_id: str, entry: Recommended) -> dict[str, object]:
    """A line of the list: the motivation that adds most, and how much comes from behaviour alone."""
    recommender = source.recommender
    user = recommender.dataset.user_idx(user_id)
    terms = recommender.scorer.terms(user, entry.item_idx)
    behaviour = share_of_behaviour(terms.tolist(), recommender.scorer.remainder(user, entry.item_idx))
    key = recommender.motivations[int(terms.argmax())] if recommender.motivations else ""
    return {"entry": entry, "key": key, "reason": recommender.run.motivation_names.get(key, ""), "behaviour": behaviour}


def _reason(source: ReportSource, user_id: str, item: str, number: int, k: int) -> Reason:
    recommender = source.recommender
    why = recommender.explain(user_id, item, evidence=2)
    terms = [Bar(part.name, part.value, source.colour(part.motivation)) for part in why.contributions]
    parts = [part for part in why.contributions if part.value > 0 and (part.user_evidence or part.item_evidence)][:_REASONS]
    anchors = {
        _key(evidence): f"quote-{number}-{place}-{side}-{position}"
        for place, part in enumerate(parts, start=1)
        for side, quotes in (("user", part.user_evidence), ("item", part.item_evidence))
        for position, evidence in enumerate(quotes, start=1)
    }
    claims = [(claim, anchors.get(_key(claim.quote), "") if claim.quote else f"sum-{number}") for claim in why.claims]
    without = sorted(without_each(recommender, user_id, item), key=lambda one: -abs(one.value))
    return Reason(
        place=why.rank,
        why=why,
        drawing=waterfall(terms, why.remainder, why.score, BEHAVIOUR),
        claims=claims,
        parts=parts,
        without=without,
        smallest=smallest_motivations(recommender, user_id, item, k),
        behaviour=share_of_behaviour([part.value for part in why.contributions], why.remainder),
    )


def _key(evidence: Evidence) -> tuple[int, str, str]:
    return evidence.interaction_idx, evidence.quote, evidence.statement
