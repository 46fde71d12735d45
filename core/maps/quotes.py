"""The quote that stands for each user and item on a map: of its strongest training statement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.data.dataset import ReviewDataset
from core.training.opened import profiles_of, training_statements
from core.workspace import Artefact, Workspace

_COLUMNS = ["source", "interaction_idx", "user_idx", "item_idx", "quote", "strength", "confidence"]


def strongest_quotes(statements: pd.DataFrame, n_users: int, n_items: int) -> np.ndarray:
    """Object [n_users + n_items]: the quote of the statement with the largest strength * confidence, "" where there is none.

    Args:
        statements: that may be shown (`core.training.opened.training_statements`), columns user_idx, item_idx (-1 = none), quote,
            strength, confidence. Of equals the first.
    """
    weight = (statements["strength"].to_numpy(dtype=np.float64)) * statements["confidence"].to_numpy(dtype=np.float64)
    order = np.argsort(-weight, kind="stable")
    quotes = statements["quote"].to_numpy(dtype=object)
    chosen = np.full(n_users + n_items, "", dtype=object)
    for side, first, n in (("user", 0, n_users), ("item", n_users, n_items)):
        nodes = statements[f"{side}_idx"].to_numpy(dtype=np.int64)[order]
        known, place = np.unique(nodes, return_index=True)
        kept = (known >= 0) & (known < n)
        chosen[first + known[kept]] = quotes[order[place[kept]]]
    return chosen


def quotes_of_run(workspace: Workspace, run: Artefact, dataset: ReviewDataset) -> np.ndarray:
    """The same of a run's profiles: users first, then items; all "" where the run has no text.

    Raises:
        NotFoundError: the profiles the run names are gone.
    """
    profiles = profiles_of(workspace, run)
    if profiles is None:
        return np.full(dataset.n_users + dataset.n_items, "", dtype=object)
    statements = pd.read_parquet(profiles.path / "statements.parquet", columns=_COLUMNS)
    return strongest_quotes(training_statements(statements, dataset), dataset.n_users, dataset.n_items)
