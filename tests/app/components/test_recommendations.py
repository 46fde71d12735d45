"""What the components of the why page say, from plain values."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from app.components.counterfactual import _gist
from app.components.explanation import drops_table
from app.components.explanation_sentence import marked, said
from app.components.newcomer import split_reviews
from app.components.recommendation_comparison import comparison_rows
from app.components.what_if import moved, what_if_rows
from core.recommend.claims import Claim, Figure
from core.recommend.counterfactuals import without_each
from core.recommend.recommender import Recommender
from core.recommend.review_removal import OwnReview, SmallestReviews
from core.recommend.what_if import Moved, weights_of, what_if
from tests.recommend.conftest import make_recommender, recommender

__all__ = ["make_recommender", "recommender"]
NUMBER = Figure(what="share", value=0.4567, unit="share")


def test_every_claim_has_its_number_before_the_full_stop() -> None:
    claims = [Claim(text=f"claim {n}, ", figure=NUMBER) for n in range(11)] + [Claim(text="the *last*.", figure=NUMBER)]
    text = marked(claims)
    assert text.startswith("claim 0, ¹claim 1, ²")
    assert text.endswith("the \\*last\\*¹².")


def test_figures_have_their_unit() -> None:
    assert said(NUMBER) == "45.67 %"
    assert said(Figure(what="x", value=0.91234, unit="cosine")) == "0.9123 (cosine, -1 to 1)"
    assert said(Figure(what="x", value=-1.5, unit="score")) == "-1.5000 (score, no unit)"
    assert said(Figure(what="x", value=0, unit="statements")) == "0"


def test_reviews_are_split_at_empty_lines() -> None:
    found = split_reviews(" First.\nStill the first.\n\n  \nSecond.  ", 4.0)
    assert [(one.text, one.rating) for one in found] == [("First.\nStill the first.", 4.0), ("Second.", 4.0)]
    assert split_reviews(" \n\n ", None) == []


@pytest.mark.parametrize(("rank", "before", "words"), [(3, 3, "3"), (2, 1200, "1,200 ▲ 1,198"), (7, 3, "3 ▼ 4")])
def test_moves_are_told_from_the_place_before(rank: int, before: int, words: str) -> None:
    assert moved(Moved(0, rank, before, 1.0, 1.0)) == words


def test_rows_of_a_what_if_list(recommender: Recommender) -> None:
    terms = recommender.terms("u7")
    found = what_if(terms, weights_of(terms, recommender.motivations, {"sound": 0.0}), k=4)
    rows = what_if_rows(recommender, found)
    assert rows["place"].tolist() == [1, 2, 3, 4]
    assert rows["item"].tolist() == [f"i{one.item_idx}" for one in found.items]


def test_rows_of_runs_side_by_side(make_recommender: Callable[..., Recommender]) -> None:
    first, second = make_recommender(), make_recommender(named=False, bias=True)

    def artefact(name: str, identifier: str) -> Any:
        summary = {"model": name, "seed": 0}
        return SimpleNamespace(id=identifier, manifest=SimpleNamespace(summary=summary, name=name))

    rows = comparison_rows([(artefact("lmmrec", "a-000001"), first), (artefact("lightgcn", "b-000002"), second)], "u4", 3)
    both = {entry.item for one in (first, second) for entry in one.recommend("u4", k=3).items}
    assert set(rows["item"]) == both
    assert list(rows.columns) == ["title", "main reason", "LMMRec", "LightGCN", "item"]
    for row in rows.to_dict("records"):
        places = first.rank_of("u4", row["item"]), second.rank_of("u4", row["item"])
        assert row["LMMRec"] == f"{places[0]}"
        change = "" if places[0] == places[1] else f"  {'▲' if places[1] < places[0] else '▼'} {abs(places[0] - places[1])}"
        assert row["LightGCN"] == f"{places[1]}{change}"
    assert rows["LMMRec"].astype(int).is_monotonic_increasing


def test_drops_are_those_of_each_motivation(recommender: Recommender) -> None:
    drops = without_each(recommender, "u4", "i3")
    rows = drops_table(drops)
    assert rows["name"].tolist() == [recommender.run.motivation_names[key] for key in recommender.motivations]
    assert (rows["rank"] - rows["places lost"]).nunique() == 1
    assert list(drops_table([]).columns) == list(rows.columns)


def test_what_a_place_hangs_on_is_told_for_every_outcome() -> None:
    review = OwnReview(interaction_idx=0, item="i1", title="A *fine* thing", quotes=["so"], rank=12, lost=9)

    def told(**changes: Any) -> str:
        values: dict[str, Any] = {"outcome": "found", "k": 10, "rank": 3, "removed": [review], "rank_after": 12, "rank_without_all": 20}
        return _gist(SmallestReviews(**(values | {"n_reviews": 5, "each": [review], "proven": 0, "ranked": 5} | changes)))

    assert "Without the review of “A \\*fine\\* thing” it falls from place 3 to **12**, out of the first 10." in told()
    assert "these 2 reviews" in told(removed=[review, review])
    assert told(outcome="none", removed=[], proven=5).startswith("None: whichever of the 5 reviews")
    assert told(outcome="beyond", removed=[], proven=2).startswith("More than 2: no set of up to 2 reviews")
    assert told(outcome="not listed", removed=[], rank=40).startswith("It stands at place 40, outside the first 10")
    assert all("Without all 5 of them it would stand at place 20." in told(outcome=one) for one in ("found", "none", "beyond"))
