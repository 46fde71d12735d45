"""The generated demo: counts, determinism, planted truth, and texts a reader would not take for one template."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.data.demo import demo_dataset
from core.data.demo.corpus import Corpus, make_corpus
from core.data.demo.phrases import MOTIVATIONS
from core.data.demo.world import N_USERS, make_world, utilities, visit
from core.extraction.taxonomy import Taxonomy
from core.storage import content_hash
from core.workspace import Artefact, Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus(0)


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    return demo_dataset(Workspace(tmp_path_factory.mktemp("demo") / "workspace"))


def _hash(corpus: Corpus) -> str:
    frames = [corpus.reviews, corpus.items, corpus.users, *corpus.planted.values()]
    return content_hash(*[frame.to_csv(index=False) for frame in frames])


def _sentences(corpus: Corpus) -> list[str]:
    return [sentence for text in corpus.reviews["text"] for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def test_same_seed_gives_the_same_bytes_in_every_process(corpus: Corpus) -> None:
    program = "from tests_demo import _hash, make_corpus; print(_hash(make_corpus(0)))"
    loader = f"import importlib.util, sys; spec = importlib.util.spec_from_file_location('tests_demo', {__file__!r}); "
    loader += "module = importlib.util.module_from_spec(spec); sys.modules['tests_demo'] = module; spec.loader.exec_module(module); "
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"}
    command = [sys.executable, "-c", loader + program]
    other = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    assert other.stdout.strip() == _hash(corpus)


def test_another_seed_gives_another_city(corpus: Corpus) -> None:
    world = make_world(np.random.default_rng(1))
    assert not np.allclose(world.mixes, corpus.planted["users"][list(MOTIVATIONS)])


def test_dataset_is_large_enough_after_the_core_filter(artefact: Artefact) -> None:
    dataset = ReviewDataset.load(artefact)
    assert (dataset.name, dataset.domain, dataset.generated, artefact.manifest.generated) == ("demo", "places", True, True)
    assert dataset.n_users >= 600
    assert dataset.n_items >= 300
    assert len(dataset.interactions) >= 12_000
    sizes = dataset.interactions["split"].value_counts(normalize=True)
    assert sizes["train"] == pytest.approx(0.6, abs=0.02)
    assert dataset.interactions.groupby("user_idx").size().min() >= 5
    assert dataset.interactions.groupby("item_idx").size().min() >= 5


def test_building_the_demo_again_finds_the_same_artefact(artefact: Artefact) -> None:
    workspace = Workspace(artefact.path.parents[1])
    assert demo_dataset(workspace).manifest == artefact.manifest


def test_truth_covers_every_user_item_and_review(artefact: Artefact) -> None:
    dataset = ReviewDataset.load(artefact)
    truth = {path.stem: pd.read_parquet(path) for path in (artefact.path / "planted").glob("*.parquet")}
    assert sorted(truth) == ["items", "reviews", "users"]
    assert set(dataset.users["user_id"]) <= set(truth["users"]["user_id"])
    assert set(dataset.items["item_id"]) <= set(truth["items"]["item_id"])
    user_ids = dataset.users["user_id"].to_numpy()[dataset.interactions["user_idx"]]
    item_ids = dataset.items["item_id"].to_numpy()[dataset.interactions["item_idx"]]
    planted = set(zip(truth["reviews"]["user_id"], truth["reviews"]["item_id"], strict=True))
    assert set(zip(user_ids, item_ids, strict=True)) <= planted


def test_planted_motivations_are_the_places_taxonomy() -> None:
    assert list(MOTIVATIONS) == Taxonomy.default("places").keys[:-1]


def test_mixes_are_sparse_and_sum_to_one(corpus: Corpus) -> None:
    mixes = corpus.planted["users"][list(MOTIVATIONS)].to_numpy()
    np.testing.assert_allclose(mixes.sum(axis=1), 1.0)
    strongest = np.sort(mixes, axis=1)[:, ::-1]
    assert strongest[:, :3].sum(axis=1).min() > 0.9
    strong = (mixes > 0.15).sum(axis=1)
    assert 1 <= np.median(strong) <= 2
    assert strong.max() <= 3


def test_reviews_speak_of_what_the_user_wants_and_the_place_has(corpus: Corpus) -> None:
    reviews = corpus.planted["reviews"]
    users = corpus.planted["users"].set_index("user_id")
    column = users.columns.get_indexer(pd.Index(reviews["dominant"]))
    two = users.rank(axis=1, ascending=False).loc[reviews["user_id"]].to_numpy()[np.arange(len(reviews)), column] <= 2
    assert two.mean() > 0.9
    assert (reviews["told"][reviews["matches"]] == reviews["dominant"][reviews["matches"]]).all()
    assert (reviews["told"][~reviews["matches"]] != reviews["dominant"][~reviews["matches"]]).all()
    assert (~reviews["matches"]).mean() == pytest.approx(0.08, abs=0.01)


def test_choices_follow_motivations_far_more_than_popularity() -> None:
    generator = np.random.default_rng(0)
    world = make_world(generator)
    visits = visit(world, generator)
    held_out = np.random.default_rng(1).random(len(visits.user)) < 0.2
    counts = np.bincount(visits.item[~held_out], minlength=len(world.attributes)).astype(float)

    def recall(scores: np.ndarray) -> float:
        scores = scores.copy()
        scores[visits.user[~held_out], visits.item[~held_out]] = -np.inf
        top = np.argsort(-scores, axis=1)[:, :20]
        return float((top[visits.user[held_out]] == visits.item[held_out, None]).any(axis=1).mean())

    popular = recall(np.tile(counts, (N_USERS, 1)))
    assert recall(utilities(world)) > 2 * popular


def test_ratings_follow_the_match(corpus: Corpus) -> None:
    reviews = corpus.reviews
    mixes = corpus.planted["users"].set_index("user_id").loc[reviews["user_id"]].to_numpy()
    strengths = corpus.planted["items"].set_index("item_id").loc[reviews["item_id"]].to_numpy()
    assert set(reviews["rating"]) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert np.corrcoef((mixes * strengths).sum(axis=1), reviews["rating"])[0, 1] > 0.25


def test_most_sentences_are_said_once(corpus: Corpus) -> None:
    sentences = _sentences(corpus)
    assert len(set(sentences)) / len(sentences) > 0.7
    assert max(pd.Series(sentences).value_counts()) < len(sentences) / 500


def test_reviews_differ_in_length_and_are_never_empty(corpus: Corpus) -> None:
    counts = pd.Series([len(re.split(r"(?<=[.!?])\s+", text)) for text in corpus.reviews["text"]])
    assert corpus.reviews["text"].str.len().min() > 3
    assert counts.quantile(0.05) == 1
    assert counts.quantile(0.97) >= 5
    assert corpus.reviews["text"].nunique() > 0.95 * len(corpus.reviews)


def test_texts_leave_no_slot_unfilled(corpus: Corpus) -> None:
    for column in (corpus.reviews["text"], corpus.items["title"], corpus.items["description"]):
        assert not column.str.contains(r"[\[\]<>|*]|  ").any()


def test_people_and_places_have_names_of_their_own(corpus: Corpus) -> None:
    assert corpus.users["name"].is_unique
    assert corpus.items["title"].is_unique


def test_descriptions_do_not_give_the_motivations_away(corpus: Corpus) -> None:
    attributes = corpus.planted["items"][list(MOTIVATIONS)]
    top = attributes.to_numpy().argmax(axis=1)
    same = corpus.items.assign(top=top).groupby("description")["top"]
    assert (same.nunique()[same.size() > 2] > 1).mean() > 0.5


def test_corpus_does_not_quote_the_taxonomy(corpus: Corpus) -> None:
    runs = {tuple(words[at : at + 5]) for text in corpus.reviews["text"] for words in [_words(text)] for at in range(len(words) - 4)}
    for entry in Taxonomy.default("places").motivations:
        for example in entry.examples:
            words = _words(example)
            shared = [words[at : at + 5] for at in range(len(words) - 4) if tuple(words[at : at + 5]) in runs]
            assert not shared, f"{example!r} shares {shared} with the corpus"


def test_sentences_overlap_little_with_the_examples_of_their_motivation(corpus: Corpus) -> None:
    examples = {entry.key: [set(_words(example)) for example in entry.examples] for entry in Taxonomy.default("places").motivations}
    closest = []
    for told, text in zip(corpus.planted["reviews"]["told"][:1500], corpus.reviews["text"][:1500], strict=True):
        if told:
            for sentence in re.split(r"(?<=[.!?])\s+", text):
                words = set(_words(sentence))
                closest.append(max(len(words & example) / len(words | example) for example in examples[told]))
    assert np.mean(closest) < 0.15
    assert np.max(closest) < 0.6
