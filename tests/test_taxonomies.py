"""The taxonomies that ship: valid, distinct, and written apart from the demo's sentences."""

from __future__ import annotations

import json
import re

import pytest

from core.extraction.taxonomy import ASSETS, Taxonomy

DOMAINS = ("products", "places", "games")


@pytest.mark.parametrize("domain", DOMAINS)
def test_default_taxonomy_has_eight_named_motivations(domain: str) -> None:
    taxonomy = Taxonomy.default(domain)
    assert taxonomy.name == domain
    assert len(taxonomy) == 8
    assert len(set(taxonomy.names)) == len(taxonomy.names)
    assert taxonomy.keys[-1] == "other"


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_motivation_reads_well(domain: str) -> None:
    for entry in Taxonomy.default(domain).motivations:
        assert 1 <= len(entry.name.replace("&", "").split()) <= 3
        assert entry.description.endswith(".")
        assert 4 <= len(entry.examples) <= 6
        assert all(re.fullmatch(r"[A-Z].*[.!?]", example) for example in entry.examples)


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_example_serves_two_motivations(domain: str) -> None:
    examples = [example for entry in Taxonomy.default(domain).motivations for example in entry.examples]
    assert len(set(examples)) == len(examples)


def test_only_the_default_domains_ship() -> None:
    assert sorted(path.stem for path in ASSETS.glob("*.json")) == sorted(DOMAINS)
    for path in ASSETS.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
