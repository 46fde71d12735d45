from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from app import session

    session.restore()
    if st.session_state.get("do"):
        session.select(**st.session_state.pop("do"))
    st.json({key: session.selected(key) for key in session.SELECTED})


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(script)


def selected(app: AppTest) -> dict[str, str]:
    import json

    return {key: value for key, value in json.loads(app.json[0].value).items() if value is not None}


def query(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def test_a_link_is_the_selection(app: AppTest) -> None:
    app.query_params["run"] = "run-1"
    app.query_params["user"] = "ünï & co"
    app.run()
    assert selected(app) == {"run": "run-1", "user": "ünï & co"}


def test_what_is_selected_is_in_the_url(app: AppTest) -> None:
    app.session_state["do"] = {"run": "run-1", "user": "u1", "item": "i1"}
    app.run()
    assert query(app) == {"run": "run-1", "user": "u1", "item": "i1"}


def test_the_selection_survives_a_page_change_that_clears_the_url(app: AppTest) -> None:
    app.query_params["run"] = "run-1"
    app.query_params["user"] = "u1"
    app.run()
    app.query_params.clear()
    app.run()
    assert selected(app) == {"run": "run-1", "user": "u1"}
    assert query(app) == {"run": "run-1", "user": "u1"}


def test_the_url_wins_over_what_was_remembered(app: AppTest) -> None:
    app.query_params["user"] = "u1"
    app.run()
    app.query_params["user"] = "u2"
    app.run()
    assert selected(app) == {"user": "u2"}


def test_another_user_lets_go_of_the_item_and_another_dataset_of_all(app: AppTest) -> None:
    app.session_state["do"] = {"dataset": "d1", "run": "r1", "user": "u1", "item": "i1"}
    app.run()
    app.session_state["do"] = {"user": "u2"}
    app.run()
    assert selected(app) == {"dataset": "d1", "run": "r1", "user": "u2"}
    app.session_state["do"] = {"dataset": "d2"}
    app.run()
    assert selected(app) == {"dataset": "d2"}
    assert query(app) == {"dataset": "d2"}


def test_filling_in_what_a_link_leaves_open_keeps_the_rest(app: AppTest) -> None:
    app.query_params["user"] = "u1"
    app.query_params["item"] = "i1"
    app.session_state["do"] = {"dataset": "d1", "run": "r1"}
    app.run()
    assert selected(app) == {"dataset": "d1", "run": "r1", "user": "u1", "item": "i1"}
