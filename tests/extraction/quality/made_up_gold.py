"""Gold sets of invented sentences, in the very formats the published ones have."""

from __future__ import annotations

from pathlib import Path

from core.extraction.quality.gold import GoldTable

# category, sentence: three of each, so that every part has some of all
_RESTAURANT = (
    ("FOOD#QUALITY", "the {} was delicious and fresh .", ("soup", "pizza", "lamb", "salad", "cake", "curry")),
    ("SERVICE#GENERAL", "our {} was rude and ignored us .", ("waiter", "waitress", "server", "hostess", "bartender", "manager")),
    ("RESTAURANT#PRICES", "the {} is overpriced .", ("lunch", "menu", "bill", "brunch", "buffet", "special")),
    ("AMBIENCE#GENERAL", "a cozy {} with soft lighting .", ("room", "garden", "bar", "terrace", "corner", "cellar")),
)


def write_acos(folder: Path) -> None:
    """The restaurant set: 24 train sentences of one category and 4 of two; the same for dev and test."""
    table = GoldTable.open("acos-restaurant")
    single = [f"{text.format(word)}\t0,1 {category} 2 3,4" for category, text, words in _RESTAURANT for word in words]
    double = [
        f"{text.format(words[0])} but {other.format(words_too[0])}\t0,1 {category} 2 3,4\t-1,-1 {category_too} 0 -1,-1"
        for (category, text, words), (category_too, other, words_too) in zip(_RESTAURANT, _RESTAURANT[1:] + _RESTAURANT[:1], strict=True)
    ]
    for split in ("train", "dev", "test"):
        _write(folder, table.files[split], "\n".join(single + double) + "\n")


def write_mams(folder: Path) -> None:
    """The MAMS set: two sentences, of two and of three categories."""
    text = """<?xml version="1.0" encoding="utf-8"?>
<sentences>
	<sentence><text>The pie &amp; tea were good, the bill was high.</text><aspectCategories>
		<aspectCategory category="food" polarity="positive"/><aspectCategory category="price" polarity="negative"/>
	</aspectCategories></sentence>
	<sentence><text>Kind waiter, long menu, on my birthday.</text><aspectCategories>
		<aspectCategory category="staff" polarity="positive"/><aspectCategory category="menu" polarity="neutral"/>
		<aspectCategory category="miscellaneous" polarity="neutral"/>
	</aspectCategories></sentence>
</sentences>
"""
    for path in GoldTable.open("mams").files.values():
        _write(folder, path, text)


def write_justification(folder: Path) -> None:
    """The justification set: six segments, two of them reasons."""
    segments = ["Great noodles and kind staff !\tTrue", "We went there twice\tFalse", "Closed on Sunday .\tFalse", "Ask for Bob\tFalse"]
    segments += ["The best tea in town .\tTrue", "It 's far\tFalse"]
    for path in GoldTable.open("justification").files.values():
        _write(folder, path, "\n".join(segments) + "\n")


def _write(folder: Path, path: str, text: str) -> None:
    target = folder / "gold" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
