"""The splitter: how people type, and quotes that are exact substrings."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.extraction.profile_phrases import split_profile
from core.extraction.sentences import MAX_CHARS, clean_statement, split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is quite affordable.I did not expect that.", ["It is quite affordable.", "I did not expect that."]),
        ("works great. i love it.", ["works great.", "i love it."]),
        ("Buy this!Buy it now!", ["Buy this!", "Buy it now!"]),
        ("It cost $3.50 at amazon.com and works.", ["It cost $3.50 at amazon.com and works."]),
        ("Mr. Smith (no. 5) came, e.g. on Monday.", ["Mr. Smith (no. 5) came, e.g. on Monday."]),
        ("Strings, picks, etc. and a strap.", ["Strings, picks, etc. and a strap."]),
        ("Strings, picks, etc. The strap is nice.", ["Strings, picks, etc.", "The strap is nice."]),
        ("Well... it works. Really?! Yes…", ["Well... it works.", "Really?!", "Yes…"]),
        ('She said "never again." Then we left.', ['She said "never again."', "Then we left."]),
        ("First line\nsecond line\r\n\r\nthird", ["First line", "second line", "third"]),
        ("Nice.<br /><br />But small.", ["Nice.", "But small."]),
        ("Loved it 😀😀 Great sound!!! 👍", ["Loved it 😀😀 Great sound!!!"]),
        ("The sound is really great but it costs far too much.", ["The sound is really great", "but it costs far too much."]),
        ("It is nothing but a very cheap copy.", ["It is nothing but a very cheap copy."]),
        ("", []),
        (" \n ... !!! \n", []),
    ],
)
def test_splits_as_people_type(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


def test_long_run_on_is_cut_into_clauses() -> None:
    text = "I bought this for my son and " + ", and ".join(f"it did thing number {n} really very well" for n in range(40))
    pieces = split_sentences(text)
    assert max(map(len, pieces)) <= MAX_CHARS
    assert all(piece.startswith(("I ", "and ", "it ")) for piece in pieces)


@pytest.mark.parametrize("text", ["ab, " * 30_000, "x" * 100_000, "a.b" * 10_000, "but a b c d " * 5_000, "!" * 100_000, "<br" * 30_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    split_sentences(text)
    split_profile(text[:20_000])
    clean_statement(text)
    assert time.process_time() - started < 5.0


TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["Great", "i", "Dr", "U.S", "3.5", "but", "and", "sound", "is", "😀", "no", "etc", "enjoy", "This user is likely to", "with"]
    )
    | st.sampled_from([".", " ", ". ", ", ", "!", "...", "\n", "; ", ' "', ") ", "…", "?! "]),
    max_size=120,
).map("".join)


@given(TEXTS)
def test_quotes_are_exact_substrings_in_order_and_lose_no_word(text: str) -> None:
    position = 0
    for quote in split_sentences(text):
        assert quote == quote.strip()
        position = text.index(quote, position) + len(quote)
    kept = "".join(character for quote in split_sentences(text) for character in quote if character.isalnum())
    assert kept == "".join(character for character in text if character.isalnum())


@given(TEXTS)
def test_profile_phrases_are_exact_substrings_in_order(text: str) -> None:
    position = 0
    for phrase in split_profile(text):
        position = text.index(phrase, position) + len(phrase)


@given(TEXTS)
@example("BUT : <")
def test_statements_are_clean_single_lines(text: str) -> None:
    for quote in split_sentences(text):
        statement = clean_statement(quote)
        assert statement
        assert statement == " ".join(statement.split())
        assert re.search(r"\w", statement)


def test_profile_sentence_separates_its_motivations() -> None:
    text = (
        "This user is likely to enjoy businesses offering flavorful and delicious dishes, with a focus on Thai and Peruvian cuisine, "
        "as well as unique burger options. They appreciate a cozy, quiet room, friendly service, and reasonable prices."
    )
    phrases = split_profile(text)
    assert phrases[0] == "flavorful and delicious dishes"
    assert "unique burger options" in phrases
    assert phrases[-3:] == ["a cozy, quiet room", "friendly service", "reasonable prices"]


def test_item_profile_keeps_what_the_fans_like_and_the_name() -> None:
    text = "Fans of delicious tacos, vibrant nightlife, and exceptional service would thoroughly enjoy The Rum House in New Orleans."
    assert split_profile(text) == ["delicious tacos", "vibrant nightlife", "exceptional service", "The Rum House in New Orleans"]


@pytest.mark.parametrize(
    ("quote", "statement"),
    [
        ("but it costs   too\nmuch.", "It costs too much."),
        ("- solid build!!!!", "Solid build!"),
        ("It&#34;s &amp; was<br/>good", 'It"s & was good'),
        ("and", "And"),
        ("...so cheap, and", "So cheap, and"),
    ],
)
def test_statement_is_a_sentence_of_its_own(quote: str, statement: str) -> None:
    assert clean_statement(quote) == statement
