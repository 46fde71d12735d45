"""What a gold score has to be seen beside: guessing, and what training on the labels reaches.

"majority" names the most frequent answer every time, "always" names every motivation every time, "random" guesses each by how frequent
it is in the train part; "tfidf-logistic" is trained on the labels of the train part, an upper reference no zero-shot row can claim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from core.extraction.quality.gold import GoldSentences
from core.extraction.quality.multi_label import best_threshold
from core.extraction.quality.scores import Labels, Scores, f1_of_counts, interval, per_motivation, ratio, resampled, score

DRAWS = 500  # of the random control
FOLDS = 5
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # inverse regularisation of the logistic regression that are tried


def majority(train: GoldSentences, asked: GoldSentences) -> Labels:
    """The most frequent answer of the train part: its most frequent motivation, or none where most sentences have none."""
    counts = train.labels.sum(axis=0)
    predicted = np.zeros_like(asked.labels)
    if counts.max() >= (~train.labels.any(axis=1)).sum():
        predicted[:, counts.argmax()] = True
    return predicted


def always(train: GoldSentences, asked: GoldSentences) -> Labels:
    """Every motivation, every time."""
    return np.ones_like(asked.labels)


def random_scores(train: GoldSentences, asked: GoldSentences, *, draws: int = DRAWS, seed: int = 0) -> Scores:
    """Scores of guessing each motivation with its frequency in the train part: means over draws.

    The interval is over draws and sentences at once: every bootstrap sample of sentences is guessed anew.
    """
    truth = asked.labels
    guesses = np.random.default_rng(seed).random((draws, *truth.shape)) < train.labels.mean(axis=0)
    hits, claims = (truth & guesses).sum(axis=1), guesses.sum(axis=1)
    needs = np.broadcast_to(truth.sum(axis=0), claims.shape)
    macro, micro = f1_of_counts(hits, claims, needs)
    weights = resampled(len(truth), draws, seed)
    weighed = [np.einsum("rn,rnk->rk", weights, part) for part in (truth & guesses, guesses, np.broadcast_to(truth, guesses.shape))]
    macro_resampled, micro_resampled = f1_of_counts(*weighed)
    precision, recall, f1 = (mean.mean(axis=0) for mean in (ratio(hits, claims), ratio(hits, needs), ratio(2 * hits, claims + needs)))
    return Scores(
        sentences=len(truth),
        macro_f1=float(macro.mean()),
        macro_interval=interval(macro_resampled),
        micro_f1=float(micro.mean()),
        micro_interval=interval(micro_resampled),
        motivations=per_motivation(asked.keys, precision, recall, f1, needs[0], claims.mean(axis=0)),
    )


def tfidf_logistic(train: GoldSentences, asked: GoldSentences) -> Labels:
    """TF-IDF of words and word pairs, one logistic regression a motivation.

    Regularisation and threshold of each are those with the best F1 by cross-validation on the train part; nothing else is seen.
    """
    from sklearn.model_selection import KFold

    folds = [
        (rows, held_out, *_weighed([train.texts[row] for row in rows], [train.texts[row] for row in held_out]))
        for rows, held_out in KFold(FOLDS, shuffle=True, random_state=0).split(train.texts)
    ]
    known, unknown = _weighed(train.texts, asked.texts)
    predicted = np.zeros_like(asked.labels)
    for index in range(len(train.keys)):
        labels = train.labels[:, index]
        best: tuple[float, float, float] = (-1.0, STRENGTHS[0], 0.5)
        for strength in STRENGTHS:
            unseen = np.zeros(len(labels))
            for rows, held_out, inside, outside in folds:
                unseen[held_out] = _probability(inside, labels[rows], outside, strength)
            threshold = best_threshold(unseen, labels)
            reached = score(labels[:, None], (unseen >= threshold)[:, None], ["one"], resamples=1).macro_f1
            best = max(best, (reached, strength, threshold), key=lambda found: found[0])
        predicted[:, index] = _probability(known, labels, unknown, best[1]) >= best[2]
    return predicted


def _weighed(known: list[str], unknown: list[str]) -> tuple[Any, Any]:
    """TF-IDF matrices of two lists of texts, by the words of the first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return words.fit_transform(known), words.transform(unknown)


def _probability(known: Any, labels: npt.NDArray[np.bool_], unknown: Any, strength: float) -> npt.NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression

    if labels.all() or not labels.any():
        return np.full(unknown.shape[0], float(labels.all()))
    model = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=0)
    return np.asarray(model.fit(known, labels).predict_proba(unknown)[:, 1])


_PREDICTIONS: dict[str, Callable[[GoldSentences, GoldSentences], Labels]] = {
    "majority": majority,
    "always": always,
    "tfidf-logistic": tfidf_logistic,
}
CONTROLS = ("majority", "always", "random", "tfidf-logistic")


def control_score(name: str, train: GoldSentences, asked: GoldSentences) -> Scores:
    """Scores of one of the `CONTROLS` on ``asked``; it learns from ``train`` alone."""
    if name == "random":
        return random_scores(train, asked)
    return score(asked.labels, _PREDICTIONS[name](train, asked), asked.keys)
