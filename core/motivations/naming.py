"""Names for clusters of statements: the words that set each apart, a key for files, examples people can read.

Words by a class-based TF-IDF whose rarity is the surplus over the whole, p(t | c) log(p(t | c) / p(t)); BERTopic's
log(1 + A / f(t)) (arXiv 2203.05794) puts everyday words first here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt

from core.extraction.schema import OTHER
from core.extraction.taxonomy import TaxonomyEntry

EXAMPLES = 5
EXAMPLE_CHARS = 140
NAME_WORDS = 3
NAME_CHARS = 40
CLUSTER_WORDS = 8
_WORD = r"(?u)\b[^\W\d_]{3,}\b"
_FEW = 50  # statements up to which a word may be said once

NameCluster = Callable[[Sequence[str], Sequence[str]], str]
"""Gives a cluster its name from its words and its nearest statements (a language model can); an empty answer leaves the words."""


def telling_words(statements: Sequence[str], labels: npt.NDArray[np.integer], k: int) -> list[list[str]]:
    """The words that set each of ``k`` clusters apart, best first, at most 8; none where no word does.

    Args:
        labels: int [n], the cluster of every statement, 0..k-1.
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(stop_words="english", token_pattern=_WORD, min_df=2 if len(statements) > _FEW else 1)
    try:
        counts = vectorizer.fit_transform(statements)
    except ValueError:  # no text, or nothing but stop words
        return [[] for _ in range(k)]
    terms = vectorizer.get_feature_names_out()
    members = sparse.csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(k, len(labels)))
    by_cluster = np.asarray((members @ counts).todense(), dtype=np.float64)
    share = by_cluster / np.maximum(by_cluster.sum(axis=1, keepdims=True), 1.0)
    overall = by_cluster.sum(axis=0) / by_cluster.sum()
    weights = share * np.log(np.maximum(share, 1e-12) / overall)
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, : 3 * CLUSTER_WORDS]
    return [_distinct([str(terms[column]) for column in ranked[cluster] if weights[cluster, column] > 0]) for cluster in range(k)]


def _distinct(words: list[str]) -> list[str]:
    """The first 8 words, one of "table" and "tables", "taste" and "tasty"."""
    chosen: list[str] = []
    for word in words:
        stems = {one: max(4, min(len(word), len(one)) - 1) for one in chosen}
        if not any(word[:stem] == one[:stem] for one, stem in stems.items()):
            chosen.append(word)
    return chosen[:CLUSTER_WORDS]


def cluster_entry(
    words: Sequence[str], nearest: Sequence[str], others: Sequence[TaxonomyEntry], name_cluster: NameCluster | None = None
) -> TaxonomyEntry:
    """A motivation for a cluster.

    Args:
        words: what `telling_words` found. nearest: its statements, most typical first; at least one.
        others: the motivations beside it, whose keys and names it may not get.
    """
    examples = readable(nearest)
    given = name_cluster(words, examples) if name_cluster else ""
    name = tidy_name(given) or ", ".join(words[:NAME_WORDS] or ["statements"]).capitalize()
    about = ", ".join(words[:6]) or "what these sentences say"
    return TaxonomyEntry(
        key=free_key(name, {entry.key for entry in others}),
        name=free_name(name, {entry.name for entry in others}),
        description=f"It is about {about}.",
        examples=examples,
    )


def tidy_name(given: str) -> str:
    """The first line of an answer as a name: without quotation marks or a full stop, at most 40 characters; "" where it says nothing."""
    lines = [line.strip().strip("\"'`*“”.:#- ") for line in given.splitlines()]
    first = next((line for line in lines if line), "")
    return first if len(first) <= NAME_CHARS else first[:NAME_CHARS].rsplit(" ", 1)[0].rstrip(",;:- ")


def free_key(name: str, taken: Collection[str]) -> str:
    """A key made of a name, unlike those taken and "other"."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    key = slug if slug[:1].isalpha() else f"motivation_{slug}".rstrip("_")
    base, number = key, 2
    while key in taken or key == OTHER:
        key, number = f"{base}_{number}", number + 1
    return key


def free_name(name: str, taken: Collection[str]) -> str:
    """A name unlike those taken and "Other", whatever its case: "Sound", "Sound 2"."""
    folded = {one.casefold() for one in (*taken, OTHER)}
    free, number = name, 2
    while free.casefold() in folded:
        free, number = f"{name} {number}", number + 1
    return free


def readable(nearest: Sequence[str]) -> tuple[str, ...]:
    """Up to 5 of the statements as examples: the first that are short enough, else the beginnings of the first."""
    short = [statement for statement in nearest if len(statement) <= EXAMPLE_CHARS]
    return tuple((short or [statement[:EXAMPLE_CHARS] for statement in nearest])[:EXAMPLES])
