"""A small table of points as a map has them: users, items and statements in two clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

NAMES = {"sound": "Sound", "price": "Price", "other": "Other"}
CLUSTERS = pd.DataFrame({"cluster": [0, 1], "name": ["Listeners", "Savers & co"]})


def points(n: int = 12) -> pd.DataFrame:
    """Every third is a user, an item, a statement; even numbers are in cluster 0."""
    number = np.arange(n)
    sides = np.array(["user", "item", "statement"])[number % 3]
    return pd.DataFrame(
        {
            "side": sides,
            "view": "joint",
            "node_idx": number,
            "id": [f"n{index}" for index in number],
            "shown_id": [f"n{index}" for index in number],
            "label": [f"Label <{index}>" for index in number],
            "x": number * 1.0,
            "y": -number * 1.0,
            "cluster": number % 2,
            "cluster_name": np.array(["Listeners", "Savers & co"])[number % 2],
            "motivation": np.array(["sound", "price", "none", "price"])[number % 4],
            "distinctive": np.array(["price", "sound"])[number % 2],
            "said": np.array(["sound", "none"])[number % 2],
            "confidence": 0.3 + number / 100,
            "activity": number + 1,
            "trust": number / max(1, n - 1),
            "quote": np.where(sides == "statement", "", "it <b>sounds</b> warm"),
            "category": np.where(sides == "item", np.array(["Strap", "Amp"])[number % 2], ""),
            "user_idx": number,
            "item_idx": -1,
        }
    )
