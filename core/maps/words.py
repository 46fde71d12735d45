"""The words that set clusters apart.

Class-based TF-IDF (Grootendorst 2022, arXiv 2203.05794) ranks everyday words ("great", "good", "like") first in every cluster
when clusters are about one kind of thing. So a word is weighed by its term of the divergence instead, p log(p / q), and counted
once per node, so that one prolific reviewer does not name a cluster.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.training.opened import OpenedRun, training_statements

_LONGEST_TEXT = 2000
_FEW_TEXTS = 200
_WORD = r"(?u)\b[^\W\d_][^\W\d_'-]{2,}\b"


def member_texts(run: OpenedRun, motivation: str | None = None) -> pd.DataFrame:
    """Texts with the user and item they are from (-1 = none): training statements, else training reviews; and item titles.

    Args:
        motivation: only statements of this one, and no titles.
    """
    if run.profiles is not None:
        table = training_statements(run.profiles.statements, run.dataset)
        if motivation is not None:
            table = table[table["motivation"] == run.profiles.taxonomy.keys.index(motivation)]
        texts = table[["user_idx", "item_idx", "statement"]].rename(columns={"statement": "text"})
    else:
        rows = run.dataset.rows("train")
        texts = rows[["user_idx", "item_idx"]].assign(text=rows["text"].str.slice(0, _LONGEST_TEXT))
    if motivation is not None:
        return texts[texts["text"].str.strip() != ""].reset_index(drop=True)
    items = run.dataset.items
    titled = items["title"].astype(str) != items["item_id"].astype(str)
    titles = pd.DataFrame({"user_idx": -1, "item_idx": np.arange(len(items)), "text": items["title"].to_numpy()})[titled.to_numpy()]
    joined = pd.concat([texts, titles], ignore_index=True)
    return joined[joined["text"].str.strip() != ""]


def cluster_words(texts: pd.DataFrame, assigned: np.ndarray, n_users: int, n_words: int = 8) -> list[list[str]]:
    """For each cluster the words that its members use more than others do, most telling first.

    W(t, c) = p(t | c) log(p(t | c) / p(t)), with p from the number of nodes whose texts hold the word. A text is its user's and
    its item's.

    Args:
        texts: columns user_idx, item_idx (-1 = none), text. assigned: int [n_users + n_items], the cluster of every node; nodes in none
            (-1) count among everybody, but name nothing.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    n_clusters = int(assigned.max()) + 1
    rarest = 1 if len(texts) < _FEW_TEXTS else 5
    vectoriser = CountVectorizer(stop_words="english", binary=True, min_df=rarest, token_pattern=_WORD)
    try:
        occurrences = vectoriser.fit_transform(texts["text"])
    except ValueError:  # no text, or nothing but stop words
        return [[] for _ in range(n_clusters)]
    counted = _nodes_per_cluster(occurrences, texts, assigned, n_users)
    per_cluster = counted[-n_clusters:]
    share = per_cluster / np.maximum(per_cluster.sum(axis=1, keepdims=True), 1)
    overall = counted.sum(axis=0) / max(counted.sum(), 1)
    weights = share * np.log((share + 1e-12) / np.maximum(overall, 1e-12))
    vocabulary = vectoriser.get_feature_names_out()
    return [_best(weights[number], vocabulary, n_words) for number in range(n_clusters)]


def _nodes_per_cluster(occurrences: Any, texts: pd.DataFrame, assigned: np.ndarray, n_users: int) -> np.ndarray:
    """float64 [n_clusters, n_words]: in how many members' texts each word occurs; one row more, in front, where some are in none.

    Args:
        occurrences: CSR [n_texts, n_words].
    """
    from scipy import sparse

    users, items = (texts[column].to_numpy(dtype=np.int64) for column in ("user_idx", "item_idx"))
    nodes = np.concatenate([users[users >= 0], n_users + items[items >= 0]])
    rows = np.concatenate([np.flatnonzero(users >= 0), np.flatnonzero(items >= 0)])
    of_node = sparse.csr_matrix((np.ones(len(nodes)), (nodes, rows)), shape=(len(assigned), len(texts)))
    own = assigned - min(0, int(assigned.min()))  # what is in no cluster first, where there is any
    of_cluster = sparse.csr_matrix((np.ones(len(own)), (own, np.arange(len(own)))))
    return np.asarray((of_cluster @ ((of_node @ occurrences) > 0).astype(np.float64)).todense())


def _best(weights: np.ndarray, vocabulary: np.ndarray, n_words: int) -> list[str]:
    """The words of positive weight, largest first, one of "pedal" and "pedals"."""
    chosen: list[str] = []
    for word in (str(vocabulary[place]) for place in np.argsort(-weights, kind="stable")[: 2 * n_words] if weights[place] > 0):
        if len(chosen) < n_words and not {word + "s", word.removesuffix("s")} & set(chosen):
            chosen.append(word)
    return chosen
