"""The prebuilt demo: whole or not at all, and the same as the code would make today."""

from __future__ import annotations

import errno
import io
import json
import shutil
import tarfile
import time
from pathlib import Path

import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, StoppedError, StorageError
from core.jobs import demo, demo_archive
from core.jobs.demo import build_demo, compute_demo
from core.jobs.demo_archive import ARCHIVE, pack, packed, unpack
from core.jobs.steps import explain, recommend
from core.recommend.text_view import TextView
from core.storage import file_hash
from core.training.opened import OpenedRun
from core.workspace import FORMAT_VERSION, KINDS, Artefact, Workspace

LARGEST_ARCHIVE = 12 * 1024**2


def make(workspace: Workspace, kind: str, identifier: str, text: str = "content") -> Artefact:
    with workspace.publish(kind, identifier, name="tiny") as draft:  # type: ignore[arg-type]
        (draft.path / "folder").mkdir()
        (draft.path / "folder" / "file.txt").write_text(text)
    return workspace.get(kind, identifier)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    source = Workspace(tmp_path / "source")
    pack([make(source, "dataset", "tiny-1"), make(source, "run", "tiny-2")], tmp_path / "demo.tar.xz")
    return tmp_path / "demo.tar.xz"


def test_unpacked_artefacts_are_those_packed(workspace: Workspace, archive: Path):
    last = unpack(workspace, archive)
    assert (last.manifest.kind, last.id) == ("run", "tiny-2")
    assert packed(archive) == [("dataset", "tiny-1"), ("run", "tiny-2")]
    assert (workspace.get("dataset", "tiny-1").path / "folder" / "file.txt").read_text() == "content"
    assert list((workspace.root / ".drafts").iterdir()) == []


def test_same_content_packs_to_the_same_bytes(tmp_path: Path, archive: Path):
    source = Workspace(tmp_path / "source")
    pack([source.get("dataset", "tiny-1"), source.get("run", "tiny-2")], tmp_path / "again.tar.xz")
    assert file_hash(tmp_path / "again.tar.xz") == file_hash(archive)


def test_snapshots_of_a_training_are_not_packed(tmp_path: Path, workspace: Workspace):
    run = make(Workspace(tmp_path / "source"), "run", "tiny-3")
    (run.path / "snapshots").mkdir()
    (run.path / "snapshots" / "epoch-1.safetensors").write_text("large")
    pack([run], tmp_path / "demo.tar.xz")
    assert sorted(path.name for path in unpack(workspace, tmp_path / "demo.tar.xz").path.rglob("*.*")) == ["file.txt", "manifest.json"]


def test_what_the_workspace_holds_is_left_as_it_is(workspace: Workspace, archive: Path):
    make(workspace, "dataset", "tiny-1", text="mine")
    unpack(workspace, archive)
    assert (workspace.get("dataset", "tiny-1").path / "folder" / "file.txt").read_text() == "mine"
    assert workspace.find("run", "tiny-2") is not None


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_cut_off_archive_is_one_line_and_leaves_nothing(workspace: Workspace, archive: Path, share: float):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="prebuilt demo is damaged"):
        build_demo(workspace, archive=archive)
    assert [artefact for kind in KINDS for artefact in workspace.list(kind)] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../../escaped.txt", tarfile.REGTYPE),
        ("run/../../../escaped.txt", tarfile.REGTYPE),
        ("{folder}/escaped.txt", tarfile.REGTYPE),
        ("escaped.txt", tarfile.SYMTYPE),
        ("escaped.txt", tarfile.LNKTYPE),
        ("escaped.txt", tarfile.FIFOTYPE),
    ],
)
def test_hostile_member_is_refused(workspace: Workspace, tmp_path: Path, name: str, kind: bytes):
    path = tmp_path / "hostile.tar.xz"
    index = json.dumps({"format_version": FORMAT_VERSION, "artefacts": [["run", "tiny-2"]]}).encode()
    with tarfile.open(path, "w:xz") as tar:
        first = tarfile.TarInfo("index.json")
        first.size = len(index)
        tar.addfile(first, io.BytesIO(index))
        member = tarfile.TarInfo(name.format(folder=tmp_path))
        member.type, member.linkname = kind, "/etc/passwd"
        member.size = 3 if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(b"boo"[: member.size]))
    with pytest.raises(InputError, match="damaged"):
        unpack(workspace, path)
    assert list(tmp_path.rglob("escaped.txt")) == []


def test_archive_of_a_newer_version_is_refused(workspace: Workspace, archive: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo_archive, "FORMAT_VERSION", FORMAT_VERSION - 1)
    with pytest.raises(InputError, match="newer version"):
        unpack(workspace, archive)


def test_full_disk_while_unpacking_leaves_nothing(workspace: Workspace, archive: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object, **rest: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", refuse)
    with pytest.raises(StorageError, match="The disk is full"):
        build_demo(workspace, archive=archive)
    assert [artefact for kind in KINDS for artefact in workspace.list(kind)] == []
    assert list((workspace.root / ".drafts").iterdir()) == []


def test_stopped_rebuild_leaves_the_old_demo(workspace: Workspace, archive: Path, monkeypatch: pytest.MonkeyPatch):
    def stopped(fresh: Workspace, *rest: object) -> list[Artefact]:
        make(fresh, "dataset", "tiny-1", text="new")
        raise StoppedError("Stopped")

    unpack(workspace, archive)
    monkeypatch.setattr(demo, "compute_demo", stopped)
    with pytest.raises(StoppedError):
        build_demo(workspace, rebuild=True, archive=archive)
    assert (workspace.get("dataset", "tiny-1").path / "folder" / "file.txt").read_text() == "content"
    assert list((workspace.root / ".drafts").iterdir()) == []


def test_rebuild_replaces_what_is_there(workspace: Workspace, archive: Path, monkeypatch: pytest.MonkeyPatch):
    unpack(workspace, archive)
    make_both = lambda fresh, *rest: [make(fresh, "dataset", "tiny-1", "new"), make(fresh, "run", "tiny-2", "new")]  # noqa: E731
    monkeypatch.setattr(demo, "compute_demo", make_both)
    assert build_demo(workspace, rebuild=True, archive=archive).id == "tiny-2"
    assert (workspace.get("dataset", "tiny-1").path / "folder" / "file.txt").read_text() == "new"


# --- what ships ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    if not ARCHIVE.exists():
        pytest.fail(f"{ARCHIVE} is missing: run `make demo-assets`")
    place = Workspace(tmp_path_factory.mktemp("shipped") / "workspace")
    started = time.monotonic()
    build_demo(place)
    assert time.monotonic() - started < 30
    return place


def test_shipped_demo_is_small_and_marked_as_generated(shipped: Workspace):
    assert ARCHIVE.stat().st_size <= LARGEST_ARCHIVE
    made = [artefact for kind in KINDS for artefact in shipped.list(kind)]
    assert {artefact.manifest.kind for artefact in made} == set(KINDS) - {"comparison", "benchmark", "sweep"}
    assert all(artefact.manifest.generated for artefact in made)


def test_shipped_demo_is_what_the_code_makes_today(shipped: Workspace):
    """Every stage finds its artefact by the key of its inputs and settings; one that does not would have to compute."""
    before = {artefact.id: artefact.manifest.created_at for kind in KINDS for artefact in shipped.list(kind)}
    try:
        made = compute_demo(shipped, stop=lambda: True)
    except StoppedError:
        pytest.fail("the generator, an encoder or a configuration has changed: run `make demo-assets`")
    assert {artefact.id: artefact.manifest.created_at for artefact in made} == before


def test_shipped_demo_answers_with_reasons_that_add_up(shipped: Workspace):
    run = packed(ARCHIVE)[-1][1]
    user = str(ReviewDataset.open(shipped, "demo").users["user_id"].iloc[0])
    best = recommend(shipped, run, user, 5).items[0]
    found = explain(shipped, run, user, best.item)
    assert sum(part.value for part in found.contributions) + found.remainder == pytest.approx(found.score, rel=1e-5)
    assert found.contributions


def test_shipped_run_reads_other_texts_as_it_was_trained_to(shipped: Workspace):
    """Newcomers, corrections and reviews taken away need the run's encoders to make the very vectors it holds."""
    TextView.open(OpenedRun.open(shipped, packed(ARCHIVE)[-1][1]))
