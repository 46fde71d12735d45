"""The sentences of the demo's reviewers, one motivation a file, in the order of `MOTIVATIONS`.

None of them is taken from the taxonomy's example phrases, nor the other way round: the extraction has to earn its score.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

from core.data.demo.phrases import (
    atmosphere,
    family_groups,
    food_quality,
    friendly_service,
    health_diet,
    special_occasions,
    speed_convenience,
    value_for_money,
)


class Phrases(NamedTuple):
    """Templates of one motivation: full clauses of praise and complaint, and fragments for people of few words."""

    praise: tuple[str, ...]
    complaint: tuple[str, ...]
    fragments: tuple[str, ...]


def _phrases(module: ModuleType) -> Phrases:
    return Phrases(module.PRAISE, module.COMPLAINT, module.FRAGMENTS)


PHRASES: dict[str, Phrases] = {
    "food_quality": _phrases(food_quality),
    "atmosphere": _phrases(atmosphere),
    "value_for_money": _phrases(value_for_money),
    "friendly_service": _phrases(friendly_service),
    "speed_convenience": _phrases(speed_convenience),
    "health_diet": _phrases(health_diet),
    "family_groups": _phrases(family_groups),
    "special_occasions": _phrases(special_occasions),
}
MOTIVATIONS: tuple[str, ...] = tuple(PHRASES)
