"""Extraction over a whole dataset: training reviews and profile texts in, an artefact of statements and their vectors out.

Nothing of a validation or test interaction is read (METHOD 1.2): not for statements, not for the fit of an encoder, not even
for the key under which the artefact is found again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from core.data.dataset import ReviewDataset
from core.encoding import EmbeddingCache, EncoderChoice, default_encoder
from core.encoding.encoder import TextEncoder, Vectors
from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError, StoppedError
from core.extraction.config import ExtractionConfig, OllamaSettings
from core.extraction.polarity import is_positive
from core.extraction.schema import STATEMENT_COLUMNS, Extractor
from core.extraction.taxonomy import ASSETS, Taxonomy, taxonomy_reference, version_file
from core.extraction.texts import SourceTexts, Texts
from core.extraction.zero_shot import GENERAL, VERSION, Labels, ZeroShotExtractor, strengths
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.storage import content_hash, write_json, write_parquet, write_tensors
from core.workspace import Artefact, Workspace, artefact_id

__all__ = ["ExtractionConfig", "OllamaSettings", "chosen_taxonomy", "encoder_of", "extract_dataset", "extractor_of", "fitting_encoder"]


def extract_dataset(
    workspace: Workspace,
    dataset: ReviewDataset,
    config: ExtractionConfig | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    *,
    paused: Callable[[], bool] = never_stop,
    retry_failed: bool = False,
) -> Artefact:
    """Extract the motivations of a dataset's training reviews and profile texts.

    Args:
        config: None takes the defaults.
        progress: stages "Splitting reviews", "Embedding sentences" (with sentences_per_s), "Naming motivations"; of a language
            model "Asking MODEL ..." (see `core.extraction.batch.run_batch`), "Embedding sentences", "Writing statements".
        paused, retry_failed: of a batch of a language model, see `core.extraction.batch.run_batch`.

    Returns:
        Artefact of kind "extraction": statements.parquet (`STATEMENT_COLUMNS`), embeddings.safetensors ({"embeddings":
        float16 [n_distinct, D]}), taxonomy.json, and tfidf.* where that encoder was used; of a language model also what
        `core.extraction.ollama_run` says. One made before from the same texts and settings is returned at once.

    Raises:
        InputError: there is no text in the training part, or the taxonomy cannot be read.
        StoppedError: a stop was requested; embeddings and answers made so far are kept.
        OllamaError: the server of a language model failed; answers it gave so far are kept.
    """
    config = config or ExtractionConfig()
    if config.backend == "ollama":
        from core.extraction.ollama_run import extract_with_ollama

        return extract_with_ollama(workspace, dataset, config, progress, stop, paused=paused, retry_failed=retry_failed)
    taxonomy = chosen_taxonomy(config, dataset, workspace)
    source = SourceTexts.read(dataset)
    source = source if config.sample is None else source.sampled(config.sample, config.sample_seed)
    choice = fitting_encoder(config, taxonomy, source)
    key = content_hash(config.zero_shot_key, VERSION, taxonomy, choice.encoder.name, choice.encoder.fingerprint, source.key)
    identifier = artefact_id(dataset.name, key)
    known = workspace.find("extraction", identifier)
    if known is not None and known.manifest.sources.get("dataset") == dataset.id:
        return known
    progress(ProgressEvent("Splitting reviews", 0, len(source.reviews)))
    texts = source.sentences
    if not len(texts.rows):
        raise InputError(
            "No text in the training reviews or profiles", where=f"dataset {dataset.id}", hint="Import a dataset with review texts"
        )
    progress(ProgressEvent("Splitting reviews", len(source.reviews), len(source.reviews)))
    if stop():
        raise StoppedError("Stopped after splitting the reviews", where=f"dataset {dataset.id}")
    return _extract(workspace, dataset, config, taxonomy, texts, choice, identifier, progress, stop)


def _extract(
    workspace: Workspace,
    dataset: ReviewDataset,
    config: ExtractionConfig,
    taxonomy: Taxonomy,
    texts: Texts,
    choice: EncoderChoice,
    identifier: str,
    progress: Progress,
    stop: Callable[[], bool],
) -> Artefact:
    started = time.monotonic()
    encoder = choice.encoder
    cache = EmbeddingCache(workspace.cache / "embeddings", encoder)
    if isinstance(encoder, TfidfEncoder):  # faster than any cache, and each fit would leave a file behind
        vectors = encoder.encode(texts.distinct)
        extractor = ZeroShotExtractor(taxonomy, encoder, config.thresholds(encoder))
    else:
        vectors = cache.encode(texts.distinct, progress, stop)
        extractor = ZeroShotExtractor(taxonomy, encoder, config.thresholds(encoder), cache.encode)
    progress(ProgressEvent("Naming motivations", 0, len(texts.distinct)))
    labels = extractor.label(vectors)
    statements = _statements(texts, labels)
    progress(ProgressEvent("Naming motivations", len(texts.distinct), len(texts.distinct)))
    with workspace.publish(
        "extraction", identifier, name=dataset.name, sources={"dataset": dataset.id}, config=config.zero_shot_key
    ) as draft:
        _write(draft.path, statements, vectors, taxonomy, encoder)
        draft.generated = dataset.generated
        draft.summary |= _summary(statements, texts, taxonomy) | {"taxonomy": taxonomy_reference(taxonomy, config.taxonomy)}
        draft.summary |= {"encoder": encoder.name, "encoder_reason": choice.reason, "precision": encoder.precision}
        draft.summary |= {"seconds": round(time.monotonic() - started, 2), "n_embedded": cache.n_embedded}
        draft.summary["sentences_per_s"] = round(cache.n_embedded / cache.seconds, 1) if cache.seconds else None
    return workspace.get("extraction", identifier)


def extractor_of(artefact: Artefact) -> Extractor:
    """The extractor an artefact of kind "extraction" was made with, for texts that come later (a newcomer's reviews).

    That of a language model asks its server when it is used, not before.
    """
    config = ExtractionConfig.model_validate(artefact.manifest.config)
    if config.backend == "ollama":
        from core.extraction.ollama_run import ollama_extractor_of

        return ollama_extractor_of(artefact, config)
    encoder = encoder_of(artefact)
    return ZeroShotExtractor(Taxonomy.read(artefact.path / "taxonomy.json"), encoder, config.thresholds(encoder))


def encoder_of(artefact: Artefact) -> TextEncoder:
    """The encoder of an artefact of kind "extraction".

    Raises:
        InputError: it was MiniLM, which is not at hand here.
    """
    if (artefact.path / "tfidf.json").exists():
        return TfidfEncoder.load(artefact.path)
    return default_encoder("minilm").encoder


def chosen_taxonomy(config: ExtractionConfig, dataset: ReviewDataset, workspace: Workspace) -> Taxonomy:
    """The taxonomy of an extraction: one that ships, a version "NAME@V" of the workspace, or a file.

    Raises:
        InputError: it cannot be read.
    """
    if config.taxonomy is None:
        return Taxonomy.default(dataset.domain)
    if (ASSETS / f"{config.taxonomy}.json").is_file() and "/" not in config.taxonomy:
        return Taxonomy.default(config.taxonomy)
    kept, path = version_file(workspace, config.taxonomy), Path(config.taxonomy).expanduser()
    if kept is not None and kept.is_file():
        return Taxonomy.read(kept)
    if not path.is_file():
        hint = "Give the path of a JSON file, products, places or games, or NAME@V as `lmmrec taxonomy list` shows them"
        raise InputError("No such taxonomy", where=config.taxonomy, hint=hint)
    return Taxonomy.read(path)


def fitting_encoder(config: ExtractionConfig, taxonomy: Taxonomy, source: SourceTexts) -> EncoderChoice:
    """The encoder; a fitted one learns the taxonomy's words too."""
    phrases = [phrase for entry in taxonomy.motivations for phrase in (*entry.examples, entry.description)]
    return default_encoder(config.encoder, lambda: [*source.sentences.distinct, *phrases, *GENERAL])


def _statements(texts: Texts, labels: Labels) -> pd.DataFrame:
    rows = texts.rows
    distinct = rows["embedding_row"].to_numpy()
    ratings = rows["rating"].to_numpy(dtype=np.float64)
    positive = is_positive(texts.opinions[distinct], ratings) | (rows["source"] != "review").to_numpy()
    confidence = labels.confidence[distinct]
    frame = rows.assign(
        motivation=labels.motivation[distinct],
        polarity=np.where(positive, "positive", "negative"),
        strength=strengths(confidence, texts.emphases[distinct], ratings),
        confidence=confidence,
        grounded=True,  # a quote is the sentence itself
        grounding=np.float32(1.0),
    )
    return frame[list(STATEMENT_COLUMNS)].astype(STATEMENT_COLUMNS)


def _write(directory: Path, statements: pd.DataFrame, vectors: Vectors, taxonomy: Taxonomy, encoder: TextEncoder) -> None:
    write_parquet(directory / "statements.parquet", statements)
    write_tensors(directory / "embeddings.safetensors", {"embeddings": torch.from_numpy(vectors).half()})
    write_json(directory / "taxonomy.json", taxonomy)
    if isinstance(encoder, TfidfEncoder):
        encoder.save(directory)


def _summary(statements: pd.DataFrame, texts: Texts, taxonomy: Taxonomy) -> dict[str, Any]:
    other = statements["motivation"] == len(taxonomy)
    reviews = statements[statements["source"] == "review"]
    covered = reviews.loc[reviews["motivation"] < len(taxonomy), "interaction_idx"].nunique()
    counts = statements["motivation"].value_counts()
    return {
        "n_statements": len(statements),
        "n_distinct": len(texts.distinct),
        "n_reviews": texts.n_reviews,
        "coverage": round(covered / texts.n_reviews, 4) if texts.n_reviews else None,
        "share_other": round(float(other.mean()), 4),
        "grounded_share": round(float(statements["grounded"].mean()), 4),
        "motivations": {key: int(counts.get(index, 0)) for index, key in enumerate(taxonomy.keys)},
    }
