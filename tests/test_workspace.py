"""The workspace: artefacts appear whole or not at all, and every wrong reference gets one clear line."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from core.errors import InputError, NotFoundError, StorageError, WorkspaceVersionError
from core.storage import write_parquet
from core.workspace import FORMAT_VERSION, Artefact, Workspace, artefact_id, checked_name

ROOT = Path(__file__).resolve().parents[1]


def make(workspace: Workspace, identifier: str, name: str = "tiny", text: str = "content", **rest) -> Artefact:
    with workspace.publish("dataset", identifier, name=name, **rest) as draft:
        (draft.path / "file.txt").write_text(text)
        draft.summary["n_users"] = len(text)
    return workspace.get("dataset", identifier)


def drafts(workspace: Workspace) -> list[Path]:
    folder = workspace.root / ".drafts"
    return list(folder.iterdir()) if folder.exists() else []


def test_published_artefact_comes_back_with_its_manifest(workspace: Workspace):
    made = make(workspace, "tiny-1", sources={"dataset": "other-1"}, config={"seed": 3})
    found = workspace.find("dataset", "tiny-1")
    assert found == made
    assert (found.path / "file.txt").read_text() == "content"
    assert found.manifest.sources == {"dataset": "other-1"}
    assert found.manifest.config == {"seed": 3}
    assert found.manifest.summary == {"n_users": 7}


def test_error_while_writing_leaves_nothing(workspace: Workspace):
    def write_half() -> None:
        with workspace.publish("dataset", "tiny-1", name="tiny") as draft:
            (draft.path / "file.txt").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert workspace.find("dataset", "tiny-1") is None
    assert drafts(workspace) == []


def test_full_disk_while_writing_a_frame_leaves_the_old_artefact(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    make(workspace, "tiny-1", text="old")

    def refuse(self: pd.DataFrame, path: Path, **rest: object) -> None:
        Path(path).write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", refuse)
    for write in (lambda frame, path: write_parquet(path, frame), lambda frame, path: frame.to_parquet(path, index=False)):
        with (
            pytest.raises(StorageError, match=r"The disk is full .*Free some space"),
            workspace.publish("dataset", "tiny-1", name="tiny") as draft,
        ):
            write(pd.DataFrame({"user_idx": [1]}), draft.path / "interactions.parquet")
    assert (workspace.get("dataset", "tiny-1").path / "file.txt").read_text() == "old"
    assert drafts(workspace) == []


def test_full_disk_while_moving_into_place_leaves_no_half(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.parent.name == ".drafts":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="The disk is full"):
        make(workspace, "tiny-1")
    assert workspace.find("dataset", "tiny-1") is None
    assert drafts(workspace) == []


def test_full_disk_when_a_workspace_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path, *arguments: object, **rest: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(StorageError, match="The disk is full"):
        Workspace(tmp_path / "new")


def test_same_id_is_replaced_whole(workspace: Workspace):
    make(workspace, "tiny-1", text="old")
    make(workspace, "tiny-1", text="new")
    assert (workspace.get("dataset", "tiny-1").path / "file.txt").read_text() == "new"
    assert len(workspace.list("dataset")) == 1
    assert drafts(workspace) == []


def test_drafts_of_killed_processes_are_swept_after_a_day(workspace: Workspace):
    old, young = workspace.new_draft("dataset"), workspace.new_draft("dataset")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    make(workspace, "tiny-1")
    assert drafts(workspace) == [young]


def test_reference_may_be_an_id_a_name_or_a_beginning(workspace: Workspace):
    make(workspace, "tiny-aa1")
    make(workspace, "tiny-bb2")
    make(workspace, "other-cc3", name="other")
    assert workspace.get("dataset", "tiny-aa1").id == "tiny-aa1"
    assert workspace.get("dataset", "tiny").id == "tiny-bb2", "the newest of that name"
    assert workspace.get("dataset", "other-c").id == "other-cc3"


@pytest.mark.parametrize("reference", ["tin", "", "nothing", "../../etc", "tiny-bb2/..", "*"])
def test_unknown_or_ambiguous_reference_names_what_there_is(workspace: Workspace, reference: str):
    make(workspace, "tiny-aa1")
    make(workspace, "tiny-bb2")
    with pytest.raises(NotFoundError, match="There are: tiny-bb2, tiny-aa1") as caught:
        workspace.get("dataset", reference)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)


def test_made_from_follows_sources(workspace: Workspace):
    source = make(workspace, "tiny-1")
    for identifier, origin in (("p-1", source.id), ("p-2", "another-1")):
        with workspace.publish("profiles", identifier, name="p", sources={"dataset": origin}):
            pass
    assert [artefact.id for artefact in workspace.made_from("profiles", source)] == ["p-1"]


def test_removed_artefact_is_gone(workspace: Workspace):
    workspace.remove(make(workspace, "tiny-1"))
    assert workspace.list("dataset") == []
    assert drafts(workspace) == []


def test_newer_version_is_refused(workspace: Workspace):
    (workspace.root / "workspace.json").write_text(json.dumps({"format_version": FORMAT_VERSION + 1}))
    with pytest.raises(WorkspaceVersionError, match="Update the program or choose another --workspace") as caught:
        Workspace(workspace.root)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format_version": "new"}', "\x00"])
def test_damaged_marker_is_refused(workspace: Workspace, content: str):
    (workspace.root / "workspace.json").write_text(content)
    with pytest.raises(InputError, match=r"workspace\.json"):
        Workspace(workspace.root)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"kind": "dataset"}', '{"kind": "run", "id": 3}'])
def test_damaged_manifest_names_the_artefact(workspace: Workspace, content: str):
    made = make(workspace, "tiny-1")
    (made.path / "manifest.json").write_text(content)
    with pytest.raises(InputError, match="tiny-1"):
        workspace.list("dataset")


def test_folder_of_other_files_is_no_workspace(tmp_path: Path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="not a workspace"):
        Workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_file_is_no_workspace(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="not a workspace"):
        Workspace(tmp_path / "file")


def test_reading_makes_no_workspace(tmp_path: Path):
    with pytest.raises(NotFoundError, match="lmmrec demo"):
        Workspace(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["", "Demo", "a b", "../x", "a/b", ".hidden", "x" * 65, "ä"])
def test_unusable_names_are_refused(name: str):
    with pytest.raises(InputError, match="Not a usable name"):
        checked_name(name)


def test_artefact_id_ends_in_its_key():
    assert artefact_id("yelp-2018", "abc123") == "yelp-2018-abc123"


def test_adopted_artefact_moves_over_whole(workspace: Workspace, tmp_path: Path):
    made = make(Workspace(tmp_path / "other"), "tiny-1", text="theirs")
    adopted = workspace.adopt(made.path)
    assert (adopted.path / "file.txt").read_text() == "theirs"
    assert workspace.get("dataset", "tiny-1") == adopted
    assert not made.path.exists()


def test_folder_under_a_false_name_is_not_adopted(workspace: Workspace, tmp_path: Path):
    made = make(Workspace(tmp_path / "other"), "tiny-1")
    with pytest.raises(InputError):
        workspace.adopt(made.path.rename(made.path.with_name("tiny-2")))
    assert workspace.list("dataset") == []


WRITER = """
import sys
import pandas as pd
from core.workspace import Workspace
workspace = Workspace(sys.argv[1])
print("ready", flush=True)
version = 0
while True:
    version += 1
    with workspace.publish("dataset", "tiny-1", name="tiny") as draft:
        for number in range(4):
            pd.DataFrame({"version": [version] * 1000}).to_parquet(draft.path / f"{number}.parquet")
        draft.summary["version"] = version
"""


def test_killed_writer_leaves_a_whole_artefact(workspace: Workspace):
    """Old or new, never one whose files do not belong together, and never none once there was one."""
    generator = random.Random(1)
    seen = 0
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(workspace.root)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.1 + generator.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        found = workspace.find("dataset", "tiny-1")
        assert found is not None or seen == 0 or sys.platform != "linux"
        if found is not None:
            seen += 1
            versions = {int(value) for path in found.path.glob("*.parquet") for value in pd.read_parquet(path)["version"]}
            assert versions == {found.manifest.summary["version"]}
            assert len(list(found.path.glob("*.parquet"))) == 4
    assert seen >= 2
