"""Top-k against a full sort."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.models import top_k as module
from core.models.top_k import best_columns, top_k


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_top_k_equals_a_full_sort_whatever_the_chunk(chunk: int) -> None:
    generator = torch.Generator().manual_seed(1)
    users, items, bias = torch.randn(7, 4, generator=generator), torch.randn(9, 4, generator=generator), torch.randn(9, generator=generator)
    exclude = sparse.random(7, 9, 0.3, format="csr", random_state=0)
    ranked, scores = top_k(users, items, 4, item_bias=bias, exclude=exclude, chunk=chunk)
    full = (users @ items.T + bias).numpy()
    full[exclude.toarray() != 0] = -np.inf
    assert (ranked == np.argsort(-full, axis=1)[:, :4]).all()
    assert np.allclose(scores, -np.sort(-full, axis=1)[:, :4], atol=1e-5)


def test_what_cannot_be_filled_is_marked() -> None:
    exclude = sparse.csr_matrix(np.array([[1, 1, 0]]))
    ranked, scores = top_k(torch.ones(1, 2), torch.ones(3, 2), 10, exclude=exclude)
    assert ranked.tolist() == [[2, -1, -1]]
    assert np.isneginf(scores[0, 1:]).all()


@pytest.mark.parametrize("n_items", [1, 7, 1000])
def test_the_default_chunk_follows_the_memory_and_changes_no_score(n_items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    users, items = torch.randn(50, 8, generator=generator), torch.randn(n_items, 8, generator=generator)
    expected = torch.sort(users @ items.T, dim=1, descending=True).values[:, :20]
    for cells in (1, 5000, module.SCORES_AT_A_TIME):
        monkeypatch.setattr(module, "SCORES_AT_A_TIME", cells)
        ranked, scores = top_k(users, items, 20)
        assert np.allclose(scores, expected.numpy(), atol=1e-5)
        assert np.allclose((users.numpy()[:, None] * items.numpy()[ranked]).sum(-1), scores, atol=1e-5)


def test_items_of_equal_score_are_each_listed_once() -> None:
    ranked, scores = top_k(torch.ones(3, 2), torch.ones(40, 2), 20)
    assert (scores == 2).all()
    assert all(len(set(row)) == 20 for row in ranked.tolist())


def test_vectors_that_take_gradients_can_be_ranked() -> None:
    users = torch.ones(2, 2, requires_grad=True)
    assert top_k(users, torch.eye(2), 1)[0].shape == (2, 1)
    assert users.grad is None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 12), st.sampled_from([8, 16, 64]), st.sampled_from([2, 5, 10_000]), st.integers(0, 2**16))
def test_best_columns_of_wide_rows_are_those_of_a_full_sort_ties_included(
    n_columns: int, k: int, group: int, kinds: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(kinds, (4, n_columns), generator=generator).float()
    scores[0, : n_columns // 2] = -torch.inf
    k = min(k, n_columns)
    with mock.patch.multiple(module, _WIDE=0, _GROUP=group):
        values, columns = best_columns(scores, k)
    assert torch.equal(values, scores.sort(dim=1, descending=True).values[:, :k])
    assert torch.equal(scores.gather(1, columns), values)
    assert all(len(set(row)) == k for row in columns.tolist())


@pytest.mark.parametrize("n_items", [1280, 1281, 1343])
def test_wide_lists_are_those_of_a_full_sort_whether_or_not_the_groups_come_out_even(n_items: int) -> None:
    generator = torch.Generator().manual_seed(2)
    users, items, bias = (torch.randn(*shape, generator=generator) for shape in ((9, 4), (n_items, 4), (n_items,)))
    exclude = sparse.random(9, n_items, 0.3, format="csr", random_state=0)
    exclude = sparse.vstack([exclude[:8], sparse.csr_matrix(np.r_[np.ones(n_items - 3), np.zeros(3)])], format="csr")  # three items left
    with mock.patch.object(module, "_WIDE", 1000):
        ranked, scores = top_k(users, items, 10, item_bias=bias, exclude=exclude, chunk=4)
    full = (users @ items.T + bias).numpy()
    full[exclude.toarray() != 0] = -np.inf
    expected = np.argsort(-full, axis=1, kind="stable")[:, :10]
    expected[8, 3:] = -1
    assert (ranked == expected).all()
    assert np.allclose(scores, -np.sort(-full, axis=1)[:, :10], atol=1e-5)
