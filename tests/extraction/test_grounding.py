"""Grounding: quotes are found as they stand, nearly so, or not at all, and the span is in the original text."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.extraction.grounding import THRESHOLD, Grounding, ground

REVIEW = "The food was “really” good — fresh  and\nhot. But we didn’t like the waiter; he was slow & rude.<br />Would not come back!"


def plain(text: str) -> str:
    """A text without what a quote may differ in, written down once more and in another way."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper().casefold())
    for marks, mark in (("’‘‛ʼ´`′", "'"), ("“”„‟«»″", '"'), ("‐‑‒–—―−", "-")):
        text = re.sub(f"[{marks}]", mark, text)
    return " ".join(re.sub("[\u200b\u200c\u200d\u2060\ufeff\u00ad]", "", text).split())


def covered(grounding: Grounding, text: str = REVIEW) -> str:
    return text[grounding.begin : grounding.end]


@pytest.mark.parametrize(
    ("quote", "span"),
    [
        ("fresh and hot", "fresh  and\nhot"),
        ('THE FOOD WAS "REALLY" GOOD - fresh', "The food was “really” good — fresh"),
        ("we didn't like the waiter", "we didn’t like the waiter"),
        ('"we didn\'t like the waiter"', "we didn’t like the waiter"),
        ("...he was slow & rude. Would not", "he was slow & rude.<br />Would not"),
        ("he was slow &amp; rude", "he was slow & rude"),
        ("  back! ", "back!"),
    ],
)
def test_quote_is_found_as_it_stands(quote: str, span: str) -> None:
    found = ground(quote, REVIEW)
    assert found == Grounding(score=1.0, begin=found.begin, end=found.end, exact=True, grounded=True)
    assert covered(found) == span


def test_entities_and_tags_are_read_as_a_browser_shows_them() -> None:
    text = "It&#39;s cheap &amp; good.<br /><br />I would buy it again."
    found = ground("it's cheap & good. I would", text)
    assert found.exact
    assert covered(found, text) == "It&#39;s cheap &amp; good.<br /><br />I would"


@pytest.mark.parametrize(
    ("quote", "span"),
    [
        ("we didn't like the wiater", "we didn’t like the waiter"),  # a slip
        ("we didn't like waiter; he was slow", "we didn’t like the waiter; he was slow"),  # a word left out
        ("The food was really really good", "The food was “really” good"),
        ("The food was good, fresh  and hot", "The food was “really” good — fresh  and\nhot"),
    ],
)
def test_quote_with_a_slip_is_found_with_its_score(quote: str, span: str) -> None:
    found = ground(quote, REVIEW, threshold=0.65)
    assert found.grounded
    assert not found.exact
    assert 0.65 <= found.score < 1.0
    assert plain(covered(found)).strip('"- .') == plain(span).strip('"- .')


@pytest.mark.parametrize(
    "quote",
    [
        "The staff were friendly and kind",
        "We loved every minute of our stay",
        "",
        "  ",
        "...",
        "!?",
        "x" * 5000,
        "good food, good wine, good music",
    ],
)
def test_what_is_not_in_the_review_is_not_grounded(quote: str) -> None:
    found = ground(quote, REVIEW)
    assert not found.grounded
    assert not found.exact
    assert found.score < THRESHOLD
    assert (found.begin, found.end) == (0, 0)


def test_nothing_is_grounded_in_no_text() -> None:
    assert ground("good food", "") == Grounding(score=0.0)
    assert not ground("good food", "<br />").grounded


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("We would recommend this place", "We would not recommend this place"),
        ("I would never go there again with my friends", "I would go there again with my friends"),
        ("it does work with my phone", "it doesn't work with my phone"),
    ],
)
def test_quote_that_drops_or_adds_a_negation_is_none(quote: str, text: str) -> None:
    found = ground(quote, text)
    assert found.score >= THRESHOLD  # near enough in letters
    assert not found.grounded


def test_spelling_of_a_negation_is_no_other_meaning() -> None:
    assert ground("it does not work with my new phone at all", "Sadly it doesn't work with my new phone at all.").grounded


def test_elided_quote_is_grounded_part_by_part() -> None:
    found = ground("The food was really good ... Would not come back", REVIEW)
    assert found.grounded
    assert not found.exact
    assert (found.begin, covered(found)[-4:]) == (0, "back")
    assert not ground("Would not come back ... The food was good", REVIEW).grounded  # in this order only
    assert not ground("The food was really good ... the music was too loud", REVIEW).grounded


def test_whole_word_comes_before_part_of_a_word() -> None:
    found = ground("art", "The party was full of art.")
    assert found.begin == 22
    assert ground("art", "The party was dull.").exact  # a quote cut in any place still stands in the text


def test_fuzzy_span_holds_whole_words() -> None:
    text = "Honestly, the wonderfull atmosphere made our evening."
    assert covered(ground("wonderful atmosfere made our", text), text) == "wonderfull atmosphere made our"


def test_text_without_spaces_keeps_its_span() -> None:
    text = "这家餐厅的食物非常好吃，服务员也很热情，环境非常舒适，价格合理，下次还会再来的。"
    found = ground("服务员也很热情，环境很舒适", text)
    assert found.grounded
    assert len(covered(found, text)) <= 15


def test_grounding_survives_json() -> None:
    found = ground("we didn't like the wiater", REVIEW)
    assert Grounding.model_validate_json(found.model_dump_json()) == found


WORDS = [
    "Great",
    "food",
    "I’m",
    "not",
    "straße",
    "café",
    "cafe\u0301",
    "İzmir",
    "ΣΊΣΥΦΟΣ",
    "“wow”",
    "a—b",
    "ﬁne",
    "<br />",
    "&amp;",
    "3.5",
    "😀",
    "…",
]
TEXTS = st.text(min_size=1, max_size=200) | st.lists(st.sampled_from([*WORDS, " ", "\n", "  ", ". ", ", "]), min_size=1, max_size=60).map(
    "".join
)


@given(TEXTS, st.data())
@example("ŉ a", None)
def test_quote_cut_in_any_place_is_found_with_other_space_and_case(text: str, drawn: st.DataObject | None) -> None:
    begin, end = (0, len(text)) if drawn is None else sorted(drawn.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    quote = text[begin:end]
    assume(any(map(str.isalnum, plain(quote))))
    space, case = (
        (" ", str.upper)
        if drawn is None
        else drawn.draw(
            st.tuples(st.sampled_from([" ", "\n", " \t "]), st.sampled_from([str.upper, str.lower, str.swapcase, str.casefold, str]))
        )
    )
    changed = case(re.sub(r"\s+", space, quote))
    found = ground(changed, text)
    assert found.exact
    assert found.score == 1.0
    assert plain(quote) in plain(text[found.begin : found.end])


def words_of(letters: str) -> st.SearchStrategy[str]:
    return st.lists(st.text(letters, min_size=3, max_size=8), min_size=3, max_size=40).map(" ".join)


@given(words_of("acegikmpqs"), words_of("bdfhjlnrtu"))
def test_text_of_other_words_is_not_grounded(text: str, quote: str) -> None:
    found = ground(quote, text)
    assert not found.grounded
    assert found.score < 0.5


@given(st.text(max_size=60), st.text(max_size=200), st.floats(0.0, 1.0))
def test_any_texts_give_a_span_inside(quote: str, text: str, threshold: float) -> None:
    found = ground(quote, text, threshold)
    assert 0 <= found.begin <= found.end <= len(text)
    assert found.grounded == (found.end > found.begin)
    assert not found.exact or found.grounded


def fewest_edits(quote: str, text: str) -> int:
    """Sellers' table, row by row: an oracle for the search."""
    above = [0] * (len(text) + 1)
    for row, wanted in enumerate(quote, 1):
        line = [row]
        for column, given_ in enumerate(text, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (wanted != given_)))
        above = line
    return min(above)


@given(st.lists(st.text("abcd ", min_size=1, max_size=12), max_size=30).map("".join), st.data(), st.sampled_from([0.6, 0.7, 0.8, 0.9]))
def test_score_is_that_of_the_nearest_passage(text: str, drawn: st.DataObject, threshold: float) -> None:
    text = " ".join(text.split())
    begin, end = sorted(drawn.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    quote = list(text[begin:end])
    for at in drawn.draw(st.lists(st.integers(0, max(0, len(quote) - 1)), max_size=5)):
        quote[at : at + 1] = drawn.draw(st.sampled_from([["z"], [], ["a", "b"]]))
    wanted = " ".join("".join(quote).split())
    assume(wanted)
    best = 1.0 - fewest_edits(wanted, text) / len(wanted)
    found = ground(wanted, text, threshold)
    assert found.grounded == (best >= threshold)
    if found.grounded:
        assert found.score == pytest.approx(best)


def test_fuzzy_search_of_2000_characters_takes_a_millisecond_or_two() -> None:
    # The quickest of several texts: other processes share the machine.
    words = [
        f"{first}{second}" for first in ("wait", "food", "room", "serv", "price", "sound") for second in ("er", "ing", "ed", "s", "ly", "y")
    ]
    times = []
    for start in range(12):
        text = " ".join(f"{words[(7 * n + start * n * n) % len(words)]} {n}" for n in range(400))[:2000]
        quote = f"{text[900:940]}x{text[941:1020]}"
        began = time.process_time()
        found = ground(quote, text)
        times.append(time.process_time() - began)
        assert found.grounded
        assert not found.exact
    assert min(times) < 0.004  # 0.001 to 0.0015 where it was written; machines differ


@pytest.mark.parametrize("text", ["ab " * 20_000, "x" * 60_000, "<br" * 20_000, "&amp" * 15_000, "..." * 20_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    ground("a quote of no particular interest ... and another part of it", text)
    ground(text[:3000] + "q", text)
    assert time.process_time() - began < 5.0
