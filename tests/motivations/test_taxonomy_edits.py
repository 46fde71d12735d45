"""Edits of a taxonomy: every slot goes somewhere, keys stay distinct, and wrong edits are one clear error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.motivations.taxonomy_edits import Add, Edited, Merge, Part, Remove, Rename, Split, TaxonomyEdit, apply_edit, describe, slot_of


def entry(key: str, name: str | None = None) -> TaxonomyEntry:
    return TaxonomyEntry(key=key, name=name or key.capitalize(), description=f"It is {key}.", examples=(f"The {key} is good.",))


def taxonomy(*keys: str) -> Taxonomy:
    return Taxonomy(name="made", title="Made by hand", motivations=tuple(map(entry, keys)))


KEYS = ("sound", "price", "gift", "strap", "cable", "looks", "weight")


@st.composite
def edits(draw: st.DrawFn) -> tuple[Taxonomy, TaxonomyEdit]:
    before = taxonomy(*draw(st.permutations(KEYS))[: draw(st.integers(2, len(KEYS)))])
    keys = before.keys[:-1]
    key = draw(st.sampled_from(keys))
    parts = draw(st.lists(st.sampled_from(["left", "right", "upper", key]), min_size=2, max_size=4, unique=True))
    edit: TaxonomyEdit = draw(
        st.one_of(
            st.builds(Rename, key=st.just(key), name=st.sampled_from(["New", "Another name"])),
            st.builds(Rename, key=st.just(key), description=st.just("Said otherwise."), examples=st.just(("One.", "Two."))),
            st.builds(Merge, into=st.just(key), keys=st.lists(st.sampled_from([one for one in keys if one != key]), min_size=1).map(tuple)),
            st.just(Split(key=key, parts=tuple(Part(entry=entry(part)) for part in parts))),
            st.builds(Add, entry=st.just(entry("new"))),
            st.builds(Remove, key=st.just(key)),
        )
    )
    return before, edit


def moved(edited: Edited, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """New labels, the part of a split slot drawn by chance."""
    return np.array([generator.choice(edited.slots[label]) for label in labels], dtype=np.int64)


@given(edits())
def test_every_slot_goes_somewhere_and_every_new_slot_is_reached(case: tuple[Taxonomy, TaxonomyEdit]):
    before, edit = case
    edited = apply_edit(before, edit)
    assert len(edited.slots) == len(before) + 1
    reached = [target for targets in edited.slots for target in targets]
    assert all(edited.slots)
    assert set(reached) == set(range(len(edited.taxonomy) + 1))
    assert len(edited.taxonomy) in edited.slots[-1]  # what fitted nothing may still fit nothing


@given(edits())
def test_keys_and_names_stay_distinct(case: tuple[Taxonomy, TaxonomyEdit]):
    before, edit = case
    after = apply_edit(before, edit).taxonomy
    assert len(set(after.keys)) == len(after.keys)
    assert len(set(after.names)) == len(after.names)
    assert Taxonomy.model_validate(after.model_dump()) == after
    assert (after.name, after.title) == (before.name, before.title)


@given(edits(), st.lists(st.integers(0, len(KEYS)), max_size=60), st.integers(0, 99))
def test_statements_are_conserved_and_others_untouched(case: tuple[Taxonomy, TaxonomyEdit], raw: list[int], seed: int):
    before, edit = case
    labels = np.array([label % (len(before) + 1) for label in raw], dtype=np.int64)
    edited = apply_edit(before, edit)
    after = moved(edited, labels, np.random.default_rng(seed))
    counts = np.bincount(after, minlength=len(edited.taxonomy) + 1)
    assert counts.sum() == len(labels)
    assert len(counts) == len(edited.taxonomy) + 1
    named = {"rename": set(), "add": {"other"}, "remove": {"other", getattr(edit, "key", "")}}.get(edit.kind)
    if isinstance(edit, Merge):
        named = {edit.into, *edit.keys}
    if isinstance(edit, Split):
        named = {edit.key}
    assert named is not None
    for old, new in zip(labels, after, strict=True):
        if before.keys[old] not in named:
            assert edited.taxonomy.keys[new] == before.keys[old]


@given(st.permutations(KEYS), st.integers(2, len(KEYS)), st.lists(st.integers(0, len(KEYS)), max_size=80))
def test_merging_adds_the_counts_up(order: list[str], n: int, labels: list[int]):
    before = taxonomy(*KEYS)
    chosen, into = tuple(order[:n]), order[0]
    edited = apply_edit(before, Merge(keys=chosen, into=into))
    counts = np.bincount(labels, minlength=len(before) + 1) if labels else np.zeros(len(before) + 1, dtype=int)
    after = np.bincount([edited.slots[label][0] for label in labels], minlength=len(edited.taxonomy) + 1) if labels else counts[:1]
    if labels:
        assert after[edited.taxonomy.keys.index(into)] == sum(counts[before.keys.index(key)] for key in chosen)
    assert [key for key in before.keys if key not in chosen or key == into] == edited.taxonomy.keys
    merged = edited.taxonomy.motivations[slot_of(edited.taxonomy, into)]
    assert set(merged.examples) == {example for key in chosen for example in before.motivations[slot_of(before, key)].examples}
    assert all(before.motivations[slot_of(before, key)].description in merged.description for key in chosen)


@given(st.sampled_from(KEYS), st.text("abcXYZ ", min_size=1).filter(str.strip))
def test_renaming_moves_nothing(key: str, name: str):
    before = taxonomy(*KEYS)
    edited = apply_edit(before, Rename(key=key, name=f"{name}!"))
    assert edited.slots == tuple((slot,) for slot in range(len(KEYS) + 1))
    assert edited.taxonomy.keys == before.keys
    assert edited.taxonomy.names[slot_of(before, key)] == f"{name}!"


def test_removing_sends_its_statements_to_other():
    edited = apply_edit(taxonomy("sound", "price", "gift"), Remove(key="price"))
    assert edited.taxonomy.keys == ["sound", "gift", "other"]
    assert edited.slots == ((0,), (2,), (1,), (2,))


def test_split_takes_the_place_and_add_comes_last():
    split = Split(key="price", parts=(Part(entry=entry("price")), Part(entry=entry("deals"))))
    edited = apply_edit(taxonomy("sound", "price", "gift"), split)
    assert edited.taxonomy.keys == ["sound", "price", "deals", "gift", "other"]
    assert edited.slots == ((0,), (1, 2), (3,), (4,))
    edited = apply_edit(taxonomy("sound", "price"), Add(entry=entry("gift")))
    assert edited.taxonomy.keys == ["sound", "price", "gift", "other"]
    assert edited.slots == ((0,), (1,), (3, 2))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Rename(key="sund", name="Tone"), "Did you mean sound"),
        (Rename(key="other", name="Rest"), "is no motivation"),
        (Rename(key="sound"), "Nothing to rename"),
        (Rename(key="sound", name="price"), "merge them"),
        (Rename(key="sound", name="Other"), "called 'Other'"),
        (Rename(key="sound", name="  "), "needs a name"),
        (Rename(key="sound", examples=(" ",)), "needs an example"),
        (Merge(keys=("sound",), into="sound"), "two motivations"),
        (Merge(keys=("sound", "other"), into="sound"), "is no motivation"),
        (Merge(keys=("sound", "price"), into="money"), "No motivation 'money'"),
        (Merge(keys=("sound", "price"), into="sound", name="Gift"), "called 'Gift'"),
        (Split(key="sound", parts=(Part(entry=entry("tone")),)), "two parts"),
        (Split(key="sound", parts=(Part(entry=entry("tone")), Part(entry=entry("tone", "Bass")))), "the key 'tone'"),
        (Split(key="sound", parts=(Part(entry=entry("tone")), Part(entry=entry("price")))), "the key 'price'"),
        (Add(entry=entry("gift")), "the key 'gift'"),
        (Remove(key="other"), "is no motivation"),
    ],
)
def test_wrong_edits_are_one_clear_error(edit: TaxonomyEdit, words: str):
    with pytest.raises(InputError, match=words):
        apply_edit(taxonomy("sound", "price", "gift"), edit)


def test_the_last_motivation_stays():
    with pytest.raises(InputError, match="needs a motivation"):
        apply_edit(taxonomy("sound"), Remove(key="sound"))
    with pytest.raises(NotFoundError):
        apply_edit(taxonomy("sound"), Remove(key="price"))


def test_edits_are_told_in_words():
    assert describe(Merge(keys=("sound", "price"), into="price")) == "merged sound into price"
    assert describe(Rename(key="sound", name="Tone")) == "renamed sound to Tone"
    assert describe(Rename(key="sound", description="It sounds.")) == "reworded sound"
    assert describe(None) == ""
