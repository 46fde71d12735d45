from __future__ import annotations

from collections.abc import Callable

import pytest

from core.recommend.node_search import NodeSearch
from core.recommend.recommender import Recommender


@pytest.fixture(scope="module")
def search(recommender: Recommender) -> NodeSearch:
    return NodeSearch(recommender)


def test_an_id_is_found_first_whole_then_by_its_beginning(search: NodeSearch) -> None:
    found, n = search.find("user", "U2")
    assert [one.id for one in found[:5]] == ["u2", "u20", "u21", "u22", "u23"]
    assert n >= 5
    assert found[0].where == "id"


def test_titles_are_found_in_any_case(search: NodeSearch) -> None:
    found, n = search.find("item", "item 15")
    assert (found[0].id, found[0].label, found[0].where, found[0].passage) == ("i15", "Item 15", "name", "")
    assert n == 1


def test_words_of_training_reviews_lead_to_the_people_who_wrote_them(search: NodeSearch) -> None:
    found, n = search.find("user", "daughter setup", limit=3)
    assert n == 12  # the odd users' reviews
    assert len(found) == 3
    assert all(int(one.id[1:]) % 2 for one in found)
    assert found[0].where == "review"
    assert "daughter" in found[0].passage
    assert found[0].n_texts == 5


def test_statements_are_searched_and_held_out_ones_never(search: NodeSearch, recommender: Recommender) -> None:
    found, _ = search.find("item", "about price")
    expected = set()
    evidence = recommender.evidence
    assert evidence is not None
    for item, statement in zip(evidence.statements["item_idx"], evidence.statements["statement"], strict=True):
        if item >= 0 and "about price" in statement:
            expected.add(f"i{item}")
    assert {one.id for one in found} == expected
    assert found[0].where == "statement"
    assert search.find("user", "held out") == ([], 0)


def test_more_matching_texts_come_first(search: NodeSearch) -> None:
    counts = [one.n_texts for one in search.find("user", "about")[0]]
    assert counts == sorted(counts, reverse=True)


def test_an_empty_query_finds_nothing(search: NodeSearch) -> None:
    assert search.find("user", "  ") == ([], 0)


def test_with_other_names_and_without_ids_neither_own_is_found(search: NodeSearch) -> None:
    names = [f"Calm Owl {1000 + n}" for n in range(24)]
    found, _ = search.find("user", "calm owl 1003", names=names, by_id=False)
    assert [(one.id, one.label) for one in found] == [("u3", "Calm Owl 1003")]
    assert search.find("user", "User 3", names=names, by_id=False)[1] == 0


def test_without_statements_reviews_are_searched(make_recommender: Callable[..., Recommender]) -> None:
    assert NodeSearch(make_recommender(profiles=False)).find("item", "worth every penny")[1] == 8
