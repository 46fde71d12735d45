"""Do the slots of a model mean anything? Probes from its vectors to a motive known for each interaction.

A linear probe (Alain & Bengio, arXiv 1610.01644): multinomial logistic regression on standardised features, the model's vectors fixed.
Three kinds of features of an interaction (u, i), for vectors [n, K, s]:

    terms     [K]       <u_k, i_k>      what each slot adds to the score: as much as an explanation shows
    products  [K s]     u * i           the same before it is summed inside the slots
    vectors   [2 K s]   u beside i      all the model knows of both

A vector without named slots is cut into as many slices (`in_slices`), so that both models give the probe the same number of features.
Besides the probe, which may mix slots as it likes, `slot_aucs` asks each slot alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from core.errors import InputError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Features = Literal["terms", "products", "vectors"]
FEATURES: tuple[Features, ...] = ("terms", "products", "vectors")
FOLDS = 5
_ITERATIONS = 1000

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class ProbeScore:
    """How well a probe tells classes apart on rows it was not fitted to.

    Args:
        accuracies, macro_f1s: of each fold; macro-F1 is the mean of F1 over the classes of the whole truth.
        predicted: [n], the class predicted for each row of the truth. correct: bool [n].
    """

    accuracies: tuple[float, ...]
    macro_f1s: tuple[float, ...]
    predicted: Labels
    correct: npt.NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Mean over folds."""
        return float(np.mean(self.accuracies))

    @property
    def macro_f1(self) -> float:
        """Mean over folds."""
        return float(np.mean(self.macro_f1s))


@dataclass(frozen=True)
class Guesses:
    """What is reached without any feature.

    Args:
        majority: accuracy of always naming the commonest class of the rows learnt from. majority_macro_f1: its macro-F1.
        proportional: expected accuracy of guessing the classes as often as they are. uniform: of guessing all alike.
    """

    majority: float
    majority_macro_f1: float
    proportional: float
    uniform: float


def in_slices(vectors: torch.Tensor, n_slots: int) -> torch.Tensor:
    """Float [n, K', s'] -> [n, n_slots, K' s' / n_slots]: a vector without slots, cut into as many as another model has.

    Raises:
        ValueError: the width is no multiple of the slots.
    """
    width = vectors[0].numel()
    if width % n_slots:
        raise ValueError(f"a width of {width} cannot be cut into {n_slots} slices")
    return vectors.reshape(len(vectors), n_slots, width // n_slots)


def pair_features(user: torch.Tensor, item: torch.Tensor, pairs: npt.NDArray[np.int64], kind: Features) -> Floats:
    """Features of interactions, float64 [m, width] (see the top of the file).

    Args:
        user: float [n_users, K, s]; item: float [n_items, K, s]; pairs: int64 [m, 2], (user_idx, item_idx).
    """
    users, items = torch.from_numpy(pairs.T.copy())
    of_user, of_item = user[users].double(), item[items].double()
    if kind == "vectors":
        return np.asarray(torch.cat([of_user.flatten(1), of_item.flatten(1)], dim=1).numpy())
    products = of_user * of_item
    return np.asarray((products.sum(dim=2) if kind == "terms" else products.flatten(1)).numpy())


def held_out_probe(features: Floats, labels: Labels, test_features: Floats, test_labels: Labels) -> ProbeScore:
    """Fit on some interactions and score on others, such as those of the test split; one fold.

    Args:
        features: float [n, width]; labels: [n]; test_features: float [m, width]; test_labels: [m].

    Raises:
        InputError: fewer than two classes to learn, or nothing to test on.
    """
    if len(np.unique(labels)) < 2 or len(test_labels) == 0:
        raise InputError("A probe needs two classes to learn and rows to test on", hint="Take a dataset with more labelled interactions")
    predicted = np.asarray(_probe().fit(features, labels).predict(test_features))
    correct = np.asarray(predicted == test_labels)
    return ProbeScore((float(correct.mean()),), (_macro_f1(test_labels, predicted, np.unique(test_labels)),), predicted, correct)


def cross_validated_probe(features: Floats, labels: Labels, groups: npt.NDArray[Any], *, folds: int = FOLDS, seed: int = 0) -> ProbeScore:
    """Stratified cross-validation that keeps each group (a user) inside one fold, so that no probe has met a user it is tested on.

    Args:
        features: float [n, width]; labels, groups: [n]. seed: of the folds.

    Raises:
        InputError: fewer than two classes, or fewer groups than folds.
    """
    if len(np.unique(labels)) < 2 or len(np.unique(groups)) < folds:
        raise InputError(f"A probe needs two classes and {folds} users", hint="Take a dataset with more labelled interactions")
    from sklearn.model_selection import StratifiedGroupKFold

    predicted = np.empty_like(labels)
    accuracies, macro_f1s, classes = [], [], np.unique(labels)
    for learnt, tested in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(features, labels, groups):
        predicted[tested] = _probe().fit(features[learnt], labels[learnt]).predict(features[tested])
        accuracies.append(float((predicted[tested] == labels[tested]).mean()))
        macro_f1s.append(_macro_f1(labels[tested], predicted[tested], classes))
    return ProbeScore(tuple(accuracies), tuple(macro_f1s), predicted, np.asarray(predicted == labels))


def guesses(labels: Labels, test_labels: Labels | None = None) -> Guesses:
    """What guessing reaches on ``test_labels`` (None: on ``labels``) by someone who knows how common the classes of ``labels`` are."""
    tested = labels if test_labels is None else test_labels
    classes, counts = np.unique(labels, return_counts=True)
    commonest = classes[counts.argmax()]
    shares = dict(zip(classes.tolist(), (counts / counts.sum()).tolist(), strict=True))
    always = np.full_like(tested, commonest)
    return Guesses(
        majority=float((tested == commonest).mean()),
        majority_macro_f1=_macro_f1(tested, always, np.unique(tested)),
        proportional=float(np.mean([shares.get(label, 0.0) for label in tested.tolist()])),
        uniform=1.0 / len(classes),
    )


def slot_aucs(terms: Floats, labels: Labels, classes: Sequence[Any]) -> Floats:
    """How well each slot's term alone finds each class: area under the ROC curve, 0.5 by chance.

        AUC[k, c] = P(term k of an interaction of class c > term k of one of another class) + P(equal) / 2

    A model whose slots are apart and mean what they are named has its largest value of each row and column where names agree.

    Args:
        terms: float [n, K]; labels: [n]; classes: the columns wanted.

    Returns:
        float64 [K, len(classes)], NaN where a class has no interaction or all of them.
    """
    from scipy.stats import rankdata

    ranks = rankdata(terms, axis=0)
    table = np.full((terms.shape[1], len(classes)), np.nan)
    for column, name in enumerate(classes):
        own = labels == name
        n, others = int(own.sum()), int((~own).sum())
        if n and others:
            table[:, column] = (ranks[own].sum(axis=0) - n * (n + 1) / 2) / (n * others)
    return table


def _probe() -> Pipeline:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=_ITERATIONS))


def _macro_f1(truth: Labels, found: Labels, classes: Labels) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, found, labels=classes, average="macro", zero_division=0.0))
