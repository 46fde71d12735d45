"""Taxonomies of a dataset: which one an extraction takes, which profiles are current, and what manifests say of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError
from core.extraction.run import ExtractionConfig, extract_dataset
from core.extraction.taxonomy import Taxonomy
from core.jobs import steps
from core.jobs.taxonomy_step import apply_taxonomy, chosen_label, discover_version, extraction_of
from core.motivations.relabel import coverage_of
from core.motivations.taxonomy_edits import Discovered, Merge, Rename
from core.motivations.taxonomy_store import TaxonomyVersions
from core.workspace import Workspace

SENTENCES = (
    "The tone of this guitar is warm and rich. It was a bargain at this price.",
    "My daughter unwrapped this present on her birthday. The cable fits every jack.",
    "Setup took two minutes and was easy. The strap feels soft and comfortable.",
    "The sound is clear and loud enough. It broke after a week of use.",
)
TFIDF = {"encoder": "tfidf"}


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path) -> str:
    """The id of a dataset of 96 reviews in four wordings."""
    rows = [f'u{user},i{item},{3 + item % 3},"{SENTENCES[(user + item) % 4]}"' for user in range(12) for item in range(8)]
    (tmp_path / "reviews.csv").write_text("\n".join(["user,item,rating,text", *rows]))
    request = {"path": tmp_path / "reviews.csv", "format": "table", "name": "shop", "min_interactions": 1}
    return steps.import_dataset(workspace, request).id


def test_extraction_with_a_version_says_so_and_its_profiles_too(workspace: Workspace, shop: str):
    versions = TaxonomyVersions(workspace)
    keys = versions.get("products").taxonomy.keys
    version = versions.edit("products", Merge(keys=(keys[0], keys[1]), into=keys[0]))
    made = steps.extract(workspace, shop, {**TFIDF, "taxonomy": "products@2"})
    assert Taxonomy.read(made.extraction.path / "taxonomy.json") == version.taxonomy
    expected = {"name": "products", "version": 2, "hash": version.hash}
    assert made.extraction.manifest.summary["taxonomy"] == expected
    assert made.profiles.manifest.summary["taxonomy"] == expected
    assert steps.extract(workspace, shop, {**TFIDF, "taxonomy": "products"}).extraction == made.extraction  # the newest of the name
    by_file = extract_dataset(workspace, ReviewDataset.open(workspace, shop), ExtractionConfig(**TFIDF, taxonomy="games"))
    assert by_file.manifest.summary["taxonomy"] == {"name": "games", "version": 1, "hash": Taxonomy.default("games").hash}


def test_default_extraction_keeps_its_id_and_names_the_shipped_taxonomy(workspace: Workspace, shop: str):
    default = steps.extract(workspace, shop, TFIDF).extraction
    assert default.manifest.config["taxonomy"] is None
    assert default.manifest.summary["taxonomy"] == {"name": "products", "version": 1, "hash": Taxonomy.default("products").hash}
    named = steps.extract(workspace, shop, {**TFIDF, "taxonomy": "products"}).extraction
    assert named.manifest.config["taxonomy"] == "products"
    assert steps.extract(workspace, shop, {**TFIDF, "taxonomy": "products@1"}).extraction == named


def test_names_become_labels_and_paths_stay(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    versions = TaxonomyVersions(workspace)
    versions.save("mine", Taxonomy.default("games"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "places").write_text("{}")
    cases = {"mine": "mine@1", "mine@1": "mine@1", "games": "games", "games@1": "games", "./a.json": "./a.json", "none.json": "none.json"}
    assert {given: chosen_label(workspace, given) for given in cases} == cases
    assert chosen_label(workspace, None) is None
    assert chosen_label(workspace, "places") == "places"
    with pytest.raises(NotFoundError, match="No version 7"):
        chosen_label(workspace, "mine@7")
    dataset = ReviewDataset("d-0", "d", "games", pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), report={})
    with pytest.raises(InputError, match="No such taxonomy"):
        extract_dataset(workspace, dataset, ExtractionConfig(taxonomy="missing"))


def test_applied_profiles_are_what_is_trained_next_and_can_be_taken_back(workspace: Workspace, shop: str):
    first = steps.extract(workspace, shop, TFIDF)
    versions = TaxonomyVersions(workspace)
    versions.edit("products", Rename(key=versions.get("products").taxonomy.keys[0], name="Anything"))
    applied = apply_taxonomy(workspace, shop, "products")
    assert applied.original == first.extraction
    assert applied.before == applied.after == coverage_of(first.extraction)
    assert applied.profiles.manifest.summary["taxonomy"]["version"] == 2
    assert steps.ensure_profiles(workspace, shop).id == applied.profiles.id != first.profiles.id
    back = apply_taxonomy(workspace, shop, "products@1")
    assert (back.extraction.id, back.profiles.id) == (first.extraction.id, first.profiles.id)
    assert steps.ensure_profiles(workspace, shop).id == first.profiles.id
    assert extraction_of(workspace, shop).id == first.extraction.id
    again = apply_taxonomy(workspace, shop, "products@2")
    assert again.profiles.id == applied.profiles.id
    assert steps.ensure_profiles(workspace, shop).id == applied.profiles.id
    assert len(workspace.list("extraction")) == len(workspace.list("profiles")) == 2


def test_byproducts_do_not_become_the_newest(workspace: Workspace, shop: str):
    first = steps.extract(workspace, shop, TFIDF)
    versions = TaxonomyVersions(workspace)
    versions.edit("products", Rename(key=versions.get("products").taxonomy.keys[0], name="Anything"))
    tried = apply_taxonomy(workspace.for_byproducts(), shop, "products@2")
    assert tried.profiles.manifest.byproduct
    assert steps.ensure_profiles(workspace, shop).id == first.profiles.id
    assert not apply_taxonomy(workspace, shop, "products@2").profiles.manifest.byproduct


def test_discovered_taxonomy_is_a_version_that_can_be_applied(workspace: Workspace, shop: str):
    extraction = steps.extract(workspace, shop, TFIDF).extraction
    found = discover_version(workspace, shop, n_motivations=4, note="first look")
    assert (found.label, found.note, len(found.taxonomy)) == ("shop-discovered@1", "first look", 4)
    assert found.edit == Discovered(extraction=extraction.id, n_motivations=4, seed=0)
    named = discover_version(workspace, shop, name="named", n_motivations=4, name_cluster=lambda words, examples: f"All about {words[0]}")
    assert all(entry.name.startswith("All about ") for entry in named.taxonomy.motivations)
    applied = apply_taxonomy(workspace, shop, found.label)
    assert applied.extraction.manifest.summary["relabelled"]["method"] == "matched"
    assert applied.after.n_statements == applied.before.n_statements
    assert sum(applied.after.counts[key] for key in found.taxonomy.keys[:-1]) > 0


def test_what_is_missing_is_one_clear_error(workspace: Workspace, shop: str):
    with pytest.raises(NotFoundError, match="Nothing is extracted yet"):
        apply_taxonomy(workspace, shop, "products")
    steps.extract(workspace, shop, TFIDF)
    with pytest.raises(NotFoundError, match="No taxonomy 'nothing'"):
        apply_taxonomy(workspace, shop, "nothing")
    with pytest.raises(NotFoundError, match="No extraction 'nothing'"):
        apply_taxonomy(workspace, shop, "products", extraction="nothing")
    with pytest.raises(InputError, match="Not a usable name"):
        discover_version(workspace, shop, name="My words")
