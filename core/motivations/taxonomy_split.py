"""A motivation split in parts: its statements' vectors clustered, each cluster named by its words or by a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.encoding.encoder import Vectors, normalised
from core.errors import InputError
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.discovery import MIN_WORDS
from core.motivations.naming import NameCluster, cluster_entry, free_key, free_name, telling_words
from core.motivations.relabel import StatementVectors, relabelled
from core.motivations.taxonomy_edits import Part, Split, slot_of
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.workspace import Artefact

FIT_SAMPLE = 20_000
MAX_PARTS = 8
_DIGITS = 5  # of a centroid's coordinates: far below what moves a statement


def propose_split(
    extraction: Artefact,
    versions: TaxonomyVersions,
    version: TaxonomyVersion,
    key: str,
    *,
    n_parts: int = 2,
    names: Sequence[str] = (),
    seed: int = 0,
    name_cluster: NameCluster | None = None,
) -> Split:
    """The edit that splits a motivation of a version by what an extraction holds of it; nothing is saved.

    Equal arguments give equal parts, so they can be looked at first and named then.

    Raises:
        NotFoundError: no such motivation. InputError: see `split_by_clusters` and `core.motivations.relabel.relabelled`.
    """
    slot = slot_of(version.taxonomy, key)
    named = relabelled(extraction, versions, version).statements
    own = named[named["motivation"] == slot].drop_duplicates("embedding_row")
    telling = own[[len(str(statement).split()) >= MIN_WORDS for statement in own["statement"]]]
    own = telling if len(telling) >= 2 * n_parts else own
    vectors = StatementVectors(extraction)
    rows = own["embedding_row"].to_numpy(dtype=np.int64)
    blocks = [block for _, block in vectors.blocks(rows)]
    return split_by_clusters(
        version.taxonomy,
        key,
        own["statement"].tolist(),
        np.concatenate(blocks) if blocks else np.zeros((0, 1), dtype=np.float32),
        n_parts=n_parts,
        names=names,
        seed=seed,
        space=vectors.space,
        name_cluster=name_cluster,
    )


def split_by_clusters(
    taxonomy: Taxonomy,
    key: str,
    statements: Sequence[str],
    vectors: Vectors,
    *,
    n_parts: int = 2,
    names: Sequence[str] = (),
    seed: int = 0,
    space: str = "",
    name_cluster: NameCluster | None = None,
) -> Split:
    """The edit that splits a motivation by k-means (Lloyd) over its statements' vectors; the largest part comes first.

    Args:
        statements: the motivation's distinct statements. vectors: theirs, float32 [n, D], rows of length 1.
        names: what to call the parts, in that order; those not given are named by their words (or by ``name_cluster``). A part
            called as the motivation was keeps its key.
        space: which encoder the vectors are from, see `core.motivations.relabel.vector_space`.

    Raises:
        NotFoundError: no such motivation. InputError: too few statements for so many parts, or two parts of one name.
    """
    before = taxonomy.motivations[slot_of(taxonomy, key)]
    if not 2 <= n_parts <= MAX_PARTS:
        raise InputError(f"A motivation is split in 2 to {MAX_PARTS} parts, not {n_parts}", where=key)
    if len(names) > n_parts:
        raise InputError(f"{len(names)} names for {n_parts} parts", where=key)
    if len(statements) < 2 * n_parts:
        raise InputError(
            f"Only {len(statements)} distinct statements to split in {n_parts}", where=key, hint="Extract from more reviews, or merge"
        )
    centres = _centres(vectors, n_parts, seed)
    labels = np.argmax(vectors @ centres.T, axis=1)
    sizes = np.bincount(labels, minlength=n_parts)
    if sizes.min() == 0:
        raise InputError(f"The statements do not fall apart in {n_parts}", where=key, hint="Ask for fewer parts")
    words = telling_words(statements, labels, n_parts)
    others = [entry for entry in taxonomy.motivations if entry.key != key]
    parts: list[Part] = []
    for position, cluster in enumerate(int(place) for place in np.argsort(-sizes, kind="stable")):
        members = np.flatnonzero(labels == cluster)
        nearest = members[np.argsort(-(vectors[members] @ centres[cluster]), kind="stable")]
        beside = [*others, *(part.entry for part in parts)]
        entry = cluster_entry(words[cluster], [statements[row] for row in nearest], beside, name_cluster)
        if position < len(names):
            entry = _called(names[position], entry, before, beside)
        parts.append(Part(entry=entry, centroid=tuple(round(float(value), _DIGITS) for value in centres[cluster])))
    return Split(key=key, parts=tuple(parts), space=space)


def _called(name: str, entry: TaxonomyEntry, before: TaxonomyEntry, beside: Sequence[TaxonomyEntry]) -> TaxonomyEntry:
    """``entry`` under the name a person gave; it keeps the key of the motivation that is split where the name is that one's."""
    if free_name(name, {one.name for one in beside}) != name or not name.strip():
        raise InputError(f"'{name}' cannot name a part", where=before.key, hint="Choose a name no other motivation has")
    keeps = name.casefold() == before.name.casefold()
    key = before.key if keeps else free_key(name, {before.key, *(one.key for one in beside)})
    return entry.model_copy(update={"key": key, "name": name.strip()})


def _centres(vectors: Vectors, k: int, seed: int) -> Vectors:
    from sklearn.cluster import KMeans

    chosen = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:FIT_SAMPLE])
    return normalised(KMeans(k, n_init=3, random_state=seed).fit(vectors[chosen]).cluster_centers_)
