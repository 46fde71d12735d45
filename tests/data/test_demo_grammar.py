"""The text grammar of the demo."""

from __future__ import annotations

import random

import pytest

from core.data.demo.grammar import expand, parse, tidy, variants
from core.data.demo.phrases import PHRASES, SMALL_TALK


def _named(slot: str) -> str:
    return f"({slot})"


def test_every_choice_is_reached_and_nests() -> None:
    rng = random.Random(0)
    spoken = {expand("a [b|[c|d]|] <e>", _named, rng) for _ in range(200)}
    assert spoken == {"a b (e)", "a c (e)", "a d (e)", "a (e)"}


@pytest.mark.parametrize("template", ["a [b", "a ]b", "a | b", "[a|[b]"])
def test_unbalanced_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        parse(template)


def test_variants_counts_choices_and_slots() -> None:
    assert variants("plain") == 1
    assert variants("[a|b] and [c|[d|e]]") == 6
    assert variants("<dish>") == 3


def test_tidy_mends_articles_and_spaces() -> None:
    assert tidy(" a  open door , a useful one") == "an open door, a useful one"


def test_every_phrase_of_the_demo_parses() -> None:
    groups = [templates for phrases in PHRASES.values() for templates in phrases]
    for templates in [*groups, *SMALL_TALK]:
        assert templates
        assert len(set(templates)) == len(templates)
        for template in templates:
            assert expand(template, _named, random.Random(1))
