from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from app.charts.palette import MOTIVATION_COLOURS, NEUTRAL
from app.components.highlight import Mark, highlighted, marks_of, number_sign
from core.extraction.grounding import ground
from core.extraction.ollama.outcome import Answer
from core.extraction.schema import Motivation, ReviewMotivations

BLUE, ORANGE = MOTIVATION_COLOURS[:2]
_DIRECTIVE = re.compile(r':color\[((?:[^\\\]]|\\.)*)\]\{background="[^"]*"\}', re.DOTALL)


def plain(markdown: str) -> str:
    """What a reader sees: directives and escapes taken away."""
    shown = markdown
    while _DIRECTIVE.search(shown):
        shown = _DIRECTIVE.sub(r"\1", shown)
    shown = re.sub(r"\\(.)", r"\1", shown, flags=re.DOTALL)
    return "".join(sign for sign in shown if sign != "\u2060" and not "①" <= sign <= "⑳")


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_quote_has_the_colour_of_its_motivation_and_its_number() -> None:
    shown = highlighted("The food was fine. Staff rude!", [Mark(0, 18, BLUE, 1), Mark(19, 30, ORANGE, 2)])
    assert shown.startswith(':color[The food was fine.\u2060①]{background="rgba(28, 145, 254, 0.3)"}')
    assert ':color[Staff rude!\u2060②]{background="rgba(247, 82, 13, 0.3)"}' in shown


def test_quotes_over_each_other_both_end_in_their_numbers() -> None:
    shown = highlighted("the fish was fresh and cheap", [Mark(0, 28, BLUE, 1), Mark(4, 18, ORANGE, 2)])
    assert shown.count("①") == shown.count("②") == 1
    assert "(247, 82, 13" in shown.split("②")[1][:60]
    assert plain(shown) == "the fish was fresh and cheap"


def test_markdown_in_a_review_stays_text() -> None:
    text = "# loud *bold* [x](http://y) <b>&amp; :smile: $5$ | {a}\n- a list\n1. two\n=== \n+ plus"
    shown = highlighted(text, [])
    assert words(plain(shown)) == words(text)
    for line in shown.split("\n"):
        assert not re.match(r"\s*(?:[-+=#>]|\d+[.)])", line), line


@given(
    st.text(alphabet="abc XYZ.,!*_[]()<>#:$\\-+1&\n|~`{}", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4),
)
def test_no_word_is_lost_whatever_is_marked(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [Mark(min(a, b), min(max(a, b), len(text)), BLUE, number) for number, (a, b) in enumerate(spans, 1) if min(a, b) < len(text)]
    shown = highlighted(text, marks)
    assert "".join(plain(shown).split()) == "".join(text.split())


def test_marks_are_those_of_grounded_quotes() -> None:
    text = "The soup was hot. I waited an hour."
    quotes = ("The soup was hot", "the bill was wrong")
    motivations = [
        Motivation(name=name, statement="s", quote=quote, polarity="positive", strength=1) for name, quote in zip("ab", quotes, strict=True)
    ]
    result = ReviewMotivations(motivations=motivations)
    answer = Answer(result=result, groundings=tuple(ground(quote, text) for quote in quotes))
    assert marks_of(answer, {"a": BLUE}) == [Mark(0, 16, BLUE, 1)]
    assert marks_of(answer, {})[0].colour == NEUTRAL


def test_numbers_go_on_after_the_last_sign() -> None:
    assert [number_sign(number) for number in (1, 20, 21)] == ["①", "⑳", "(21)"]
