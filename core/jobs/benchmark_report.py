"""The report of a benchmark, as the document of its artefact: read by the page, the command line and people.

While a benchmark runs, the same document of the cells done so far lies in its running directory (``complete`` is then False, and
``contrasts`` and ``over_backbones`` are empty: tests on half of the seeds would be read as results).
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.errors import InputError
from core.jobs.benchmark_config import PLAIN, BenchmarkConfig, Cell, VariantKind
from core.storage import read_json
from core.workspace import Artefact, Workspace

FILE = "report.json"
PER_USER = "per_user.parquet"
ACCURACY = ("recall@5", "recall@10", "recall@20", "ndcg@5", "ndcg@10", "ndcg@20")
HEADLINE = ("recall@20", "ndcg@20")
BEYOND = ("coverage@20", "novelty@20", "popularity_bias@20", "gini@20")
"""See `core.evaluation.beyond_accuracy`."""
FAITHFULNESS = (
    "deletion_top_drop", "deletion_other_drop", "deletion_top_rank", "deletion_other_rank", "deletion_score_share", "deletion_rank_share",
    "deletion_rank_tied", "deletion_area", "random_deletion_area", "insertion_area", "random_insertion_area",
)  # fmt: skip
"""The top motivation of a recommendation deleted beside another one, and areas below curves: see `core.recommend.faithfulness`."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Document):
    """A figure over seeds: ``values`` one a seed (parallel to the outcome's ``seeds``), their mean, and sd (ddof 1; None of one seed)."""

    mean: float
    sd: float | None
    values: list[float]


class Outcome(_Document):
    """One model in one variant, over the seeds that are done.

    Args:
        model: as it is written, "lmmrec" or "lmmrec:simgcl". variant: "plain", "noise-0.2", "shuffled", "no-mcs", ... level: of noise.
        figures: "recall@20", ... (`ACCURACY`, on test), `BEYOND`, and for runs with named motivations
            `FAITHFULNESS`. One that some seed does not have is left out.
        seconds: of training; epochs: trained. runs: ids, one a seed.
    """

    model: str
    variant: str
    kind: VariantKind
    level: float | None
    seeds: list[int]
    runs: list[str]
    figures: dict[str, Figure]
    seconds: Figure
    epochs: Figure


class Contrast(_Document):
    """A model against a peer, both plain, in one figure: the first model of the benchmark against another one, or a model around a
    backbone against that backbone by itself.

    Args:
        mean, peer_mean: over seeds. change: mean - peer_mean; relative: as a share of peer_mean (None of 0). by_seed: the change of each.
        n_users: with test interactions under some seed of both.
        relative_sd: of the relative changes within the seeds (None of one). better, worse: share of users whose figure is higher, or lower.
        best_peer: whether the peer is the one of the first model's peers with the highest mean of this figure.
        low, high: 95 % interval of the change over users (paired bootstrap).
        p_users: Wilcoxon over users (each with its mean over seeds). p_splits: paired t-test over seeds, of random splits corrected for
            their overlap; None of fewer than two. See `core.evaluation.significance`.
        p_users_holm, p_splits_holm: the same after Holm's correction over all comparisons of the list in this figure.
    """

    model: str
    peer: str
    metric: str
    best_peer: bool
    mean: float
    peer_mean: float
    change: float
    relative: float | None
    relative_sd: float | None
    by_seed: list[float]
    better: float
    worse: float
    n_users: int
    low: float
    high: float
    p_users: float | None
    p_splits: float | None
    p_users_holm: float | None
    p_splits_holm: float | None


class BackboneMargin(_Document):
    """A variant of a model beside its backbone by itself, which is plain, in one figure, over the seeds that both and the plain model have.

    Args:
        mean: of the backbone. left: of the plain model's gain over the backbone, the share that the variant has too (1 = all, 0 = none,
            below 0 = less than the backbone); None where the plain model gains nothing.
        p_users: Wilcoxon over users, variant against backbone; None while it runs, or where nobody's figure differs.
    """

    mean: float
    left: float | None
    p_users: float | None


class Variation(_Document):
    """A variant of a model against the same model plain, in one figure, over the seeds both have.

    Args:
        kind: "noise", "text-noise" (with its ``level``), "control" or "ablation". metric: of `HEADLINE`.
        kept: mean / plain_mean, the share of the clean figure that is left (None of 0). change: mean - plain_mean.
        by_seed: the change of each seed. p_users: Wilcoxon over users; None while it runs, or where nobody's figure changed.
        over_backbone: of a control or an ablation of a model around a backbone that is measured by itself too; None otherwise, and in a
            report written before there was this.
    """

    model: str
    variant: str
    kind: VariantKind
    level: float | None
    metric: str
    mean: float
    plain_mean: float
    change: float
    kept: float | None
    by_seed: list[float]
    p_users: float | None
    over_backbone: BackboneMargin | None = None


class ActivityRow(_Document):
    """A headline figure of a plain model in each group of users: one `Figure` a group, values by seed."""

    model: str
    metric: str
    groups: list[Figure]


class Activity(_Document):
    """Results by how many training interactions users have, cold to warm; the same groups for every seed and model.

    Args:
        labels: "2-5", ... one a group. sizes: test users in each, the mean over the splits.
    """

    labels: list[str]
    sizes: list[int]
    rows: list[ActivityRow]


class Published(_Document):
    """What was published of a model on this dataset, for reference: figures of others' code, not of this benchmark.

    Args:
        model: in words, as published. backbone: None where it has none. recall, ndcg: @20.
    """

    model: str
    backbone: str | None
    recall: float
    ndcg: float
    source: str


class SplitUsed(_Document):
    """The data of a seed: ids of its dataset and profiles (None where no model reads text), and the sizes of its splits."""

    seed: int
    dataset: str
    profiles: str | None
    n_users: int
    n_items: int
    n_train: int
    n_validation: int
    n_test: int


class Failure(_Document):
    """A cell that could not be trained or measured, and why, in one line."""

    cell: Cell
    reason: str


class BenchmarkReport(_Document):
    """A benchmark.

    Args:
        dataset: id of the one asked for; name: its name. config: what was asked for. splits: one a seed (one for all where "given").
        complete: whether all cells were tried and the tests made. done, total: cells.
        workers: processes at once. seconds: of the wall clock, of this and earlier sittings.
        settings: model -> its complete plain training settings (of the first seed).
        outcomes: in the order of the config, plain first. contrasts: of the first model with each peer in each of `ACCURACY`.
        over_backbones: of every model around a backbone with that backbone by itself, where both are measured; empty in a report
            written before there were these.
        variations: noise, controls and ablations. activity: None while there is none.
        published: reference figures, empty where there are none.
    """

    dataset: str
    name: str
    config: BenchmarkConfig
    splits: list[SplitUsed]
    complete: bool
    done: int
    total: int
    workers: int
    seconds: float
    settings: dict[str, dict[str, object]]
    outcomes: list[Outcome]
    contrasts: list[Contrast]
    over_backbones: list[Contrast] = []
    variations: list[Variation]
    activity: Activity | None
    published: list[Published]
    failures: list[Failure]

    def outcome(self, model: str, variant: str = PLAIN) -> Outcome | None:
        """The outcome of a model in a variant, if any of its seeds is done."""
        return next((one for one in self.outcomes if (one.model, one.variant) == (model, variant)), None)

    def best_peer(self, metric: str) -> Contrast | None:
        """The first model against its best peer in a figure; None without peers or while it runs."""
        return next((one for one in self.contrasts if one.metric == metric and one.best_peer), None)


def read_benchmark(artefact: Artefact) -> BenchmarkReport:
    """Read the report of an artefact of kind "benchmark"."""
    return BenchmarkReport.model_validate(read_json(artefact.path / FILE))


def newest_benchmark(workspace: Workspace, dataset: str) -> Artefact | None:
    """The newest benchmark of a dataset (by id or name); None where there is none.

    Raises:
        NotFoundError: no such dataset.
    """
    made = workspace.made_from("benchmark", workspace.get("dataset", dataset))
    return made[0] if made else None


def unfinished_benchmarks(workspace: Workspace) -> dict[str, BenchmarkReport]:
    """The benchmarks that run or were interrupted, id -> the report of what is done so far; the latest touched first.

    A file somebody damaged is skipped: the benchmark writes it again with its next cell.
    """
    paths = sorted((workspace.root / "running").glob(f"*/benchmark-{FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = {}
    for path in paths:
        try:
            found[path.parent.name] = BenchmarkReport.model_validate(read_json(path))
        except (InputError, ValueError, FileNotFoundError):
            continue
    return found
