"""Versions of taxonomies: numbered, never changed, and each knows where it is from."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError, StorageError
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry, taxonomy_reference, version_file
from core.motivations.taxonomy_edits import Imported, Merge, Part, Remove, Rename, Split
from core.motivations.taxonomy_files import difference, export_taxonomy, import_taxonomy
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions, split_label
from core.workspace import Workspace


def test_shipped_taxonomies_are_there_as_version_1(versions: TaxonomyVersions):
    assert versions.names() == ["games", "places", "products"]
    shipped = versions.get("places")
    assert (shipped.label, shipped.parent, shipped.edit) == ("places@1", None, None)
    assert shipped.taxonomy == Taxonomy.default("places")
    assert shipped.hash == shipped.taxonomy.hash


def test_a_shipped_one_can_be_built_upon_and_stays(versions: TaxonomyVersions):
    made = versions.edit("places", Rename(key="atmosphere", name="Ambience"), note="shorter")
    assert (made.label, made.parent, made.note) == ("places@2", "places@1", "shorter")
    assert made.edit == Rename(key="atmosphere", name="Ambience")
    assert made.created_at is not None
    assert versions.get("places") == made
    assert versions.get("places@1").taxonomy == Taxonomy.default("places")
    assert [version.label for version in versions.versions("places")] == ["places@1", "places@2"]


def test_versions_survive_another_opening(workspace: Workspace, versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    quality = hand_version.taxonomy.motivations[0]
    half = quality.model_copy(update={"key": "half", "name": "Half"})
    parts = (Part(entry=quality, centroid=(0.25, -1.0)), Part(entry=half))
    split = versions.edit("made", Split(key="quality", parts=parts, space="by-hand"))
    removed = versions.edit(split.label, Remove(key="money"), name="smaller")
    assert TaxonomyVersions(workspace).versions("made") == [hand_version, split]
    assert TaxonomyVersions(workspace).get("smaller") == removed
    assert (removed.label, removed.parent, removed.taxonomy.name) == ("smaller@1", "made@2", "smaller")


def test_the_same_again_is_no_new_version(versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    assert versions.save("made", hand_version.taxonomy, note="again") == hand_version
    assert versions.save("made", hand_version.taxonomy.model_copy(update={"name": "other-name"})) == hand_version
    assert versions.save("places", Taxonomy.default("places")).label == "places@1"


def test_the_same_taxonomy_by_other_edits_is_another_version(versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    """Merged or removed, "money" is gone either way; its statements are not in the same slot."""
    quality = hand_version.taxonomy.motivations[0]
    money = quality.model_copy(update={"key": "money", "name": "Money"})
    versions.save("made", hand_version.taxonomy.model_copy(update={"motivations": (quality, money)}))
    merged = versions.edit("made@2", Merge(keys=("money",), into="quality"))
    removed = versions.edit("made@2", Remove(key="money"))
    assert merged.hash == removed.hash
    assert (merged.label, removed.label) == ("made@3", "made@4")
    assert versions.edit("made@2", Remove(key="money")) == removed
    assert versions.edit("made@4", Rename(key="quality", name="Quality")) == removed


def test_restoring_makes_an_older_one_the_newest(versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    versions.edit("made", Remove(key="money"))
    restored = versions.restore("made@1")
    assert (restored.label, restored.parent, restored.note) == ("made@3", "made@1", "restored made@1")
    assert restored.taxonomy == hand_version.taxonomy


def test_edits_lead_back_to_an_ancestor(versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    rename, merge = Rename(key="money", name="Price"), Merge(keys=("money", "quality"), into="quality")
    versions.edit("made", rename)
    last = versions.edit("made", merge, name="forked")
    assert versions.edits_since(hand_version.taxonomy, last) == (rename, merge)
    assert versions.edits_since(versions.get("made@2").taxonomy, last) == (merge,)
    assert versions.edits_since(last.taxonomy, last) == ()
    assert versions.edits_since(last.taxonomy, hand_version) is None
    assert versions.edits_since(Taxonomy.default("games"), last) is None
    assert versions.edits_since(hand_version.taxonomy, versions.restore("made@1")) == ()
    assert versions.edits_since(hand_version.taxonomy, versions.save("made", Taxonomy.default("games"), parent="made@1")) is None


def test_a_version_is_a_file_an_extraction_can_read(workspace: Workspace, versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    path = version_file(workspace, hand_version.label)
    assert path is not None
    assert Taxonomy.read(path) == hand_version.taxonomy
    path.unlink()
    assert Taxonomy.read(versions.file(hand_version)) == hand_version.taxonomy
    assert version_file(workspace, "../places@1") is None
    assert version_file(workspace, "places") is None


def test_what_a_killed_save_left_is_written_over(workspace: Workspace, versions: TaxonomyVersions, hand_taxonomy: Taxonomy):
    stale = version_file(workspace, "made@1")
    assert stale is not None
    export_taxonomy(versions.get("games"), stale)
    assert Taxonomy.read(versions.file(versions.save("made", hand_taxonomy))) == hand_taxonomy


def test_references_name_version_and_hash(hand_version: TaxonomyVersion):
    taxonomy = hand_version.taxonomy
    assert taxonomy_reference(taxonomy, "made@1") == {"name": "made", "version": 1, "hash": hand_version.hash}
    assert taxonomy_reference(taxonomy, "some/made.json") == {"name": "made", "version": None, "hash": hand_version.hash}
    shipped = Taxonomy.default("games")
    assert taxonomy_reference(shipped, None) == {"name": "games", "version": 1, "hash": shipped.hash}
    assert taxonomy_reference(shipped.model_copy(update={"title": "Mine"}))["version"] is None


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("place", "Did you mean places"),
        ("zzz", "There are: games, places, products"),
        ("places@2", "There are: places@1"),
        ("places@", "NAME@NUMBER"),
        ("places@0", "NAME@NUMBER"),
        ("a b@1", "NAME@NUMBER"),
    ],
)
def test_unknown_versions_are_one_clear_error(versions: TaxonomyVersions, reference: str, words: str):
    with pytest.raises(InputError, match=words):
        versions.get(reference)


def test_wrong_names_parents_and_twins_are_refused(versions: TaxonomyVersions, hand_taxonomy: Taxonomy):
    with pytest.raises(InputError, match="Not a usable name"):
        versions.save("My taxonomy", hand_taxonomy)
    with pytest.raises(NotFoundError):
        versions.save("made", hand_taxonomy, parent="nothing@1")
    twin = hand_taxonomy.motivations[0].model_copy(update={"key": "twin", "name": "quality"})
    with pytest.raises(InputError, match="called 'quality'"):
        versions.save("made", hand_taxonomy.model_copy(update={"motivations": (*hand_taxonomy.motivations, twin)}))
    assert "made" not in versions.names()


def test_saving_at_once_numbers_every_version_once(workspace: Workspace, hand_taxonomy: Taxonomy):
    def save(number: int) -> str:
        return TaxonomyVersions(workspace).save("made", hand_taxonomy.model_copy(update={"title": f"Title {number}"})).label

    with ThreadPoolExecutor(8) as pool:
        labels = list(pool.map(save, range(24)))
    assert sorted(labels) == sorted(f"made@{number}" for number in range(1, 25))


def test_a_broken_database_is_one_clear_error(workspace: Workspace):
    workspace.database.write_bytes(b"not a database at all, but long enough to look like one" * 40)
    with pytest.raises(StorageError, match="taxonomy database"):
        TaxonomyVersions(workspace)


def test_the_table_shares_the_database_with_jobs(workspace: Workspace, hand_version: TaxonomyVersion):
    from core.jobs.store import JobStore

    JobStore(workspace).create("train", {})
    with sqlite3.connect(workspace.database) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert TaxonomyVersions(workspace).get("made") == hand_version


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=30).filter(str.strip)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
entries = st.lists(
    st.builds(
        TaxonomyEntry, key=st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), name=texts, description=texts, examples=st.tuples(texts)
    ),
    min_size=1,
    max_size=5,
    unique_by=(lambda entry: entry.key, lambda entry: " ".join(entry.name.split()).casefold()),
).filter(lambda found: all(entry.key != "other" and " ".join(entry.name.split()).casefold() != "other" for entry in found))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(found=entries, title=texts)
def test_files_keep_every_character(tmp_path: Path, found: list[TaxonomyEntry], title: str):
    versions = TaxonomyVersions(Workspace(tmp_path / "exporting"))
    version = versions.save("mine", Taxonomy(name="mine", title=title, motivations=tuple(found)))
    export_taxonomy(version, tmp_path / "mine.json")
    back = import_taxonomy(TaxonomyVersions(Workspace(tmp_path / "importing")), tmp_path / "mine.json")
    assert back.taxonomy == version.taxonomy
    assert back.hash == version.hash
    assert back.edit == Imported(file="mine.json") or back.number > 1


def test_importing_what_is_no_taxonomy_is_one_clear_error(versions: TaxonomyVersions, tmp_path: Path):
    with pytest.raises(InputError, match="No such file"):
        import_taxonomy(versions, tmp_path / "none.json")
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(InputError, match="Not a taxonomy"):
        import_taxonomy(versions, tmp_path / "list.json")


def test_difference_shows_the_changed_lines_only(versions: TaxonomyVersions, hand_version: TaxonomyVersion):
    changed = versions.edit("made", Rename(key="money", name="Price"))
    lines = difference(hand_version, changed).splitlines()
    assert lines[:2] == ["--- made@1", "+++ made@2"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-[money] Money", "+[money] Price"]
    assert difference(changed, changed) == ""


def test_labels_are_taken_apart():
    assert split_label("places@12") == ("places", 12)
    assert split_label("places") == ("places", None)
