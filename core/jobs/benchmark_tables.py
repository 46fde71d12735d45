"""A benchmark's figures put together: means over seeds, differences with their tests, groups of users, published figures beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.evaluation.activity import activity_groups
from core.evaluation.significance import SplitFigures, compare_models, holm, over_splits, user_differences, wilcoxon
from core.jobs.benchmark_cells import PreparedSplit
from core.jobs.benchmark_config import PLAIN, BenchmarkConfig, Cell, ModelSpec, Variant
from core.jobs.benchmark_measure import Measured, read_per_user
from core.jobs.benchmark_report import (
    ACCURACY,
    HEADLINE,
    Activity,
    ActivityRow,
    BackboneMargin,
    Contrast,
    Figure,
    Outcome,
    Published,
    Variation,
)
from core.models.config import WRAPPERS
from core.storage import read_json
from core.workspace import Artefact

PUBLISHED = Path(__file__).resolve().parents[2] / "assets" / "published" / "rlmrec.json"
RESAMPLES = 2_000  # of each interval: there are peers x figures of them

Row = tuple[str, str]
"""A model and a variant."""


class Tables:
    """The tables of a benchmark from what is measured so far.

    Args:
        measured: of every finished cell. folder: where the figures of users are.
    """

    def __init__(
        self, config: BenchmarkConfig, splits: Mapping[int, PreparedSplit], measured: Mapping[Cell, Measured], folder: Path
    ) -> None:
        self._config, self._splits, self._folder = config, splits, folder
        self._rows: dict[Row, dict[int, Measured]] = {}
        for cell in config.cells():
            if cell in measured:
                self._rows.setdefault((cell.model, cell.variant), {})[cell.seed] = measured[cell]
        self._per_user = lru_cache(maxsize=256)(lambda run: read_per_user(folder, run))

    def outcomes(self) -> list[Outcome]:
        """The figures of every model and variant, in the order of the config, plain ones first."""
        named = [(spec.label, variant) for spec in self._config.specs for variant in self._config.variants(spec)]
        named.sort(key=lambda one: one[1].kind != "plain")
        return [
            _outcome(model, variant, self._rows[model, variant.name]) for model, variant in named if (model, variant.name) in self._rows
        ]

    def contrasts(self) -> list[Contrast]:
        """The first model against each other one, both plain, in each figure of `ACCURACY`; peers by falling mean."""
        first, *peers = self._config.models
        pairs = [(first, peer) for peer in peers]
        return [
            one.model_copy(update={"best_peer": number == 0})
            for metric in ACCURACY
            for number, one in enumerate(sorted(self._contrasts(pairs, metric), key=lambda one: -one.peer_mean))
        ]

    def over_backbones(self) -> list[Contrast]:
        """Every model around a backbone against that backbone by itself, where the benchmark has both; in each figure of `ACCURACY`."""
        pairs = [(spec.label, backbone) for spec in self._config.specs if (backbone := self._backbone(spec)) is not None]
        return [one for metric in ACCURACY for one in self._contrasts(pairs, metric)]

    def variations(self, *, tested: bool) -> list[Variation]:
        """Every variant against its model plain, in the headline figures. ``tested``: with the test over users."""
        found = []
        for spec in self._config.specs:
            for variant in self._config.variants(spec)[1:]:
                seeds = self._common((spec.label, PLAIN), (spec.label, variant.name))
                found += [self._variation(spec, variant, metric, seeds, tested) for metric in HEADLINE if seeds]
        return found

    def activity(self) -> Activity | None:
        """The headline figures of plain models by groups of users; None while no plain model is done."""
        runs = {seed: one.run for (_, variant), row in self._rows.items() if variant == PLAIN for seed, one in row.items()}
        if not runs:
            return None
        seeds = sorted(runs) if self._config.splits == "random" else [min(runs)]
        counts = [self._splits[seed].n_training[self._users(runs[seed])] for seed in seeds]
        groups = activity_groups(np.concatenate(counts))
        of_seed = dict(zip(seeds, np.split(groups.group, np.cumsum([len(one) for one in counts])[:-1]), strict=True))
        rows = []
        for model in self._config.models:
            row = self._rows.get((model, PLAIN), {})
            for metric in HEADLINE if row else ():
                by_seed = [(self._values(one.run, metric), of_seed.get(seed, of_seed[seeds[0]])) for seed, one in row.items()]
                rows.append(ActivityRow(model=model, metric=metric, groups=_group_figures(by_seed, len(groups.sizes))))
        return Activity(labels=list(groups.labels), sizes=[round(size / len(seeds)) for size in groups.sizes.tolist()], rows=rows)

    def _backbone(self, spec: ModelSpec) -> str | None:
        """The backbone a model is around, where the benchmark has it by itself too."""
        backbone = spec.backbone or "lightgcn"
        return backbone if spec.model in WRAPPERS and backbone in self._config.models else None

    def _common(self, a: Row, b: Row) -> list[int]:
        return sorted(set(self._rows.get(a, {})) & set(self._rows.get(b, {})))

    def _users(self, run: str) -> npt.NDArray[np.int64]:
        return self._frame(run)["user_idx"].to_numpy(dtype=np.int64)

    def _values(self, run: str, metric: str) -> npt.NDArray[np.float64]:
        return self._frame(run)[metric].to_numpy(dtype=np.float64)

    def _frame(self, run: str) -> pd.DataFrame:
        return self._per_user(run)

    def _pairs(self, a: Row, b: Row, metric: str, seeds: Iterable[int]) -> list[SplitFigures]:
        """The figures of both rows, one entry a seed; users by their outside ids, which mean the same in every split."""
        runs = [(seed, self._rows[a][seed].run, self._rows[b][seed].run) for seed in seeds]
        return [
            SplitFigures(self._splits[seed].user_ids[self._users(one)], self._values(one, metric), self._values(other, metric))
            for seed, one, other in runs
        ]

    def _contrasts(self, pairs: Iterable[tuple[str, str]], metric: str) -> list[Contrast]:
        """Each model against its peer, where some seed of both is done; p-values adjusted for being several."""
        found = [self._contrast(model, peer, metric) for model, peer in pairs if self._common((peer, PLAIN), (model, PLAIN))]
        users, splits = (holm([math.nan if (p := getattr(one, name)) is None else p for one in found]) for name in ("p_users", "p_splits"))
        return [
            one.model_copy(update={"p_users_holm": _number(users[number]), "p_splits_holm": _number(splits[number])})
            for number, one in enumerate(found)
        ]

    def _contrast(self, model: str, peer: str, metric: str) -> Contrast:
        seeds = self._common((peer, PLAIN), (model, PLAIN))
        used = [self._splits[seed].used for seed in seeds]
        overlap = float(np.mean([one.n_test / one.n_train for one in used])) if self._config.splits == "random" else 0.0
        pairs = self._pairs((peer, PLAIN), (model, PLAIN), metric, seeds)
        found = compare_models(pairs, overlap=overlap, resamples=RESAMPLES)
        return Contrast(
            model=model,
            peer=peer,
            metric=metric,
            best_peer=False,
            mean=found.mean_b,
            peer_mean=found.mean_a,
            change=found.mean_b - found.mean_a,
            relative=_number(found.splits.gain),
            relative_sd=_number(found.splits.sd),
            by_seed=[float(one.b.mean() - one.a.mean()) for one in pairs],
            better=found.users.better,
            worse=found.users.worse,
            n_users=found.users.n_users,
            low=found.users.low,
            high=found.users.high,
            p_users=_number(found.users.p),
            p_splits=_number(found.splits.p_corrected),
            p_users_holm=None,
            p_splits_holm=None,
        )

    def _variation(self, spec: ModelSpec, variant: Variant, metric: str, seeds: Sequence[int], tested: bool) -> Variation:
        model = spec.label
        plain, varied = (self._by_seed((model, name), metric, seeds) for name in (PLAIN, variant.name))
        kept = 1 + over_splits(plain, varied).gain
        return Variation(
            model=model,
            variant=variant.name,
            kind=variant.kind,
            level=variant.level,
            metric=metric,
            mean=float(np.mean(varied)),
            plain_mean=float(np.mean(plain)),
            change=float(np.mean(varied) - np.mean(plain)),
            kept=_number(kept),
            by_seed=[after - before for before, after in zip(plain, varied, strict=True)],
            p_users=self._p_users((model, PLAIN), (model, variant.name), metric, seeds) if tested else None,
            over_backbone=self._over_backbone(spec, variant, metric, seeds, tested),
        )

    def _over_backbone(self, spec: ModelSpec, variant: Variant, metric: str, seeds: Sequence[int], tested: bool) -> BackboneMargin | None:
        backbone = self._backbone(spec)
        if backbone is None or variant.kind not in ("control", "ablation"):
            return None
        alone, plain, varied = (backbone, PLAIN), (spec.label, PLAIN), (spec.label, variant.name)
        shared = [seed for seed in seeds if seed in self._rows.get(alone, {})]
        if not shared:
            return None
        beneath, whole, changed = (float(np.mean(self._by_seed(row, metric, shared))) for row in (alone, plain, varied))
        return BackboneMargin(
            mean=beneath,
            left=(changed - beneath) / (whole - beneath) if whole > beneath else None,
            p_users=self._p_users(alone, varied, metric, shared) if tested else None,
        )

    def _by_seed(self, row: Row, metric: str, seeds: Iterable[int]) -> list[float]:
        return [self._rows[row][seed].figures[metric] for seed in seeds]

    def _p_users(self, a: Row, b: Row, metric: str, seeds: Iterable[int]) -> float | None:
        """Wilcoxon over users; what differs by rounding alone does not differ."""
        return _number(wilcoxon(user_differences(self._pairs(a, b, metric, seeds)).round(12)))


def published_figures(dataset: Artefact) -> list[Published]:
    """What RLMRec published for this dataset; nothing where it is not one of theirs (a folder of theirs called amazon, yelp or steam)."""
    config = dataset.manifest.config
    folder = Path(str(config.get("path", ""))).name.lower()
    if config.get("format") != "rlmrec":
        return []
    document = read_json(PUBLISHED)
    rows: list[dict[str, Any]] = next((rows for name, rows in document["datasets"].items() if folder.startswith(name)), [])
    return [Published(**row, source=document["source"]) for row in rows]


def figure(values: Sequence[float]) -> Figure:
    """Mean and standard deviation (n - 1) over seeds."""
    return Figure(
        mean=float(np.mean(values)), sd=float(np.std(values, ddof=1)) if len(values) > 1 else None, values=[float(one) for one in values]
    )


def _outcome(model: str, variant: Variant, row: dict[int, Measured]) -> Outcome:
    seeds = sorted(row)
    made = [row[seed] for seed in seeds]
    names = [name for name in made[0].figures if all(name in one.figures for one in made)]
    return Outcome(
        model=model,
        variant=variant.name,
        kind=variant.kind,
        level=variant.level,
        seeds=seeds,
        runs=[one.run for one in made],
        figures={name: figure([one.figures[name] for one in made]) for name in names},
        seconds=figure([one.seconds for one in made]),
        epochs=figure([one.epochs for one in made]),
    )


def _group_figures(of_seed: Iterable[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]], n_groups: int) -> list[Figure]:
    """A figure a group over seeds; a seed without a user in a group is left out of it."""
    by_group: list[list[float]] = [[] for _ in range(n_groups)]
    for values, group in of_seed:
        for number in np.unique(group):
            by_group[number].append(float(values[group == number].mean()))
    return [figure(values) for values in by_group]


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
