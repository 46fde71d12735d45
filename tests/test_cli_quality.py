"""`lmmrec quality`: its document, its tables, and one line for every wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.commands import run
from core.encoding.encoder import default_encoder
from core.errors import InputError
from tests.extraction.quality.made_up_gold import write_acos, write_justification
from tests.ollama_server.fixture import StartServer, ollama_server

__all__ = ["ollama_server"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LMMREC_WORKSPACE", "LMMREC_REAL_DATA", "LMMREC_DEBUG", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_acos(tmp_path / "data")
    write_justification(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def _minilm() -> None:
    try:
        default_encoder("minilm")
    except InputError as error:
        pytest.skip(str(error))


def quality(*arguments: object, status: int = 0, capsys: Capture) -> str:
    """Run the command; what it answers, or its one line of complaint."""
    capsys.readouterr()
    found = run(["quality", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert found == status, f"{out}\n{err}"
    if status:
        assert out == ""
        assert len(err.strip().splitlines()) == 1, err
        return err
    return out


@pytest.mark.usefixtures("_minilm")
def test_document_holds_scores_intervals_and_controls(folder: Path, capsys: Capture) -> None:
    document = json.loads(quality("--gold", "acos-restaurant", "--controls", "--real-data", folder, "--json", capsys=capsys))
    assert (document["gold"], document["split"], document["backend"], document["prompt"]) == ("acos-restaurant", "test", "zero-shot", None)
    scores = document["scores"]
    assert scores["sentences"] == document["sentences_in_part"] == 28
    low, high = scores["macro_interval"]
    assert 0.0 <= low <= scores["macro_f1"] <= high <= 1.0
    by_key = {one["key"]: one for one in scores["motivations"]}
    assert len(by_key) == 8
    assert by_key["food_quality"]["support"] == 8
    assert by_key["service"]["f1"] > 0.8  # plain sentences
    assert list(document["controls"]) == ["majority", "always", "random", "tfidf-logistic"]
    assert document["controls"]["majority"]["micro_f1"] < scores["micro_f1"]
    assert not (Path.cwd() / "workspace").exists()  # the embedded backend keeps nothing


@pytest.mark.usefixtures("_minilm")
def test_tables_for_people(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("LMMREC_REAL_DATA", str(folder))
    out = quality("--gold", "acos-restaurant", capsys=capsys)
    assert "28 sentences read by all-MiniLM-L6-v2" in out
    assert "macro-F1" in out
    assert "value_for_money" in out
    assert "flatter" not in out
    assert "flatter" in quality("--gold", "acos-restaurant", "--split", "dev", capsys=capsys)
    assert "F1 of 'states a reason'" in quality("--gold", "justification", capsys=capsys)


@pytest.mark.usefixtures("_minilm")
def test_limit_draws_the_same_sentences_each_time(folder: Path, capsys: Capture) -> None:
    command = ("--gold", "acos-restaurant", "--real-data", folder, "--limit", 5)
    first, second = (json.loads(quality(*command, "--json", capsys=capsys)) for _ in range(2))
    assert first["scores"] == second["scores"]
    assert (first["scores"]["sentences"], first["sentences_in_part"]) == (5, 28)
    assert "5 of 28 sentences" in quality(*command, capsys=capsys)


def test_model_is_scored_by_the_same_command(ollama_server: StartServer, folder: Path, capsys: Capture) -> None:
    server = ollama_server({"models": [{"name": "tiny:1b"}], "latency_s": 0.0})
    command = ("--gold", "justification", "--backend", "ollama", "--model", "tiny:1b", "--host", server.url, "--real-data", folder)
    document = json.loads(quality(*command, "--json", "--prompt", "review-places@1", "--set", "options.seed=3", capsys=capsys))
    assert (document["model"], document["prompt"], document["asked"]) == ("tiny:1b", "review-places@1", 6)
    assert document["answers"]["valid"] == {"count": 6, "total": 6}
    assert document["answers"]["grounded"]["total"] > 0
    assert set(document["answers"]["counts"]) == {"reason", "other"}
    assert len(server.log("/api/chat")) == 6
    out = quality(*command, "--set", "options.seed=3", capsys=capsys)
    assert "read by tiny:1b with review-places@1" in out
    assert "grounded quotes" in out
    assert len(server.log("/api/chat")) == 6  # known already, in ./workspace


def test_wrong_input_is_told_in_one_line(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    gold = ("--gold", "acos-restaurant")
    assert "--real-data" in quality(*gold, status=2, capsys=capsys)
    assert "no folder 'gold'" in quality(*gold, "--real-data", tmp_path, status=2, capsys=capsys)
    assert "part of mams is missing" in quality("--gold", "mams", "--real-data", folder, status=2, capsys=capsys)
    assert "--model" in quality(*gold, "--backend", "ollama", status=2, capsys=capsys)
    assert "ollama backend" in quality(*gold, "--model", "tiny:1b", status=2, capsys=capsys)
    assert "--limit" in quality(*gold, "--limit", 0, status=2, capsys=capsys)
    model = (*gold, "--backend", "ollama", "--model", "tiny:1b", "--real-data", folder)
    assert "sede" in quality(*model, "--set", "options.sede=3", status=2, capsys=capsys)
    assert "options" in quality(*model, "--set", "options=1", "--set", "options.seed=3", status=2, capsys=capsys)


def test_no_server_is_told_in_one_line(folder: Path, capsys: Capture) -> None:
    command = ("--gold", "acos-restaurant", "--backend", "ollama", "--model", "tiny:1b", "--host", "127.0.0.1:9", "--real-data", folder)
    assert "127.0.0.1:9" in quality(*command, status=1, capsys=capsys)
