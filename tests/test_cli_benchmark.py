"""`lmmrec benchmark`: its document and its words, options with several values, a job, and one clear line for wrong input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import core.training.presets
from core.cli.benchmark_command import spread
from core.cli.benchmark_text import report_text
from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.jobs.benchmark_report import BenchmarkReport, read_benchmark
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.app import made_benchmark
from tests.command_line import lmmrec, outcome

TINY = ["--preset", "default", "--set", "epochs=2", "--set", "batch_size=64", "--set", "dim=8", "--set", "device=cpu", "--workers", "1"]


@pytest.fixture
def space(workspace: Workspace, small_dataset: ReviewDataset, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(workspace.root))
    publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})
    return workspace


def test_document_and_words_say_the_same(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["benchmark", "small", "--models", "lightgcn", "ease", "--seeds", "2", "--splits", "given", "--noise", "0.2", "0.4", *TINY]
    out, _ = lmmrec(*given, "--json", capsys=capsys)
    document = json.loads(out)
    identifier = document.pop("benchmark")
    report = BenchmarkReport.model_validate(document)
    assert read_benchmark(space.get("benchmark", identifier)) == report
    assert report.config.models == ("lightgcn", "ease")
    assert report.config.noise == (0.2, 0.4)
    assert report.total == 2 * 2 * 3
    words, _ = lmmrec(*given, capsys=capsys)
    for one in report.outcomes:
        if one.variant == "plain":
            figure = one.figures["recall@20"]
            assert f"| {one.model} | {figure.mean:.4f} ± {figure.sd:.4f} |" in words
    best = report.best_peer("ndcg@20")
    assert best is not None
    assert f"ndcg@20: lightgcn against its best peer ease: {best.change:+.4f}" in words
    for variation in report.variations:
        assert f"| {variation.model} | {variation.variant} | {variation.metric} | {variation.mean:.4f} |" in words


def test_words_set_a_model_beside_the_backbone_it_is_put_around(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["--set", "slot_dim=4", "--set", "text_dim=4", "--set", "negatives=8", "--seeds", "1", "--splits", "given"]
    words, _ = lmmrec("benchmark", "small", "--models", "ease", "lmmrec:bpr-mf", "bpr-mf", *one, *TINY, capsys=capsys)
    report = read_benchmark(space.list("benchmark")[0])
    table = words.split("Around a backbone, against the backbone by itself")[1]
    (pair,) = [one for one in report.over_backbones if one.metric == "ndcg@20"]
    assert f"| ndcg@20 | lmmrec:bpr-mf | {pair.mean:.4f} | {pair.peer_mean:.4f} | {pair.change:+.4f}" in table


def test_a_small_p_is_below_a_bound_and_equals_none() -> None:
    made = made_benchmark.report()
    sure = [one.model_copy(update={"p_users_holm": 1e-7}) for one in made.contrasts]
    words = report_text(made.model_copy(update={"contrasts": sure}))
    assert "+5.0 %), p < 0.0001 over 60 users (Holm), p = 0.0600 over splits (Holm)." in words


def test_a_control_says_what_is_left_of_the_gain_over_the_backbone() -> None:
    controls = report_text(made_benchmark.report()).split("Controls")[1].split("Ablations")[0]
    assert "| lmmrec | shuffled | recall@20 | 0.1600 | 0.2100 | -23.8 % | 76.2 % | 0.0400 | - | - | - |" in controls
    assert (
        "| rlmrec-con:simgcl | shuffled | recall@20 | 0.1400 | 0.1900 | -26.3 % | 73.7 % | 0.0400 | 0.1800 | -400 % | < 0.0001 |"
        in controls
    )
    noise = report_text(made_benchmark.report()).split("Noise: random training interactions")[1].split("Controls")[0]
    assert "gain over it left" not in noise


def test_options_take_several_values() -> None:
    assert spread(["d", "--models", "a", "b", "--noise", "0.1", "0.2", "--json"]) == [
        "d", "--models", "a", "--models", "b", "--noise", "0.1", "--noise", "0.2", "--json",
    ]  # fmt: skip
    assert spread(["--seeds", "2", "d", "--models", "a", "--models", "b"]) == ["--seeds", "2", "d", "--models", "a", "--models", "b"]


def test_background_starts_a_job(space: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        pid = 2**22 + 1

        def poll(self) -> int:
            return 0

    monkeypatch.setattr("core.jobs.launch.start_worker", lambda workspace, identifier: Process())
    out, _ = lmmrec("benchmark", "small", "--models", "ease", "--background", "--json", *TINY, capsys=capsys)
    (job,) = JobStore(space).list()
    assert json.loads(out) == {"job": job.id, "dataset": space.get("dataset", "small").id}
    assert (job.kind, job.arguments["workers"], job.arguments["config"]["models"]) == ("benchmark", 1, ["ease"])
    assert job.arguments["config"]["settings"]["epochs"] == 2


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["small", "--models", "lmrec"], "there are: lmmrec, rlmrec-con"),
        (["small", "--models", "ease:sgl"], "takes no backbone; these do: lmmrec"),
        (["small", "--models", "ease", "--preset", "finest", "--splits", "given"], "No preset 'finest'"),
        (["small", "--models", "ease", "--noise", "2"], "noise is a share"),
        (["small", "--models", "ease", "--preset", "default"], "--splits given"),
        (["nothing", "--models", "ease"], "No dataset 'nothing'"),
        (["small"], "--models"),
    ],
)
def test_wrong_input_is_one_line(space: Workspace, capsys: pytest.CaptureFixture[str], given: list[str], line: str) -> None:
    assert line in outcome("benchmark", *given, status=2, capsys=capsys)


def test_preset_without_settings_for_a_model_is_one_line(
    space: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(core.training.presets, "ASSETS", tmp_path)
    given = ["small", "--models", "ease", "--preset", "tuned"]
    assert "choose a preset" in outcome("benchmark", *given, status=2, capsys=capsys)
