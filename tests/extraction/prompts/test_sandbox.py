"""Templates are foreign code: what they may not do is refused with its line, and what they may do ends."""

from __future__ import annotations

import time

import pytest

from core.errors import InputError
from core.extraction.prompts import sandbox
from core.extraction.prompts.sandbox import MAX_CPU_S, MAX_TEMPLATE_CHARACTERS
from core.extraction.prompts.template import PromptTemplate

REVIEW = "Great noodles. " * 600
VALUES = {"review": REVIEW, "rating": 4, "taxonomy": [{"key": "food", "name": "Food", "description": "It tastes."}], "schema": "{}"}


def rendered(source: str, **values: object) -> str:
    template = PromptTemplate(kind="review", domain="places", system="", user=source)
    return template.render({**VALUES, **values})[-1].content


def complaint(source: str) -> str:
    started = time.thread_time()
    with pytest.raises(InputError) as caught:
        rendered(source)
    assert time.thread_time() - started < MAX_CPU_S + 2
    line = str(caught.value)
    assert "\n" not in line
    assert "user part" in line
    return line


@pytest.mark.parametrize(
    "reach",
    [
        "{{ review.__class__ }}",
        "{{ review['__class__'] }}",
        "{{ ''['__class__'] }}",
        "{{ [].__class__.__mro__ }}",
        "{{ review['_text'] }}",
        "{{ review._text }}",
        "{{ taxonomy.__init__.__globals__ }}",
        "{{ taxonomy | map(attribute='__class__') | list }}",
        "{{ taxonomy | map(attribute='_' ~ '_class__') | join }}",
        "{{ taxonomy | map(attribute='key.' ~ '_' ~ '_class__') | join }}",
        "{{ taxonomy | map(attribute='__class__') | join(' ') }}",
        "{{ taxonomy | sort(attribute='__class__') | join }}",
        "{{ taxonomy | attr('append') }}",
        "{{ self }}",
        "{{ self.__init__ }}",
        "{{ cycler }}",
        "{{ lipsum() }}",
        "{{ taxonomy.append(1) }}",
        "{{ review | string | format }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import path %}",
        "{% extends 'x' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}",
        "{% set x = 1 %}",
        "{% set x %}{{ review }}{% endset %}",
        "{% with x = 1 %}{% endwith %}",
        "{% filter upper %}{% endfilter %}",
        "{% block b %}{% endblock %}",
    ],
)
def test_nothing_outside_the_variables_is_reached(reach: str):
    assert "line 2" in complaint(f"{{{{ review }}}}\n{reach}")


@pytest.mark.parametrize(
    "greed",
    [
        "{% for x in range(10 ** 9) %}{% endfor %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% for a in [1] %}{% for b in [1] %}{% for c in [1] %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ 10 ** 99999999 }}",
        "{{ 'a' * 10000000000 }}",
        "{{ [1] * 10000000000 }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ 'a'.center(9999999999) }}",
        "{{ 'a' | center(9999999999) }}",
        "{{ 'a' | indent(9999999999) }}",
        "{{ [1] | batch(9999999999) | list }}",
        "{{ ('" + "x" * 9000 + "' | join('" + "y" * 9000 + "')) | length }}",
        "{{ 'x'" + " | list" * 1000 + " }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "-" * 3000 + "1 }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ " + "*".join(["9999"] * 3000) + " }}",
        "{% if true %}" * 200 + "{% endif %}" * 200,
        "{{ " + " ~ ".join(["review"] * 1900) + " }}",
    ],
)
def test_nothing_grows_without_bound(greed: str):
    complaint(f"{{{{ review }}}}\n{greed}")


@pytest.mark.parametrize(
    "loop",
    [
        "{% for a in review | string %}{% for b in review | string %}{% endfor %}{% endfor %}",
        "{% for a in review | string %}{% for b in review | string if false %}{% endfor %}{% endfor %}",
        "{% for a in review | string %}" + "{{ (review | string | list | sort)[0] }}" * 50 + "{% endfor %}",
    ],
)
def test_long_loops_are_cut_off(loop: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "MAX_CPU_S", 0.2)
    assert "longer than 0.2 s" in complaint(loop)


def test_too_long_a_template_is_refused():
    assert f"{MAX_TEMPLATE_CHARACTERS:,} are the limit" in complaint("x" * (MAX_TEMPLATE_CHARACTERS + 1))
    rendered("{{ review }}".ljust(MAX_TEMPLATE_CHARACTERS, "x"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("\n\n{{ reveiw }}", "There is no variable 'reveiw' (user part, line 3). Did you mean review?"),
        ("{{ review }}\n{{ stars }}", "There is no variable 'stars' (user part, line 2). There are: domain_noun"),
        ("{{ review }}\n{% if rating %}", "Unexpected end of template"),
        ("{{ review }}\n{{ rating | uper }}", "No filter named 'uper' (user part, line 2)."),
        ("{{ review }}\n\n{{ rating", "(user part, line 3)."),
        ("{{ review }}\n{{ review.stars }}", "a fenced text has no attribute 'stars' (user part, line 2)."),
        (
            "{{ review }}\n{% for one in taxonomy %}\n{{ one.title }}\n{% endfor %}",
            "an entry has no attribute 'title' (user part, line 3).",
        ),
        ("{{ review }}\n{{ 1 / 0 }}", "division by zero (user part, line 2)."),
        ("{{ review }}\n{{ rating + 'x' }}", "(user part, line 2)."),
        ("{{ review }}\nbell \x07", "control character U+0007 (user part, line 2)."),
        ("{{ review | list }}", "letter by letter (user part, line 1)."),
        ("{{ review | string | truncate(30) }}", "cuts the fence"),
    ],
)
def test_mistakes_name_their_line(source: str, words: str):
    assert words in complaint(source)


def test_user_part_that_comes_out_empty_is_refused():
    with pytest.raises(InputError, match="user part is empty for this review"):
        rendered("{% if rating == 1 %}{{ review }}{% endif %}")


def test_line_of_a_mistake_in_the_system_part():
    template = PromptTemplate(kind="review", domain="places", system="a\n{{ nothing }}", user="{{ review }}")
    with pytest.raises(InputError, match=r"system part, line 2"):
        template.check()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ review[:5] }}", "Great"),
        ("{{ review | truncate(5) }}", "Great"),
        ("{% if 'noodles' in review and review | length > 10 %}long{% endif %}{{ review[:1] }}", "long"),
        ("{{ review[:1] }}{% for one in taxonomy %}{{ loop.index }}/{{ loop.length }} {{ one.name | upper }}{% endfor %}", "1/1 FOOD"),
        ("{{ review[:1] }}{{ taxonomy | map(attribute='key') | join(', ') }}", "food"),
        ("{{ review[:1] }}{{ taxonomy | join(', ', attribute='name') }}", "Food"),
        ("{{ review[:1] }}{{ rating * 2 }} {{ 7 % 4 }} {{ (10 / 3) | round(2) }} {{ 2.5 | round }}", "8 3 3.33 2"),
        ("{{ review[:1] }}{{ 'a long sentence' | truncate(7) }}", "a long…"),
        ("{# a comment #}{{ review[:1] }}{% raw %}{{ raw }}{% endraw %}", "{{ raw }}"),
        ("{{ review[:1] }}{% for key, group in taxonomy | groupby('key') %}{{ key }}:{{ group | length }}{% endfor %}", "food:1"),
        ("{{ review[:1] }}{{ domain_noun }} {{ domain_nouns }} {{ domain_person }} {{ domain_people }}", "place places guest guests"),
    ],
)
def test_what_a_prompt_needs_works(source: str, expected: str):
    assert expected in rendered(source)


def test_waiting_is_not_counted_as_work(monkeypatch: pytest.MonkeyPatch):
    """A busy machine may leave a rendering alone for long; only its own seconds count."""
    monkeypatch.setattr(time, "perf_counter", lambda: pytest.fail("wall-clock time was asked for"))
    monkeypatch.setattr(time, "monotonic", lambda: pytest.fail("wall-clock time was asked for"))
    assert "x" in rendered("{% for one in taxonomy %}x{% endfor %}{{ review }}")
