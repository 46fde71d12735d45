"""The words that set clusters apart, by class-based TF-IDF (Grootendorst 2022, BERTopic, arXiv 2203.05794)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.training.opened import OpenedRun, training_statements

_LONGEST_TEXT = 2000


def member_texts(run: OpenedRun) -> pd.DataFrame:
    """Texts with the user and item they are from (-1 = none): training statements, else training reviews; and item titles."""
    if run.profiles is not None:
        table = training_statements(run.profiles.statements, run.dataset)
        texts = table[["user_idx", "item_idx", "statement"]].rename(columns={"statement": "text"})
    else:
        rows = run.dataset.rows("train")
        texts = rows[["user_idx", "item_idx"]].assign(text=rows["text"].str.slice(0, _LONGEST_TEXT))
    items = run.dataset.items
    titled = items["title"].astype(str) != items["item_id"].astype(str)
    titles = pd.DataFrame({"user_idx": -1, "item_idx": np.arange(len(items)), "text": items["title"].to_numpy()})[titled.to_numpy()]
    joined = pd.concat([texts, titles], ignore_index=True)
    return joined[joined["text"].str.strip() != ""]


def cluster_words(texts: pd.DataFrame, assigned: np.ndarray, n_users: int, n_words: int = 8) -> list[list[str]]:
    """For each cluster the words with the largest c-TF-IDF, best first.

    W(t, c) = tf(t, c) / |c| * log(1 + A / f(t)), with f(t) the count of t in all clusters and A the mean number of words of a
    cluster. A text counts for its user's cluster and for its item's.

    Args:
        texts: columns user_idx, item_idx (-1 = none), text. assigned: int [n_users + n_items], the cluster of every node.
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    n_clusters = int(assigned.max()) + 1
    if texts.empty:
        return [[] for _ in range(n_clusters)]
    vectoriser = CountVectorizer(
        stop_words="english", binary=True, min_df=min(3, max(1, len(texts) // 50)), token_pattern=r"(?u)\b[^\W\d_][^\W\d_'-]{2,}\b"
    )
    try:
        counts = vectoriser.fit_transform(texts["text"])
    except ValueError:  # nothing but stop words
        return [[] for _ in range(n_clusters)]
    users, items = (texts[column].to_numpy(dtype=np.int64) for column in ("user_idx", "item_idx"))
    rows = np.concatenate([assigned[users[users >= 0]], assigned[n_users + items[items >= 0]]])
    columns = np.concatenate([np.flatnonzero(users >= 0), np.flatnonzero(items >= 0)])
    belongs = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n_clusters, len(texts)))
    per_cluster = np.asarray((belongs @ counts).todense(), dtype=np.float64)
    sizes = per_cluster.sum(axis=1, keepdims=True)
    weights = per_cluster / np.maximum(sizes, 1) * np.log1p(sizes.mean() / np.maximum(per_cluster.sum(axis=0), 1))
    vocabulary = vectoriser.get_feature_names_out()
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, :n_words]
    return [[str(vocabulary[word]) for word in own if weights[number, word] > 0] for number, own in enumerate(ranked)]
