"""The extractor against the scripted server: answers, retries, and every way a request can fail."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import InputError
from core.extraction.grounding import Grounding
from core.extraction.ollama.chat import ChatOptions, Done, Text, Thinking, Usage
from core.extraction.ollama.context import estimate_tokens
from core.extraction.ollama.errors import ModelMissingError, ServerDownError
from core.extraction.ollama.extractor import Answer, ExtractionError, Failure, Finished, Retrying, material
from core.extraction.prompts.template import PromptTemplate
from core.extraction.schema import Extractor, Motivation, Review, ReviewMotivations
from tests.extraction.ollama.asking import ANSWER, GOOD, PLACES, SHORT, SLOW, TEXT, chats, extractor, says, shipped, version
from tests.ollama_server.fixture import StartServer

REVIEW = Review(text=TEXT, rating=4)
WRONG = ANSWER | {"motivations": [GOOD | {"strength": 80}]}
THINKER = {"name": "tiny:1b", "capabilities": ["completion", "thinking"]}


def rule(contains: str, action: Any, times: int | None = None) -> dict[str, Any]:
    return {"contains": contains, "action": action} | ({} if times is None else {"times": times})


def test_answer_is_validated_and_grounded(ollama_server: StartServer) -> None:
    answer = extractor(ollama_server({"default": says()}).url).answer(REVIEW)
    assert answer.result == ReviewMotivations.model_validate(ANSWER)
    assert answer.failure is None
    assert [TEXT[found.begin : found.end] for found in answer.groundings] == ["The food was so fresh", "waited an hour"]
    assert all(found.exact and found.grounded for found in answer.groundings)
    assert json.loads(answer.raw) == ANSWER
    assert answer.attempts == 1
    assert answer.prompt_tokens > 0
    assert answer.answer_tokens > 50
    assert 0 < answer.seconds < 20
    assert not answer.truncated
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_request_holds_the_rendered_prompt_the_schema_and_all_options(ollama_server: StartServer) -> None:
    server = ollama_server({})
    asking = extractor(server.url, shipped("review"), options=ChatOptions(seed=3, num_ctx=4096))
    asking.answer(REVIEW, "Blue Door")
    system, user = asking.render(REVIEW, "Blue Door")
    assert json.dumps(asking.schema) in system.content
    assert all(entry.key in system.content for entry in PLACES.motivations)
    assert TEXT in user.content
    assert "Blue Door" in user.content
    (entry,) = chats(server, 1)
    assert entry["key"] == hashlib.sha256(user.content.encode()).hexdigest()
    assert entry["request"]["options"] == {"temperature": 0.0, "seed": 3, "num_ctx": 4096, "num_predict": 1024}
    assert entry["request"]["think"] is False
    assert entry["request"]["format"]


def test_quote_that_is_not_in_the_review_is_kept_and_marked(ollama_server: StartServer) -> None:
    invented = GOOD | {"quote": "the best pasta of my whole life"}
    answer = extractor(ollama_server({"default": says(ANSWER | {"motivations": [invented, SLOW]})}).url).answer(REVIEW)
    assert answer.result is not None
    assert answer.result.motivations[0].quote == "the best pasta of my whole life"
    assert [found.grounded for found in answer.groundings] == [False, True]
    assert answer.groundings[0].begin == answer.groundings[0].end == 0


def test_invalid_answer_is_shown_to_the_model_with_its_mistake(ollama_server: StartServer) -> None:
    server = ollama_server(
        {"rules": [rule("motivations.0.strength: input should be less than or equal to 1 (given: 80)", says())], "default": says(WRONG)}
    )
    events = list(extractor(server.url).stream(REVIEW))
    retries = [event for event in events if isinstance(event, Retrying)]
    assert [retry.attempt for retry in retries] == [2]
    assert retries[0].reason.startswith("motivations.0.strength")
    answer = finished(events)
    assert answer.result == ReviewMotivations.model_validate(ANSWER)
    assert answer.attempts == 2
    assert [entry["request"]["messages"] for entry in chats(server, 2)] == [2, 4]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_answer_that_stays_invalid_is_recorded_with_raw_text_and_reason(ollama_server: StartServer, retries: int) -> None:
    server = ollama_server({"default": says(WRONG)})
    answer = extractor(server.url, retries=retries).answer(REVIEW)
    assert answer.result is None
    assert answer.groundings == ()
    assert answer.failure is not None
    assert answer.failure.kind == "invalid"
    assert answer.failure.message.startswith("motivations.0.strength: input should be less than or equal to 1")
    assert json.loads(answer.raw) == WRONG
    assert answer.attempts == retries + 1
    entries = chats(server, retries + 1)
    assert answer.answer_tokens == sum(entry["tokens"] for entry in entries)
    assert [entry["request"]["messages"] for entry in entries] == [2, 4, 4][: retries + 1]  # a conversation does not grow


def test_ignored_schema_is_an_invalid_answer(ollama_server: StartServer) -> None:
    answer = extractor(ollama_server({"default": {"kind": "echo-motivations", "ignore_schema": True}}).url, retries=0).answer(REVIEW)
    assert answer.failure == Failure(kind="invalid", message="The reply holds no JSON object")
    assert answer.raw.startswith("Sure!")


def test_cut_answer_is_asked_for_once_more_with_more_room(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says()})
    answer = extractor(server.url, options=ChatOptions(num_predict=100)).answer(REVIEW)
    assert answer.result == ReviewMotivations.model_validate(ANSWER)
    assert [(entry["request"]["options"]["num_predict"], entry["request"]["messages"]) for entry in chats(server, 2)] == [
        (100, 2),
        (200, 2),
    ]


def test_answer_that_stays_cut_has_failed(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says()})
    answer = extractor(server.url, options=ChatOptions(num_predict=20)).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.kind == "cut"
    assert answer.failure.message == "The answer was cut before its end, after 40 tokens (num_predict 40)"
    assert answer.attempts == 2  # never a third with ever more room
    assert json.dumps(ANSWER).startswith(answer.raw)


def test_cut_answer_is_not_asked_for_again_where_the_context_has_no_room(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says()})
    options = ChatOptions(num_predict=60, num_ctx=80)
    answer = extractor(server.url, options=options).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.kind == "cut"
    chats(server, 1)


def test_whole_answer_of_full_length_counts_as_cut(ollama_server: StartServer) -> None:
    answer = extractor(ollama_server({"default": says(done_reason="length")}).url, retries=0).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.kind == "cut"


def test_prompt_that_was_surely_cut_is_no_basis_for_an_answer(ollama_server: StartServer) -> None:
    server = ollama_server({})
    answer = extractor(server.url, options=ChatOptions(num_ctx=256, num_predict=128)).answer(Review(text=f"{TEXT} " * 60))
    assert answer.failure is not None
    assert answer.failure.kind == "truncated"
    assert answer.truncated
    assert answer.raw  # kept to look at
    chats(server, 1)  # the same prompt would be cut again


def test_prompt_that_may_be_cut_is_flagged_and_its_answer_taken(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says()})
    asking = extractor(server.url)
    tight = ChatOptions(num_ctx=estimate_tokens(asking.render(REVIEW)) + 300, num_predict=500)
    answer = extractor(server.url, options=tight).answer(REVIEW)
    assert answer.truncated
    assert answer.result is not None


def test_low_count_of_a_prompt_that_fits_is_flagged_only(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says(prompt_eval_count=3)})  # some servers leave out what they had cached
    answer = extractor(server.url, shipped("review")).answer(REVIEW)
    assert answer.truncated
    assert answer.result is not None


def test_thinking_is_kept_apart(ollama_server: StartServer) -> None:
    server = ollama_server({"models": [THINKER], "default": says(thinking="They liked the food.")})
    events = list(extractor(server.url, options=ChatOptions(think=True)).stream(REVIEW))
    answer = finished(events)
    assert answer.thinking == "They liked the food."
    assert json.loads(answer.raw) == ANSWER
    assert "".join(event.text for event in events if isinstance(event, Thinking)) == answer.thinking
    assert "".join(event.text for event in events if isinstance(event, Text)) == answer.raw


def test_model_that_thinks_though_told_not_to_is_understood(ollama_server: StartServer) -> None:
    server = ollama_server({"models": [THINKER], "default": says(thinking="Hm.", ignore_think=True)})
    answer = extractor(server.url, options=ChatOptions(think=False)).answer(REVIEW)
    assert (answer.thinking, answer.result is not None) == ("Hm.", True)


@pytest.mark.parametrize("opening", ["<think>", ""])
def test_thinking_within_the_answer_is_kept_apart(ollama_server: StartServer, opening: str) -> None:
    text = f'{opening}Is it {{"motivations": []}}? No.</think>\n\n{json.dumps(ANSWER)}'
    server = ollama_server({"default": says(text)})
    asking = extractor(server.url)
    for answer in (asking.answer(REVIEW), finished(list(asking.stream(REVIEW)))):
        assert answer.thinking == 'Is it {"motivations": []}? No.'
        assert json.loads(answer.raw) == ANSWER
        assert answer.result == ReviewMotivations.model_validate(ANSWER)


def test_stream_tells_thinking_within_the_answer_as_thinking(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says(f"<think>They liked it.</think>{json.dumps(ANSWER)}")})
    events = list(extractor(server.url).stream(REVIEW))
    assert "".join(event.text for event in events if isinstance(event, Thinking)) == "They liked it."
    assert json.loads("".join(event.text for event in events if isinstance(event, Text))) == ANSWER


def test_model_that_only_thinks_was_cut_while_thinking(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says(f"<think>{'well ' * 200}")})
    answer = extractor(server.url, options=ChatOptions(num_predict=50), retries=0).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.message.startswith("The answer was cut while it was still thinking")


def test_stream_ends_with_usage_done_and_what_became_of_it(ollama_server: StartServer) -> None:
    events = list(extractor(ollama_server({"default": says()}).url).stream(REVIEW))
    assert [type(event) for event in events[-3:]] == [Usage, Done, Finished]
    assert all(isinstance(event, Text) for event in events[:-3])
    answer = finished(events)
    once = extractor(ollama_server({"default": says()}).url).answer(REVIEW)
    assert answer.model_copy(update={"seconds": 0.0}) == once.model_copy(update={"seconds": 0.0})


@pytest.mark.parametrize(
    "fault",
    [{"kind": "break", "after": 3}, {"kind": "end-early", "after": 3}, {"kind": "malformed", "after": 3}, {"kind": "close", "after": 3}],
)
def test_broken_stream_is_asked_for_again_as_it_was(ollama_server: StartServer, fault: dict[str, Any]) -> None:
    server = ollama_server({"rules": [rule("", says() | fault, times=1)], "default": says()})
    events = list(extractor(server.url).stream(REVIEW))
    answer = finished(events)
    assert answer.result == ReviewMotivations.model_validate(ANSWER)
    assert answer.attempts == 2
    assert sum(isinstance(event, Retrying) for event in events) == 1
    assert len({(entry["key"], entry["request"]["messages"]) for entry in chats(server, 2)}) == 1


def test_stream_that_stays_broken_has_failed(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says() | {"kind": "break", "after": 3, "message": "out of memory"}})
    answer = finished(list(extractor(server.url, retries=1).stream(REVIEW)))
    assert answer.failure == Failure(kind="server", message="The Ollama server broke off: out of memory")
    assert answer.attempts == 2


def test_refused_request_is_not_repeated(ollama_server: StartServer) -> None:
    server = ollama_server({"default": {"kind": "error", "status": 400, "message": "invalid option"}})
    answer = extractor(server.url).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.kind == "server"
    assert "invalid option" in answer.failure.message
    chats(server, 1)


def test_prompt_that_is_refused_as_too_long_was_truncated(ollama_server: StartServer) -> None:
    message = "request (7900 tokens) exceeds the available context size (4096 tokens), try increasing it"
    server = ollama_server({"default": {"kind": "error", "status": 400, "message": message}})
    answer = extractor(server.url).answer(REVIEW)
    assert answer.failure == Failure(kind="truncated", message=f"The prompt is longer than the context: {message}")
    chats(server, 1)


def test_lost_connection_is_tried_again_by_the_client_alone(ollama_server: StartServer) -> None:
    server = ollama_server({"default": {"kind": "close"}})
    answer = extractor(server.url).answer(REVIEW)
    assert answer.failure is not None
    assert answer.failure.kind == "server"
    assert answer.attempts == 1
    chats(server, 3)  # the three of its back-off, not three times three


def test_busy_server_is_waited_for(ollama_server: StartServer) -> None:
    busy = {"kind": "error", "status": 503, "message": "server busy, please try again.  maximum pending requests exceeded"}
    server = ollama_server({"rules": [rule("", busy, times=2)], "default": says()})
    assert extractor(server.url).answer(REVIEW).result is not None
    streamed = list(extractor(ollama_server({"rules": [rule("", busy, times=2)], "default": says()}).url).stream(REVIEW))
    assert [event.attempt for event in streamed if isinstance(event, Retrying)] == [2, 3]
    assert finished(streamed).result is not None
    server = ollama_server({"default": busy})
    failure = extractor(server.url).answer(REVIEW).failure
    assert failure is not None
    assert failure.kind == "server"
    chats(server, 3)  # its back-off, no more
    assert finished(list(extractor(server.url, retries=1).stream(REVIEW))).failure == failure


def test_silent_server_is_a_failure_of_its_own_kind(ollama_server: StartServer) -> None:
    server = ollama_server({"default": {"kind": "hang", "hang_s": 30}})
    for answer in (extractor(server.url, read_s=0.3).answer(REVIEW), finished(list(extractor(server.url, read_s=0.3).stream(REVIEW)))):
        assert answer.failure is not None
        assert answer.failure.kind == "timeout"
        assert answer.attempts == 1


def test_nobody_to_ask_is_raised(ollama_server: StartServer) -> None:
    server = ollama_server({})
    with pytest.raises(ModelMissingError):
        extractor(server.url, model="absent:1b").answer(REVIEW)
    with pytest.raises(ModelMissingError):
        list(extractor(server.url, model="absent:1b").stream(REVIEW))
    server.stop()
    with pytest.raises(ServerDownError):
        extractor(server.url).answer(REVIEW)
    with pytest.raises(ServerDownError):
        list(extractor(server.url).stream(REVIEW))


def test_stop_ends_a_request_without_a_verdict(ollama_server: StartServer) -> None:
    server = ollama_server({"default": {"kind": "hang", "hang_s": 30}})
    stopped = threading.Event()
    threading.Timer(0.2, stopped.set).start()
    began = time.monotonic()
    answer = extractor(server.url).answer(REVIEW, stop=stopped.is_set)
    assert time.monotonic() - began < 5
    assert answer.failure is not None
    assert answer.failure.kind == "stopped"
    assert finished(list(extractor(server.url).stream(REVIEW, stop=stopped.is_set))).failure == answer.failure


def test_extracts_as_every_extractor_does(ollama_server: StartServer) -> None:
    asking: Extractor = extractor(ollama_server({"rules": [rule("no answer", says("Sorry."))], "default": says()}).url, retries=0)
    assert asking.name == "ollama"
    expected = ReviewMotivations.model_validate(ANSWER)
    assert asking.extract(REVIEW) == expected
    assert asking.extract_many([REVIEW, Review(text="Nice.")]) == [expected, expected]
    assert asking.extract_many([]) == []
    with pytest.raises(ExtractionError, match="invalid.*no JSON object") as caught:
        asking.extract(Review(text="no answer to this"))
    assert caught.value.answer.raw == "Sorry."


@pytest.mark.parametrize("kind", ["user", "item"])
def test_many_reviews_are_asked_about_at_once(ollama_server: StartServer, kind: Any) -> None:
    variables = {"reviews": [{"text": "Great soup.", "rating": 5, "title": "waited an hour"}, {"text": TEXT, "rating": None, "title": ""}]}
    answer = extractor(ollama_server({"default": says()}).url, shipped(kind)).ask(variables)
    text = material(kind, variables)
    assert text == f"Great soup.\n\n{TEXT}"
    assert [text[found.begin : found.end] for found in answer.groundings] == ["The food was so fresh", "waited an hour"]


def test_merge_quotes_what_is_merged(ollama_server: StartServer) -> None:
    statements = [Motivation.model_validate(GOOD), SLOW]
    asking = extractor(
        ollama_server({"default": says(ANSWER | {"motivations": [GOOD, SLOW | {"quote": "it was far too loud"}]})}).url, shipped("merge")
    )
    answer = asking.ask({"statements": statements, "subject": "user"})
    assert [found.exact for found in answer.groundings] == [True, False]
    events = list(asking.stream_ask({"statements": statements, "subject": "user"}))
    assert [found.exact for found in finished(events).groundings] == [True, False]


def test_half_characters_of_a_review_and_of_a_reply_do_no_harm(ollama_server: StartServer) -> None:
    server = ollama_server({"default": says(json.dumps(ANSWER | {"need": "\ud83d"}))})
    answer = extractor(server.url).answer(Review(text=f"\ud83d {TEXT}"))
    assert answer.result is not None
    assert answer.result.need == "?"
    assert answer.groundings[0] == Grounding(score=1.0, begin=2, end=23, exact=True, grounded=True)
    answer.model_dump_json()


def test_prompt_of_another_kind_or_with_a_mistake_is_an_input_error() -> None:
    with pytest.raises(InputError, match="of kind user, not for single reviews"):
        extractor("http://127.0.0.1:9", shipped("user")).answer(REVIEW)
    wrong = version(PromptTemplate(kind="review", domain="places", system="", user="{{ reviw }}"))
    with pytest.raises(InputError, match="reviw"):
        extractor("http://127.0.0.1:9", wrong).render(REVIEW)


def test_retry_shows_less_of_an_answer_where_the_context_is_tight(ollama_server: StartServer) -> None:
    babble = "hello there " * 150  # about 300 tokens, of which a retry can show some
    server = ollama_server({"rules": [rule("cannot be used", says())], "default": says(babble)})
    asking = extractor(server.url)
    size = estimate_tokens(asking.render(REVIEW))
    answer = extractor(server.url, options=ChatOptions(num_ctx=size + 650, num_predict=400)).answer(REVIEW)
    assert answer.result is not None
    assert not answer.truncated


def test_answer_has_either_a_result_or_a_failure() -> None:
    with pytest.raises(ValidationError, match="either"):
        Answer()
    with pytest.raises(ValidationError, match="either"):
        Answer(result=ReviewMotivations(), failure=Failure(kind="invalid", message="no"))
    with pytest.raises(ValidationError, match="one grounding"):
        Answer(result=ReviewMotivations.model_validate(ANSWER))


def finished(events: list[Any]) -> Answer:
    """The answer of a stream that ended as streams do."""
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert isinstance(events[-1], Finished)
    return events[-1].answer


def test_short_prompt_of_these_tests_is_a_prompt() -> None:
    SHORT.check()
