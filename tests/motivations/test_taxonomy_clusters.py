"""Motivations seen from inside: figures that add up, examples that are typical, look-alikes that are alike."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.dataset import ReviewDataset
from core.extraction.schema import OTHER, STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.motivations.naming import cluster_entry, free_key, free_name, readable, telling_words, tidy_name
from core.motivations.taxonomy_clusters import clusters_of, taxonomy_clusters
from core.storage import read_tensors
from core.workspace import Artefact


def test_figures_are_those_of_the_statements(hand_extraction: Artefact, small_dataset: ReviewDataset):
    found = taxonomy_clusters(hand_extraction, small_dataset)
    statements = pd.read_parquet(hand_extraction.path / "statements.parquet")
    assert [cluster.key for cluster in found.clusters] == ["quality", "money", OTHER]
    assert [cluster.n_statements for cluster in found.clusters] == [24, 12, 12]
    assert sum(cluster.share for cluster in found.clusters) == pytest.approx(1.0)
    for cluster in found.clusters:
        own = statements[statements["motivation"] == cluster.slot]
        assert cluster.n_reviews == own["interaction_idx"].nunique()
        assert cluster.confidence == pytest.approx(0.9)
        assert cluster.positive == pytest.approx((own["polarity"] == "positive").mean())
    assert {"tone", "cable"} <= set(found.clusters[0].words)
    assert "bargain" in found.clusters[1].words
    assert "cousin" in found.clusters[2].words


def test_examples_are_the_nearest_and_come_with_their_training_review(hand_extraction: Artefact, small_dataset: ReviewDataset):
    found = taxonomy_clusters(hand_extraction, small_dataset, n_examples=3)
    statements = pd.read_parquet(hand_extraction.path / "statements.parquet")
    vectors = read_tensors(hand_extraction.path / "embeddings.safetensors")["embeddings"].float().numpy()
    for cluster in found.clusters:
        own = statements[statements["motivation"] == cluster.slot]
        centre = vectors[own["embedding_row"]].mean(axis=0)
        cosine = vectors[own["embedding_row"]] @ (centre / np.linalg.norm(centre))
        best = own["statement"].to_numpy()[np.argsort(-cosine, kind="stable")[:3]]
        assert [example.statement for example in cluster.examples] == best.tolist()
        assert [example.similarity for example in cluster.examples] == pytest.approx(np.sort(cosine)[::-1][:3].tolist(), abs=1e-3)
        for example in cluster.examples:
            review = small_dataset.interactions.loc[example.interaction_idx]
            assert review["split"] == "train"
            assert example.review == f"{review['summary']}\n{review['text']}"
    assert all(not example.review for cluster in taxonomy_clusters(hand_extraction).clusters for example in cluster.examples)


def test_reviews_held_out_are_never_shown(hand_extraction: Artefact, small_dataset: ReviewDataset):
    held_out = int(small_dataset.interactions.index[small_dataset.interactions["split"] == "test"][0])
    statements = pd.read_parquet(hand_extraction.path / "statements.parquet").assign(interaction_idx=np.int32(held_out))
    taxonomy = Taxonomy.read(hand_extraction.path / "taxonomy.json")
    embeddings = read_tensors(hand_extraction.path / "embeddings.safetensors")["embeddings"]
    found = clusters_of(statements, taxonomy, embeddings, small_dataset)
    assert all(not example.review for cluster in found.clusters for example in cluster.examples)


def _labelled(groups: list[tuple[int, int]], n: int = 40) -> tuple[pd.DataFrame, torch.Tensor]:
    """``n`` statements for each (motivation, axis)."""
    generator = np.random.default_rng(0)
    names = ("alpha", "beta", "gamma", "delta")
    rows = [
        {"motivation": motivation, "statement": f"{names[axis]} thing {chr(97 + number % 26)}word"}
        for motivation, axis in groups
        for number in range(n)
    ]
    vectors = np.concatenate([np.eye(4, 16)[axis] + generator.normal(scale=0.05, size=(n, 16)) for _, axis in groups])
    frame = pd.DataFrame(rows).assign(
        source="review",
        interaction_idx=range(len(rows)),
        user_idx=0,
        item_idx=0,
        quote="q",
        polarity="positive",
        strength=0.5,
        confidence=0.5,
        grounded=True,
        grounding=1.0,
        embedding_row=range(len(rows)),
    )
    return frame.astype(STATEMENT_COLUMNS), torch.nn.functional.normalize(torch.tensor(vectors, dtype=torch.float32), dim=1).half()


def test_look_alikes_are_merge_candidates_and_the_mixed_one_a_split_candidate():
    taxonomy = Taxonomy.default("games")
    statements, embeddings = _labelled([(0, 0), (1, 0), (2, 1), (2, 2), (3, 3)])
    found = clusters_of(statements, taxonomy, embeddings)
    assert {found.merges[0].first, found.merges[0].second} == set(taxonomy.keys[:2])
    assert found.merges[0].similarity > 0.95
    assert found.merges[1].similarity < 0.3
    assert len(found.merges) == 5  # of the six pairs of the four motivations that have statements
    mixed = found.splits[0]
    assert mixed.key == taxonomy.keys[2]
    assert mixed.silhouette > 0.5 > 0.2 > max(one.silhouette for one in found.splits[1:])
    assert mixed.smaller == 0.5
    assert {mixed.words[0][0], mixed.words[1][0]} == {"beta", "gamma"}


def test_motivations_without_statements_are_shown_empty():
    taxonomy = Taxonomy.default("games")
    statements, embeddings = _labelled([(0, 0)], n=5)
    found = clusters_of(statements, taxonomy, embeddings)
    assert [cluster.n_statements for cluster in found.clusters] == [5, *[0] * 8]
    assert (found.clusters[1].words, found.clusters[1].examples, found.clusters[1].confidence) == ([], [], None)
    assert found.merges == []
    assert found.splits == []


def test_two_hundred_thousand_statements_take_seconds():
    generator = np.random.default_rng(0)
    n = 200_000
    vocabulary = np.array([f"word{chr(97 + i // 676 % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}" for i in range(5_000)])
    texts = [" ".join(row) for row in vocabulary[generator.integers(0, len(vocabulary), (n, 10))]]
    labels = generator.integers(0, 9, n)
    embeddings = torch.randn(n, 384, generator=torch.Generator().manual_seed(0)).half()
    frame = pd.DataFrame({"motivation": labels, "statement": texts, "quote": "q", "embedding_row": np.arange(n)}).assign(
        source="review", interaction_idx=np.arange(n) // 4, user_idx=0, item_idx=0, polarity="positive", strength=0.5, confidence=0.5
    )
    started = time.process_time()
    found = clusters_of(frame.assign(grounded=True, grounding=1.0).astype(STATEMENT_COLUMNS), Taxonomy.default("places"), embeddings)
    assert time.process_time() - started < 15  # about 2 s where nothing else runs
    assert sum(cluster.n_statements for cluster in found.clusters) == n


def test_words_set_apart_and_keep_one_form_of_each():
    statements = ["the table was big", "tables are big", "a tasty soup", "soups taste fine"] * 3
    words = telling_words(statements, np.array([0, 0, 1, 1] * 3), 2)
    assert "big" in words[0]
    assert len({"table", "tables"} & set(words[0])) == 1
    assert len({"tasty", "taste"} & set(words[1])) == 1
    assert telling_words(["the of and"], np.array([0]), 2) == [[], []]


def test_names_are_tidied_and_made_free():
    assert tidy_name(' "Great value."\nBecause it says so.') == "Great value"
    assert tidy_name("\n\n- \n**Sound**") == "Sound"
    assert tidy_name("") == ""
    assert len(tidy_name("word " * 30)) <= 40
    assert free_key("Great value!", {"great_value"}) == "great_value_2"
    assert free_key("2nd life", set()) == "motivation_2nd_life"
    assert free_key("Other", set()) == "other_2"
    assert free_name("Sound", {"sound", "Sound 2"}) == "Sound 3"
    assert readable(["x" * 200, "short"]) == ("short",)
    assert readable(["x" * 200]) == ("x" * 140,)


def test_a_callable_may_name_a_cluster():
    asked: list[tuple[list[str], tuple[str, ...]]] = []

    def name(words: list[str], examples: tuple[str, ...]) -> str:
        asked.append((words, examples))
        return "Rich sound\n"

    first = cluster_entry(["tone", "bass"], ["The tone is rich."], [], name)
    assert asked == [(["tone", "bass"], ("The tone is rich.",))]
    assert (first.key, first.name) == ("rich_sound", "Rich sound")
    second = cluster_entry(["tone"], ["A tone."], [first], name)
    assert (second.key, second.name) == ("rich_sound_2", "Rich sound 2")
    assert cluster_entry(["tone", "bass"], ["A tone."], [], lambda words, examples: "  ").name == "Tone, bass"
