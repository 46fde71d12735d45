from __future__ import annotations

import pytest

from app.components.extraction_form import taxonomy_labels
from app.components.taxonomy_editor import own_version
from app.components.taxonomy_versions import version_rows
from core.extraction.taxonomy import Taxonomy
from core.jobs.taxonomy_step import apply_taxonomy
from core.motivations.taxonomy_edits import Merge, Rename
from core.motivations.taxonomy_store import TaxonomyVersions
from core.storage import write_json
from core.workspace import Workspace


@pytest.fixture
def versions(filled_copy: Workspace) -> TaxonomyVersions:
    found = TaxonomyVersions(filled_copy)
    keys = Taxonomy.default("products").keys
    found.edit("products@1", Merge(keys=(keys[0], keys[1]), into=keys[0]), note="they are one")
    found.edit("products@2", Rename(key=keys[0], name="Worth it"))
    return found


def test_the_version_of_an_extraction_is_found_also_after_it_was_applied(filled_copy: Workspace, versions: TaxonomyVersions) -> None:
    shipped = own_version(versions, filled_copy.get("extraction", "small-ex0"))
    assert shipped is not None
    assert shipped.label == "products@1"
    applied = apply_taxonomy(filled_copy, "small", "products@3")
    assert (found := own_version(versions, applied.extraction)) is not None
    assert found.label == "products@3"


def test_a_taxonomy_of_a_file_has_no_version(filled_copy: Workspace, versions: TaxonomyVersions) -> None:
    extraction = filled_copy.get("extraction", "small-ex0")
    taxonomy = Taxonomy.default("products").model_copy(update={"name": "of-mine"})
    write_json(extraction.path / "taxonomy.json", taxonomy)
    assert own_version(versions, filled_copy.get("extraction", "small-ex0")) is None


def test_the_history_says_what_each_version_changed(versions: TaxonomyVersions) -> None:
    rows = version_rows(versions.versions("products")).to_dict("records")
    assert [row["version"] for row in rows] == ["products@3", "products@2", "products@1"]
    assert [row["motivations"] for row in rows] == [7, 7, 8] or len({row["motivations"] for row in rows}) == 2
    assert rows[1]["note"] == "they are one"
    assert rows[1]["change"].startswith("merged ")
    assert rows[0]["change"].endswith("to Worth it")
    assert rows[2]["made"] == "ships with the program"


def test_the_form_offers_the_domain_s_own_taxonomy_first_and_every_version(filled_copy: Workspace, versions: TaxonomyVersions) -> None:
    labels = taxonomy_labels(filled_copy, "products")
    assert list(labels)[:3] == ["", "products@3", "products@2"]
    assert "places@1" in labels
    assert labels["products@2"] == "products@2: they are one"
