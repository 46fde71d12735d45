"""A version of a taxonomy applied to an extraction: every statement in one slot, nothing else of it changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.dataset import ReviewDataset
from core.encoding.encoder import normalised
from core.errors import InputError, NotFoundError
from core.extraction.run import ExtractionConfig, extract_dataset
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry, reference_of
from core.extraction.zero_shot import ZeroShotExtractor
from core.motivations import relabel as relabelling
from core.motivations.build import build_profiles
from core.motivations.coverage import coverage
from core.motivations.profiles import Profiles
from core.motivations.relabel import coverage_of, original, preview_edit, relabel, relabelled
from core.motivations.taxonomy_edits import Add, Merge, Remove, Rename, TaxonomyEdit
from core.motivations.taxonomy_split import propose_split
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.storage import read_json
from core.workspace import Artefact, Workspace

SOUND, PRICE, GIFT, CABLE = (slice(12 * topic, 12 * topic + 12) for topic in range(4))


class ByHand:
    """Turns the few phrases of the tests into the axes of their topics."""

    name = "by-hand"
    fingerprint = "0"
    precision = "float32"
    dim = 8
    words = (("rich", "sounds", "well"), ("bargain", "costs"), ("present", "presents"), ("cable",))

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = [[float(any(word in text.lower() for word in of)) for of in self.words] + [0.0] * 4 for text in texts]
        return normalised(np.array(rows))


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ByHand:
    made = ByHand()
    monkeypatch.setattr(relabelling, "encoder_of", lambda extraction: made)
    thresholds = ZeroShotExtractor.__init__.__globals__["THRESHOLDS"]
    monkeypatch.setitem(thresholds, "by-hand", thresholds["all-MiniLM-L6-v2"])
    return made


def keys(artefact: Artefact) -> np.ndarray:
    taxonomy = Taxonomy.read(artefact.path / "taxonomy.json")
    statements = pd.read_parquet(artefact.path / "statements.parquet")
    return np.array(taxonomy.keys)[statements["motivation"].to_numpy()]


def test_renaming_changes_no_label(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    version = versions.edit("made", Rename(key="money", name="Price", description="Cheap.", examples=("So cheap!",)))
    made = relabel(workspace, hand_extraction, versions, version)
    pd.testing.assert_frame_equal(
        pd.read_parquet(made.path / "statements.parquet"), pd.read_parquet(hand_extraction.path / "statements.parquet")
    )
    assert Taxonomy.read(made.path / "taxonomy.json").names == ["Quality", "Price", "Other"]


def test_merge_and_remove_follow_the_mapping(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    merged = relabel(workspace, hand_extraction, versions, versions.edit("made", Merge(keys=("quality", "money"), into="money")))
    assert (keys(merged)[SOUND] == "money").all()
    assert (keys(merged)[PRICE] == "money").all()
    assert (keys(merged)[GIFT] == "other").all()
    removed = relabel(workspace, hand_extraction, versions, versions.edit("made@1", Remove(key="quality")))
    assert (keys(removed)[CABLE] == "other").all()
    assert (keys(removed)[PRICE] == "money").all()
    before = pd.read_parquet(hand_extraction.path / "statements.parquet")
    for made in (merged, removed):
        after = pd.read_parquet(made.path / "statements.parquet")
        pd.testing.assert_frame_equal(after.drop(columns="motivation"), before.drop(columns="motivation"))


def test_split_sends_each_statement_to_its_part(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    edit = propose_split(hand_extraction, versions, hand_version, "quality")
    assert edit.space == "by-hand"
    assert {("tone" in part.entry.key, "cable" in part.entry.key) for part in edit.parts} == {(True, False), (False, True)}
    made = relabel(workspace, hand_extraction, versions, versions.edit("made", edit))
    (sound,), (cable,) = set(keys(made)[SOUND]), set(keys(made)[CABLE])
    assert "tone" in sound
    assert "cable" in cable
    assert (keys(made)[PRICE] == "money").all()
    assert (keys(made)[GIFT] == "other").all()
    confidence = pd.read_parquet(made.path / "statements.parquet")["confidence"]
    assert (confidence <= np.float32(0.9)).all()


def test_split_parts_take_the_names_given(hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    first, second = propose_split(hand_extraction, versions, hand_version, "quality", names=("Quality", "Wires")).parts
    assert [(part.entry.key, part.entry.name) for part in (first, second)] == [("quality", "Quality"), ("wires", "Wires")]
    again = propose_split(hand_extraction, versions, hand_version, "quality")
    assert [part.centroid for part in again.parts] == [first.centroid, second.centroid]
    named = propose_split(hand_extraction, versions, hand_version, "quality", name_cluster=lambda words, examples: f"About {words[0]}.\n")
    assert all(part.entry.name.startswith("About ") for part in named.parts)
    for names, words in ((("Money", "Wires"), "cannot name"), (("a", "b", "c"), "3 names"), (("Same", "same"), "cannot name")):
        with pytest.raises(InputError, match=words):
            propose_split(hand_extraction, versions, hand_version, "quality", names=names)
    with pytest.raises(InputError, match="Only 12 distinct"):
        propose_split(hand_extraction, versions, hand_version, "money", n_parts=8)
    with pytest.raises(NotFoundError):
        propose_split(hand_extraction, versions, hand_version, "monei")


def test_without_centroids_of_its_space_the_phrases_split(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion, encoder: ByHand
):
    edit = propose_split(hand_extraction, versions, hand_version, "quality").model_copy(update={"space": "another encoder"})
    made = relabelled(hand_extraction, versions, versions.edit("made", edit))
    labels = np.array(made.taxonomy.keys)[made.statements["motivation"]]
    assert all("tone" in key for key in labels[SOUND])
    assert all("cable" in key for key in labels[CABLE])


def test_added_motivation_takes_what_fits_of_other_only(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion, encoder: ByHand
):
    presents = TaxonomyEntry(key="presents", name="Presents", description="It is a present.", examples=("What a present!",))
    made = relabel(workspace, hand_extraction, versions, versions.edit("made", Add(entry=presents)))
    assert (keys(made)[GIFT] == "presents").all()
    assert (keys(made)[SOUND] == "quality").all()
    assert (keys(made)[PRICE] == "money").all()
    # A motivation that fits statements of another one takes none of them.
    cables = TaxonomyEntry(key="cables", name="Cables", description="The cable.", examples=("A cable.",))
    taken = relabel(workspace, hand_extraction, versions, versions.edit("made@1", Add(entry=cables)))
    assert (keys(taken)[CABLE] == "quality").all()
    assert (keys(taken)[GIFT] == "other").all()


def test_taxonomy_without_a_common_ancestor_names_all_anew(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, encoder: ByHand
):
    entries = [
        TaxonomyEntry(key=key, name=key.capitalize(), description=text, examples=(text,))
        for key, text in (("gifts", "A present."), ("wires", "A cable."), ("prices", "It costs little, a bargain."))
    ]
    version = versions.save("foreign", Taxonomy(name="foreign", title="Foreign", motivations=tuple(entries)))
    made = relabel(workspace, hand_extraction, versions, version)
    assert made.manifest.summary["relabelled"]["method"] == "matched"
    assert [set(keys(made)[topic]) for topic in (SOUND, PRICE, GIFT, CABLE)] == [{"other"}, {"prices"}, {"gifts"}, {"wires"}]


def test_manifest_says_what_it_is_and_where_from(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    version = versions.edit("made", Remove(key="money"))
    made = relabel(workspace, hand_extraction, versions, version)
    assert made.manifest.sources == {"dataset": "small-0", "extraction": "made-0"}
    assert made.manifest.config["taxonomy"] == "made@2"
    assert ExtractionConfig.model_validate(made.manifest.config).taxonomy == "made@2"
    summary = made.manifest.summary
    assert summary["taxonomy"] == {"name": "made", "version": 2, "hash": version.hash}
    assert summary["relabelled"] == {"extraction": "made-0", "method": "edits", "edits": ["removed money"]}
    assert summary["motivations"] == {"quality": 24, "other": 24}
    assert (summary["share_other"], summary["coverage"], summary["encoder"]) == (0.5, 0.24, "by-hand")
    assert reference_of(made) == summary["taxonomy"]
    assert reference_of(hand_extraction) == {"name": "made", "version": None, "hash": hand_version.hash}


def test_same_version_gives_the_same_artefact_whatever_it_is_applied_to(
    workspace: Workspace, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    second = versions.edit("made", Remove(key="money"))
    third = versions.edit("made", Rename(key="quality", name="Good"))
    first_way = relabel(workspace, hand_extraction, versions, third)
    by_detour = relabel(workspace, relabel(workspace, hand_extraction, versions, second), versions, third)
    assert by_detour == first_way
    assert original(workspace, by_detour) == hand_extraction
    assert relabel(workspace, by_detour, versions, hand_version) == hand_extraction
    assert len(workspace.list("extraction")) == 3


def test_vectors_are_shared_and_profiles_are_built_as_ever(
    workspace: Workspace, small_dataset: ReviewDataset, hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion
):
    (hand_extraction.path / "more").mkdir()
    (hand_extraction.path / "more" / "answers.parquet").write_bytes(b"answers")
    made = relabel(workspace, hand_extraction, versions, versions.edit("made", Remove(key="money")))
    for name in ("embeddings.safetensors", "more/answers.parquet"):
        assert (made.path / name).samefile(hand_extraction.path / name)
    assert not (made.path / "statements.parquet").samefile(hand_extraction.path / "statements.parquet")
    before = Profiles.load(build_profiles(workspace, hand_extraction, small_dataset))
    artefact = build_profiles(workspace, made, small_dataset)
    after = Profiles.load(artefact)
    assert artefact.manifest.summary["taxonomy"] == made.manifest.summary["taxonomy"]
    np.testing.assert_array_equal(after.users.positive[:, 0], before.users.positive[:, 0])
    together = before.users.positive_weight[:, 1:].sum(1)
    np.testing.assert_allclose(after.users.positive_weight[:, 1], together, atol=1e-6)
    np.testing.assert_array_equal(after.whole("item"), before.whole("item"))


def test_disk_without_hard_links_gets_copies(
    workspace: Workspace,
    hand_extraction: Artefact,
    versions: TaxonomyVersions,
    hand_version: TaxonomyVersion,
    monkeypatch: pytest.MonkeyPatch,
):
    def refuse(*arguments: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(relabelling.os, "link", refuse)
    made = relabel(workspace, hand_extraction, versions, versions.edit("made", Remove(key="money")))
    embeddings = made.path / "embeddings.safetensors"
    assert not embeddings.samefile(hand_extraction.path / embeddings.name)
    assert embeddings.read_bytes() == (hand_extraction.path / embeddings.name).read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(choices=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=5))
def test_any_chain_of_edits_keeps_every_statement(
    hand_extraction: Artefact, versions: TaxonomyVersions, hand_version: TaxonomyVersion, choices: list[tuple[int, int, int]]
):
    """Statement i of the original is statement i afterwards, in exactly one slot, however the taxonomy was edited."""
    version = hand_version
    for number, (kind, first, second) in enumerate(choices):
        own = version.taxonomy.keys[:-1]
        key, other = own[first % len(own)], own[second % len(own)]
        held = relabelled(hand_extraction, versions, version).statements
        edit: TaxonomyEdit | None = Rename(key=key, name=f"Name {number}")
        if kind == 1 and key != other:
            edit = Merge(keys=(other,), into=key)
        elif kind == 2 and len(own) > 1:
            edit = Remove(key=key)
        elif kind == 3 and (held["motivation"] == own.index(key)).sum() >= 4:
            edit = propose_split(hand_extraction, versions, version, key, names=(f"Left {number}", f"Right {number}"))
        effect = preview_edit(hand_extraction, versions, version, edit)
        version = versions.edit(version.label, edit, name="chained")
        made = relabelled(hand_extraction, versions, version)
        assert made.method == "edits"
        assert coverage(made.statements, made.taxonomy, 100) == effect.after
        assert effect.before == coverage(held, relabelled(hand_extraction, versions, versions.get(version.parent or "")).taxonomy, 100)
    made = relabelled(hand_extraction, versions, version)
    assert made.statements["motivation"].between(0, len(made.taxonomy)).all()
    columns = ["interaction_idx", "statement", "quote", "polarity", "strength", "embedding_row"]
    pd.testing.assert_frame_equal(
        made.statements[columns], pd.read_parquet(hand_extraction.path / "statements.parquet")[columns], check_dtype=False
    )
    assert sum(coverage(made.statements, made.taxonomy).counts.values()) == 48


def test_coverage_counts_statements_and_reviews(hand_extraction: Artefact):
    found = coverage_of(hand_extraction)
    assert found.counts == {"quality": 24, "money": 12, "other": 12}
    assert (found.n_statements, found.n_reviews, found.n_covered) == (48, 100, 36)
    assert (found.share_other, found.covered) == (0.25, 0.36)
    assert sum(found.shares.values()) == pytest.approx(1.0)
    empty = coverage(pd.DataFrame({"source": [], "interaction_idx": [], "motivation": []}), Taxonomy.default("games"))
    assert (empty.n_statements, empty.share_other, empty.covered) == (0, 0.0, None)


def test_a_taxonomy_applied_is_the_taxonomy_extracted(workspace: Workspace, small_dataset: ReviewDataset, versions: TaxonomyVersions):
    """Zero-shot statements named anew from their vectors are those of an extraction with that taxonomy."""
    config = ExtractionConfig(encoder="minilm")
    try:
        source = extract_dataset(workspace, small_dataset, config)
    except InputError:
        pytest.skip("MiniLM is not installed")
    made = relabel(workspace, source, versions, versions.get("games"))
    extracted = extract_dataset(workspace, small_dataset, config.model_copy(update={"taxonomy": "games"}))
    assert keys(made).tolist() == keys(extracted).tolist()
    assert read_json(made.path / "taxonomy.json") == read_json(extracted.path / "taxonomy.json")
