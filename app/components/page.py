"""The top of every page, its empty states, and words for numbers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

GENERATED = "Generated data: no real person wrote these reviews"


def page_head(title: str, sentence: str, *, generated: bool = False) -> None:
    """Title, one sentence on what the page shows, and a label where the data is generated."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title(title, anchor=False, width="content")
        if generated:
            st.badge("Generated data", color="orange", help=GENERATED)
    st.markdown(sentence)


def empty_state(what: str, hint: str) -> None:
    """Say what is missing and what to do; the caller puts the button for it below."""
    st.subheader(what, anchor=False)
    st.markdown(hint)


def figures(numbers: Mapping[str, str], helps: Mapping[str, str] | None = None) -> None:
    """Labelled numbers side by side, in a second row where the first is full; none is ever cut."""
    with st.container(horizontal=True, gap="medium"):
        for label, value in numbers.items():
            st.metric(label, value, help=(helps or {}).get(label), width="content")


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(iso: str) -> str:
    """An ISO moment as date and minute, UTC."""
    return iso[:16].replace("T", " ") + " UTC"


def literal(text: str) -> str:
    """``text`` for Markdown, with its signs taken literally: reviews hold stars, brackets and dollars."""
    for sign in "\\`*_{}[]<>#$~|:":
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", " ")


def shortened(text: str, length: int) -> str:
    """``text`` cut at a word to at most ``length`` characters."""
    plain = " ".join(text.split())
    return plain if len(plain) <= length else plain[: length - 1].rsplit(" ", 1)[0] + "…"
