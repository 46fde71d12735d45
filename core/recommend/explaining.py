"""How an explanation is put together from terms and statements, of a user of the run or of a newcomer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from core.recommend.claims import Nearest, claims_of, sentence_of
from core.recommend.evidence import Evidence
from core.recommend.explanation import Contribution, Explanation, positive_total, silence

Speaks = Callable[[str, float], tuple[list[Evidence], list[Evidence]]]
"""A motivation's key and what it adds -> statements of the user and of the item."""


def explained(
    *,
    user: str,
    item: str,
    title: str,
    rank: int,
    in_history: bool,
    terms: Mapping[str, float],
    remainder: float,
    names: Mapping[str, str],
    speaks: Speaks,
    nearest: Sequence[Nearest] = (),
    newcomer: bool = False,
) -> Explanation:
    """The explanation of a score.

    Args:
        terms: what each motivation adds, by key; empty where they have no names. remainder: what no term holds.
        names: what people read for a key. newcomer: of someone without a history, who therefore has no behaviour.
    """
    total = positive_total(list(terms.values()), remainder)
    contributions = [_contribution(key, value, total, names[key], *speaks(key, value), newcomer) for key, value in terms.items()]
    contributions.sort(key=lambda contribution: -contribution.value)
    claims = claims_of(title, contributions, remainder, nearest)
    return Explanation(
        user=user,
        item=item,
        title=title,
        score=math.fsum((*terms.values(), remainder)),
        rank=rank,
        in_history=in_history,
        contributions=contributions,
        remainder=remainder,
        claims=claims,
        sentence=sentence_of(claims),
        nearest=list(nearest),
    )


def _contribution(
    key: str, value: float, total: float, name: str, of_user: list[Evidence], of_item: list[Evidence], newcomer: bool
) -> Contribution:
    return Contribution(
        motivation=key,
        name=name,
        value=value,
        share=value / total if total > 0 else 0.0,
        user_evidence=of_user,
        item_evidence=of_item,
        user_silent=not of_user,
        item_silent=not of_item,
        silence=silence(not of_user, not of_item, name, newcomer=newcomer),
    )
