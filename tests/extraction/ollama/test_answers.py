"""Replies of models: the schema they are given, what is read from them, and what is told where nothing can be."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.extraction.ollama.answers import AnswerError, answer_schema, encodable, parse_answer, retry_messages, schema_text
from core.extraction.ollama.chat import Message
from core.extraction.prompts.template import KINDS, PromptKind
from core.extraction.schema import OTHER, Motivation, ReviewMotivations
from core.extraction.taxonomy import Taxonomy

PLACES = Taxonomy.default("places")
GOOD = {"name": "food_quality", "statement": "Wants fresh food.", "quote": "so fresh", "polarity": "positive", "strength": 0.8}
ANSWER = {"reasoning": "They ate well.", "motivations": [GOOD], "need": "a good meal"}


def nested(value: Any) -> Iterator[Any]:
    yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nested(entry)


def refused(raw: str) -> AnswerError:
    with pytest.raises(AnswerError) as caught:
        parse_answer(raw, PLACES)
    return caught.value


def answer_or_error(raw: str) -> ReviewMotivations | AnswerError:
    try:
        return parse_answer(raw, PLACES)
    except AnswerError as error:
        return error


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_that_of_the_answer(kind: PromptKind) -> None:
    schema = answer_schema(kind, PLACES)
    motivation = schema["properties"]["motivations"]["items"]
    assert list(schema["properties"]) == list(ReviewMotivations.model_fields)
    assert next(iter(schema["properties"])) == "reasoning"  # it reasons before it decides
    assert list(motivation["properties"]) == list(Motivation.model_fields)
    assert motivation["properties"]["name"]["enum"] == [entry.key for entry in PLACES.motivations] + [OTHER]
    for part in (schema, motivation):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_schema_holds_nothing_that_servers_read_differently(kind: PromptKind) -> None:
    schema = answer_schema(kind, PLACES)
    keys = {key for value in nested(schema) if isinstance(value, dict) for key in value}
    assert not keys & {"$ref", "$defs", "definitions", "anyOf", "oneOf", "allOf", "const", "pattern", "format", "default"}
    assert json.loads(schema_text(schema)) == schema
    assert "\n" not in schema_text(schema)


@pytest.mark.parametrize(
    "raw",
    [
        "{}",
        " \n{}\n ",
        "```json\n{}\n```",
        "```\n{}\n```",
        "Sure! Here is the answer:\n```json\n{}\n```\nLet me know if it helps.",
        "Here you are: {} I hope this helps.",
        "The set {x} is empty. {}",
        '<think>It says {"motivations": []} hm.</think>\n{}',
        'It says {"motivations": []} hm.</think>{}',
        "\ufeff{}",
        "{} {}",
        "[{}]",
    ],
)
def test_answer_is_read_with_what_models_put_around_it(raw: str) -> None:
    assert parse_answer(raw.replace("{}", json.dumps(ANSWER)), PLACES) == ReviewMotivations.model_validate(ANSWER)


@pytest.mark.parametrize("name", ["food_quality", "Food quality", "food-quality", " FOOD QUALITY ", "Food_Quality"])
def test_motivation_may_go_by_its_name(name: str) -> None:
    answer = parse_answer(json.dumps(ANSWER | {"motivations": [GOOD | {"name": name}]}), PLACES)
    assert [motivation.name for motivation in answer.motivations] == ["food_quality"]


@pytest.mark.parametrize("name", ["other", "Other"])
def test_other_is_a_motivation(name: str) -> None:
    assert parse_answer(json.dumps({"motivations": [GOOD | {"name": name}]}), PLACES).motivations[0].name == OTHER


def test_no_motivation_is_an_answer() -> None:
    assert parse_answer('{"reasoning": "", "motivations": [], "need": ""}', PLACES) == ReviewMotivations()
    assert parse_answer('{"motivations": []}', PLACES) == ReviewMotivations()


def test_quote_that_is_in_no_review_is_kept() -> None:
    assert parse_answer(json.dumps(ANSWER), PLACES).motivations[0].quote == "so fresh"
    assert parse_answer(json.dumps({"motivations": [GOOD | {"quote": ""}]}), PLACES).motivations[0].quote == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"polarity": "mixed"}, "motivations.0.polarity: input should be 'positive' or 'negative' (given: 'mixed')"),
        ({"strength": 80}, "motivations.0.strength: input should be less than or equal to 1 (given: 80)"),
        ({"strength": -0.1}, "motivations.0.strength: input should be greater than or equal to 0"),
        ({"strength": "much"}, "motivations.0.strength: input should be a valid number"),
        ({"strength": None}, "motivations.0.strength: input should be a valid number"),
        ({"name": "tasty"}, "motivations.0.name: 'tasty' is none of food_quality, atmosphere,"),
        ({"name": ""}, "motivations.0.name: '' is none of"),
        ({"statement": " "}, "motivations.0.statement: is empty"),
        ({"quote": ["so", "fresh"]}, "motivations.0.quote: input should be a valid string (given: a list)"),
        ({"mood": "happy"}, "motivations.0.mood: extra inputs are not permitted"),
    ],
)
def test_mistake_is_told_with_its_place(change: dict[str, Any], told: str) -> None:
    error = refused(json.dumps(ANSWER | {"motivations": [GOOD | change]}))
    assert error.kind == "schema"
    assert error.what.startswith(told)


@pytest.mark.parametrize(
    ("raw", "kind", "told"),
    [
        ("", "empty", "no answer"),
        (" \n", "empty", "no answer"),
        ("<think>What now?</think>", "empty", "no answer"),
        ("<think>What now? " + json.dumps(ANSWER), "empty", "no answer"),  # it never stopped thinking
        ("The reviewer is happy.", "json", "no JSON object"),
        ("[]", "json", "no JSON object"),
        ("null", "json", "no JSON object"),
        (json.dumps(ANSWER)[:-1], "json", "broken: expecting ',' delimiter"),
        (json.dumps(ANSWER)[:40], "json", "broken: unterminated string"),
        (json.dumps(ANSWER).replace('"need": ', '"need": , "note": {"motivations": []} '), "json", "broken: expecting value"),
        (json.dumps({"motivations": [GOOD, GOOD]}).replace("}, {", "} {"), "json", "broken: expecting ',' delimiter"),
        (json.dumps({"need": 'it says {"motivations": []}'})[:-2], "json", "broken: unterminated string"),
        ('{"motivations": NaN}', "json", "NaN is no JSON number"),
        ('{"motivations": [], "strength": Infinity}', "json", "Infinity is no JSON number"),
        ('{"motivations": %s}' % ("9" * 5000), "json", "cannot be read"),
        (json.dumps(ANSWER) + json.dumps(ANSWER | {"need": "another"}), "json", "2 JSON objects"),
        ("{}", "schema", "motivations: is missing"),
        ('{"reasoning": "", "need": ""}', "schema", "motivations: is missing"),
        ('{"motivations": null}', "schema", "motivations: input should be a valid list"),
        ('{"motivations": [{}, {}]}', "schema", "and 7 more"),
        ('{"motivations": [], "mood": 1}', "schema", "mood: extra inputs"),
        ('{"motivations": %s}' % ("[" * 200 + "]" * 200), "schema", "motivations.0"),
        ('{"motivations": ' * 5000, "json", "cannot be read"),
    ],
)
def test_reply_that_is_no_answer_says_why(raw: str, kind: str, told: str) -> None:
    error = refused(raw)
    assert error.kind == kind
    assert told in error.what
    assert "\n" not in error.what


def test_of_several_objects_the_one_with_motivations_is_read() -> None:
    raw = f'I considered {{"price": 3}} first. {json.dumps(ANSWER)} {{"done": true}}'
    assert parse_answer(raw, PLACES).need == "a good meal"


def test_half_characters_do_not_reach_what_is_stored() -> None:
    answer = parse_answer('{"motivations": [], "need": "a \\ud83d b", "reasoning": "\\ude00"}', PLACES)
    assert (answer.need, answer.reasoning) == ("a ? b", "?")
    assert ReviewMotivations.model_validate_json(answer.model_dump_json()) == answer
    refused('{"motivations": [], "\\ud83d": 1}').what.encode()
    assert encodable("a\ud83db") == "a?b"


@pytest.mark.parametrize(
    "raw", ["{" * 100_000, '{"a":' * 20_000, "[" * 200_000, "{} " * 50_000, '{"' * 50_000, "</think>" * 20_000, '"' * 99_999]
)
def test_hostile_replies_take_no_time(raw: str) -> None:
    began = time.process_time()
    refused(raw)
    assert time.process_time() - began < 5.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        ",",
        "\\",
        "\\ud800",
        "<think>",
        "</think>",
        "```",
        "json",
        "motivations",
        "name",
        "null",
        "1e999",
        "NaN",
        " ",
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join) | JSON.map(json.dumps))
@example('{"motivations": [')
def test_any_text_is_an_answer_or_an_answer_error(raw: str) -> None:
    answer = answer_or_error(raw)
    if isinstance(answer, ReviewMotivations):
        assert {motivation.name for motivation in answer.motivations} <= set(PLACES.keys)
    else:
        assert answer.what
        answer.what.encode()


@given(st.dictionaries(st.sampled_from(["reasoning", "motivations", "need", "mood"]), JSON | st.lists(st.just(GOOD) | JSON)))
def test_any_object_is_an_answer_or_an_answer_error(found: dict[str, Any]) -> None:
    answer = answer_or_error(json.dumps(found))
    if isinstance(answer, ReviewMotivations):
        assert len(answer.motivations) == len(found["motivations"])
    else:
        assert answer.what


LINES = st.text(max_size=60)
MOTIVATIONS = st.builds(
    Motivation,
    name=st.sampled_from(PLACES.keys),
    statement=LINES.filter(str.strip),
    quote=LINES,
    polarity=st.sampled_from(["positive", "negative"]),
    strength=st.floats(0, 1),
)
ANSWERS = st.builds(ReviewMotivations, reasoning=LINES, motivations=st.lists(MOTIVATIONS, max_size=5), need=LINES)
AROUND = st.text(max_size=40).filter(lambda text: not set(text) & set("{<`"))


@example(ReviewMotivations(need="</think>"), "Here:", "", False, None, False)
@given(ANSWERS, AROUND, AROUND, st.booleans(), st.sampled_from([None, 2]), st.booleans())
def test_every_valid_document_round_trips(
    answer: ReviewMotivations, before: str, after: str, fenced: bool, indent: int | None, ascii_only: bool
) -> None:
    raw = json.dumps(answer.model_dump(), indent=indent, ensure_ascii=ascii_only)
    raw = f"```json\n{raw}\n```" if fenced else raw
    assert parse_answer(raw, PLACES) == answer
    assert parse_answer(f"{before}\n{raw}\n{after}", PLACES) == answer
    assert parse_answer(f"<think>{before}</think>{raw}", PLACES) == answer


PROMPT = [Message(role="system", content="You study reviews."), Message(role="user", content="The review")]


def test_retry_shows_the_answer_and_what_was_wrong() -> None:
    raw = json.dumps(ANSWER | {"motivations": [GOOD | {"strength": 80}]})
    asked = retry_messages(PROMPT, raw, refused(raw), PLACES)
    assert asked[:2] == PROMPT
    assert [message.role for message in asked[2:]] == ["assistant", "user"]
    assert asked[2].content == raw
    assert "motivations.0.strength: input should be less than or equal to 1 (given: 80)" in asked[3].content
    assert all(key in asked[3].content for key in PLACES.keys)


def test_retry_shows_no_thinking_and_no_more_than_fits() -> None:
    raw = f"<think>{'hm ' * 100}</think>" + "a" * 3000 + "b" * 3000
    shown = retry_messages(PROMPT, raw, refused(raw), PLACES, shown=200)[2].content
    assert re.fullmatch(r"a{100}\n\[\.\.\.\]\nb{100}", shown)
    assert retry_messages(PROMPT, "", refused(""), PLACES)[2].content == "(nothing)"
