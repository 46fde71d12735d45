"""The program that checks explanations finds nothing in true ones, and every fault that is planted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.explanations import CHECKS, drawn, measure, problems
from core.recommend.claims import Claim, Figure
from core.recommend.evidence import Evidence
from core.recommend.explanation import Explanation
from tests.recommend.conftest import trained
from tests.recommend.trained import Trained

__all__ = ["trained"]


@pytest.fixture(scope="module")
def why(trained: Trained) -> Explanation:
    """One whose first motivation has quotes of both sides, and which has a silent side."""
    recommender = trained.recommender
    for user in range(24):
        for one in recommender.recommend(f"u{user}", k=5).items:
            found = recommender.explain(f"u{user}", one.item)
            silent = any(part.user_silent for part in found.contributions)
            quoted = [part for part in found.contributions if part.user_evidence and part.item_evidence]
            if silent and quoted and any(claim.quote for claim in found.claims):
                return found
    raise AssertionError("no such explanation")


def with_part(why: Explanation, change: Callable[[Any], dict[str, Any]], *, silent: bool = False) -> Explanation:
    """The explanation with its first contribution that has quotes (or that is silent) changed."""
    parts = list(why.contributions)
    place = next(n for n, part in enumerate(parts) if (part.user_silent if silent else bool(part.user_evidence)))
    parts[place] = parts[place].model_copy(update=change(parts[place]))
    return why.model_copy(update={"contributions": parts})


def with_quote(why: Explanation, **changes: Any) -> Explanation:
    def change(part: Any) -> dict[str, Any]:
        first: Evidence = part.user_evidence[0]
        return {"user_evidence": [first.model_copy(update=changes), *part.user_evidence[1:]]}

    return with_part(why, change)


def test_true_explanations_pass(trained: Trained) -> None:
    found = measure(trained.recommender, n=24, top=5, seed=0)
    assert found["failed"] == dict.fromkeys(CHECKS, 0)
    assert found["problems"] == []
    assert found["n"] == 24
    assert min(found["checked"][what] for what in ("quotes", "claims", "silent sides")) > 0
    assert found["first_deletion_lowers_more"]["value"] > 0.9


def test_planted_faults_are_found(trained: Trained, why: Explanation) -> None:
    recommender = trained.recommender
    interactions = recommender.dataset.interactions
    user = recommender.dataset.user_idx(why.user)
    held_out = int(interactions.index[(interactions["user_idx"] == user) & (interactions["split"] == "test")][0])
    others = int(interactions.index[(interactions["user_idx"] != user) & (interactions["split"] == "train")][0])
    quote = next(claim for claim in why.claims if claim.quote)
    assert quote.quote is not None
    figure = Figure(what="invented", value=0.123, unit="share")
    invented = quote.quote.model_copy(update={"quote": "I adore purple"})
    faults: dict[str, tuple[str, Explanation]] = {
        "a term": ("sum", with_part(why, lambda part: {"value": part.value + 1e-6})),
        "the score": ("sum", why.model_copy(update={"score": why.score + 1e-6})),
        "the remainder": ("sum", why.model_copy(update={"remainder": why.remainder * 1.001 + 1e-5})),
        "a quote nobody wrote": ("quotes", with_quote(why, quote="I adore purple")),
        "an empty quote": ("quotes", with_quote(why, quote=" ")),
        "a held-out review": ("quotes", with_quote(why, interaction_idx=held_out)),
        "somebody else's review": ("quotes", with_quote(why, interaction_idx=others)),
        "another item's name": ("quotes", with_quote(why, item="i999")),
        "a profile text there is not": ("quotes", with_quote(why, interaction_idx=-1, source="user_profile")),
        "quotes taken away": ("silence", with_part(why, lambda part: {"user_evidence": []})),
        "quotes hidden as silence": (
            "silence",
            with_part(why, lambda part: {"user_evidence": [], "user_silent": True, "silence": "silent"}),
        ),
        "silence unsaid": ("silence", with_part(why, lambda part: {"silence": ""}, silent=True)),
        "another sentence": ("claims", why.model_copy(update={"sentence": f"{why.sentence} Buy it."})),
        "an invented share": ("claims", why.model_copy(update={"claims": [*why.claims, Claim(text="12 %", figure=figure)]})),
        "an invented quotation": (
            "claims",
            why.model_copy(update={"claims": [*why.claims, Claim(text="“I adore purple”", quote=invented)]}),
        ),
        "a quote that is not in the words": (
            "claims",
            why.model_copy(update={"claims": [*why.claims, Claim(text="“No”", quote=quote.quote)]}),
        ),
    }
    assert problems(why, recommender) == []
    for name, (check, faulty) in faults.items():
        assert check in {found for found, _ in problems(faulty, recommender)}, name


def test_recommendations_are_drawn_from_the_first_places(trained: Trained) -> None:
    recommender = trained.recommender
    pairs = drawn(recommender, 100, 3, np.random.default_rng(1))
    assert sorted(user for user, _ in pairs) == list(range(24))
    assert all(recommender.rank_of(f"u{user}", f"i{item}") <= 3 for user, item in pairs)
    assert pairs == drawn(recommender, 100, 3, np.random.default_rng(1))
