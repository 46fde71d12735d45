from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.errors import NotFoundError
from core.recommend.portrait import portrait
from core.recommend.recommender import Recommender
from core.recommend.segment_quotes import typical_quotes
from core.recommend.segments import Segments
from tests.recommend.made_up_map import halves


@pytest.fixture(scope="module")
def segments(recommender: Recommender) -> Segments:
    return Segments(recommender, halves(recommender))


def test_a_segment_counts_users_and_items_once_and_no_statement(segments: Segments) -> None:
    one = segments.segment(0)
    assert (one.name, one.n_users, one.n_items, one.n_speaking, one.words) == ("The even", 12, 8, 12, ("rich", "clear"))
    assert one.activity == one.everybody_activity == 5


def test_shares_are_the_means_of_the_members_portraits(segments: Segments, recommender: Recommender) -> None:
    views = [{view.motivation: view for view in portrait(recommender, "user", f"u{n}").motivations} for n in range(24)]
    for part in segments.segment(1).motivations:
        said = [view[part.motivation].text_share for view in views]
        assert part.said == pytest.approx(np.mean(said[1::2]))
        assert part.spread == pytest.approx(np.std(said[1::2]))
        assert part.everybody_said == pytest.approx(np.mean(said))
        assert part.done == pytest.approx(np.mean([view[part.motivation].behaviour_share for view in views][1::2]))
    typical = segments.segment(1).typical
    assert all(part.difference >= 0.01 and part.motivation != "other" for part in typical)
    assert [part.difference for part in typical] == sorted((part.difference for part in typical), reverse=True)


def test_the_table_lists_all_segments(segments: Segments) -> None:
    table = segments.table()
    assert table["segment"].tolist() == [0, 1]
    assert table["users"].tolist() == [12, 12]
    assert table["share"].sum() == pytest.approx(1)
    assert table["words"].tolist() == ["rich, clear", "setup"]


def test_members_are_all_there_the_most_typical_first(segments: Segments) -> None:
    members = segments.members(1, "user")
    assert sorted(members["idx"]) == list(range(1, 24, 2))
    assert members["typicality"].is_monotonic_decreasing
    vectors = torch.cat([segments._space.vectors[1:24:2], segments._space.vectors[25::2]]).double()
    centre = vectors.mean(dim=0)
    expected = torch.nn.functional.cosine_similarity(segments._space.vectors[members["idx"][0]].double(), centre, dim=0)
    assert members["typicality"][0] == pytest.approx(float(expected))
    assert segments.members(1, "item")["id"].str.removeprefix("i").astype(int).mod(2).eq(1).all()


def test_items_are_those_its_users_choose_more_than_everybody(segments: Segments, recommender: Recommender) -> None:
    chosen = segments.items(0)
    assert chosen["item_id"].str.removeprefix("i").astype(int).mod(2).eq(0).all()  # even users act on even items alone
    first = chosen.iloc[0]
    users = {user for user, item in recommender.run.training_pairs.tolist() if f"i{item}" == first["item_id"]}
    assert first["users"] == len(users)
    assert first["share"] == pytest.approx(len(users) / 12)
    assert first["everybody"] == pytest.approx(len(users) / 24)


def test_quotes_are_of_training_reviews_of_different_members(segments: Segments) -> None:
    quotes = typical_quotes(segments, 0, "price", limit=4)
    assert len(quotes) == 4
    users = [quote.user for quote in quotes]
    assert len(set(users)) == 4
    assert all(user is not None and int(user[1:]) % 2 == 0 for user in users)
    assert not any("held out" in quote.quote for quote in quotes)


def test_the_most_typical_quote_is_nearest_the_mean_of_all(segments: Segments, recommender: Recommender) -> None:
    evidence, embeddings = recommender.evidence, recommender.run.statement_embeddings
    assert evidence is not None
    assert embeddings is not None
    table = evidence.statements
    own = table[(table["user_idx"] >= 0) & (table["user_idx"] % 2 == 0) & (table["motivation"] == 1)]
    unit = torch.nn.functional.normalize(embeddings[own["embedding_row"].tolist()].double(), dim=1)
    weight = torch.tensor((own["strength"] * own["confidence"]).to_numpy())
    nearest = int((unit @ (unit * weight[:, None]).sum(dim=0)).argmax())
    assert typical_quotes(segments, 0, "price", limit=1)[0].statement == own["statement"].iloc[nearest]


def test_an_unknown_segment_is_refused(segments: Segments) -> None:
    for ask in (segments.segment, lambda n: segments.members(n, "user"), segments.items, lambda n: typical_quotes(segments, n, "price")):
        with pytest.raises(NotFoundError, match="No segment 7"):
            ask(7)


@pytest.mark.parametrize("kind", [{"named": False}, {"profiles": False}, {"named": False, "profiles": False}])
def test_segments_of_runs_without_text_or_names(make_recommender: Callable[..., Recommender], kind: dict[str, bool]) -> None:
    recommender = make_recommender(**kind)
    segments = Segments(recommender, halves(recommender))
    assert segments.table()["users"].tolist() == [12, 12]
    assert len(segments.members(0, "user")) == 12
    assert all(part.done == 0 for part in segments.segment(0).motivations) or recommender.motivations
