"""Every claim of the sentence points to what it says: the quote it holds or the number it tells."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from core.recommend.claims import Claim, Figure, sentence_of
from core.recommend.recommender import Recommender

PAIRS = [(user, item) for user in range(0, 24, 3) for item in range(0, 16, 2)]


@pytest.fixture(scope="module")
def behaving(make_recommender: Callable[..., Recommender]) -> Recommender:
    return make_recommender(behaviour=True)


def test_the_claims_are_the_sentence(behaving: Recommender) -> None:
    for user, item in PAIRS:
        explained = behaving.explain(f"u{user}", f"i{item}")
        assert sentence_of(explained.claims) == explained.sentence
        assert explained.sentence.endswith(".")


def test_every_claim_holds_the_quote_or_the_number_it_points_to(behaving: Recommender) -> None:
    kinds = set()
    for user, item in PAIRS:
        for claim in behaving.explain(f"u{user}", f"i{item}").claims:
            if claim.quote is not None:
                kinds.add("quote")
                (quoted,) = re.findall("“([^”]*)”", claim.text.split(" of “")[0])
                assert claim.quote.quote.startswith(quoted.removesuffix("…"))
                continue
            assert claim.figure is not None
            kinds.add(claim.figure.unit)
            shown = {"share": f"{100 * claim.figure.value:.0f} %", "cosine": f"{claim.figure.value:.2f}"}.get(claim.figure.unit, "")
            assert shown in claim.text
    assert kinds >= {"quote", "share", "cosine"}


def test_every_number_and_quotation_of_the_sentence_is_in_a_claim_that_points_to_it(behaving: Recommender) -> None:
    for user, item in PAIRS:
        explained = behaving.explain(f"u{user}", f"i{item}")
        shares = [round(100 * part.share) for part in explained.contributions]
        speaking = sum(max(0.0, value) for value in [*(part.value for part in explained.contributions), explained.remainder])
        shares.append(round(100 * explained.remainder / speaking) if speaking else 0)
        assert all(int(number) in shares for number in re.findall(r"(-?\d+) %", explained.sentence))


def test_a_claim_points_to_exactly_one_thing() -> None:
    figure = Figure(what="share", value=0.5, unit="share")
    with pytest.raises(ValueError, match="a quote or to a number"):
        Claim(text="nothing behind it")
    assert Claim(text="50 %", figure=figure).figure == figure


def test_nearest_in_history_are_the_highest_cosines_of_behaviour(behaving: Recommender, recommender: Recommender) -> None:
    behaviour = behaving.run.vectors.views["item_behaviour"].double().numpy()
    unit = behaviour / np.linalg.norm(behaviour, axis=1, keepdims=True)
    for user, item in PAIRS:
        own = [other for other in behaving.history(user).tolist() if other != item]
        expected = sorted(own, key=lambda other: -float(unit[other] @ unit[item]))[:3]
        nearest = behaving.explain(f"u{user}", f"i{item}").nearest
        assert [one.item_idx for one in nearest] == expected
        assert [one.cosine for one in nearest] == pytest.approx([float(unit[other] @ unit[item]) for other in expected])
        assert recommender.explain(f"u{user}", f"i{item}").nearest == []
