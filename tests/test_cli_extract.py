"""`lmmrec extract --backend ollama`: from reviews to a trained run, its estimate, its failures, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.cli.commands import run
from core.cli.extraction_settings import extraction_config
from core.errors import InputError
from core.extraction.config import ExtractionConfig
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LMMREC_WORKSPACE", raising=False)
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    rows = [f"u{u},i{i},4,The sound of {u} and {i} is clear. Setup took two minutes.\n" for u in range(12) for i in range(8)]
    path = tmp_path / "reviews.csv"
    path.write_text("user,item,rating,text\n" + "".join(rows))
    lmmrec("data", "import", path, "--format", "table", "--name", "shop", "--min-interactions", 1, capsys=capsys)
    return path


def lmmrec(*arguments: object, status: int = 0, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    capsys.readouterr()
    found = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert found == status, f"{out}\n{err}"
    return out, err


def of_model(server: RunningServer, *more: object) -> list[object]:
    return ["extract", "shop", "--backend", "ollama", "--model", "tiny:1b", "--host", server.url, "--set", "encoder=tfidf", *more]


def n_asked(server: RunningServer) -> int:
    return len(server.log("/api/chat"))


def test_estimate_extract_and_train(shop: Path, ollama_server: StartServer, capsys: pytest.CaptureFixture[str]):
    server = ollama_server({"slots": 4})
    estimated = json.loads(lmmrec(*of_model(server, "--estimate", "--json"), capsys=capsys)[0])
    n = estimated["n_requests"]
    assert estimated["n_left"] == n - estimated["n_cached"]
    assert estimated["tokens"] == estimated["prompt_tokens"] + estimated["answer_tokens"] > 0
    assert "to ask" in lmmrec(*of_model(server, "--estimate"), capsys=capsys)[0]

    made = json.loads(lmmrec(*of_model(server, "--prompt", "review-products@1", "--concurrency", 8, "--json"), capsys=capsys)[0])
    assert n_asked(server) == n == made["n_reviews"]
    assert (made["backend"], made["model"], made["n_failed"], made["valid_share"]) == ("ollama", "tiny:1b", 0, 1.0)
    assert made["prompts"] == {"review": "review-products@1"}
    assert "Next: lmmrec train shop" in lmmrec(*of_model(server), capsys=capsys)[0]
    assert n_asked(server) == n

    small = [part for pair in ("epochs=2", "slot_dim=4", "text_dim=4") for part in ("--set", pair)]
    trained = json.loads(lmmrec("train", "shop", "--profiles", made["profiles"], *small, "--json", capsys=capsys)[0])
    assert trained["profiles"] == made["profiles"]
    _, err = lmmrec("train", "shop", "--profiles", "absent", *small, status=2, capsys=capsys)
    assert "No profiles 'absent'" in err


def test_failed_questions_are_named_and_asked_again(shop: Path, ollama_server: StartServer, capsys: pytest.CaptureFixture[str]):
    rule = {"contains": "sound of 3 and", "times": 2, "action": {"kind": "answer", "text": "No."}}
    server = ollama_server({"slots": 4, "rules": [rule]})
    plain = of_model(server, "--set", "retries=0")
    out, _ = lmmrec(*plain, capsys=capsys)
    assert "2 questions failed; --retry-failed asks them again" in out
    again = json.loads(lmmrec(*plain, "--retry-failed", "--json", capsys=capsys)[0])
    assert (again["n_failed"], again["n_asked"]) == (0, 2)


def test_a_server_that_is_down_is_one_line(shop: Path, ollama_server: StartServer, capsys: pytest.CaptureFixture[str]):
    server = ollama_server()
    server.stop()
    out, err = lmmrec(*of_model(server), status=1, capsys=capsys)
    assert out == ""
    assert "No Ollama server answers" in err.splitlines()[-1]


def test_ctrl_c_ends_it_in_a_moment_and_it_goes_on_where_it_was(
    shop: Path, ollama_server: StartServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    server = ollama_server({"slots": 2, "latency_s": 0.2})
    command = [sys.executable, "-m", "core.cli", *map(str, of_model(server))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while n_asked(server) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 3.0
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "What was answered is kept" in err.splitlines()[-1]
    time.sleep(0.5)  # what the server was still writing is in its log then
    answered = sum(entry["outcome"] == "answered" for entry in server.log("/api/chat"))
    asked = n_asked(server)
    made = json.loads(lmmrec(*of_model(server), "--json", capsys=capsys)[0])
    assert made["n_questions"] - made["n_asked"] >= answered - 4  # four at most were in flight
    assert n_asked(server) - asked == made["n_asked"]


def test_background_starts_a_job(shop: Path, ollama_server: StartServer, capsys: pytest.CaptureFixture[str]):
    server = ollama_server({"slots": 4})
    started = json.loads(lmmrec(*of_model(server, "--background", "--json"), capsys=capsys)[0])
    deadline = time.monotonic() + 60
    while (found := json.loads(lmmrec("jobs", "--json", capsys=capsys)[0])["jobs"][0])["status"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert (found["id"], found["status"], found["result_kind"]) == (started["job"], "finished", "profiles")
    _, err = lmmrec("pause", started["job"], status=2, capsys=capsys)
    assert "not running: it is finished" in err
    _, err = lmmrec("resume", "extract-0", status=2, capsys=capsys)
    assert "No job 'extract-0'" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--backend", "ollama"], "needs a model"),
        (["--model", "tiny:1b"], "--model belongs to the ollama backend"),
        (["--estimate"], "Only the ollama backend has an estimate"),
        (["--backend", "ollama", "--model", "x", "--set", "heat=1"], "No such extraction setting"),
        (["--backend", "ollama", "--model", "x", "--set", "num_ctx=few"], "ollama.options.num_ctx"),
        (["--backend", "ollama", "--model", "x", "--concurrency", "0"], "--concurrency"),
        (["--backend", "ollama", "--model", "x", "--set", "model=y"], "Given twice: model"),
        (["--backend", "ollama", "--model", "x", "--set", "threshold=0.1"], "zero-shot backend"),
        (["--backend", "ollama", "--model", "x", "--prompt", "review-product"], "Did you mean review-products"),
    ],
)
def test_wrong_input_is_one_line_with_status_2(shop: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    out, err = lmmrec("extract", "shop", *arguments, status=2, capsys=capsys)
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1, err


def test_settings_find_their_place():
    assigned = {"temperature": "0.5", "num_ctx": "4096", "think": "none", "retries": "1", "encoder": "tfidf"}
    config = extraction_config("ollama", {"sample": 5, "taxonomy": None}, {"model": "tiny:1b", "host": None}, assigned)
    found = ExtractionConfig.model_validate(config)
    assert found.ollama is not None
    assert (found.sample, found.encoder, found.ollama.retries) == (5, "tfidf", 1)
    options = found.ollama.options
    assert (options.temperature, options.num_ctx, options.think) == (0.5, 4096, None)
    plain: dict[str, Any] = extraction_config("zero-shot", {"sample": None}, {}, {"temperature": "0.1"})
    assert plain == {"backend": "zero-shot", "temperature": "0.1"}
    with pytest.raises(InputError, match="Given twice"):
        extraction_config("ollama", {}, {"model": "a"}, {"model": "b"})
