"""The one toggle that puts pseudonyms in the place of users' names and ids on all pages; it stands in the URL."""

from __future__ import annotations

import streamlit as st

from app import session

_KEY = "pseudonym-toggle"


def pseudonym_toggle() -> None:
    """Show the toggle in the sidebar."""
    st.session_state[_KEY] = session.users_hidden()
    st.sidebar.toggle(
        "Pseudonyms",
        key=_KEY,
        on_change=_change,
        help="Show users under stable made-up names, in tables, files and links too. What they wrote is shown as it is.",
    )


def _change() -> None:
    session.hide_users(bool(st.session_state[_KEY]))
