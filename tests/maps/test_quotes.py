from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.data.dataset import ReviewDataset
from core.maps.quotes import quotes_of_run, strongest_quotes
from tests.app.filled import filled

__all__ = ["filled"]

ROW = st.tuples(st.integers(-1, 3), st.integers(-1, 2), st.sampled_from([0.2, 0.5, 1.0]), st.sampled_from([0.4, 0.8]))


@given(st.lists(ROW, max_size=30))
def test_each_node_has_the_quote_of_its_strongest_statement(rows: list[tuple[int, int, float, float]]) -> None:
    table = pd.DataFrame(rows, columns=["user_idx", "item_idx", "strength", "confidence"]).astype({"strength": float, "confidence": float})
    table["quote"] = [f"quote {number}" for number in range(len(rows))]
    found = strongest_quotes(table, n_users=4, n_items=3)
    assert len(found) == 7
    for node in range(7):
        column, idx = ("user_idx", node) if node < 4 else ("item_idx", node - 4)
        weights = [(-row.strength * row.confidence, row.Index) for row in table.itertuples() if getattr(row, column) == idx]
        assert found[node] == (f"quote {min(weights)[1]}" if weights else "")


def test_only_training_statements_speak(filled) -> None:
    run = filled.get("run", "small-lmmrec-s0")
    dataset = ReviewDataset.load(filled.get("dataset", run.manifest.sources["dataset"]))
    quotes = quotes_of_run(filled, run, dataset)
    assert len(quotes) == dataset.n_users + dataset.n_items
    training = dataset.rows("train")
    for user in range(0, dataset.n_users, 7):
        texts = training.loc[training["user_idx"] == user, "text"]
        assert any(str(quotes[user]) in text for text in texts)


def test_a_run_without_text_has_no_quotes(workspace, make_run) -> None:
    dataset = make_run().dataset
    with workspace.publish("dataset", "d-1", name="d", config={"domain": "products"}) as draft:
        dataset.save(draft.path)
    with workspace.publish("run", "r-1", name="r", sources={"dataset": "d-1"}) as draft:
        (draft.path / "config.json").write_text("{}", encoding="utf-8")
    assert set(quotes_of_run(workspace, workspace.get("run", "r-1"), dataset)) == {""}
    assert np.array_equal(quotes_of_run(workspace, workspace.get("run", "r-1"), dataset).shape, (dataset.n_users + dataset.n_items,))
