"""The prebuilt demo: packed into ``assets/`` by maintainers (`make demo-assets`), unpacked into an empty workspace.

The archive is a tar of artefact folders with an index in front, byte for byte the same whenever its content is.
"""

from __future__ import annotations

import io
import json
import lzma
import shutil
import tarfile
from pathlib import Path

from core.errors import InputError
from core.storage import disk_errors, write_atomic
from core.workspace import FORMAT_VERSION, Artefact, Kind, Workspace

ARCHIVE = Path(__file__).resolve().parents[2] / "assets" / "demo_workspace.tar.xz"
_INDEX = "index.json"
_DAMAGED = "Remove the file and run `lmmrec demo` again: the demo is then computed"


def pack(artefacts: list[Artefact], archive: Path) -> None:
    """Pack finished artefacts, sources first; the last is the one the demo ends in.

    Raises:
        StorageError: the disk refused; an older archive is untouched.
    """
    write_atomic(archive, lambda target: _write(artefacts, target))


def _write(artefacts: list[Artefact], target: Path) -> None:
    index = {"format_version": FORMAT_VERSION, "artefacts": [[one.manifest.kind, one.id] for one in artefacts]}
    with tarfile.open(target, "w:xz", preset=9, format=tarfile.PAX_FORMAT) as tar:
        _add(tar, _INDEX, json.dumps(index, indent=2).encode())
        for one in artefacts:
            for path in sorted(one.path.rglob("*")):
                if path.is_file():
                    _add(tar, f"{one.manifest.kind}/{one.id}/{path.relative_to(one.path).as_posix()}", path.read_bytes())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # no times, owners or modes of the machine it was packed on
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def packed(archive: Path) -> list[tuple[Kind, str]]:
    """Kind and id of the artefacts in an archive, in order.

    Raises:
        InputError: it is damaged, or made by a newer version.
    """
    try:
        with tarfile.open(archive, "r:xz") as tar:
            first = tar.next()
            handle = tar.extractfile(first) if first is not None and first.name == _INDEX else None
            index = json.loads(handle.read()) if handle is not None else {}
            version, listed = index["format_version"], [(kind, identifier) for kind, identifier in index["artefacts"]]
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError, ValueError, KeyError) as error:
        raise InputError("The prebuilt demo is damaged", where=str(archive), hint=_DAMAGED) from error
    if version > FORMAT_VERSION:
        raise InputError("The prebuilt demo was made by a newer version", where=str(archive), hint=_DAMAGED)
    return listed


def unpack(workspace: Workspace, archive: Path) -> Artefact:
    """Put the packed artefacts into a workspace, whole ones only; those it holds already stay. The last of them.

    Raises:
        InputError: the archive is damaged. StorageError: the disk refused. Nothing half-written stays either way.
    """
    listed = packed(archive)
    missing = [(kind, identifier) for kind, identifier in listed if workspace.find(kind, identifier) is None]
    if missing:
        staging = workspace.new_draft("demo")
        try:
            _extract(archive, staging)
            for kind, identifier in missing:
                workspace.adopt(staging / kind / identifier)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return workspace.get(*listed[-1])


def _extract(archive: Path, staging: Path) -> None:
    with disk_errors(staging):
        try:
            with lzma.open(archive) as whole:
                while whole.read(1 << 20):  # to the end: xz then compares its checksums
                    pass
            with tarfile.open(archive, "r:xz") as tar:
                tar.extractall(staging, filter="data")  # refuses absolute paths, "..", links out of the folder and devices
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise InputError("The prebuilt demo is damaged", where=str(archive), hint=_DAMAGED) from error
