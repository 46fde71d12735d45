"""A benchmark: figures are those of the runs' own vectors, nothing is trained twice, a failure stays where it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

import core.jobs.training_step
from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError, StudioError
from core.jobs import steps
from core.jobs.benchmark import benchmark
from core.jobs.benchmark_report import ACCURACY, PER_USER, BenchmarkReport, newest_benchmark, read_benchmark, unfinished_benchmarks
from core.jobs.benchmark_tables import published_figures
from core.progress import ProgressEvent, never_stop, silent
from core.training.config import TrainingConfig
from core.training.run import RunVectors
from core.training.trainer import TrainingResult
from core.workspace import Artefact, Workspace

TINY = {"epochs": 2, "batch_size": 64, "negatives": 8, "evaluate_every": 1, "slot_dim": 4, "dim": 8, "text_dim": 4, "device": "cpu"}
SMALL: dict[str, Any] = {"models": ["lightgcn", "ease", "bpr-mf"], "seeds": 2, "preset": "default", "splits": "given", "settings": TINY}


@pytest.fixture
def small(workspace: Workspace, small_dataset: ReviewDataset) -> Artefact:
    return publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path) -> Artefact:
    """A dataset from a file, which can be split anew."""
    texts = ("The sound is rich and clear. It was worth every penny.", "Setup took two minutes. My daughter loves it.")
    rows = [f"u{user},i{item},{4 + user % 2},{texts[(user + item) % 2]}\n" for user in range(12) for item in range(user % 3, 30, 3)]
    path = tmp_path / "reviews.csv"
    path.write_text("user,item,rating,text\n" + "".join(rows))
    return steps.import_dataset(workspace, {"path": path, "format": "table", "name": "shop", "min_interactions": 1})


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainingConfig]:
    """The settings of every training that ends."""
    ended: list[TrainingConfig] = []
    fit = core.jobs.training_step.fit

    def counted(interactions: Any, text: Any, config: TrainingConfig, *rest: Any, **named: Any) -> TrainingResult:
        result = fit(interactions, text, config, *rest, **named)
        ended.append(config)
        return result

    monkeypatch.setattr(core.jobs.training_step, "fit", counted)
    return ended


def run(
    workspace: Workspace,
    dataset: Artefact,
    stop: Callable[[], bool] = never_stop,
    progress: Callable[[ProgressEvent], None] = silent,
    **settings: Any,
) -> Artefact:
    return benchmark(workspace, dataset.id, SMALL | settings, progress, stop, workers=1)


def hits_by_hand(workspace: Workspace, run_id: str, dataset: ReviewDataset, k: int) -> dict[int, tuple[float, float]]:
    """(recall, ndcg) of each test user from the run's own vectors, one user and one item at a time."""
    vectors = RunVectors.load(workspace.get("run", run_id).path / "vectors.safetensors")
    scores = vectors.user.flatten(1) @ vectors.item.flatten(1).T + vectors.item_bias
    train, test = ({tuple(pair) for pair in dataset.pairs(split).tolist()} for split in ("train", "test"))
    found = {}
    for user in {user for user, _ in test}:
        wanted = {item for other, item in test if other == user}
        order = [item for item in torch.argsort(-scores[user], stable=True).tolist() if (user, item) not in train][:k]
        gain = sum(1 / np.log2(place + 2) for place, item in enumerate(order) if item in wanted)
        ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(wanted))))
        found[user] = (len(wanted & set(order)) / len(wanted), gain / ideal)
    return found


def test_figures_are_those_of_the_runs_own_vectors(workspace: Workspace, small: Artefact, small_dataset: ReviewDataset) -> None:
    made = run(workspace, small)
    report = read_benchmark(made)
    assert (report.complete, report.done, report.total, report.failures) == (True, 6, 6, [])
    assert [(one.model, one.variant, one.seeds) for one in report.outcomes] == [(name, "plain", [1, 2]) for name in SMALL["models"]]
    by_hand: dict[str, list[dict[int, tuple[float, float]]]] = {}
    frame = pd.read_parquet(made.path / PER_USER)
    for one in report.outcomes:
        by_hand[one.model] = [hits_by_hand(workspace, identifier, small_dataset, 5) for identifier in one.runs]
        for place, metric in enumerate(("recall@5", "ndcg@5")):
            means = [float(np.mean([figures[place] for figures in users.values()])) for users in by_hand[one.model]]
            assert one.figures[metric].values == pytest.approx(means)
            assert one.figures[metric].mean == pytest.approx((means[0] + means[1]) / 2)
            assert one.figures[metric].sd == pytest.approx(abs(means[0] - means[1]) / np.sqrt(2))
            for seed, users in zip(one.seeds, by_hand[one.model], strict=True):
                rows = frame[(frame["model"] == one.model) & (frame["seed"] == seed)]
                assert dict(zip(rows["user_idx"], rows[metric], strict=True)) == pytest.approx(
                    {user: two[place] for user, two in users.items()}
                )
    assert set(frame["variant"]) == {"plain"}
    own, peers = by_hand["lightgcn"], {name: by_hand[name] for name in ("ease", "bpr-mf")}
    means = {
        name: float(np.mean([[two[1] for two in users.values()] for users in seeds])) for name, seeds in (peers | {"own": own}).items()
    }
    for name in peers:
        (found,) = [one for one in report.contrasts if (one.peer, one.metric) == (name, "ndcg@5")]
        assert found.change == pytest.approx(means["own"] - means[name])
        assert found.relative == pytest.approx(means["own"] / means[name] - 1)
        assert found.best_peer == (means[name] == max(means[other] for other in peers))
        by_user = {user: np.mean([a[user][1] - b[user][1] for a, b in zip(own, peers[name], strict=True)]) for user in own[0]}
        assert found.better == pytest.approx(np.mean([value > 1e-12 for value in by_user.values()]))
        assert found.n_users == len(by_user)


def test_a_model_around_a_backbone_is_compared_with_that_backbone_by_itself(
    workspace: Workspace, small: Artefact, trained: list[TrainingConfig]
) -> None:
    given: dict[str, Any] = {"extraction": {"encoder": "tfidf"}}
    report = read_benchmark(run(workspace, small, models=["bpr-mf", "kar:sgl", "lmmrec:bpr-mf", "lmmrec", "lightgcn"], **given))
    found = [one for one in report.over_backbones if one.metric == "ndcg@20"]
    assert [(one.model, one.peer) for one in found] == [("lmmrec:bpr-mf", "bpr-mf"), ("lmmrec", "lightgcn")]  # SGL by itself is not there
    assert len(report.over_backbones) == 2 * len(ACCURACY)
    assert not any(one.best_peer for one in report.over_backbones)
    known = len(trained)
    for one in found:
        alone = read_benchmark(run(workspace, small, models=[one.model, one.peer], **given))
        (by_itself,) = [other for other in alone.contrasts if other.metric == one.metric]
        holm = {"best_peer", "p_users_holm", "p_splits_holm"}
        assert one.model_dump(exclude=holm) == by_itself.model_dump(exclude=holm)
    assert len(trained) == known
    p = sorted(one.p_users for one in found if one.p_users is not None)
    assert sorted(one.p_users_holm for one in found if one.p_users_holm is not None) == pytest.approx(
        [min(1, 2 * p[0]), min(1, max(2 * p[0], p[1]))]
    )


def test_what_is_left_of_the_gain_over_the_backbone(workspace: Workspace, small: Artefact) -> None:
    given: dict[str, Any] = {"controls": True, "noise": [0.5], "extraction": {"encoder": "tfidf"}}
    made = run(workspace, small, models=["lmmrec", "lightgcn"], **given)
    report = read_benchmark(made)
    alone, plain = report.outcome("lightgcn"), report.outcome("lmmrec")
    assert alone is not None
    assert plain is not None
    frame = pd.read_parquet(made.path / PER_USER).groupby(["model", "variant", "user_idx"])["ndcg@20"].mean()
    tried = [one for one in report.variations if one.metric == "ndcg@20"]
    assert {one.variant for one in tried if one.over_backbone} == {"shuffled", "random-text", "no-text"}
    for one in tried:
        if one.over_backbone is None:
            assert one.kind == "noise"
            continue
        backbone = alone.figures["ndcg@20"].mean
        gain = plain.figures["ndcg@20"].mean - backbone
        assert one.over_backbone.mean == pytest.approx(backbone)
        assert one.over_backbone.left == (pytest.approx((one.mean - backbone) / gain) if gain > 0 else None)
        differences = (frame["lmmrec", one.variant] - frame["lightgcn", "plain"]).round(12)
        p = stats.wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue
        assert one.over_backbone.p_users == pytest.approx(p)
    without = read_benchmark(run(workspace, small, models=["lmmrec"], **given))
    assert all(one.over_backbone is None for one in without.variations)


def test_activity_groups_average_to_the_whole(workspace: Workspace, small: Artefact) -> None:
    report = read_benchmark(run(workspace, small, models=["ease"]))
    assert report.activity is not None
    for row in report.activity.rows:
        whole = report.outcomes[0].figures[row.metric].mean
        weighted = sum(size * group.mean for size, group in zip(report.activity.sizes, row.groups, strict=True))
        assert weighted / sum(report.activity.sizes) == pytest.approx(whole)


def test_random_splits_are_the_dataset_split_anew_with_its_own_profiles(workspace: Workspace, shop: Artefact) -> None:
    report = read_benchmark(run(workspace, shop, models=["lmmrec", "ease"], splits="random", extraction={"encoder": "tfidf"}))
    assert [one.seed for one in report.splits] == [1, 2]
    assert len({one.dataset for one in report.splits} | {shop.id}) == 3
    for number, used in enumerate(report.splits):
        for one in report.outcomes:
            made = workspace.get("run", one.runs[number])
            assert made.manifest.sources["dataset"] == used.dataset
            assert made.manifest.sources.get("profiles") == (used.profiles if one.model == "lmmrec" else None)
            assert made.manifest.config["seed"] == used.seed
        assert used.profiles is not None
        assert workspace.get("profiles", used.profiles).manifest.sources["dataset"] == used.dataset
    pairs = [{tuple(pair) for pair in ReviewDataset.open(workspace, one.dataset).pairs("test").tolist()} for one in report.splits]
    assert pairs[0] != pairs[1]
    named = report.outcome("lmmrec")
    assert named is not None
    assert 0 <= named.figures["deletion_area"].mean <= 1
    assert all(one.p_splits is None or 0 <= one.p_splits <= 1 for one in report.contrasts)


def test_variants_are_compared_with_the_plain_model_and_equal_settings_are_one_run(
    workspace: Workspace, small: Artefact, trained: list[TrainingConfig]
) -> None:
    settings = TINY | {"itcm_weight": 0.0, "epochs": 1}
    given = {"models": ["lmmrec"], "seeds": 1, "settings": settings, "noise": [0.5], "ablations": True, "extraction": {"encoder": "tfidf"}}
    report = read_benchmark(run(workspace, small, **given))
    plain, noisy, same = (report.outcome("lmmrec", name) for name in ("plain", "noise-0.5", "no-itcm"))
    assert plain is not None
    assert noisy is not None
    assert same is not None
    assert same.runs == plain.runs
    assert (report.total, len(trained)) == (11, 9)  # without ITCM anyway: no-itcm is the plain run, no-mcs-no-itcm that of no-mcs
    assert [config.interaction_noise for config in trained].count(0.5) == 1
    (kept,) = [one for one in report.variations if (one.variant, one.metric) == ("noise-0.5", "ndcg@20")]
    assert kept.kept == pytest.approx(noisy.figures["ndcg@20"].mean / plain.figures["ndcg@20"].mean)
    assert (kept.kind, kept.level) == ("noise", 0.5)
    assert all(one.change == 0 and one.p_users is None for one in report.variations if one.variant == "no-itcm")


def test_interrupted_benchmark_goes_on_and_trains_nothing_twice(
    workspace: Workspace, small: Artefact, trained: list[TrainingConfig]
) -> None:
    reached: list[int] = []

    def note(event: ProgressEvent) -> None:
        if event.stage == "Training and measuring":
            reached.append(event.done)

    with pytest.raises(StoppedError, match="Start it again to go on from there"):
        run(workspace, small, lambda: bool(reached) and reached[-1] >= 3, note)
    begun = len(trained)
    assert begun in (3, 4)  # on a busy machine the next one has begun before the wish to stop is heard
    ((identifier, growing),) = unfinished_benchmarks(workspace).items()
    assert (growing.complete, growing.total, growing.contrasts) == (False, 6, [])
    assert growing.over_backbones == []
    assert 3 <= growing.done <= begun
    assert newest_benchmark(workspace, small.id) is None
    made = run(workspace, small)
    assert made.id == identifier
    assert len({(one.model, one.seed) for one in trained}) == 6
    assert len(trained) == 6 + begun - growing.done  # only what was broken off midway is taken up again
    assert unfinished_benchmarks(workspace) == {}
    assert newest_benchmark(workspace, "small") == made
    known = len(trained)
    assert run(workspace, small) == made
    assert len(trained) == known
    wider = read_benchmark(run(workspace, small, models=[*SMALL["models"], "popularity"]))
    assert [one.model for one in trained[known:]] == ["popularity", "popularity"]
    assert [one.figures for one in wider.outcomes[:3]] == [one.figures for one in read_benchmark(made).outcomes]


def test_training_stopped_midway_goes_on_from_its_checkpoint(workspace: Workspace, small: Artefact) -> None:
    epochs: list[int] = []

    def note(event: ProgressEvent) -> None:
        if "epoch" in event.measures:
            epochs.append(event.measures["epoch"])

    given = {"models": ["lightgcn"], "seeds": 1, "settings": TINY | {"epochs": 6, "patience": 9}}
    with pytest.raises(StoppedError):
        run(workspace, small, lambda: bool(epochs) and epochs[-1] == 3, note, **given)
    run(workspace, small, progress=note, **given)
    assert epochs == [1, 2, 3, 4, 5, 6]


def test_failing_cell_is_told_and_leaves_the_others(workspace: Workspace, small: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = core.jobs.training_step.fit

    def fails(interactions: Any, text: Any, config: TrainingConfig, *rest: Any, **named: Any) -> TrainingResult:
        if config.model == "ease":
            raise RuntimeError("matrix too large\nsecond line")
        if config.model == "bpr-mf" and config.seed == 2:
            raise StudioError("A loss is no longer a number", hint="Lower the learning rate")
        return fit(interactions, text, config, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(core.jobs.training_step, "fit", fails)
        made = run(workspace, small)
    report = read_benchmark(made)
    reasons = {(one.cell.model, one.cell.seed): one.reason for one in report.failures}
    assert reasons.pop(("bpr-mf", 2)).startswith("A loss is no longer a number")
    assert reasons == {("ease", seed): "RuntimeError: matrix too large" for seed in (1, 2)}
    assert [(one.model, one.seeds) for one in report.outcomes] == [("lightgcn", [1, 2]), ("bpr-mf", [1])]
    assert {(one.peer, len(one.by_seed)) for one in report.contrasts} == {("bpr-mf", 1)}
    assert (report.done, report.total, made.manifest.summary["n_failed"]) == (6, 6, 3)
    again = read_benchmark(run(workspace, small))
    assert (again.failures, [one.seeds for one in again.outcomes]) == ([], [[1, 2]] * 3)


def test_benchmark_of_failures_alone_is_an_error(workspace: Workspace, small: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*rest: Any, **named: Any) -> TrainingResult:
        raise StudioError("No luck today")

    monkeypatch.setattr(core.jobs.training_step, "fit", fails)
    with pytest.raises(StudioError, match="Every training of the benchmark failed, the first one so: No luck today"):
        run(workspace, small)
    assert workspace.list("benchmark") == []


def test_runs_on_the_way_are_byproducts(workspace: Workspace, small: Artefact) -> None:
    own = steps.train(workspace, small.id, TrainingConfig.model_validate(TINY | {"model": "lightgcn", "seed": 9}))
    made = run(workspace, small)
    assert workspace.list("run")[0] == own
    assert sum(one.manifest.byproduct for one in workspace.list("run")) == 6
    assert not made.manifest.byproduct
    assert made.manifest.sources == {"dataset": small.id}


def test_dataset_that_cannot_be_split_anew_says_what_to_do(workspace: Workspace, small: Artefact, shop: Artefact) -> None:
    with pytest.raises(InputError, match=r"cannot be split anew.*--splits given"):
        run(workspace, small, splits="random")
    Path(shop.manifest.config["path"]).unlink()
    with pytest.raises(InputError, match=r"cannot be split anew.*--splits given"):
        run(workspace, shop, splits="random")
    given = replace(ReviewDataset.load(small), name="published")
    rlmrec = publish_dataset(workspace, given, {"domain": "products", "format": "rlmrec", "path": "somewhere/yelp"})
    with pytest.raises(InputError, match=r"cannot be split anew.*--splits given"):
        run(workspace, rlmrec, splits="random")
    assert ("LightGCN", 0.1157, 0.0733) in {(one.model, one.recall, one.ndcg) for one in published_figures(rlmrec)}
    assert published_figures(shop) == []


def test_settings_nobody_searched_are_told_before_anything_is_trained(
    workspace: Workspace, small: Artefact, trained: list[TrainingConfig]
) -> None:
    with pytest.raises(InputError, match="No preset 'finest'"):
        run(workspace, small, preset="finest")
    assert trained == []


def test_report_survives_its_document(workspace: Workspace, small: Artefact) -> None:
    report = read_benchmark(run(workspace, small, models=["ease"], seeds=1))
    assert BenchmarkReport.model_validate_json(report.model_dump_json()) == report
    assert report.settings["ease"]["epochs"] == 2
