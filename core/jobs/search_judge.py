"""What a trial of a search is worth, and when it is given up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.progress import ProgressEvent
from core.training.config import TrainingConfig

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

FIGURES = ("recall@20", "ndcg@20")
"""A trial is worth the sum of these validation figures."""
WARM_UP = 8
"""Validations no trial is given up before: slow learners need some epochs to show what they are worth."""
HOPELESS = 0.5
"""Later, a trial is given up that is worth less than this share of what the best one was by then."""
BEHIND = 0.97
"""Other splits are not tried where a trial is worth less than this share of the best one on the first."""


def worth(figures: Mapping[str, float]) -> float:
    """Sum of `FIGURES`."""
    return sum(figures[figure] for figure in FIGURES)


class Judge:
    """Tells the study of each validation on the first split, and gives the trial up where the best one so far was worth far more.

    It is lenient on the way, where only the speed of learning can be compared: measured against the median of the others at the same
    epoch, whatever lay near a best trial that learns slowly was given up. It listens to the training's progress: a model may measure
    itself several times in one validation.
    """

    def __init__(self, trial: Trial, config: TrainingConfig) -> None:
        self.trial, self.config = trial, config
        self.best: dict[str, float] = {}
        self.began, self.step = time.perf_counter(), 0
        self.others = _best_curve(trial.study)

    def __call__(self, event: ProgressEvent) -> None:
        """Take note of a training's progress.

        Raises:
            TrialPruned: Optuna's; the trial is given up, as it may be after the first split.
        """
        figures = event.measures.get("validation")
        if figures is None:
            return
        self.best = max(self.best, figures, key=lambda one: one.get(self.config.metric, -1.0))
        self.step += 1
        self.trial.report(worth(figures), self.step)
        self.trial.set_user_attr("epochs", min(self.step * self.config.evaluate_every, self.config.epochs))
        reached = self.others[: self.step]
        if self.step > WARM_UP and reached and worth(self.best) < HOPELESS * max(reached):
            self._give_up()

    def after_the_first_split(self, figures: dict[str, float]) -> None:
        """Whether other splits are worth trying, from the figures of the best epoch on the first."""
        self.best = figures
        if self.others and worth(figures) < BEHIND * max(self.others):
            self._give_up()

    def _give_up(self) -> None:
        import optuna

        self.trial.set_user_attr("validation", self.best)
        self.trial.set_user_attr("seconds", round(time.perf_counter() - self.began, 2))
        raise optuna.TrialPruned


def _best_curve(study: Study) -> list[float]:
    """What the best trial so far was worth at each validation on the first split; nothing where no trial is complete."""
    import optuna

    if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,)):
        return []
    return [value for _, value in sorted(study.best_trial.intermediate_values.items())]
