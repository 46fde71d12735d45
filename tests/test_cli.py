"""`lmmrec`: the contract of its documents, and one clear line with the right status for every wrong input."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.cli.commands import run
from core.workspace import FORMAT_VERSION, Workspace
from tests.command_line import lmmrec

ROOT = Path(__file__).resolve().parents[1]
RUN_ID = "run-0"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LMMREC_WORKSPACE", raising=False)
    monkeypatch.delenv("LMMREC_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    rows = [f"u{user},i{item},4,The sound is clear and rich. Setup took two minutes.\n" for user in range(12) for item in range(8)]
    path = tmp_path / "reviews.csv"
    path.write_text("user,item,rating,text\n" + "".join(rows))
    return path


def process(*arguments: object, **rest: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, **rest)


def import_of(path: Path, *more: object) -> list[object]:
    return ["data", "import", path, "--format", "table", "--name", "shop", "--min-interactions", 1, *more]


# --- answers -----------------------------------------------------------------------------------------------------------


def test_import_answers_one_document_and_keeps_progress_off_stdout(reviews: Path, tmp_path: Path):
    done = process(*import_of(reviews, "--json", "--workspace", tmp_path / "w"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["dataset"].startswith("shop-")
    assert (document["report"]["users"], document["report"]["items"], document["report"]["interactions"]) == (12, 8, 96)
    assert "Assembling" in done.stderr


def test_workspace_may_come_from_the_environment(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LMMREC_WORKSPACE", str(tmp_path / "w"))
    lmmrec(*import_of(reviews), capsys=capsys)
    listed = json.loads(lmmrec("ls", "--json", capsys=capsys)[0])
    assert listed["workspace"] == str(tmp_path / "w")
    assert [one["name"] for one in listed["datasets"]] == ["shop"]
    assert [listed[kind] for kind in ("extractions", "profiles", "runs", "maps", "jobs")] == [[]] * 5


def test_import_takes_a_column_mapping(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "table.csv"
    path.write_text("who,what,words\n" + "".join(f"u{user},i{item},fine\n" for user in range(4) for item in range(4)))
    mapping = [part for pair in ("user=who", "item=what", "text=words") for part in ("--column", pair)]
    document = json.loads(lmmrec(*import_of(path, *mapping, "--json"), capsys=capsys)[0])
    assert document["report"]["interactions"] == 16


def test_train_evaluate_and_recommend_answer_the_contract(reviews: Path, capsys: pytest.CaptureFixture[str]):
    lmmrec(*import_of(reviews), capsys=capsys)
    out, _ = lmmrec("train", "shop", "--model", "lightgcn", "--seed", 3, "--set", "epochs=2", "--set", "dim=8", "--json", capsys=capsys)
    trained = json.loads(out)
    assert {"run", "dataset", "model", "backbone", "seed", "epochs", "seconds", "validation", "test"} <= set(trained)
    assert (trained["model"], trained["seed"], trained["epochs"]) == ("lightgcn", 3, 2)
    figures = {f"{name}@{k}" for name in ("recall", "ndcg") for k in (5, 10, 20)}
    assert figures <= set(trained["test"])

    evaluated = json.loads(lmmrec("evaluate", trained["run"], "--json", capsys=capsys)[0])
    assert {name: evaluated[name] for name in figures} == pytest.approx({name: trained["test"][name] for name in figures})

    answered = json.loads(lmmrec("recommend", trained["run"], "--user", "u3", "-k", 3, "--json", capsys=capsys)[0])
    assert answered["user"] == "u3"
    assert [one["rank"] for one in answered["items"]] == [1, 2, 3]
    assert {"item", "title", "score", "rank"} <= set(answered["items"][0])

    item = answered["items"][0]
    explained = json.loads(lmmrec("explain", trained["run"], "--user", "u3", "--item", item["item"], "--json", capsys=capsys)[0])
    total = sum(part["value"] for part in explained["contributions"]) + explained["remainder"]
    assert total == pytest.approx(explained["score"], rel=1e-5)
    assert explained["score"] == pytest.approx(item["score"], rel=1e-5)

    for command in (["evaluate", trained["run"]], ["recommend", trained["run"], "--user", "u3"], ["ls"]):
        assert lmmrec(*command, capsys=capsys)[0].strip()
    for wrong in (["--user", "nobody", "--item", "i1"], ["--user", "u3", "--item", "nothing"]):
        _, err = lmmrec("explain", trained["run"], *wrong, status=2, capsys=capsys)
        assert "Ids look like" in err
    _, err = lmmrec("recommend", trained["run"], "--user", "nobody", status=2, capsys=capsys)
    assert "No user 'nobody'" in err


# --- wrong input -------------------------------------------------------------------------------------------------------


def truncated_gzip(path: Path) -> None:
    lines = "".join(
        json.dumps({"reviewerID": f"u{n}", "asin": f"i{n}", "overall": 5, "reviewText": f"text {n}"}) + "\n" for n in range(2000)
    )
    path.write_bytes(gzip.compress(lines.encode())[:-200])


def broken_line(path: Path) -> None:
    path.write_text('{"reviewerID": "u", "asin": "i", "overall": 5}\n{"reviewerID": "u", "asin"\n')


BAD_FILES = {
    "truncated.json.gz": ("amazon", truncated_gzip, "truncated.json.gz"),
    "broken.json": ("amazon", broken_line, "broken.json:2"),
    "missing-column.csv": ("table", lambda path: path.write_text("user,rating\nu,5\n"), "item"),
    "empty.json": ("amazon", lambda path: path.touch(), "empty.json"),
    "empty.csv": ("table", lambda path: path.touch(), "empty.csv"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_one_line_and_nothing_is_written(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    format_, write, words = BAD_FILES[name]
    write(tmp_path / name)
    _, err = lmmrec("data", "import", tmp_path / name, "--format", format_, "--name", "shop", status=2, capsys=capsys)
    assert words in err
    assert Workspace("workspace").list("dataset") == []


def test_bad_file_ends_the_process_with_status_2(tmp_path: Path):
    truncated_gzip(tmp_path / "reviews.json.gz")
    done = process("data", "import", tmp_path / "reviews.json.gz", "--format", "amazon", "--name", "shop", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "reviews.json.gz" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "Missing argument 'DATASET'. See `lmmrec train --help`"),
        (["dance"], "No such command 'dance'"),
        (["train", "shop", "--model", "bert"], "'bert'"),
        (["train", "shop", "--set", "learning_rat=1"], "Did you mean learning_rate?"),
        (["train", "shop", "--set", "layers=many"], "layers"),
        (["train", "shop", "--set", "layers"], "KEY=VALUE"),
        (["train", "shop", "--set", "seed=1", "--set", "seed=2"], "Given twice"),
        (["train", "shop", "--seed", "-1"], "seed"),
        (["train", "nothing"], "No dataset 'nothing'"),
        (["extract", "nothing"], "No dataset 'nothing'"),
        (["extract", "shop", "--set", "threshhold=1"], "No such extraction setting"),
        (["extract", "shop", "--backend", "oracle"], "'oracle'"),
        (["evaluate", RUN_ID], f"No run '{RUN_ID}'"),
        (["evaluate", RUN_ID, "--split", "exam"], "'exam'"),
        (["recommend", RUN_ID, "--user", "u1"], f"No run '{RUN_ID}'"),
        (["recommend", RUN_ID, "--user", "u1", "-k", "0"], "-k"),
        (["explain", RUN_ID, "--user", "u1"], "Missing option '--item'"),
        (["explain", RUN_ID, "--user", "u1", "--item", "i1"], f"No run '{RUN_ID}'"),
        (["map", RUN_ID], f"No run '{RUN_ID}'"),
        (["map", RUN_ID, "--set", "neighbors=3"], "Did you mean neighbours?"),
        (["stop", "train-0"], "No job 'train-0'"),
        (["data", "import", "none.csv", "--format", "table", "--name", "shop"], "none.csv"),
        (["data", "import", "none.csv", "--format", "table", "--name", "My Shop"], "Not a usable name"),
        (["data", "import", "none.csv", "--format", "excel", "--name", "shop"], "'excel'"),
        (["data", "import", "none.csv", "--format", "table", "--name", "shop", "--column", "user"], "KEY=VALUE"),
        (["data", "import", "none.csv", "--format", "table", "--name", "shop", "--min-interactions", "0"], "--min-interactions"),
    ],
)
def test_wrong_input_is_one_line_with_status_2(arguments: list[str], words: str, reviews: Path, capsys: pytest.CaptureFixture[str]):
    Workspace("workspace")
    _, err = lmmrec(*arguments, status=2, capsys=capsys)
    assert words in err


@pytest.mark.parametrize("command", [["ls"], ["jobs"], ["train", "shop"], ["evaluate", RUN_ID], ["extract", "shop"]])
def test_reading_commands_make_no_workspace(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    _, err = lmmrec(*command, "--workspace", tmp_path / "none", status=2, capsys=capsys)
    assert "There is no workspace here" in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", [["ls"], ["demo"], ["app"], ["train", "shop"]])
def test_workspace_of_a_newer_version_is_refused(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "workspace.json").write_text(json.dumps({"format_version": FORMAT_VERSION + 1}))
    _, err = lmmrec(*command, status=2, capsys=capsys)
    assert "Update the program" in err


def test_full_disk_is_one_line_and_nothing_is_left(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    import errno

    import pandas as pd

    def refuse(*arguments: object, **rest: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", refuse)
    capsys.readouterr()
    assert run([str(part) for part in import_of(reviews)]) == 1
    assert "The disk is full" in capsys.readouterr().err.splitlines()[-1]
    assert Workspace("workspace").list("dataset") == []
    assert list((tmp_path / "workspace" / ".drafts").iterdir()) == []


def test_unexpected_error_is_one_line_and_debug_shows_the_rest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def fail(*arguments: object) -> None:
        raise RuntimeError("cogs\nand wheels")

    Workspace("workspace")
    monkeypatch.setattr(Workspace, "list", fail)
    _, err = lmmrec("ls", status=1, capsys=capsys)
    assert err == "Unexpected RuntimeError: cogs. Run `lmmrec --debug ...` for the traceback.\n"
    monkeypatch.setenv("LMMREC_DEBUG", "")
    assert run(["--debug", "ls"]) == 1
    assert "Traceback" in capsys.readouterr().err


# --- the process ---------------------------------------------------------------------------------------------------------


ENDLESS = """
import sys, time
from core.errors import StoppedError
from core.jobs import steps
from core.progress import ProgressEvent

def endless(workspace, request, progress, stop):
    progress(ProgressEvent("Reading for ever"))
    while not (LISTENS and stop()):
        time.sleep(0.01)
    raise StoppedError("The import was stopped", hint="Nothing was written")

steps.import_dataset = endless
from core.cli import main
main()
"""


@pytest.mark.parametrize(("listens", "words"), [(True, "The import was stopped. Nothing was written"), (False, "Stopped.")])
def test_ctrl_c_ends_with_130(listens: bool, words: str, tmp_path: Path):
    command = [sys.executable, "-c", ENDLESS.replace("LISTENS", str(listens)), *map(str, import_of(tmp_path / "any.csv"))]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    assert "Reading for ever" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    if not listens:
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert err.splitlines()[-1] == words


def test_termination_asks_to_stop_too(tmp_path: Path):
    command = [sys.executable, "-c", ENDLESS.replace("LISTENS", "True"), *map(str, import_of(tmp_path / "any.csv"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    running.stderr.readline()
    running.terminate()
    running.communicate(timeout=30)
    assert running.returncode == 130


INTERRUPTED_WRITE = """
import io, os, signal, sys

class Interrupting(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        if b"Reading" in bytes(data):
            os.kill(os.getpid(), signal.SIGINT)
        return os.write(2, data)

sys.stderr = io.TextIOWrapper(io.BufferedWriter(Interrupting()), encoding="utf-8")
from core.cli.console import working
from core.progress import ProgressEvent

with working() as (progress, stop):
    progress(ProgressEvent("Reading"))
    print("asked to stop" if stop() else "went on", file=sys.stderr)
"""


def test_ctrl_c_in_the_middle_of_a_write_to_stderr_is_heard(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WRITE], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Stopping as soon as it can" in done.stderr
    assert "asked to stop" in done.stderr


def test_reader_that_leaves_early_causes_no_traceback(tmp_path: Path):
    Workspace(tmp_path / "workspace")
    command = f"{sys.executable} -m core.cli ls --json | true"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_help_and_listing_load_no_heavy_library(tmp_path: Path):
    Workspace(tmp_path / "workspace")
    program = (
        "import sys\nfrom core.cli.commands import run\n"
        "status = run(sys.argv[1:])\n"
        "heavy = {'torch', 'pandas', 'numpy', 'streamlit', 'sklearn', 'umap', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)"
    )
    for arguments in (["--help"], ["train", "--help"], ["ls"], ["jobs"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_busy_port_is_one_line(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _, err = lmmrec("app", "--port", taken.getsockname()[1], status=2, capsys=capsys)
    assert "is taken" in err
    assert "--port" in err
    assert not Path("workspace").exists()


def test_every_command_takes_a_workspace(capsys: pytest.CaptureFixture[str]):
    commands = ["demo", "app", "extract", "train", "evaluate", "map", "recommend", "explain", "ls", "jobs", "stop"]
    for command in [[name] for name in commands] + [["data", "import"]]:
        out, _ = lmmrec(*command, "--help", capsys=capsys)
        assert "--workspace" in out
        assert "LMMREC_WORKSPACE" in out
