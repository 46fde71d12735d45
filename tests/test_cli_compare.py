"""`lmmrec prompts compare` against the scripted server: its document, its words, and one clear line for wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.commands import run
from core.data.dataset import ReviewDataset
from core.jobs.comparison_config import variant_of
from core.jobs.comparison_result import Comparison
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.jobs.reviews_with_reasons import SCRIPT, TINY, publish_reviews, save_prompts
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

SETTINGS = [part for name, value in TINY.items() if name != "epochs" for part in ("--set", f"{name}={value}")]


@pytest.fixture
def server(ollama_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    running = ollama_server(SCRIPT)
    monkeypatch.setenv("OLLAMA_HOST", running.url)
    return running


@pytest.fixture
def space(workspace: Workspace, small_dataset: ReviewDataset, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(workspace.root))
    publish_reviews(workspace, small_dataset)
    save_prompts(workspace)
    return workspace


def compare(*more: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    arguments = ["prompts", "compare", "reasons", *more]
    found = run(arguments)
    out, err = capsys.readouterr()
    assert found == status, err
    return out, err


def test_document_and_words_say_the_same(space: Workspace, server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--a", "asking", "--b", "bland@1:other:4b", "--model", "tiny:1b", "--sample", "30", "--seeds", "2", "--epochs", "3", *SETTINGS]
    out, _ = compare(*given, "--json", capsys=capsys)
    document = json.loads(out)
    identifier = document.pop("comparison")
    found = Comparison.model_validate(document)
    assert space.get("comparison", identifier).manifest.sources == {"dataset": found.dataset}
    assert [one.variant.model for one in found.outcomes] == ["tiny:1b", "other:4b"]
    assert (found.config.sample, found.config.seeds, found.config.training.epochs, found.config.split) == (30, 2, 3, "validation")
    out, _ = compare(*given, capsys=capsys)
    assert f"Comparison {identifier}" in out
    assert "asking@1, tiny:1b" in out
    assert "bland@1, other:4b" in out
    assert "The interval" in out
    assert "Keep the test split for the last word" in out
    for run_id in (*found.a.runs, *found.b.runs):
        assert run_id in out
    assert len(server.log("/api/chat")) == 60


def test_estimate_counts_before_anything_is_trained(space: Workspace, server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = compare("--a", "zero-shot", "--b", "asking", "--model", "tiny:1b", "--sample", "40", "--estimate", "--json", capsys=capsys)
    document = json.loads(out)
    (extraction,) = document["extractions"]
    assert (extraction["n_requests"], document["n_questions"], document["n_trainings"], document["epochs"]) == (40, 40, 6, 60)
    assert 0 < extraction["n_cached"] == len(server.log("/api/chat")) < 40
    assert space.list("run") == space.list("extraction") == []


def test_background_starts_a_job_with_settled_prompts(
    space: Workspace, server: RunningServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def start(workspace: Workspace, identifier: str) -> None:
        started.append(identifier)
        raise OSError("not in this test")

    monkeypatch.setattr("core.jobs.launch.start_worker", start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMMREC_DEBUG", "")
        compare("--a", "asking", "--b", "bland", "--model", "tiny:1b", "--background", status=1, capsys=capsys)
    (job,) = JobStore(space).list()
    assert (job.id, job.kind) == (started[0], "compare-prompts")
    assert [job.arguments["config"][side]["prompt"] for side in "ab"] == ["asking@1", "bland@1"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["--a", "asking", "--b", "bland"], "A prompt needs a model (asking). Name one for both with --model, or write NAME@V:MODEL"),
        (["--a", ":tiny:1b", "--b", "bland", "--model", "tiny:1b"], "A variant begins with a prompt"),
        (["--a", "zero-shot", "--b", "zero-shot"], "both variants are the same"),
        (["--a", "asking", "--b", "asking@1", "--model", "tiny:1b"], "Both variants say the same"),
        (["--a", "asking", "--b", "nothing@1", "--model", "tiny:1b"], "No prompt 'nothing'"),
        (["--a", "asking", "--b", "bland", "--model", "tiny:1b", "--set", "seed=1"], "--seeds says how many"),
        (["--a", "asking", "--b", "bland", "--model", "tiny:1b", "--set", "learning_rat=1"], "Did you mean learning_rate"),
    ],
)
def test_wrong_input_is_one_line(
    space: Workspace, server: RunningServer, capsys: pytest.CaptureFixture[str], given: list[str], line: str
) -> None:
    _, err = compare(*given, status=2, capsys=capsys)
    assert len(err.strip().splitlines()) == 1
    assert line in err
    assert server.log("/api/chat") == []


def test_variant_is_read_as_it_is_written(tmp_path: Path) -> None:
    assert variant_of("zero-shot", "tiny:1b").backend == "zero-shot"
    assert (variant_of("mine@2", "tiny:1b").prompt, variant_of("mine@2", "tiny:1b").model) == ("mine@2", "tiny:1b")
    assert variant_of("mine@2:qwen3.5:4b", "tiny:1b").model == "qwen3.5:4b"
    assert variant_of("zero-shot:tiny:1b").prompt == "zero-shot"
