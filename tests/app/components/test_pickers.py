"""The dataset in the sidebar: re-splits are hidden behind a toggle, unless a link names one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.pickers import run_label
from core.workspace import Artefact, Manifest, Workspace
from tests.app.hand_made import publish_reviews

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def split_anew(filled_copy: Workspace) -> Workspace:
    for seed in (1, 2):
        publish_reviews(filled_copy.for_byproducts(), f"small-r{seed}")
    return filled_copy


def opened(space: Workspace, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(space.root))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_resplits_are_listed_only_when_asked_for(split_anew: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(split_anew, monkeypatch)
    assert app.selectbox(key="pick-dataset").options == ["small"]
    app.toggle(key="show-resplits").set_value(True).run()
    assert app.selectbox(key="pick-dataset").options == ["small", "small-r1", "small-r2"]
    app.toggle(key="show-resplits").set_value(False).run()
    assert app.selectbox(key="pick-dataset").options == ["small"]


def test_a_link_to_a_resplit_shows_it_among_the_others(split_anew: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (wanted,) = [one for one in split_anew.list("dataset") if one.manifest.name == "small-r1"]
    app = opened(split_anew, monkeypatch, dataset=wanted.id)
    assert app.selectbox(key="pick-dataset").value == wanted.id
    assert "small-r2" in app.selectbox(key="pick-dataset").options


def test_no_toggle_without_resplits(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "show-resplits" not in [one.key for one in opened(filled, monkeypatch).toggle]


def test_a_link_by_short_names_keeps_what_hangs_below(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (dataset,) = filled.list("dataset")
    run = filled.list("run")[0]
    app = opened(filled, monkeypatch, dataset=dataset.manifest.name, run=run.id[:-4], segment="1", benchmark="small-0")
    wanted = {"dataset": dataset.id, "run": run.id, "segment": "1", "benchmark": "small-0"}
    assert {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()} == wanted


@pytest.mark.parametrize(
    ("perturbed", "words"),
    [
        ({}, ""),
        ({"interaction_noise": 0.2}, ", 20 % random interactions"),
        ({"text_noise": 0.05}, ", 5 % of the reviews swapped"),
        ({"text_control": "shuffled"}, ", text of other nodes"),
        ({"text_control": "none", "interaction_noise": 0.1}, ", no text, 10 % random interactions"),
    ],
)
def test_the_name_of_a_run_says_how_its_data_was_perturbed(perturbed: dict[str, object], words: str) -> None:
    summary = {"model": "lmmrec", "backbone": "lightgcn", "form": "slots", "seed": 3, "test": {"recall@20": 0.25}, **perturbed}
    run = Artefact(Manifest(kind="run", id="run-abcdef", name="run", created_at="2026-01-01T00:00:00+00:00", summary=summary), Path("run"))
    assert run_label(run) == f"LMMRec{words}, seed 3, recall@20 0.250 (abcdef)"
