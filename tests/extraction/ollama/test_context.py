"""The estimate of a prompt's tokens against a real tokenizer's counts, and the alarm for prompts that are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.extraction.ollama.chat import ChatOptions, Message, Usage, complete
from core.extraction.ollama.context import MESSAGE_TOKENS, Truncation, estimate_tokens, truncation
from core.extraction.ollama.server import OllamaServer
from tests.ollama_server.fixture import StartServer

# Texts and the tokens Qwen's tokenizer (151,643 byte pairs) makes of them.
ENGLISH = [
    (
        "I bought this strap for my daughter's first guitar. It's soft, looks great, and the leather ends don't slip off the buttons. "
        "After three months of daily practice it still looks new; for $12.99 you can't go wrong. Only complaint: it could be 2 or 3 "
        "inches longer for taller players.",
        70,
    ),
    (
        'WORST. SERVICE. EVER!!! We waited 45 min... then the waitress (who was sooo rude) told us they\'d "run out" of ribs. '
        "Really??? Never again, y'all. 1/5 stars.",
        50,
    ),
    (
        "This user enjoys casual, family-friendly restaurants with generous portions, attentive staff and reasonable prices. They "
        "value authenticity, cleanliness and quick service, and they are disappointed by overpriced cocktails, loud music and "
        "inconsistent quality.",
        43,
    ),
    (
        '{"type": "object", "properties": {"reasoning": {"type": "string"}, "motivations": {"type": "array", "items": {"type": '
        '"object", "properties": {"name": {"type": "string", "enum": ["price", "staff", "other"]}, "strength": {"type": "number", '
        '"minimum": 0, "maximum": 1}}, "required": ["name", "strength"]}}}, "required": ["reasoning", "motivations"]}',
        108,
    ),
]
OTHER_LANGUAGES = [
    (
        "Das Essen war hervorragend und die Bedienung sehr freundlich, obwohl wir zehn Minuten auf einen Tisch warten mussten. "
        "Die Preise sind angemessen.",
        42,
    ),
    (
        "La nourriture était excellente et le personnel très sympathique, même si nous avons attendu dix minutes pour une table. "
        "Les prix sont raisonnables.",
        34,
    ),
    (
        "La comida era excelente y el personal muy amable, aunque esperamos diez minutos por una mesa. Los precios son razonables y "
        "volveremos.",
        31,
    ),
    ("Еда была отличной, а персонал очень дружелюбным, хотя мы ждали столик десять минут. Цены разумные, и мы обязательно вернёмся.", 45),
    ("食物非常好吃，服务员也很友好，虽然我们等了十分钟才有位子。价格合理，我们一定会再来。", 24),
    ("料理はとても美味しく、スタッフも親切でした。席に着くまで十分待ちましたが、値段は手頃でまた来たいです。", 34),
    ("음식은 훌륭했고 직원들은 매우 친절했지만 자리를 위해 십 분을 기다려야 했습니다. 가격은 합리적입니다.", 42),
    ("كان الطعام ممتازا والموظفون ودودين للغاية رغم أننا انتظرنا عشر دقائق للحصول على طاولة.", 28),
    ("อาหารอร่อยมากและพนักงานเป็นมิตรมาก แม้ว่าเราจะรอโต๊ะสิบนาที", 31),
    ("खाना बहुत अच्छा था और कर्मचारी बहुत मिलनसार थे, हालाँकि हमें मेज़ के लिए दस मिनट इंतज़ार करना पड़ा।", 93),
]
OPTIONS = ChatOptions(num_ctx=400, num_predict=100)


def said(content: str) -> list[Message]:
    return [Message(role="user", content=content)]


def used(prompt_tokens: int) -> Usage:
    return Usage(prompt_tokens, 10, 0.0, 0.1, 0.2, 0.3)


def ratio(text: str, count: int) -> float:
    return (estimate_tokens(said(text)) - MESSAGE_TOKENS) / count


@pytest.mark.parametrize(("text", "count"), ENGLISH)
def test_english_is_estimated_within_a_quarter(text: str, count: int) -> None:
    assert 0.8 < ratio(text, count) < 1.25


@pytest.mark.parametrize(("text", "count"), OTHER_LANGUAGES)
def test_other_languages_are_estimated_within_a_half(text: str, count: int) -> None:
    assert 0.65 <= ratio(text, count) <= 1.5


def test_all_of_them_together_are_estimated_within_a_tenth() -> None:
    texts, counts = zip(*ENGLISH, *OTHER_LANGUAGES, strict=True)
    together = estimate_tokens([Message(role="user", content=text) for text in texts]) - MESSAGE_TOKENS * len(texts)
    assert together == pytest.approx(sum(counts), rel=0.1)


@given(st.text(), st.text())
def test_an_estimate_grows_with_the_text_and_never_exceeds_its_length(first: str, second: str) -> None:
    one, both = estimate_tokens(said(first)), estimate_tokens(said(f"{first}\n{second}"))
    assert MESSAGE_TOKENS <= one <= both
    assert one <= MESSAGE_TOKENS + len(first)
    assert estimate_tokens([*said(first), *said(second)]) == one + estimate_tokens(said(second))


def test_a_prompt_that_fits_raises_no_alarm() -> None:
    messages = said("tea " * 200)
    assert truncation(messages, OPTIONS, None) is None
    assert truncation(messages, OPTIONS, used(210)) is None


def test_the_alarm_comes_before_sending_when_prompt_and_answer_exceed_the_context() -> None:
    messages = said("tea " * 310)
    alarm = truncation(messages, OPTIONS, None)
    assert alarm == Truncation("expected", 315, 400, 100)
    assert "about 315 tokens; with 100 for the answer it exceeds the context of 400. Raise num_ctx" in alarm.message
    assert truncation(messages, OPTIONS.model_copy(update={"num_ctx": 415}), None) is None


@pytest.mark.parametrize(
    ("words", "read", "alarm"),
    [
        (300, 400, True),  # filled to the ceiling
        (300, 399, True),
        (300, 398, False),
        (300, 150, True),  # half of it gone
        (290, 200, False),  # the estimate may be that far off
        (500, 202, True),  # longer than the context, and cut to half of it
        (390, 202, True),  # the estimate a little low, cut all the same
        (500, 300, True),  # longer than the context, and messages were dropped to make it fit
        (500, 390, False),
        (300, 0, False),  # the server did not tell
    ],
)
def test_the_alarm_after_the_answer_goes_by_what_the_server_read(words: int, read: int, alarm: bool) -> None:
    found = truncation(said("tea " * words), OPTIONS, used(read))
    assert (found is not None) is alarm
    if found:
        assert (found.kind, found.read) == ("measured", read)
        assert f"The server read {read:,} tokens of a prompt of about {words + 5:,}" in found.message


@pytest.mark.parametrize("keeps_half", [False, True])
def test_a_prompt_that_a_server_cuts_silently_is_found(ollama_server: StartServer, keeps_half: bool) -> None:
    server = OllamaServer(ollama_server({"default": {"keeps_half": keeps_half}}).url)
    options = ChatOptions(num_ctx=300, num_predict=50)
    for messages, cut in ((said("The tea was good. " * 100), True), (said("The tea was good. " * 20), False)):
        usage = complete(server, "tiny:1b", messages, options).usage
        assert (truncation(messages, options, usage) is not None) is cut
        assert (truncation(messages, options, None) is not None) is cut
