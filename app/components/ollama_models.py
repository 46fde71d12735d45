"""The Ollama server as the pages see it: whether it answers, its models, and how to get another. A rerun never waits long for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
import streamlit as st

from app.components.export import table
from app.components.page import duration, literal
from core.errors import StudioError
from core.extraction.ollama.errors import OllamaError
from core.extraction.ollama.server import ModelCard, OllamaServer, PullEvent, Timeouts

SUGGESTED = "qwen3.5:4b"
LOOK_S = 1.0  # longest a page waits to hear whether the server is there
_CARDS_S = 0.8  # longest a page waits for what the list of models does not tell; the rest comes with the next look
_QUICK = Timeouts(connect_s=0.5, question_s=LOOK_S)
TELL_EVERY_S = 0.1  # while something is streamed
_PULL, _PULLED = "model to pull", "pull ended"

Result = TypeVar("Result")


@dataclass(frozen=True)
class OllamaState:
    """What is known of the server: ``problem`` is one line where it does not answer, else ""."""

    host: str
    version: str = ""
    models: tuple[ModelCard, ...] = ()
    problem: str = ""

    @property
    def up(self) -> bool:
        return not self.problem

    @property
    def chatting(self) -> list[ModelCard]:
        """The models that can answer; one whose abilities are not known yet is taken for one of them."""
        return [card for card in self.models if not card.capabilities or "completion" in card.capabilities]

    def card(self, model: str) -> ModelCard | None:
        """The model of this name."""
        return next((card for card in self.models if card.name == model), None)


def ollama_state() -> OllamaState:
    """The server of OLLAMA_HOST and its models, as they were at most a few seconds ago.

    Raises:
        InputError: the address cannot be read.
    """
    host = OllamaServer(timeouts=_QUICK).host
    known = _look(host)
    return OllamaState(host, known.version, tuple(_detailed(known)), known.problem)


@st.cache_resource(ttl=4.0, max_entries=4, show_spinner=False)
def _look(host: str) -> OllamaState:
    def look() -> OllamaState:
        with closing(OllamaServer(host, _QUICK)) as server:
            try:
                return OllamaState(host, server.version(), tuple(server.models()))
            except OllamaError as error:
                return OllamaState(host, problem=error.what)

    return _within(LOOK_S, look) or OllamaState(host, problem=f"The Ollama server did not answer within {LOOK_S:g} s")


def _within(limit_s: float, call: Callable[[], Result]) -> Result | None:
    """What ``call`` returns, or None after ``limit_s``: looking up a name knows no time-out."""
    answers: list[Result] = []
    thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
    thread.start()
    thread.join(limit_s)
    return answers[0] if answers else None


def _detailed(known: OllamaState) -> list[ModelCard]:
    """The models with context length and capabilities, as far as there is time for."""
    end = time.monotonic() + _CARDS_S
    silent = _silent(known.host)
    cards = []
    for card in known.models:
        if known.up and card.name not in silent and time.monotonic() < end:
            try:
                card = _card(known.host, card.name, card.digest)
            except OllamaError:  # one model that cannot be shown hides no other; it stands without its details for a while
                silent.add(card.name)
                end = 0.0
        cards.append(card)
    return cards


@st.cache_resource(ttl=15.0, max_entries=4, show_spinner=False)
def _silent(host: str) -> set[str]:
    """Models that could not be shown a moment ago."""
    del host
    return set()


@st.cache_resource(max_entries=512, show_spinner=False)
def _card(host: str, model: str, digest: str) -> ModelCard:
    del digest  # of the weights: another one is another model under the same name
    with closing(OllamaServer(host, _QUICK)) as server:
        return server.card(model)


@st.cache_resource(max_entries=4, show_spinner=False)
def ollama_server(host: str) -> OllamaServer:
    """The server to ask, with patience for a model that has to be loaded first."""
    return OllamaServer(host)


def server_line(state: OllamaState) -> None:
    """One line: where the server is and what it has, or how to get a model."""
    if state.up and state.models:
        plural = "s" if len(state.models) != 1 else ""
        st.caption(f"Ollama {literal(state.version)} at `{state.host}`, {len(state.models)} model{plural}.")
    elif state.up:
        st.markdown(
            f":material/download: Ollama at `{state.host}` has no model yet: run `ollama pull {SUGGESTED}` (about 3 GB) or get one under "
            "Models. Until then the embedded extractor answers."
        )
    else:
        st.markdown(
            f":material/power_off: {literal(state.problem)} at `{state.host}` (OLLAMA_HOST): install Ollama, then "
            f"`ollama pull {SUGGESTED}`. Until then the embedded extractor answers; it reads no prompt."
        )


def model_view(state: OllamaState) -> None:
    """The server's models as a table, and the way to get another."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        server_line(state)
    if right.button("Look again", icon=":material/refresh:", width="stretch", key="look-again"):
        _look.clear()
        _silent.clear()
        st.rerun()
    if state.models:
        rows = model_rows(state.models)
        formats = {
            "size (GB)": st.column_config.NumberColumn(format="%.1f"),
            "context (tokens)": st.column_config.NumberColumn(format="localized"),
        }
        table(rows, "models", "**Models on this server**", column_config=formats)
    if state.up:
        _pull_form(state)


def model_rows(cards: tuple[ModelCard, ...]) -> pd.DataFrame:
    """One row a model."""
    return pd.DataFrame(
        [
            {
                "model": card.name,
                "size (GB)": card.size_bytes / 1e9 if card.size_bytes else None,
                "parameters": card.parameters,
                "quantisation": card.quantisation,
                "context (tokens)": card.context_length,
                "capabilities": ", ".join(card.capabilities),
                "family": card.family,
                "changed": card.modified_at.date().isoformat() if card.modified_at else "",
            }
            for card in cards
        ]
    )


def _pull_form(state: OllamaState) -> None:
    st.markdown("**Get a model** from the Ollama library onto this server")
    left, middle, _ = st.columns([2, 1, 2], vertical_alignment="bottom")
    wanted = left.text_input(
        "Name of the model", SUGGESTED, key="pull-name", help="As on ollama.com/library, e.g. qwen3.5:4b, qwen3.5:9b, gemma4:e4b"
    )
    running = st.session_state.get(_PULL)
    if middle.button("Pull", icon=":material/download:", type="primary", width="stretch", key="pull", disabled=bool(running or not wanted)):
        st.session_state[_PULL] = str(wanted).strip()
        st.session_state.pop(_PULLED, None)
        st.rerun()
    if running:
        _pull(state, running)
    if ended := st.session_state.get(_PULLED):
        kind, words = ended
        (st.success if kind == "got" else st.error)(literal(words))


def _pull(state: OllamaState, model: str) -> None:
    """Download within this run of the page; a click anywhere else begins the page anew, and the download where it was."""
    st.button("Stop", icon=":material/stop:", key="stop-pull", on_click=_forget_pull)
    bar = st.progress(0.0, text=f"Asking for {literal(model)}")
    began = time.monotonic()
    first: dict[int, int] = {}
    shown = (0.0, f"Asking for {literal(model)}")
    told_at = 0.0

    def waiting() -> bool:
        nonlocal told_at
        if time.monotonic() - told_at > TELL_EVERY_S:
            told_at = time.monotonic()
            bar.progress(shown[0], text=shown[1])  # a click anywhere is heard here, too, and ends this run of the page
        return False

    try:
        with closing(ollama_server(state.host).pull(model, waiting)) as events:
            for event in events:
                since = first.setdefault(event.total, event.completed)
                shown = (_share(event), pull_line(event, since, time.monotonic() - began))
    except StudioError as error:
        st.session_state[_PULLED] = ("failed", str(error))
    else:
        st.session_state[_PULLED] = ("got", f"{model} is here.")
        _look.clear()
    _forget_pull()
    st.rerun()


def _forget_pull() -> None:
    st.session_state.pop(_PULL, None)


def _share(event: PullEvent) -> float:
    return min(1.0, event.completed / event.total) if event.total else 0.0


def pull_line(event: PullEvent, since: int, elapsed_s: float) -> str:
    """A moment of a download in one line.

    Args:
        since: bytes of this file that were there at the beginning. elapsed_s: since then.
    """
    parts = [literal(event.status)]
    if event.total:
        parts.append(f"{event.completed / 1e6:,.0f} of {event.total / 1e6:,.0f} MB")
        rate = (event.completed - since) / elapsed_s if elapsed_s > 0.5 else 0.0
        if rate > 0:
            parts.append(f"{rate / 1e6:,.1f} MB/s")
            parts.append(f"about {duration((event.total - event.completed) / rate)} left")
    return " · ".join(parts)
