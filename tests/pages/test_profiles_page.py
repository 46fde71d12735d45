"""The profiles page: users, items and segments, search, comparison, correction, pseudonyms, deep links."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from app.user_names import user_names
from core.workspace import Workspace
from tests.pages.test_pages import opened, words

LIGHTGCN = "small-lightgcn-s0-li00"


def tables(app: AppTest) -> list[object]:
    return [element.value for element in app.dataframe]


def everything(app: AppTest) -> str:
    """All words of a page, of its tables, lists to choose from and links."""
    parts = [words(app), *(table.to_string() for table in tables(app)), str(app.query_params)]
    parts += [str(option) for box in app.selectbox for option in box.options]
    parts += [str(button.label) for button in app.button]
    return "\n".join(parts)


def test_a_profile_says_where_text_and_behaviour_disagree(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, user="user-03")
    assert not app.exception
    assert "Ada 3" in [header.value for header in app.header]
    assert re.search(r"disagree\*\*\s+- .*percentage points|Text and behaviour agree\*\*", words(app))


def test_a_search_finds_people_by_what_they_wrote_and_a_link_holds_the_search(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, words="spring bought")
    assert not app.exception
    assert app.text_input(key="words").value == "spring bought"
    assert "**60 users** found" in words(app)
    app.text_input(key="words").set_value("no such words anywhere").run()
    assert "no training review or statement holds all of its words" in words(app)


def test_segments_open_from_a_link(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, side="Segments", segment="2")
    assert not app.exception
    assert "Gifts & family" in [header.value.replace("\\", "") for header in app.header]
    assert "**3 segments**" in words(app)
    assert "What they typically say" in words(app)


def test_members_of_a_segment_are_all_in_its_table(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, side="Segments", segment="1", part="Members")
    assert not app.exception
    assert "**20 users**" in words(app)
    assert any(list(table.columns)[:2] == ["id", "name"] and len(table) == 20 for table in tables(app))


def test_two_segments_are_compared_by_a_link(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, side="Segments", segment="0", other_segment="2", part="Compare")
    assert not app.exception
    assert "Side by side" in words(app)
    assert "Largest difference" in words(app)


def test_an_unknown_segment_in_a_link_is_one_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, side="Segments", segment="77")
    assert not app.exception
    assert "77" in app.warning[0].value


def test_without_a_map_there_is_a_button_that_builds_it(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, run=LIGHTGCN, side="Segments")
    assert not app.exception
    assert "No segments yet" in words(app)
    assert "Build the map" in [button.label for button in app.button]


@pytest.mark.parametrize(("side", "one", "other"), [("user", "user-03", "user-09"), ("item", "item-05", "item-06")])
def test_two_nodes_are_compared_by_a_link(filled: Workspace, monkeypatch: pytest.MonkeyPatch, side: str, one: str, other: str) -> None:
    app = opened(filled.root, "profiles", monkeypatch, side=f"{side.capitalize()}s", part="Compare", **{side: one, f"other_{side}": other})
    assert not app.exception
    assert not app.error
    assert "Side by side" in words(app)
    assert "Both say" in words(app)


def test_a_node_is_not_compared_with_itself(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, user="user-03", other_user="user-03", part="Compare")
    assert not app.exception
    assert not app.error
    assert "other_user" not in app.query_params


def test_a_run_whose_text_cannot_be_read_again_says_so(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, user="user-03", part="Correct by hand")
    assert not app.exception
    assert "cannot read other texts" in app.info[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"user": "user-03"},
        {"user": "user-03", "other_user": "user-09", "part": "Compare"},
        {"user": "user-03", "words": "spring"},
        {"item": "item-05", "side": "Items"},
        {"item": "item-05", "side": "Items", "other_item": "item-06", "part": "Compare"},
        {"side": "Segments", "segment": "1"},
        {"side": "Segments", "segment": "1", "part": "Members"},
    ],
    ids=lambda query: "-".join(query),
)
def test_under_pseudonyms_no_name_and_no_id_of_a_user_is_anywhere(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    app = opened(filled.root, "profiles", monkeypatch, pseudonyms="on", **query)
    assert not app.exception
    shown = everything(app)
    assert not re.search(r"\bAda \d", shown)
    assert not re.search(r"user-\d\d", shown)
    names = user_names(filled, filled.list("dataset")[0], hidden=True)
    if "user" in query:
        assert names.name("user-03") in [header.value for header in app.header]
