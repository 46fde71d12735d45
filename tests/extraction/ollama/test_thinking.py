"""Thinking within a reply: told apart, whole or piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.extraction.ollama.thinking import ThinkingSplitter, split_thinking


@pytest.mark.parametrize(
    ("content", "thinking", "answer"),
    [
        ('{"a": 1}', "", '{"a": 1}'),
        ('<think>Hm.</think>{"a": 1}', "Hm.", '{"a": 1}'),
        ('\n<think>\nHm.\n</think>\n\n{"a": 1}', "Hm.", '{"a": 1}'),
        ('<thinking>Hm.</thinking>{"a": 1}', "Hm.", '{"a": 1}'),
        ('<THINK>Hm.</Think>{"a": 1}', "Hm.", '{"a": 1}'),
        ('<think></think>{"a": 1}', "", '{"a": 1}'),
        ('Hm.</think>{"a": 1}', "Hm.", '{"a": 1}'),  # the template opened it
        ("<think>Hm, what", "Hm, what", ""),  # cut
        ('{"quote": "</think> <think>"}', "", '{"quote": "</think> <think>"}'),
        ('```json\n{"quote": "</think>"}\n```', "", '```json\n{"quote": "</think>"}\n```'),
        ('<think>Hm.</think>{"quote": "<think>x</think>"}', "Hm.", '{"quote": "<think>x</think>"}'),
        ('Here: {"quote": "</think>"}', "", 'Here: {"quote": "</think>"}'),
        ("I think <think> is a tag", "", "I think <think> is a tag"),
        ("", "", ""),
    ],
)
def test_thinking_is_told_apart(content: str, thinking: str, answer: str) -> None:
    assert split_thinking(content) == (thinking, answer)


PIECES = st.sampled_from(["<think>", "</think>", "<thinking>", "</thinking>", "<", "</", "think", ">", "{", " ", "\n", "Hm"]) | st.text(
    max_size=4
)


@given(st.lists(PIECES, max_size=12).map("".join), st.data())
def test_stream_gives_all_of_it_however_it_is_cut(content: str, drawn: st.DataObject) -> None:
    edges = sorted(drawn.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    cut = [content[begin:end] for begin, end in zip([0, *edges], [*edges, len(content)], strict=True)]
    whole, split = ThinkingSplitter(), ThinkingSplitter()
    expected = [whole.feed(content), whole.end()]
    told = [*(split.feed(piece) for piece in cut), split.end()]
    for part in (0, 1):
        assert "".join(one[part] for one in told) == "".join(one[part] for one in expected)
    if content.lstrip().lower().startswith("<think>"):
        thinking, answer = split_thinking(content)
        assert "".join(one[0] for one in told).strip() == thinking
        assert "".join(one[1] for one in told).strip() == answer


def test_stream_holds_back_no_more_than_a_mark() -> None:
    splitter = ThinkingSplitter()
    assert splitter.feed("<thi") == ("", "")
    assert splitter.feed("nk>Let me ") == ("Let me ", "")
    assert splitter.feed("see <b") == ("see <b", "")
    assert splitter.feed(" </th") == (" ", "")
    assert splitter.feed('ink>{"a') == ("", '{"a')
    assert splitter.feed("</think>") == ("", "</think>")
    assert ThinkingSplitter().feed('{"a') == ("", '{"a')
