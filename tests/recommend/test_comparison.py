from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import torch

from core.errors import InputError, NotFoundError
from core.recommend.comparison import Words, compare_nodes, compare_segments
from core.recommend.portrait import portrait
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from tests.recommend.made_up_map import halves


def test_two_users_are_their_portraits_side_by_side(recommender: Recommender) -> None:
    both = compare_nodes(recommender, "user", "u2", "u4")
    left, right = (portrait(recommender, "user", one) for one in ("u2", "u4"))
    assert [part.motivation for part in both.motivations] == ["sound", "price", "ease", "other"]
    for part in both.motivations:
        (own,) = [view for view in left.motivations if view.motivation == part.motivation]
        (other,) = [view for view in right.motivations if view.motivation == part.motivation]
        assert (part.left_said, part.left_done) == (own.text_share, own.behaviour_share)
        assert part.difference == pytest.approx(other.text_share - own.text_share)
    vectors = recommender.run.vectors.user.flatten(1).double()
    assert both.similarity == pytest.approx(float(torch.nn.functional.cosine_similarity(vectors[2], vectors[4], dim=0)))
    assert (both.left.n_interactions, both.right.n_interactions) == (5, 5)


def test_what_two_users_share_is_in_both_training_histories(recommender: Recommender) -> None:
    both = compare_nodes(recommender, "user", "u2", "u4")
    expected = set(recommender.history(2).tolist()) & set(recommender.history(4).tolist())
    assert {int(one[1:]) for one in both.shared["item_id"]} == expected
    assert list(both.shared.columns) == ["item_id", "title", "left_rating", "right_rating"]
    assert compare_nodes(recommender, "user", "u2", "u3").shared.empty  # even and odd users act on different items


def test_two_items_share_users(recommender: Recommender) -> None:
    shared = compare_nodes(recommender, "item", "i2", "i4").shared
    expected = {user for user in range(24) if {2, 4} <= set(recommender.history(user).tolist())}
    assert {int(one[1:]) for one in shared["user_id"]} == expected


def test_two_segments_are_told_apart(recommender: Recommender) -> None:
    segments = Segments(recommender, halves(recommender))
    both = compare_segments(segments, 0, 1)
    assert (both.left.label, both.right.label, both.left.n_users) == ("The even", "The odd", 12)
    assert both.left.n_interactions == 60
    assert both.shared.empty
    assert [part.left_said for part in both.motivations] == [part.said for part in segments.segment(0).motivations]
    assert -1 <= both.similarity < 1


def test_nothing_is_compared_with_itself(recommender: Recommender) -> None:
    with pytest.raises(InputError, match="itself"):
        compare_nodes(recommender, "user", "u2", "u2")
    with pytest.raises(InputError, match="itself"):
        compare_segments(Segments(recommender, halves(recommender)), 1, 1)
    with pytest.raises(NotFoundError):
        compare_nodes(recommender, "item", "i2", "i99")


def test_words_tell_two_apart_and_common_words_do_not_win(recommender: Recommender) -> None:
    words = Words(recommender)
    words.__dict__["everybody"] = Counter({"good": 900, "amplifier": 10, "strings": 10, "pedal": 10, "pedals": 2})
    left = Counter({"good": 8, "amplifier": 4, "strings": 5})
    right = Counter({"good": 8, "amplifier": 5, "pedal": 6, "pedals": 3})
    shared, own, other = words.tell_apart(left, right)
    assert shared == ("amplifier", "good")
    assert own == ("strings",)
    assert other == ("pedal",)


def test_words_are_counted_once_a_text_without_stop_words(make_recommender: Callable[..., Recommender]) -> None:
    words = Words(make_recommender(profiles=False))
    counts = words.of("user", torch.tensor([0]).numpy())
    assert counts["rich"] == 5
    assert counts["the"] == 0
    assert words.everybody["daughter"] == 60
