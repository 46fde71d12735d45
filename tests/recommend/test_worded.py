"""Generated explanations are taken only where every quotation, number and motivation is among the facts they name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.extraction.ollama.server import OllamaServer
from core.recommend.explanation import Explanation
from core.recommend.recommender import Recommender
from core.recommend.worded import Fact, checked, facts_of, worded
from tests.ollama_server.fixture import StartServer, ollama_server

__all__ = ["ollama_server"]


@pytest.fixture(scope="module")
def why(make_recommender: Callable[..., Recommender]) -> Explanation:
    recommender = make_recommender(behaviour=True)
    explained = [recommender.explain(f"u{user}", recommender.recommend(f"u{user}", k=1).items[0].item) for user in range(24)]
    return next(one for one in explained if len([fact for fact in facts_of(one) if fact.quote]) > 3 and one.remainder > 0)


@pytest.fixture(scope="module")
def facts(why: Explanation) -> list[Fact]:
    return facts_of(why)


def quoted(facts: list[Fact]) -> Fact:
    return next(fact for fact in facts if fact.quote)


def reply(*sentences: tuple[str, list[int]]) -> str:
    return json.dumps({"sentences": [{"text": text, "facts": numbers} for text, numbers in sentences]})


def good(facts: list[Fact], why: Explanation) -> str:
    quote = quoted(facts)
    assert quote.quote is not None
    last = facts[-1]
    return reply(
        (f"{why.title} fits because {facts[0].text[0].lower()}{facts[0].text[1:]}.", [1]),
        (f"Somebody wrote “{quote.quote.quote.upper()}”.", [quote.number]),
        (f"The rest is habit: {last.text}.", [last.number]),
    )


def test_facts_are_the_numbers_and_quotes_of_the_explanation(why: Explanation, facts: list[Fact]) -> None:
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    assert all((fact.quote is None) != (fact.figure is None) for fact in facts)
    shares = {part.name: part.share for part in why.contributions}
    for fact in facts:
        if fact.figure is not None and fact.motivation:
            assert fact.figure.value == shares[fact.motivation]
        if fact.quote is not None:
            assert fact.quote.quote in fact.text


def test_sentences_that_keep_to_their_facts_are_taken(why: Explanation, facts: list[Fact]) -> None:
    found = checked(good(facts, why), why, facts, "tiny:1b")
    assert found.rejected == ""
    assert [[fact.number for fact in one.facts] for one in found.sentences] == [[1], [quoted(facts).number], [facts[-1].number]]
    assert found.text.startswith(why.title)


def test_what_the_facts_do_not_hold_rejects_the_answer(why: Explanation, facts: list[Fact]) -> None:
    first = next(fact for fact in facts if fact.figure)
    silent = next(part.name for part in why.contributions if part.name != first.motivation)
    wrong: dict[str, tuple[str, list[int]]] = {
        "names no fact": ("It is a fine thing.", []),
        "no fact 99": ("It is a fine thing.", [99]),
        "stands in no quote": ("The user wrote “I adore purple”.", [quoted(facts).number]),
        "the number 97": (f"{first.motivation} makes 97 % of it.", [1]),
        "“half” is a number": (f"{first.motivation} makes half of it.", [1]),
        f"it speaks of {silent}": (f"{first.motivation} and {silent.upper()} speak for it.", [1]),
    }
    for reason, sentence in wrong.items():
        found = checked(reply((f"{first.text}.", [1]), sentence), why, facts, "tiny:1b")
        assert reason in found.rejected
        assert found.sentences == []
        assert found.answer
    for broken in ("", "no JSON", '{"sentences": []}', '{"text": "It is fine"}'):
        assert "not of the form" in checked(broken, why, facts, "tiny:1b").rejected
    assert "longer than" in checked(reply(("so " * 400, [1])), why, facts, "tiny:1b").rejected


def test_a_quote_of_a_fact_that_is_not_named_is_no_evidence(why: Explanation, facts: list[Fact]) -> None:
    quote = quoted(facts)
    assert quote.quote is not None
    found = checked(reply((f"Somebody wrote “{quote.quote.quote}”.", [facts[-1].number])), why, facts, "tiny:1b")
    assert "stands in no quote it names" in found.rejected


def test_a_model_is_asked_with_the_facts_and_its_answer_is_checked(why: Explanation, facts: list[Fact], ollama_server: StartServer) -> None:
    answers: list[dict[str, Any]] = [
        {"contains": "Facts:", "times": 1, "action": {"kind": "answer", "text": good(facts, why)}},
        {"contains": "Facts:", "times": 1, "action": {"kind": "answer", "text": reply(("It costs 5 dollars.", [1]))}},
        {"contains": "Facts:", "action": {"kind": "answer", "text": good(facts, why)[:40], "done_reason": "length"}},
    ]
    running = ollama_server({"rules": answers})
    server = OllamaServer(running.url)
    first, second, third = (worded(why, server, "tiny:1b") for _ in range(3))
    assert (first.rejected, first.model, len(first.sentences)) == ("", "tiny:1b", 3)
    assert "the number 5" in second.rejected
    assert "cut before its end" in third.rejected
