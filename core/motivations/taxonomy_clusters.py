"""What the motivations of an extraction look like from inside, for whoever edits the taxonomy: words, examples, look-alikes.

Only statements of an extraction are read, so only training reviews (METHOD 1.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from core.data.dataset import ReviewDataset
from core.encoding.encoder import Vectors, normalised
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.motivations.naming import telling_words
from core.storage import read_tensors
from core.workspace import Artefact

WORDS_SAMPLE = 4_000  # distinct statements a motivation is worded from
SPLIT_SAMPLE = 1_000  # distinct statements the 2-means and its silhouette are taken on
MIN_SPLIT = 20  # distinct statements below which a split says nothing
_BLOCK = 32_768  # vectors worked on at once

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StatementExample:
    """A statement near the middle of its motivation, and the review it is from.

    ``similarity`` is the cosine to the motivation's centroid; ``review`` is "" where no dataset was given, and for profile texts,
    whose ``interaction_idx`` is -1.
    """

    statement: str
    quote: str
    polarity: str
    similarity: float
    interaction_idx: int
    user_idx: int
    item_idx: int
    review: str = ""


@dataclass(frozen=True)
class MotivationCluster:
    """The statements of one motivation, "other" among them.

    Args:
        words: those that set it apart, best first.
        share: of all statements, 0..1. n_reviews: reviews it occurs in. positive: share of its statements that are positive.
        confidence: mean, 0..1; None where there are no statements. examples: nearest to the centroid first, no text twice.
    """

    slot: int
    key: str
    name: str
    words: list[str]
    n_statements: int
    share: float
    n_reviews: int
    positive: float | None
    confidence: float | None
    examples: list[StatementExample]


@dataclass(frozen=True)
class MergeCandidate:
    """Two motivations that may be one: the cosine of their centroids."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True)
class SplitCandidate:
    """A motivation that may be two.

    Args:
        silhouette: mean silhouette (Rousseeuw, 1987; cosine) of its statements under 2-means, -1..1: above 0.1 two groups can
            usually be told apart.
        smaller: share of the statements in the smaller of the two. words: what sets either apart, the larger first.
    """

    key: str
    silhouette: float
    smaller: float
    words: tuple[list[str], list[str]]


@dataclass(frozen=True)
class TaxonomyClusters:
    """An extraction seen by its motivations; merges and splits from the most to the least likely."""

    taxonomy: Taxonomy
    clusters: list[MotivationCluster]
    merges: list[MergeCandidate]
    splits: list[SplitCandidate]


def taxonomy_clusters(
    extraction: Artefact, dataset: ReviewDataset | None = None, *, n_examples: int = 5, n_merges: int = 5, seed: int = 0
) -> TaxonomyClusters:
    """Words, figures and examples of every motivation of an extraction, and which may be merged or split.

    Args:
        dataset: gives the examples their reviews.
        seed: of the samples that words and splits are taken from.
    """
    statements = pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)
    taxonomy = Taxonomy.read(extraction.path / "taxonomy.json")
    embeddings = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"]
    return clusters_of(statements, taxonomy, embeddings, dataset, n_examples=n_examples, n_merges=n_merges, seed=seed)


def clusters_of(
    statements: pd.DataFrame,
    taxonomy: Taxonomy,
    embeddings: torch.Tensor,
    dataset: ReviewDataset | None = None,
    *,
    n_examples: int = 5,
    n_merges: int = 5,
    seed: int = 0,
) -> TaxonomyClusters:
    """`taxonomy_clusters` of statements in memory (a preview), with their embeddings float [n_distinct, D]."""
    slots = len(taxonomy) + 1
    generator = np.random.default_rng(seed)
    labels = statements["motivation"].to_numpy(dtype=np.int64)
    rows = statements["embedding_row"].to_numpy(dtype=np.int64)
    once = _distinct(labels, rows)
    centres = _centroids(labels, rows, embeddings, slots)
    similarity = _similarity(labels[once], rows[once], embeddings, centres)
    words = _words(statements["statement"], labels, once, slots, generator)
    nearest = [_nearest(np.flatnonzero(labels[once] == slot), once, similarity, n_examples) for slot in range(slots)]
    examples = _examples(statements, nearest, dict(zip(once.tolist(), similarity.tolist(), strict=True)), dataset)
    frames = dict(iter(statements[["motivation", "source", "interaction_idx", "polarity", "confidence"]].groupby("motivation")))
    clusters = [
        _cluster(slot, taxonomy, frames.get(slot, statements.iloc[:0]), len(statements), words[slot], examples[slot])
        for slot in range(slots)
    ]
    splits = []
    for slot in range(len(taxonomy)):
        members = once[labels[once] == slot]
        found = _split_candidate(taxonomy.keys[slot], statements["statement"], rows, members, embeddings, generator)
        splits += [found] if found else []
    present = np.bincount(labels, minlength=slots)[:-1] > 0
    merges = _merge_candidates(taxonomy, centres[:-1], present)[:n_merges]
    return TaxonomyClusters(taxonomy, clusters, merges, sorted(splits, key=lambda one: -one.silhouette))


def _distinct(labels: Labels, rows: Labels) -> Labels:
    """Positions of the first statement of each text in each motivation, ascending."""
    pairs = labels * (rows.max(initial=0) + 1) + rows
    return np.sort(np.unique(pairs, return_index=True)[1]).astype(np.int64)


def _centroids(labels: Labels, rows: Labels, embeddings: torch.Tensor, slots: int) -> Vectors:
    """float32 [slots, D], of length 1: the directions of the mean statement vectors; zero where there are none."""
    from scipy import sparse

    n = len(embeddings)
    counts = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (labels, rows)), shape=(slots, n)).tocsc()
    sums = np.zeros((slots, embeddings.shape[1]), dtype=np.float64)
    for begin in range(0, n, _BLOCK):
        sums += counts[:, begin : begin + _BLOCK] @ embeddings[begin : begin + _BLOCK].float().numpy()
    return normalised(sums)


def _similarity(labels: Labels, rows: Labels, embeddings: torch.Tensor, centres: Vectors) -> Vectors:
    """float32 [n]: cosine of each statement to the centroid of its own motivation."""
    found = np.zeros(len(rows), dtype=np.float32)
    for begin in range(0, len(rows), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        vectors = embeddings[torch.from_numpy(rows[block])].float().numpy()
        found[block] = np.einsum("nd,nd->n", vectors, centres[labels[block]])
    return found


def _words(texts: pd.Series, labels: Labels, once: Labels, slots: int, generator: np.random.Generator) -> list[list[str]]:
    chosen = [_sample(once[labels[once] == slot], WORDS_SAMPLE, generator) for slot in range(slots)]
    picked = np.concatenate(chosen)
    return telling_words(texts.iloc[picked].tolist(), labels[picked], slots)


def _sample(positions: Labels, n: int, generator: np.random.Generator) -> Labels:
    return positions if len(positions) <= n else np.sort(generator.choice(positions, n, replace=False))


def _nearest(members: Labels, once: Labels, similarity: Vectors, n: int) -> Labels:
    return once[members[np.argsort(-similarity[members], kind="stable")[:n]]]


def _examples(
    statements: pd.DataFrame, nearest: list[Labels], similarity: dict[int, float], dataset: ReviewDataset | None
) -> list[list[StatementExample]]:
    shown = statements.iloc[np.concatenate(nearest)] if nearest else statements.iloc[:0]
    reviews = _reviews(shown["interaction_idx"].unique().tolist(), dataset)
    return [[_example(statements.iloc[position], similarity[position], reviews) for position in of.tolist()] for of in nearest]


def _example(row: pd.Series, similarity: float, reviews: dict[int, str]) -> StatementExample:
    interaction = int(row["interaction_idx"])
    return StatementExample(
        statement=str(row["statement"]),
        quote=str(row["quote"]),
        polarity=str(row["polarity"]),
        similarity=round(similarity, 4),
        interaction_idx=interaction,
        user_idx=int(row["user_idx"]),
        item_idx=int(row["item_idx"]),
        review=reviews.get(interaction, ""),
    )


def _reviews(interactions: list[int], dataset: ReviewDataset | None) -> dict[int, str]:
    """Training reviews by interaction: summary and text."""
    if dataset is None:
        return {}
    train = dataset.rows("train")
    picked = train.loc[train.index.intersection([one for one in interactions if one >= 0]), ["summary", "text"]].fillna("").astype(str)
    whole = zip(picked.index, picked["summary"], picked["text"], strict=True)
    return {int(index): "\n".join(part for part in (summary.strip(), text.strip()) if part) for index, summary, text in whole}


def _cluster(
    slot: int, taxonomy: Taxonomy, own: pd.DataFrame, n_all: int, words: list[str], examples: list[StatementExample]
) -> MotivationCluster:
    n = len(own)
    return MotivationCluster(
        slot=slot,
        key=taxonomy.keys[slot],
        name=taxonomy.names[slot],
        words=words,
        n_statements=n,
        share=n / max(n_all, 1),
        n_reviews=int(own.loc[own["source"] == "review", "interaction_idx"].nunique()),
        positive=float((own["polarity"] == "positive").mean()) if n else None,
        confidence=float(own["confidence"].mean()) if n else None,
        examples=examples,
    )


def _merge_candidates(taxonomy: Taxonomy, centres: Vectors, present: npt.NDArray[np.bool_]) -> list[MergeCandidate]:
    """All pairs of motivations with statements, most similar first."""
    cosines = centres @ centres.T
    pairs = [
        MergeCandidate(taxonomy.keys[first], taxonomy.keys[second], round(float(cosines[first, second]), 4))
        for first in range(len(centres))
        for second in range(first + 1, len(centres))
        if present[first] and present[second]
    ]
    return sorted(pairs, key=lambda pair: -pair.similarity)


def _split_candidate(
    key: str, texts: pd.Series, rows: Labels, members: Labels, embeddings: torch.Tensor, generator: np.random.Generator
) -> SplitCandidate | None:
    """How well a motivation falls apart in two; None where it has too few statements."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    if len(members) < MIN_SPLIT:
        return None
    chosen = _sample(members, SPLIT_SAMPLE, generator)
    vectors = embeddings[torch.from_numpy(rows[chosen])].float().numpy()
    parts = KMeans(2, n_init=2, random_state=0).fit_predict(vectors)
    sizes = np.bincount(parts, minlength=2)
    if sizes.min() < 2:
        return None
    parts = parts if sizes[0] >= sizes[1] else 1 - parts
    words = telling_words(texts.iloc[chosen].tolist(), parts, 2)
    silhouette = float(silhouette_score(vectors, parts, metric="cosine"))
    return SplitCandidate(key, round(silhouette, 4), round(float(sizes.min() / sizes.sum()), 4), (words[0], words[1]))
