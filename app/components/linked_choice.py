"""Choices whose place is the URL, by key and not by label: a link stays right when a label changes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def one_from_link(key: str, options: Sequence[str], default: str) -> None:
    """Give the widget ``key`` what the URL names, where it is one of the options; else the default. Call before the widget."""
    named = st.query_params.get(key)
    st.session_state[key] = named if named in options else default


def several_from_link(key: str, options: Sequence[str], most: int | None = None) -> None:
    """The same for a widget with several choices; of more than ``most`` the first stand."""
    named = [one for one in dict.fromkeys(st.query_params.get_all(key)) if one in options]
    st.session_state[key] = named[:most]


def number_from_link(key: str, low: float, high: float, default: float) -> None:
    """The same for a number between two bounds."""
    try:
        named = float(st.query_params.get(key, default))
    except ValueError:
        named = default
    st.session_state[key] = named if low <= named <= high else default  # not a number lies nowhere


def number_to_link(key: str, default: float) -> None:
    """Write the widget's number into the URL, or take it out where it is the default."""
    value = float(st.session_state[key])
    if value != default:
        st.query_params[key] = f"{value:g}"
    elif key in st.query_params:
        del st.query_params[key]


def to_link(key: str, default: str | None = None) -> None:
    """Write what the widget holds into the URL; the default and nothing leave no trace there. For the widget's ``on_change``."""
    value = st.session_state[key]
    if value and value != default:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]
