"""Errors as one line on the page: what happened, where, what to do. Never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

from core.errors import NotFoundError, StudioError


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a `StudioError` raised in the block as one line; other errors are defects and stay Streamlit's to report."""
    try:
        yield
    except NotFoundError as error:
        st.error(_plain(str(error)))
        st.link_button("Open the overview", "/", type="primary")
    except StudioError as error:
        st.error(_plain(str(error)))


def live_fragment(*, run_every: float | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A fragment that shows its errors as the page does, and may run itself again every ``run_every`` seconds."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def guarded(*arguments: Any, **named: Any) -> None:
            with shown_errors():
                function(*arguments, **named)

        fragment: Callable[..., None] = st.fragment(guarded, run_every=run_every)
        return fragment

    return decorate


def _plain(text: str) -> str:
    """``text`` with Markdown's signs taken literally: a file name may hold stars and brackets."""
    for sign in "\\`*_{}[]<>#$~|":
        text = text.replace(sign, "\\" + sign)
    return text
