"""The embedded extractor on gold sentences: its thresholds are those of the train and dev parts, and what it reaches there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.encoding.encoder import TextEncoder, default_encoder
from core.errors import InputError
from core.extraction.quality.gold import GoldName, GoldTable, read_gold
from core.extraction.quality.scores import score
from core.extraction.quality.zero_shot_gold import calibrated, decide, presence
from core.storage import read_json

RECORDED = Path(__file__).resolve().parents[3] / "benchmarks" / "results" / "quality.json"


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    try:
        return default_encoder("minilm").encoder
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture
def gold(real_data: Path) -> Path:
    if not (real_data / "gold").is_dir():
        pytest.skip(f"the gold sets are absent: {real_data / 'gold'} (set LMMREC_REAL_DATA)")
    return real_data


def test_decides_by_the_threshold_of_each_motivation() -> None:
    table = GoldTable.open("acos-restaurant")
    thresholds = np.array([table.thresholds[key] for key in table.keys], dtype=np.float32)
    assert decide(table, thresholds[None]).all()
    assert not decide(table, thresholds[None] - 1e-4).any()


@pytest.mark.parametrize(
    ("name", "text", "motivations"),
    [
        ("acos-restaurant", "The noodles were tasty, but our waitress was unfriendly.", ["food_quality", "service"]),
        ("acos-restaurant", "A charming room with candles and jazz.", ["atmosphere"]),
        ("acos-laptop", "The battery dies after two hours and the keys wobble.", ["keyboard_touchpad", "battery_power"]),
        ("mams", "Our waiter was charming, the bill was too high.", ["staff", "price"]),
        ("justification", "Fantastic tacos and super friendly people!", ["reason"]),
        ("justification", "They are closed for the holidays.", []),
    ],
)
def test_plain_sentences_are_read_rightly(encoder: TextEncoder, name: str, text: str, motivations: list[str]) -> None:
    table = GoldTable.open(name)
    named = decide(table, presence(table, [text], encoder))[0]
    assert [key for key, present in zip(table.keys, named, strict=True) if present] == motivations


@pytest.mark.parametrize(("name", "least"), [("acos-restaurant", 0.70), ("justification", 0.60)])
def test_stored_thresholds_are_the_best_on_train_and_dev(gold: Path, encoder: TextEncoder, name: GoldName, least: float) -> None:
    table = GoldTable.open(name)
    sentences = read_gold(table, gold, "train") + read_gold(table, gold, "dev")
    found = presence(table, sentences.texts, encoder)
    stored = score(sentences.labels, decide(table, found), table.keys).macro_f1
    best = table.model_copy(update={"thresholds": calibrated(table, found, sentences)})
    assert stored == pytest.approx(score(sentences.labels, decide(best, found), table.keys).macro_f1, abs=0.005)  # rounding by precision
    assert stored > least


@pytest.mark.parametrize("name", ["acos-restaurant", "justification"])
def test_recorded_figures_are_those_of_this_code(gold: Path, encoder: TextEncoder, name: GoldName) -> None:
    recorded = next(one for one in read_json(RECORDED)["sets"] if one["gold"] == name)["scores"]
    table = GoldTable.open(name)
    sentences = read_gold(table, gold, "test")
    found = score(sentences.labels, decide(table, presence(table, sentences.texts, encoder)), table.keys)
    assert found.sentences == recorded["sentences"]
    assert found.macro_f1 == pytest.approx(recorded["macro_f1"], abs=0.01)  # rounding by precision
    assert found.macro_interval == pytest.approx(tuple(recorded["macro_interval"]), abs=0.02)
