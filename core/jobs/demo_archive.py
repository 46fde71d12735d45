"""The prebuilt demo: packed into ``assets/`` by maintainers (`make demo-assets`), unpacked into an empty workspace.

The archive is a tar of artefact folders with an index in front, byte for byte the same whenever its content is. To stay at
about ten megabytes it holds sentence embeddings rounded to 6 bits a value (cosine to the exact ones above 0.998), no snapshots of
trainings, and no profiles: those are pooled from the embeddings again while unpacking. Runs and maps are exact, and were made from the
rounded embeddings (`core.jobs.demo.ship`); `lmmrec demo --rebuild` makes everything from the exact ones.
"""

from __future__ import annotations

import io
import json
import lzma
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import InputError
from core.progress import Progress, ProgressEvent, silent
from core.storage import disk_errors, read_tensors, write_atomic, write_tensors
from core.training.snapshots import FOLDER
from core.workspace import FORMAT_VERSION, Artefact, Kind, Workspace

ARCHIVE = Path(__file__).resolve().parents[2] / "assets" / "demo_workspace.tar.xz"
_INDEX = "index.json"
_LOSSY = ("embeddings.safetensors",)
_ROUNDED = ".rounded"
_LEVELS = 31  # on either side of zero
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
            if one.manifest.kind == "profiles":
                continue
            for path in sorted(one.path.rglob("*")):
                if FOLDER in path.relative_to(one.path).parts:
                    continue  # what was drawn from a run's snapshots ships, they do not
                name = f"{one.manifest.kind}/{one.id}/{path.relative_to(one.path).as_posix()}"
                if path.name in _LOSSY:
                    _add(tar, name + _ROUNDED, _rounded(path))
                elif path.is_file():
                    _add(tar, name, path.read_bytes())


def _rounded(path: Path) -> bytes:
    """Each matrix as int8 codes in -31..31 and one scale a row, in the tensor's own type; vectors as they are."""
    from safetensors.torch import save

    tensors: dict[str, Any] = {}
    for name, tensor in read_tensors(path).items():
        if tensor.dim() < 2 or not tensor.is_floating_point():
            tensors[name] = tensor
            continue
        scale = tensor.float().abs().amax(dim=-1, keepdim=True).clamp(min=1e-6) / _LEVELS
        scale = scale.to(tensor.dtype)
        codes = (tensor.float() / scale.float()).round().clamp(-_LEVELS, _LEVELS).char()
        tensors |= {f"{name}.codes": codes, f"{name}.scale": scale}
    return save(tensors)


def _restore(path: Path) -> None:
    """Write the tensors that `_rounded` made ``path`` of in its place."""
    tensors = read_tensors(path)
    for name in [name.removesuffix(".codes") for name in tensors if name.endswith(".codes")]:
        scale = tensors.pop(f"{name}.scale")
        tensors[name] = (tensors.pop(f"{name}.codes").float() * scale.float()).to(scale.dtype)
    write_tensors(path.with_name(path.name.removesuffix(_ROUNDED)), tensors)
    path.unlink()


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


def unpack(workspace: Workspace, archive: Path, progress: Progress = silent) -> Artefact:
    """Put the packed artefacts into a workspace, whole ones only; those it holds already stay. The last of them.

    Raises:
        InputError: the archive is damaged. StorageError: the disk refused. Nothing half-written stays either way.
    """
    listed = packed(archive)
    missing = [(kind, identifier) for kind, identifier in listed if workspace.find(kind, identifier) is None]
    if missing:
        staging = workspace.new_draft("demo")
        try:
            fresh = Workspace(staging / "workspace")
            progress(ProgressEvent("Unpacking the demo"))
            _extract(archive, fresh)
            for kind, identifier in listed:
                if kind == "profiles":
                    _pool(fresh, identifier, archive, progress)
            for kind, identifier in missing:
                workspace.adopt(fresh.directory(kind, identifier))
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return workspace.get(*listed[-1])


def _extract(archive: Path, fresh: Workspace) -> None:
    with disk_errors(fresh.root):
        try:
            with lzma.open(archive) as whole:
                while whole.read(1 << 20):  # to the end: xz then compares its checksums
                    pass
            with tarfile.open(archive, "r:xz") as tar:
                for member in tar:
                    _place(tar, member, fresh.root, archive)
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise InputError("The prebuilt demo is damaged", where=str(archive), hint=_DAMAGED) from error
        for rounded in fresh.root.glob(f"*/*/*{_ROUNDED}"):
            _restore(rounded)


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    """Write a packed file below ``folder``. Written out because `extractall` learnt to refuse hostile members only in Python 3.11.4."""
    name = PurePosixPath(member.name)
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or name.is_absolute() or ".." in name.parts:
        raise InputError("The prebuilt demo is damaged", where=f"{archive}, {member.name}", hint=_DAMAGED)
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as handle:
        shutil.copyfileobj(source, handle)


def _pool(fresh: Workspace, identifier: str, archive: Path, progress: Progress) -> None:
    """Build the packed profiles again from the extraction they were made of."""
    from core.data.dataset import ReviewDataset
    from core.motivations.build import build_profiles

    extraction = fresh.list("extraction")[0]
    dataset = ReviewDataset.open(fresh, extraction.manifest.sources["dataset"])
    if build_profiles(fresh, extraction, dataset, progress).id != identifier:
        raise InputError("The prebuilt demo is of another version of the program", where=str(archive), hint=_DAMAGED)
