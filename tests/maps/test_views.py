"""Each view of a node is placed by itself, and how far the two agree is measured among all nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize, pad

from core.data.dataset import ReviewDataset
from core.maps.space import MapSpace
from core.maps.views import NodeViews, alignment, node_views
from core.training.opened import OpenedRun
from core.training.run import RunVectors
from tests.maps.speaking_run import KEYS, speaking_run


@pytest.fixture
def run(small_dataset: ReviewDataset, tmp_path: Path) -> OpenedRun:
    return speaking_run(small_dataset, tmp_path)


def with_views(run: OpenedRun, views: dict[str, torch.Tensor]) -> OpenedRun:
    return replace(run, vectors=RunVectors(run.vectors.user, run.vectors.item, KEYS, run.vectors.item_bias, views))


def test_views_are_scaled_like_the_vectors_they_are_placed_among(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    text, acted = node_views(run, space)
    assert (text.view, acted.view) == ("text", "interaction")
    node = 5
    lengths = run.vectors.views["user_interaction"].norm(dim=2).mean(dim=0)[:, None]
    expected = normalize(run.vectors.views["user_text"][node], dim=1) * lengths * space.balance[:, None]
    torch.testing.assert_close(text.vectors[node], normalize(expected.flatten(), dim=0))
    expected = run.vectors.views["item_interaction"][node] / space.balance[:, None]
    torch.testing.assert_close(acted.vectors[space.n_users + node], normalize(expected.flatten(), dim=0))


def test_views_are_zero_where_the_slots_hold_the_words_of_the_history(run: OpenedRun) -> None:
    plain = node_views(run, MapSpace.of(run.vectors))
    wider = RunVectors(
        *(pad(side, (0, 3), value=0.5) for side in (run.vectors.user, run.vectors.item)), KEYS, run.vectors.item_bias, run.vectors.views
    )
    n_slots, width = run.vectors.user.shape[1:]
    views = node_views(replace(run, vectors=wider), MapSpace.of(wider))
    assert [view.rows.tolist() for view in views] == [view.rows.tolist() for view in plain]
    for view in views:
        slots = view.vectors.unflatten(1, (n_slots, width + 3))
        assert not slots[..., width:].any()
        assert slots[..., :width].any()


def test_silent_nodes_have_no_text_view(run: OpenedRun) -> None:
    views = dict(run.vectors.views)
    views["user_text"] = views["user_text"].clone()
    views["user_text"][3] = 0
    text, acted = node_views(with_views(run, views), MapSpace.of(run.vectors))
    assert 3 not in text.rows
    assert 3 in acted.rows
    assert len(text.rows) == len(text.vectors)
    # All even users speak of sound alone: in the map of the other slot they have no text view.
    assert all(row % 2 == 1 for row in node_views(run, MapSpace.of(run.vectors, "price"))[0].rows if row < 24)


def test_runs_without_views_or_with_views_of_another_shape_have_none(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    assert node_views(with_views(run, {}), space) == []
    for other in (
        {name: view[:, :1] for name, view in run.vectors.views.items()},
        {name: pad(view, (0, 3)) for name, view in run.vectors.views.items()},
    ):
        assert node_views(with_views(run, other), space) == []
    assert alignment([], space) == {}


def test_alignment_is_the_rank_of_the_own_interaction_view(run: OpenedRun) -> None:
    space = MapSpace.of(run.vectors)
    text, acted = node_views(run, space)
    found = alignment([text, acted], space)
    for side, part in (("user", slice(0, 24)), ("item", slice(24, 40))):
        own = (text.vectors[part] @ acted.vectors[part].T).numpy()
        ranks = np.array([(row >= row[node]).sum() for node, row in enumerate(own)])
        assert found[side]["nearest"] == pytest.approx((ranks == 1).mean(), abs=1e-4)
        assert found[side]["within_10"] == pytest.approx((ranks <= 10).mean(), abs=1e-4)
        assert found[side]["median_rank"] == np.median(ranks)
        assert found[side]["chance_rank"] == (len(own) + 1) / 2
        assert found[side]["nodes"] == found[side]["measured"] == len(own)


def test_views_that_agree_find_each_other_and_views_that_do_not_are_no_better_than_chance() -> None:
    vectors = normalize(torch.randn(600, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    rows = np.arange(600)
    space = MapSpace(vectors, 600)
    same = alignment([NodeViews("text", rows, vectors), NodeViews("interaction", rows, vectors)], space)
    assert same["user"]["nearest"] == 1.0
    assert "item" not in same
    order = torch.randperm(600, generator=torch.Generator().manual_seed(1))
    apart = alignment([NodeViews("text", rows, vectors[order]), NodeViews("interaction", rows, vectors)], space)
    assert abs(apart["user"]["median_rank"] - apart["user"]["chance_rank"]) < 60
