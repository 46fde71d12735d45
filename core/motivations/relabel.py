"""A version of a taxonomy applied to statements that were named with another: no text is read again, no vector made again.

Where the version goes back, edit by edit, to the taxonomy of the extraction, the edits say where every statement goes: renamed and
merged slots by the mapping, split ones to the part with the nearest centroid, and of "other" those that fit a motivation that was
added. Where it does not (a discovered or imported taxonomy), every statement is named anew from its vector, as the zero-shot
extractor does it (`core.extraction.zero_shot`). Quote, polarity and strength of a statement stay as they are.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from core.encoding.encoder import TextEncoder, Vectors
from core.extraction.run import ExtractionConfig, encoder_of
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy, taxonomy_reference
from core.extraction.zero_shot import THRESHOLDS, ZeroShotExtractor
from core.motivations.coverage import Coverage, coverage
from core.motivations.taxonomy_edits import Add, Edited, Split, TaxonomyEdit, apply_edit, describe
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.progress import Progress, ProgressEvent, silent
from core.storage import content_hash, read_json, read_tensors, write_json, write_parquet
from core.workspace import Artefact, Workspace, artefact_id

VERSION = 1  # raise when labels change, so that artefacts made before are not taken for current ones
_BLOCK = 65_536  # statements named at once
_OWN_FILES = ("manifest.json", "statements.parquet", "taxonomy.json")  # the rest is the same as in the extraction it came from

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Relabelled:
    """Statements under another taxonomy.

    Args:
        statements: with the columns and the order of the extraction's; only motivation and confidence may differ.
        method: "edits" where they were followed, "matched" where every statement was named anew.
        edits: those that were followed, first to last.
    """

    taxonomy: Taxonomy
    statements: pd.DataFrame
    method: Literal["edits", "matched"]
    edits: tuple[TaxonomyEdit, ...]


@dataclass(frozen=True)
class EditEffect:
    """What an edit would change, before anything is saved."""

    taxonomy: Taxonomy
    before: Coverage
    after: Coverage


class StatementVectors:
    """The vectors of an extraction's statements, and the encoder they are from; each read only when it is needed."""

    def __init__(self, extraction: Artefact) -> None:
        self._extraction = extraction

    @cached_property
    def embeddings(self) -> torch.Tensor:
        """float16 [n_distinct, D]."""
        return read_tensors(self._extraction.path / "embeddings.safetensors")["embeddings"]

    @cached_property
    def encoder(self) -> TextEncoder:
        """The encoder; opening it takes seconds."""
        return encoder_of(self._extraction)

    @cached_property
    def space(self) -> str:
        """Name of the space they lie in."""
        return vector_space(self._extraction)

    def extractor(self, taxonomy: Taxonomy) -> ZeroShotExtractor:
        """What names statements with another taxonomy, with the thresholds of the extraction."""
        config = ExtractionConfig.model_validate(self._extraction.manifest.config)
        return ZeroShotExtractor(taxonomy, self.encoder, config.thresholds(self.encoder))

    def blocks(self, rows: Ints) -> Iterable[tuple[slice, Vectors]]:
        """The vectors of rows, float32, some at a time, with their place among the rows."""
        for begin in range(0, len(rows), _BLOCK):
            place = slice(begin, begin + _BLOCK)
            yield place, self.embeddings[torch.from_numpy(rows[place])].float().numpy()


def vector_space(extraction: Artefact) -> str:
    """Which vectors an extraction holds: its encoder's name, and the fit's fingerprint where it was fitted to these very texts."""
    fitted = extraction.path / "tfidf.json"
    if fitted.exists():
        return f"tfidf-svd:{read_json(fitted)['fingerprint']}"
    return str(extraction.manifest.summary.get("encoder", ""))


def relabelled(extraction: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion) -> Relabelled:
    """The statements of an extraction as a version of a taxonomy names them; nothing is written.

    Raises:
        InputError: the encoder of the extraction is needed (for a motivation added, or a taxonomy that shares no ancestor with the
            extraction's) and is not at hand.
    """
    statements = _statements(extraction)
    had = Taxonomy.read(extraction.path / "taxonomy.json")
    edits = versions.edits_since(had, version)
    vectors = StatementVectors(extraction)
    if edits is None:
        return Relabelled(version.taxonomy, _matched(statements, version.taxonomy, vectors), "matched", ())
    for edit in edits:
        edited = apply_edit(had, edit)
        statements = follow(statements, edit, edited, vectors)
        had = edited.taxonomy
    return Relabelled(version.taxonomy, statements, "edits", edits)


def preview_edit(extraction: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion, edit: TaxonomyEdit) -> EditEffect:
    """What an edit of a version would change for an extraction; nothing is written.

    Raises:
        NotFoundError: the version has no motivation of a key in the edit. InputError: the edit makes no taxonomy, or see `relabelled`.
    """
    now = relabelled(extraction, versions, version)
    edited = apply_edit(now.taxonomy, edit)
    after = follow(now.statements, edit, edited, StatementVectors(extraction))
    n_reviews = extraction.manifest.summary.get("n_reviews")
    return EditEffect(edited.taxonomy, coverage(now.statements, now.taxonomy, n_reviews), coverage(after, edited.taxonomy, n_reviews))


def coverage_of(extraction: Artefact) -> Coverage:
    """The coverage of an extraction as it stands."""
    columns = ["source", "interaction_idx", "motivation"]
    statements = pd.read_parquet(extraction.path / "statements.parquet", columns=columns)
    return coverage(statements, Taxonomy.read(extraction.path / "taxonomy.json"), extraction.manifest.summary.get("n_reviews"))


def follow(statements: pd.DataFrame, edit: TaxonomyEdit, edited: Edited, vectors: StatementVectors) -> pd.DataFrame:
    """Statements after an edit: each in exactly one slot of the new taxonomy."""
    labels = statements["motivation"].to_numpy(dtype=np.int64)
    rows = statements["embedding_row"].to_numpy(dtype=np.int64)
    confidence = statements["confidence"].to_numpy(dtype=np.float32, copy=True)
    moved = np.array([targets[0] for targets in edited.slots], dtype=np.int64)[labels]
    for slot, targets in enumerate(edited.slots):
        members = np.flatnonzero(labels == slot)
        if len(targets) == 1 or not len(members):
            continue
        if isinstance(edit, Split):
            moved[members], sure = _parts(edit, edited.taxonomy, targets, rows[members], vectors)
            confidence[members] = np.minimum(confidence[members], sure)  # no surer of the part than of the whole
        elif isinstance(edit, Add):
            labelled, sure = _named(edited.taxonomy, rows[members], vectors)
            fitting = labelled == len(edited.taxonomy) - 1
            moved[members[fitting]] = len(edited.taxonomy) - 1
            confidence[members[fitting]] = sure[fitting]
    return _labelled(statements, moved, confidence)


def _parts(edit: Split, taxonomy: Taxonomy, targets: tuple[int, ...], rows: Ints, vectors: StatementVectors) -> tuple[Ints, Floats]:
    """Slot and confidence of the statements of a motivation that was split: by centroid, or by the parts' phrases."""
    given = [part.centroid for part in edit.parts]
    dim = vectors.embeddings.shape[1]
    slots = np.array(targets, dtype=np.int64)
    if edit.space != vectors.space or any(centroid is None or len(centroid) != dim for centroid in given):
        parts = taxonomy.model_copy(update={"motivations": tuple(taxonomy.motivations[slot] for slot in targets)})
        extractor = vectors.extractor(parts)
        scores = np.concatenate([extractor.label(block).scores for _, block in vectors.blocks(rows)])
        temperature = extractor.thresholds.temperature
    else:
        centroids = np.array(given, dtype=np.float32)
        scores = np.concatenate([block @ centroids.T for _, block in vectors.blocks(rows)])
        temperature = THRESHOLDS["all-MiniLM-L6-v2"].temperature
    ranked = np.sort(scores, axis=1)
    return slots[scores.argmax(axis=1)], np.tanh((ranked[:, -1] - ranked[:, -2]) / temperature).astype(np.float32)


def _named(taxonomy: Taxonomy, rows: Ints, vectors: StatementVectors) -> tuple[Ints, Floats]:
    """Slot and confidence of statements as the zero-shot extractor names them."""
    extractor = vectors.extractor(taxonomy)
    distinct, position = np.unique(rows, return_inverse=True)
    labels, confidence = np.zeros(len(distinct), dtype=np.int64), np.zeros(len(distinct), dtype=np.float32)
    for place, block in vectors.blocks(distinct):
        named = extractor.label(block)
        labels[place], confidence[place] = named.motivation, named.confidence
    return labels[position], confidence[position]


def _matched(statements: pd.DataFrame, taxonomy: Taxonomy, vectors: StatementVectors) -> pd.DataFrame:
    return _labelled(statements, *_named(taxonomy, statements["embedding_row"].to_numpy(dtype=np.int64), vectors))


def _labelled(statements: pd.DataFrame, motivation: Ints, confidence: Floats) -> pd.DataFrame:
    return statements.assign(motivation=motivation.astype(np.int16), confidence=confidence.astype(np.float32))


def _statements(extraction: Artefact) -> pd.DataFrame:
    return pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)


def relabel(
    workspace: Workspace, extraction: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion, progress: Progress = silent
) -> Artefact:
    """An extraction whose statements are named with a version of a taxonomy.

    It is always made of the extraction that read the reviews, whichever later one is given: the same version gives the same
    artefact. Its sources name that extraction, its ``config["taxonomy"]`` the version.

    Returns:
        Artefact of kind "extraction" with the files of the one it came from (hard links where the disk has them); that one itself
        where it has this very taxonomy already; one made before is returned at once.

    Raises:
        InputError: see `relabelled`. StorageError: the disk refused.
    """
    origin = original(workspace, extraction)
    had = Taxonomy.read(origin.path / "taxonomy.json")
    edits = versions.edits_since(had, version)
    if edits == ():
        return origin
    chain = None if edits is None else [edit.model_dump(mode="json") for edit in edits]
    identifier = artefact_id(origin.manifest.name, content_hash("relabelled", VERSION, origin.id, version.taxonomy, chain))
    sources = {**origin.manifest.sources, "extraction": origin.id}
    known = workspace.find("extraction", identifier)
    if known is not None and known.manifest.sources == sources:
        return known
    started = time.monotonic()
    progress(ProgressEvent("Naming statements anew", 0, 1))
    made = relabelled(origin, versions, version)
    progress(ProgressEvent("Naming statements anew", 1, 1))
    config = {**origin.manifest.config, "taxonomy": version.label}
    with workspace.publish("extraction", identifier, name=origin.manifest.name, sources=sources, config=config) as draft:
        _link(origin.path, draft.path)
        write_parquet(draft.path / "statements.parquet", made.statements)
        write_json(draft.path / "taxonomy.json", made.taxonomy)
        draft.generated = origin.manifest.generated
        draft.summary |= _summary(origin, made, version) | {"seconds": round(time.monotonic() - started, 2)}
    return workspace.get("extraction", identifier)


def original(workspace: Workspace, extraction: Artefact) -> Artefact:
    """The extraction that read the reviews, behind one that was relabelled; ``extraction`` itself where that is it, or it is gone."""
    source = extraction.manifest.sources.get("extraction")
    before = workspace.find("extraction", source) if source else None
    return extraction if before is None else original(workspace, before)


def _summary(origin: Artefact, made: Relabelled, version: TaxonomyVersion) -> dict[str, Any]:
    of_origin = {name: value for name, value in origin.manifest.summary.items() if name not in ("n_embedded", "sentences_per_s")}
    after = coverage(made.statements, made.taxonomy, of_origin.get("n_reviews"))
    relabelling = {"extraction": origin.id, "method": made.method, "edits": [describe(edit) for edit in made.edits]}
    return of_origin | after.summary() | {"taxonomy": taxonomy_reference(made.taxonomy, version.label), "relabelled": relabelling}


def _link(source: Path, target: Path) -> None:
    """Give ``target`` the files of ``source`` that relabelling does not change; artefacts never change, so they may share them."""
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if not path.is_file() or inside.as_posix() in _OWN_FILES:
            continue
        (target / inside).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target / inside)
        except OSError:  # another disk, or a file system without hard links
            shutil.copy2(path, target / inside)
