"""A map made by hand over the small dataset of the tests: even nodes in one cluster, odd ones in the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.maps.build import MotivationMap
from core.recommend.recommender import Recommender


def halves(recommender: Recommender) -> MotivationMap:
    """Cluster 0 holds the even users and items, cluster 1 the odd ones; a statement and a view of a node lie among them too."""
    dataset = recommender.dataset
    nodes = [("user", "joint", n, n % 2) for n in range(dataset.n_users)] + [("item", "joint", n, n % 2) for n in range(dataset.n_items)]
    rows = [*nodes, ("statement", "joint", 0, 1), ("user", "text", 0, 1)]
    points = pd.DataFrame(rows, columns=["side", "view", "node_idx", "cluster"]).assign(x=0.0, y=0.0)
    clusters = pd.DataFrame(
        {"cluster": [0, 1], "name": ["The even", "The odd"], "words": [np.array(["rich", "clear"]), np.array(["setup"])], "size": [20, 20]}
    )
    return MotivationMap(points, clusters, 1.0, 1.0)
