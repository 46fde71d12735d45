"""The table of a map's clusters: their names, words, sizes and typical motivations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.maps.clusters import UNCLUSTERED, distinct_names, typical_motivations
from core.maps.motivations import NONE, NodeMotivations
from core.maps.words import cluster_words, member_texts
from core.training.opened import OpenedRun


def cluster_table(
    run: OpenedRun, assigned: np.ndarray, acted: NodeMotivations, said: NodeMotivations, motivation: str | None = None
) -> pd.DataFrame:
    """One row a cluster: cluster, name, words (list), size, users, items, motivation; "Unclustered" last where some nodes are in none.

    Args:
        assigned: int [n_users + n_items]. acted, said: motivations by behaviour and by text. motivation: that of a map of one slot.
    """
    n_users, n_clusters = run.dataset.n_users, int(assigned.max(initial=0)) + 1
    # A cluster's name has to fit the words beside it, so the text decides where there is text.
    typical = typical_motivations(assigned, said if said.shares.any() else acted)
    if motivation is not None:
        typical = [motivation] * n_clusters
    words = cluster_words(member_texts(run, motivation), assigned, n_users)
    numbers = np.arange(n_clusters, dtype=np.int32)
    names = distinct_names(typical, run.motivation_names, words)
    if (assigned == UNCLUSTERED).any():
        numbers, names = np.append(numbers, np.int32(UNCLUSTERED)), [*names, "Unclustered"]
        words, typical = [*words, []], [*typical, None]
    users, items = (
        np.array([(part == number).sum() for number in numbers], dtype=np.int64) for part in (assigned[:n_users], assigned[n_users:])
    )
    return pd.DataFrame(
        {
            "cluster": numbers,
            "name": names,
            "words": words,
            "size": users + items,
            "users": users,
            "items": items,
            "motivation": [one or NONE for one in typical],
        }
    )
