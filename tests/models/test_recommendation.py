"""A batch's hardest negatives, against a loop over its rows."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.models.recommendation import Batch


@given(seed=st.integers(0, 2**16), rows=st.integers(1, 12), candidates=st.integers(1, 6))
def test_the_hardest_negative_of_a_row_is_its_best_scored_candidate(seed: int, rows: int, candidates: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    users, items = (torch.randn(8, 3, generator=generator, requires_grad=True) for _ in range(2))
    drawn = torch.randint(8, (candidates, rows), generator=generator)
    rows_users, positives = torch.randint(8, (2, rows), generator=generator)
    chosen = Batch(rows_users, positives, drawn[0], candidates=drawn, number=3).hardest(users, items)
    for row, user in enumerate(rows_users.tolist()):
        best = max(drawn[:, row].tolist(), key=lambda item: (users[user] @ items[item]).item())
        assert int(chosen.negatives[row]) == best
    assert chosen.users is rows_users
    assert chosen.positives is positives
    assert chosen.number == 3


def test_without_candidates_a_batch_stays_as_it_is() -> None:
    batch = Batch(torch.tensor([0]), torch.tensor([1]), torch.tensor([2]))
    assert batch.hardest(torch.ones(1, 2), torch.ones(3, 2)) is batch
