"""A benchmark's report made by hand: two models with text, two without, noise, controls, ablations and a failure; and its artefact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.jobs.benchmark_config import BenchmarkConfig, ModelSpec, Variant
from core.jobs.benchmark_report import (
    ACCURACY,
    BEYOND,
    FAITHFULNESS,
    FILE,
    HEADLINE,
    PER_USER,
    Activity,
    ActivityRow,
    BackboneMargin,
    BenchmarkReport,
    Contrast,
    Failure,
    Figure,
    Outcome,
    Published,
    SplitUsed,
    Variation,
)
from core.storage import write_json, write_parquet
from core.workspace import Artefact, Workspace

CONFIG = BenchmarkConfig(
    models=("lmmrec", "rlmrec-con:simgcl", "ease", "simgcl"),
    seeds=2,
    splits="random",
    preset="default",
    noise=(0.1, 0.2),
    controls=True,
    ablations=True,
)
STRENGTH = {"lmmrec": 0.20, "rlmrec-con:simgcl": 0.18, "ease": 0.19, "simgcl": 0.17}
"""Recall@20 of every model under its first seed; under the second it is 0.02 more."""
PEERS = ("ease", "rlmrec-con:simgcl", "simgcl")
"""Of LMMRec, by falling mean."""
LOSS = {"noise": 0.01, "control": 0.05, "ablation": 0.004, "plain": 0.0}
RUNS = {"lmmrec": "small-lmmrec-s0-lm00", "ease": "small-lightgcn-s0-li00"}
PUBLISHED = [
    Published(model="LightGCN", backbone=None, recall=0.15, ndcg=0.09, source="A paper"),
    Published(model="RLMRec, the better of Con and Gen", backbone="SimGCL", recall=0.152, ndcg=0.1, source="A paper"),
]


def figure(*values: float) -> Figure:
    """Mean and sd of values."""
    return Figure(mean=float(np.mean(values)), sd=float(np.std(values, ddof=1)) if len(values) > 1 else None, values=list(values))


def outcome(spec: ModelSpec, variant: Variant, seeds: list[int]) -> Outcome:
    """A model in a variant: every figure a part of its recall@20."""
    base = STRENGTH[spec.label] - LOSS[variant.kind] * (10 * variant.level if variant.level else 1)
    figures = {name: figure(*(base + 0.02 * place for place in range(len(seeds)))) for name in (*ACCURACY, *BEYOND)}
    if spec.model == "lmmrec" and variant.kind == "plain":
        figures |= {name: figure(*(0.5 + 0.1 * place for place in range(len(seeds)))) for name in FAITHFULNESS}
    return Outcome(
        model=spec.label,
        variant=variant.name,
        kind=variant.kind,
        level=variant.level,
        seeds=seeds,
        runs=[RUNS.get(spec.label, f"run-{spec.label}-{variant.name}-{seed}") for seed in seeds],
        figures=figures,
        seconds=figure(*(10.0 for _ in seeds)),
        epochs=figure(*(30.0 for _ in seeds)),
    )


def contrast(peer: str, metric: str, *, best: bool, model: str = "lmmrec") -> Contrast:
    """A model, LMMRec as a rule, against a peer."""
    mean, other = STRENGTH[model] + 0.01, STRENGTH[peer] + 0.01
    tests: dict[str, Any] = {"p_users": 0.01, "p_splits": 0.03, "p_users_holm": 0.02, "p_splits_holm": 0.06}
    return Contrast(
        model=model,
        peer=peer,
        metric=metric,
        best_peer=best,
        mean=mean,
        peer_mean=other,
        change=mean - other,
        relative=mean / other - 1,
        relative_sd=0.01,
        by_seed=[mean - other] * 2,
        better=0.4,
        worse=0.3,
        n_users=60,
        low=0.001,
        high=0.02,
        **tests,
    )


def margin(plain: float, changed: float, backbone: float) -> BackboneMargin:
    """What is left of a gain over the backbone."""
    return BackboneMargin(mean=backbone, left=(changed - backbone) / (plain - backbone), p_users=0.00002)


def variations(outcomes: list[Outcome]) -> list[Variation]:
    """What the variants change in the headline figures."""
    plain = {one.model: one for one in outcomes if one.kind == "plain"}
    found = []
    for one in outcomes:
        for metric in HEADLINE if one.kind != "plain" else ():
            before, after = plain[one.model].figures[metric], one.figures[metric]
            by_seed = [b - a for a, b in zip(before.values, after.values, strict=False)]
            beside = one.model == "rlmrec-con:simgcl" and one.kind in ("control", "ablation")
            found.append(
                Variation(
                    model=one.model,
                    variant=one.variant,
                    kind=one.kind,
                    level=one.level,
                    metric=metric,
                    mean=after.mean,
                    plain_mean=before.mean,
                    change=after.mean - before.mean,
                    kept=after.mean / before.mean,
                    by_seed=by_seed,
                    p_users=0.04,
                    over_backbone=margin(before.mean, after.mean, plain["simgcl"].figures[metric].mean) if beside else None,
                )
            )
    return found


def report(dataset: str = "small", *, seeds_done: int = 2, failed: bool = False, config: BenchmarkConfig = CONFIG) -> BenchmarkReport:
    """The whole report, or that of the first ``seeds_done`` seeds (then unfinished, without tests)."""
    complete = seeds_done == config.seeds
    seeds = list(config.seed_list)[:seeds_done]
    outcomes = [outcome(spec, variant, seeds) for spec in config.specs for variant in config.variants(spec)] if seeds else []
    cells = config.cells()
    groups = [
        ActivityRow(model=model, metric=metric, groups=[figure(0.1, 0.12), figure(0.2, 0.22)])
        for model in config.models
        for metric in HEADLINE
    ]
    split = {"profiles": "small-p", "n_users": 60, "n_items": 40, "n_train": 500, "n_validation": 170, "n_test": 170}
    return BenchmarkReport(
        dataset=dataset,
        name="small",
        config=config,
        splits=[SplitUsed(seed=seed, dataset=dataset, **split) for seed in config.seed_list],
        complete=complete,
        done=len(cells) * seeds_done // config.seeds,
        total=len(cells),
        workers=2,
        seconds=125.0,
        settings={model: {"learning_rate": 0.003, "prototypes": 0} for model in config.models},
        outcomes=outcomes,
        contrasts=[contrast(peer, metric, best=peer == "ease") for metric in ACCURACY for peer in PEERS] if complete else [],
        over_backbones=[contrast("simgcl", metric, best=False, model="rlmrec-con:simgcl") for metric in ACCURACY] if complete else [],
        variations=variations(outcomes),
        activity=Activity(labels=["2-5", "6-30"], sizes=[31, 29], rows=groups) if seeds else None,
        published=PUBLISHED,
        failures=[Failure(cell=cells[-1], reason="Its process was killed")] if failed else [],
    )


def publish(space: Workspace, dataset: Artefact, **named: Any) -> Artefact:
    """The report as a finished artefact."""
    found = report(dataset.id, **named)
    with space.publish(
        "benchmark", "small-be0", name="small", sources={"dataset": dataset.id}, config=found.config.model_dump(mode="json")
    ) as draft:
        write_json(draft.path / FILE, found)
        write_parquet(draft.path / PER_USER, pd.DataFrame({"model": ["lmmrec"], "recall@20": [0.2]}))
    return space.get("benchmark", "small-be0")


def leave_unfinished(space: Workspace, dataset: Artefact, seeds_done: int = 1) -> str:
    """The report of a benchmark that was interrupted; its id."""
    folder = space.root / "running" / "small-be1"
    folder.mkdir(parents=True)
    write_json(folder / f"benchmark-{FILE}", report(dataset.id, seeds_done=seeds_done))
    return "small-be1"
