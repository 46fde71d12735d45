"""The page of the motivation map: choices, links, selections and names that people give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.charts.motivation_map import motivation_map
from app.components import job_progress
from core.maps.cluster_edits import edited, history
from core.maps.members import Outline
from core.storage import write_parquet
from core.workspace import Artefact, Workspace
from tests.pages.test_pages import opened, words

EVERYTHING = Outline((-99.0, 99.0), (-99.0, 99.0), box=True)
RUN = "small-lmmrec-s0-lm00"


def the_map(space: Workspace) -> Artefact:
    return space.made_from("map", space.get("run", RUN))[0]


def frame(app: AppTest, first_column: str) -> pd.DataFrame:
    """The table whose columns begin with this one."""
    return next(table.value for table in app.dataframe if first_column in list(table.value.columns)[:2])


def with_views(space: Workspace) -> None:
    """A map that also holds statements and both views of every node."""
    old = the_map(space)
    nodes = pd.read_parquet(old.path / "points.parquet").assign(view="joint", said="none", user_idx=-1, item_idx=-1)
    generator = np.random.default_rng(0)
    views = [nodes.assign(view=view, x=nodes["x"] + generator.normal(size=len(nodes))) for view in ("text", "interaction")]
    said = nodes[:5].assign(side="statement", label=[f"It said thing {n}" for n in range(5)], user_idx=range(5), item_idx=range(5))
    config = {"dimensions": 2, "statements": 5, "views": True, "method": "k-means"}
    alignment = {"user": {"measured": 60, "nearest": 0.5, "median_rank": 2.0, "chance_rank": 30.5}}
    with space.publish("map", "with-views", name="views", sources=old.manifest.sources, config=config) as draft:
        write_parquet(draft.path / "points.parquet", pd.concat([nodes, said, *views], ignore_index=True))
        write_parquet(draft.path / "clusters.parquet", pd.read_parquet(old.path / "clusters.parquet"))
        draft.summary |= old.manifest.summary | {"figures": {"alignment": alignment}}


def with_epochs(space: Workspace) -> None:
    """Maps of three training epochs, ever wider."""
    old = the_map(space)
    nodes = pd.read_parquet(old.path / "points.parquet").assign(view="joint", said="none", user_idx=-1, item_idx=-1)
    layouts = [nodes[["x", "y", "trust"]].mul([epoch, epoch, 1.0]).assign(epoch=epoch) for epoch in (1, 4, 30)]
    figures = pd.DataFrame({"epoch": [1, 4, 30], "trustworthiness": [0.7, 0.8, 0.97], "mixing": 1.0, "moved": [0.0, 0.4, 0.1]})
    with space.publish("epoch-map", "small-epochs", name="small", sources=old.manifest.sources) as draft:
        write_parquet(draft.path / "nodes.parquet", nodes)
        write_parquet(draft.path / "layouts.parquet", pd.concat(layouts, ignore_index=True))
        write_parquet(draft.path / "figures.parquet", figures)
        write_parquet(draft.path / "clusters.parquet", pd.read_parquet(old.path / "clusters.parquet"))
        draft.summary |= {"epochs": [1, 4, 30], "n_nodes": 120}


@pytest.mark.parametrize(("colour", "column"), [("Said motivation", "said"), ("Cluster", "cluster"), ("Trust", "trust")])
def test_a_colouring_is_drawn_and_a_link_reopens_it(filled: Workspace, monkeypatch: pytest.MonkeyPatch, colour: str, column: str) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, colour=colour)
    assert not app.exception
    assert app.selectbox(key="colour").value == column


def test_a_search_lists_whom_it_finds_and_a_link_repeats_it(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, find="strap No 3")
    assert not app.exception
    assert "**11 items** found for “strap No 3”" in words(app)
    assert set(frame(app, "name")["name"]) == {f"Guitar strap No {n}" for n in [3, *range(30, 40)]}


def test_an_outline_lists_all_inside_it_with_their_means(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch)
    app.session_state["map-caught"] = {"of": f"{the_map(filled).id} joint", "outlines": [EVERYTHING], "rows": []}
    app.run()
    assert not app.exception
    assert "**60 users and 40 items** inside your outline" in words(app)
    app.button(key="forget-outline").click().run()
    assert "inside your outline" not in words(app)


def test_an_outline_means_nothing_on_another_map(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch)
    app.session_state["map-caught"] = {"of": "another map joint", "outlines": [EVERYTHING], "rows": []}
    app.run()
    assert "inside your outline" not in words(app)


def test_filters_narrow_what_an_outline_means(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, clusters="1")
    app.session_state["map-caught"] = {"of": f"{the_map(filled).id} joint", "outlines": [EVERYTHING], "rows": []}
    app.run()
    assert "**20 users and 13 items** inside your outline" in words(app)
    assert app.multiselect(key="clusters").value == [1]


def test_a_link_to_a_point_shows_its_exact_neighbours(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, point="item", item="item-05")
    assert not app.exception
    assert "Guitar strap No 5" in [subheader.value for subheader in app.subheader]
    near = frame(app, "nearest items")
    assert len(near) == 8
    assert near["cosine"].is_monotonic_decreasing
    assert "Guitar strap No 5" not in set(near["nearest items"])


def test_letting_go_of_a_point_takes_it_out_of_the_url(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, point="user", user="user-07")
    app.button(key="forget-point").click().run()
    assert "point" not in app.query_params
    assert "nearest items" not in [column for table in app.dataframe for column in table.value.columns]


def test_a_click_on_a_point_chooses_it(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch)
    app.session_state["map-clicked"] = 60 + 7
    app.run()
    assert (app.query_params["point"], app.query_params["item"]) == ("item", "item-07")
    assert "Guitar strap No 7" in [subheader.value for subheader in app.subheader]


def test_a_link_to_a_cluster_lists_its_members_even_after_it_was_renamed(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "motivation_map", monkeypatch, cluster="2")
    assert "**20 users and 13 items** in the chosen cluster" in words(app)
    app.selectbox(key="rename-which").set_value(2)
    app.text_input(key="rename-to").set_value("Presents")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert not app.error
    assert edited(the_map(filled_copy)).clusters["name"].tolist()[2] == "Presents"
    again = opened(filled_copy.root, "motivation_map", monkeypatch, cluster="2")
    assert set(frame(again, "kind")["cluster"]) == {"Presents"}


def test_clusters_are_merged_and_the_merge_is_taken_back(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "motivation_map", monkeypatch)
    app.multiselect(key="merge-which").set_value([0, 2])
    app.text_input(key="merge-to").set_value("Both")
    next(button for button in app.button if button.label == "Merge").click().run()
    assert set(frame(app, "size")["name"]) == {"Both", "Build & durability"}
    app.button(key="undo-cluster").click().run()
    assert len(frame(app, "size")) == 3
    assert history(the_map(filled_copy)) == []


def test_a_name_that_another_cluster_has_is_one_line(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "motivation_map", monkeypatch)
    app.text_input(key="rename-to").set_value("Gifts & family")
    next(button for button in app.button if button.label == "Rename").click().run()
    (error,) = app.error
    assert "Another cluster has this name" in error.value


def test_the_map_of_one_motivation_is_built_from_the_page(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(job_progress, "launch", lambda space, kind, arguments: started.append((kind, arguments)) or "job-1")
    app = opened(filled.root, "motivation_map", monkeypatch, map="One motivation")
    assert "This run has no such map yet" in words(app)
    app.button(key="build-map").click().run()
    ((kind, arguments),) = started
    assert (kind, arguments["run"]) == ("map", RUN)
    assert (arguments["config"]["space"], arguments["config"]["motivation"]) == ("slot", "performance")


def test_a_run_without_named_slots_has_no_map_of_one_motivation(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, run="small-lightgcn-s0-li00", map="One motivation")
    assert not app.exception
    assert "The slots of this run have no names" in words(app)


def test_a_run_without_views_and_without_snapshots_says_so(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    views = opened(filled.root, "motivation_map", monkeypatch, run="small-lightgcn-s0-li00", map="Text against behaviour")
    assert "This run has no separate views" in words(views)
    training = opened(filled.root, "motivation_map", monkeypatch, map="Over the training")
    assert "This run kept no snapshots of its training" in words(training)


def test_views_are_drawn_with_what_is_measured_of_their_agreement(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with_views(filled_copy)
    app = opened(filled_copy.root, "motivation_map", monkeypatch, map="Text against behaviour")
    assert not app.exception
    assert "50 % have their own interactions nearest of all to their text" in words(app)
    app.session_state["map-caught"] = {"of": "with-views views", "outlines": [EVERYTHING], "rows": []}
    app.run()
    assert "**60 users and 40 items** inside your outline" in words(app)


def test_a_statement_says_whose_it_is(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with_views(filled_copy)
    app = opened(filled_copy.root, "motivation_map", monkeypatch, point="statement:3")
    assert not app.exception
    assert "It said thing 3" in [subheader.value for subheader in app.subheader]
    assert "**By** Ada 3" in words(app)
    assert "**About** Guitar strap No 3" in words(app)


def test_pseudonyms_hide_users_on_the_map_and_in_what_is_exported(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "motivation_map", monkeypatch, pseudonyms="on")
    app.session_state["map-caught"] = {"of": f"{the_map(filled_copy).id} joint", "outlines": [EVERYTHING], "rows": []}
    app.run()
    assert not app.exception
    shown = frame(app, "kind").to_csv() + words(app)
    assert "Guitar strap No 3" in shown
    assert "Ada" not in shown
    assert "user-0" not in shown


def test_the_training_is_a_slider_over_its_epochs_and_a_link_reopens_one(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with_epochs(filled_copy)
    app = opened(filled_copy.root, "motivation_map", monkeypatch, map="Over the training", epoch="4")
    assert not app.exception
    assert app.select_slider(key="epoch").value == 4
    assert "After epoch 4 of 30 · trustworthiness 0.800 · points moved 40 %" in words(app)
    assert "the run kept 100 of 120 users and items at random" in words(app)
    app.session_state["map-caught"] = {"of": "small-epochs", "outlines": [Outline((-20.0, 20.0), (-20.0, 20.0), box=True)], "rows": []}
    app.run()
    near = pd.read_parquet(the_map(filled_copy).path / "points.parquet")[["x", "y"]].abs().max(axis=1).mul(4).le(20)
    users = int(near[:60].sum())
    assert 0 < users < 60
    assert f"**{users} users" in words(app)
    assert "inside your outline after epoch 4" in words(app)


def test_all_epochs_are_drawn_on_the_same_axes(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(
        "app.components.map_epochs.motivation_map", lambda *given, **named: drawn.append(named) or motivation_map(*given, **named)
    )
    with_epochs(filled_copy)
    for epoch in ("1", "30"):
        opened(filled_copy.root, "motivation_map", monkeypatch, map="Over the training", epoch=epoch)
    first, second = drawn
    assert first["frame"] == second["frame"]
    assert first["revision"] == second["revision"]
    widest = pd.read_parquet(the_map(filled_copy).path / "points.parquet")["x"].max() * 30
    assert first["frame"][0][1] > widest
