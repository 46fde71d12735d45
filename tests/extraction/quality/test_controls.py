"""Controls: what guessing scores, and that the trained one sees the train part alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.extraction.quality.controls import CONTROLS, control_score, majority, random_scores, tfidf_logistic
from core.extraction.quality.gold import GoldSentences, GoldTable, read_gold
from tests.extraction.quality.made_up_gold import write_acos


def sentences(labels: list[list[int]]) -> GoldSentences:
    rows = np.array(labels, dtype=bool)
    return GoldSentences([f"m{k}" for k in range(rows.shape[1])], [f"sentence {n}" for n in range(len(rows))], rows)


def test_majority_names_the_most_frequent_motivation() -> None:
    train = sentences([[1, 0], [1, 1], [0, 1], [1, 0]])
    asked = sentences([[0, 1], [0, 0]])
    np.testing.assert_array_equal(majority(train, asked), [[True, False], [True, False]])


def test_majority_names_none_where_most_sentences_have_none() -> None:
    train = sentences([[1], [0], [0], [0]])
    found = control_score("majority", train, sentences([[1], [0]]))
    assert found.macro_f1 == 0.0


def test_always_has_full_recall_and_the_frequency_as_precision() -> None:
    asked = sentences([[1, 0], [1, 1], [0, 0], [0, 0]])
    a, b = control_score("always", asked, asked).motivations
    assert (a.recall, a.precision, b.recall, b.precision) == (1.0, 0.5, 1.0, 0.25)


def test_random_guesses_by_the_train_frequency() -> None:
    generator = np.random.default_rng(99)
    asked = sentences((generator.random((2000, 2)) < (0.5, 0.2)).tolist())
    train = sentences([[1, 0], [0, 1], [1, 0], [0, 0]])  # 0.5 and 0.25
    found = random_scores(train, asked, draws=50)
    # of guesses with frequency q on labels with frequency p, F1 is about 2 p q / (p + q)
    p = asked.labels.mean(axis=0)
    q = np.array([0.5, 0.25])
    expected = 2 * p * q / (p + q)
    assert [one.f1 for one in found.motivations] == pytest.approx(expected.tolist(), abs=0.01)
    assert found.macro_f1 == pytest.approx(expected.mean(), abs=0.01)
    assert found.macro_interval.low < found.macro_f1 < found.macro_interval.high
    assert [one.predicted for one in found.motivations] == pytest.approx([1000, 500], abs=15)


def test_random_repeats_with_its_seed() -> None:
    asked = sentences([[1, 0], [1, 1], [0, 0]])
    assert random_scores(asked, asked, draws=20, seed=4) == random_scores(asked, asked, draws=20, seed=4)
    assert random_scores(asked, asked, draws=20, seed=4) != random_scores(asked, asked, draws=20, seed=5)


def test_trained_control_learns_words_and_beats_guessing(tmp_path: Path) -> None:
    write_acos(tmp_path)
    table = GoldTable.open("acos-restaurant")
    train, asked = read_gold(table, tmp_path, "train"), read_gold(table, tmp_path, "test")
    scores = {name: control_score(name, train, asked) for name in CONTROLS}
    present = [key for key, some in zip(train.keys, train.labels.any(axis=0), strict=True) if some]
    assert all(one.f1 > 0.9 for one in scores["tfidf-logistic"].motivations if one.key in present)
    assert scores["tfidf-logistic"].micro_f1 > 2 * max(scores[name].micro_f1 for name in ("majority", "always", "random"))


def test_trained_control_never_sees_the_labels_it_is_scored_on(tmp_path: Path) -> None:
    write_acos(tmp_path)
    table = GoldTable.open("acos-restaurant")
    train, asked = read_gold(table, tmp_path, "train"), read_gold(table, tmp_path, "test")
    blind = GoldSentences(asked.keys, asked.texts, np.zeros_like(asked.labels))
    np.testing.assert_array_equal(tfidf_logistic(train, asked), tfidf_logistic(train, blind))


def test_trained_control_names_nothing_it_was_never_shown() -> None:
    train = sentences([[1, 0]] * 10 + [[0, 0]] * 10)
    assert not tfidf_logistic(train, train)[:, 1].any()
