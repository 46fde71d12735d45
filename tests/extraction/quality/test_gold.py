"""Gold sets: their tables, their formats, and what becomes of damaged files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError, NotFoundError
from core.extraction.quality.gold import GOLD_NAMES, GoldTable, read_gold, readable, real_data_folder
from tests.extraction.quality.made_up_gold import write_acos, write_justification, write_mams

PARTS = ("train", "dev", "test")


@pytest.fixture
def gold(real_data: Path) -> Path:
    if not (real_data / "gold").is_dir():
        pytest.skip(f"the gold sets are absent: {real_data / 'gold'} (set LMMREC_REAL_DATA)")
    return real_data


# --- tables -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLD_NAMES)
def test_every_table_is_a_taxonomy_of_at_most_ten(name: str) -> None:
    table = GoldTable.open(name)
    assert table.name == name
    assert 1 <= len(table.taxonomy) <= 10
    assert table.taxonomy.keys[:-1] == table.keys == list(table.thresholds)
    assert all(0.0 < threshold < 1.0 for threshold in table.thresholds.values())


def test_first_pattern_that_fits_decides() -> None:
    laptop = GoldTable.open("acos-laptop")
    meanings = {"BATTERY#PRICE": "value_for_money", "BATTERY#GENERAL": "battery_power", "LAPTOP#OPERATION_PERFORMANCE": "speed_performance"}
    meanings |= {"HARDWARE#OPERATION_PERFORMANCE": "speed_performance", "HARDWARE#QUALITY": "design_build"}
    assert {category: laptop.keys[laptop.index(category) or 0] for category in meanings} == meanings
    assert laptop.index("Out_Of_Scope#GENERAL") is None
    with pytest.raises(KeyError):
        laptop.index("BATERY#GENERAL")


def test_unknown_set_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="acos-restaurant, acos-laptop, mams, justification"):
        GoldTable.open("imdb")


# --- formats ------------------------------------------------------------------------------------------------------------


def test_acos_sentences_and_their_motivations(tmp_path: Path) -> None:
    write_acos(tmp_path)
    table = GoldTable.open("acos-restaurant")
    found = read_gold(table, tmp_path, "dev")
    assert len(found) == 28
    assert found.texts[0] == "the soup was delicious and fresh."
    assert [found.keys[index] for index in np.flatnonzero(found.labels[0])] == ["food_quality"]
    assert [found.keys[index] for index in np.flatnonzero(found.labels[-1])] == ["food_quality", "atmosphere"]
    assert found.labels.sum() == 24 + 2 * 4


def test_mams_sentences_and_their_motivations(tmp_path: Path) -> None:
    write_mams(tmp_path)
    found = read_gold(GoldTable.open("mams"), tmp_path, "test")
    assert found.texts == ["The pie & tea were good, the bill was high.", "Kind waiter, long menu, on my birthday."]
    named = [[found.keys[index] for index in np.flatnonzero(row)] for row in found.labels]
    assert named == [["food", "price"], ["staff", "menu", "miscellaneous"]]


def test_justification_segments_and_whether_they_are_reasons(tmp_path: Path) -> None:
    write_justification(tmp_path)
    found = read_gold(GoldTable.open("justification"), tmp_path, "train")
    assert found.texts[0] == "Great noodles and kind staff!"
    assert found.labels[:, 0].tolist() == [True, False, False, False, True, False]


@pytest.mark.parametrize(
    ("tokens", "written"),
    [
        ("it is n't bad .", "it isn't bad."),
        ("i ca n ' t wait , it ' s $ 5 ( or 4 . 5 )", "i can't wait, it's $5 (or 4.5)"),
        ("` ` fresh ' ' and half - baked", '" fresh " and half-baked'),
        ("we ' ve been , they ' ll say", "we've been, they'll say"),
        ("plain words", "plain words"),
    ],
)
def test_tokens_are_joined_as_people_write(tokens: str, written: str) -> None:
    assert readable(tokens) == written


def test_parts_add_up_and_samples_repeat(tmp_path: Path) -> None:
    write_acos(tmp_path)
    table = GoldTable.open("acos-restaurant")
    train, dev = (read_gold(table, tmp_path, part) for part in ("train", "dev"))
    both = train + dev
    assert len(both) == len(both.labels) == len(train) + len(dev)
    one, again, other = (both.sample(10, seed) for seed in (1, 1, 2))
    assert one.texts == again.texts != other.texts
    rows = [both.texts.index(text) for text in one.texts]
    np.testing.assert_array_equal(one.labels, both.labels[rows])
    assert len(both.sample(1000)) == len(both)


# --- wrong input --------------------------------------------------------------------------------------------------------


def _damage(folder: Path, name: str, text: str) -> GoldTable:
    table = GoldTable.open(name)
    path = folder / "gold" / table.files["test"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return table


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("acos-restaurant", "good tea\t0,1 TEA#QUALITY 2 0,1\n", "Unknown category 'TEA#QUALITY'.*line 1.*acos-restaurant.toml"),
        ("acos-restaurant", "\ngood tea\n", "Not a sentence with its quadruples.*line 2"),
        ("acos-restaurant", "good tea\tFOOD#QUALITY\n", "Not a sentence with its quadruples.*line 1"),
        ("acos-restaurant", "\n\n", "holds no sentences"),
        ("mams", "<sentences><sentence>", "Damaged XML"),
        ("mams", "<sentences><sentence><text>Tea.</text></sentence></sentences>", "without text or categories.*sentence 1"),
        ("justification", "Good tea !\tMaybe\n", "Not a segment with True or False.*line 1"),
    ],
)
def test_damaged_files_are_told_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    table = _damage(tmp_path, name, text)
    with pytest.raises(InputError, match=message) as caught:
        read_gold(table, tmp_path, "test")
    assert "\n" not in str(caught.value)


def test_missing_part_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The test part of mams is missing.*Get it from"):
        read_gold(GoldTable.open("mams"), tmp_path, "test")


def test_binary_file_is_refused(tmp_path: Path) -> None:
    table = _damage(tmp_path, "justification", "")
    (tmp_path / "gold" / table.files["test"]).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_gold(table, tmp_path, "test")


def test_folder_comes_from_the_option_then_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        (folder / "gold").mkdir(parents=True)
    monkeypatch.setenv("LMMREC_REAL_DATA", str(there))
    assert real_data_folder(None) == there
    assert real_data_folder(here) == here
    with pytest.raises(InputError, match="no folder 'gold'"):
        real_data_folder(tmp_path)
    monkeypatch.delenv("LMMREC_REAL_DATA")
    with pytest.raises(InputError, match="--real-data"):
        real_data_folder(None)


# --- the published sets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "n_sentences"), [("acos-restaurant", 2284), ("acos-laptop", 4076), ("mams", 3949), ("justification", 1600)]
)
def test_published_sets_are_read_whole_and_every_category_is_mapped(gold: Path, name: str, n_sentences: int) -> None:
    table = GoldTable.open(name)
    parts = [read_gold(table, gold, part) for part in PARTS]  # type: ignore[arg-type]
    assert sum(map(len, parts)) == n_sentences
    whole = parts[0] + parts[1] + parts[2]
    assert whole.labels.any(axis=0).all()
    if table.task == "reason":
        assert whole.labels.sum() == 397
    else:
        assert whole.labels.any(axis=1).mean() > 0.99  # but for what is out of scope


def test_no_table_quotes_a_published_sentence(gold: Path) -> None:
    def plain(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    tables = [GoldTable.open(name) for name in GOLD_NAMES]
    published = {plain(text) for table in tables for part in PARTS for text in read_gold(table, gold, part).texts}  # type: ignore[arg-type]
    entries = [entry for table in tables for entry in (*table.motivations, *([table.none] if table.none else []))]
    phrases = [plain(phrase) for entry in entries for phrase in (entry.description, *entry.examples)]
    assert [phrase for phrase in phrases if phrase in published] == []
    long = [phrase for phrase in phrases if len(phrase.split()) >= 5]
    assert [phrase for phrase in long if any(f" {phrase} " in f" {sentence} " for sentence in published)] == []
