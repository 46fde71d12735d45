from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app import session
from app.user_names import UserNames, user_behind, user_names
from core.data.dataset import ReviewDataset
from core.recommend.pseudonyms import pseudonyms, workspace_key
from core.workspace import Workspace


def script() -> None:
    import streamlit as st

    from app import session
    from app.components.pseudonym_toggle import pseudonym_toggle

    session.restore()
    pseudonym_toggle()
    if st.session_state.get("do"):
        session.select(**st.session_state.pop("do"))
    st.text(session.selected("user") or "")


@pytest.fixture
def app(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(filled_copy.root))
    return AppTest.from_function(script)


def in_url(app: AppTest, key: str) -> str | None:
    value = app.query_params.get(key)
    return value[0] if isinstance(value, list) else value


def test_hidden_users_have_neither_name_nor_id(filled_copy: Workspace) -> None:
    dataset = filled_copy.list("dataset")[0]
    shown, hidden = (user_names(filled_copy, dataset, hidden=hidden) for hidden in (False, True))
    assert (shown.name("user-03"), shown.identifier("user-03")) == ("Ada 3", "user-03")
    expected = pseudonyms(ReviewDataset.load(dataset), workspace_key(filled_copy))["user-03"]
    assert (hidden.name("user-03"), hidden.identifier("user-03")) == (expected, expected)
    assert user_behind(filled_copy, dataset, expected) == "user-03"
    assert user_behind(filled_copy, dataset, "Calm Owl 1000") is None


def test_a_hidden_user_nobody_knows_stays_hidden() -> None:
    assert UserNames(True, {}).identifier("user-99") == UserNames(True, {}).name("user-99") == "a person"


def test_the_toggle_puts_the_pseudonym_into_the_link_and_takes_it_out_again(app: AppTest, filled_copy: Workspace) -> None:
    app.query_params["user"] = "user-03"
    app.run()
    app.toggle[0].set_value(True).run()
    expected = user_names(filled_copy, filled_copy.list("dataset")[0], hidden=True).name("user-03")
    assert (in_url(app, "user"), in_url(app, "pseudonyms"), app.text[0].value) == (expected, "on", "user-03")
    app.session_state["do"] = {"user": "user-04"}
    app.run()
    assert "user-04" not in str(app.query_params)
    app.toggle[0].set_value(False).run()
    assert (in_url(app, "user"), in_url(app, "pseudonyms")) == ("user-04", None)


def test_a_link_with_a_pseudonym_opens_the_user(app: AppTest, filled_copy: Workspace) -> None:
    pseudonym = user_names(filled_copy, filled_copy.list("dataset")[0], hidden=True).name("user-07")
    app.query_params["user"] = pseudonym
    app.query_params["pseudonyms"] = "on"
    app.run()
    assert (app.text[0].value, in_url(app, "user")) == ("user-07", pseudonym)


def test_what_looks_like_a_pseudonym_but_is_none_is_left_to_the_page(app: AppTest) -> None:
    app.query_params["user"] = "Calm Owl 1000"
    app.run()
    assert app.text[0].value == "Calm Owl 1000"
    assert session.SELECTED.index("dataset") < session.SELECTED.index("user")
