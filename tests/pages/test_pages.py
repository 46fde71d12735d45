from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.workspace import Workspace
from tests.app.made_benchmark import publish

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["overview", "prompt_studio", "extraction", "training", "evaluation", "motivation_map", "profiles", "recommendations"]
FORBIDDEN = {"torch", "sklearn", "umap", "scipy", "sentence_transformers"}


def opened(space: Path, name: str, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """The page as a browser would get it from a link."""
    monkeypatch.setenv("LMMREC_WORKSPACE", str(space))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
    if name != "overview":
        app.run()
        app.switch_page(f"../pages/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(str(element.value) for element in shown) + "\n" + "\n".join(metric.label for metric in app.metric)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_opens_on_a_filled_workspace(filled: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = opened(filled.root, name, monkeypatch)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert app.query_params["run"] == "small-lmmrec-s0-lm00"


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_what_to_do_in_an_empty_workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = opened(workspace.root, name, monkeypatch)
    assert not app.exception
    assert "The workspace is empty" in words(app)
    assert "Build the demo" in [button.label for button in app.button]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_run_is_one_line_and_no_traceback(filled: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = opened(filled.root, name, monkeypatch, run="gone-1")
    assert not app.exception
    (error,) = app.error
    assert "gone" in error.value
    assert "\n" not in error.value


def test_a_workspace_of_a_newer_version_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workspace.json").write_text('{"format_version": 99}', encoding="utf-8")
    app = opened(tmp_path, "overview", monkeypatch)
    assert not app.exception
    assert "99" in app.error[0].value


def test_overview_shows_the_pipeline_and_the_label_of_generated_data(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = words(opened(filled.root, "overview", monkeypatch))
    for stage in ("Dataset", "Extraction", "Profiles", "Runs", "Map"):
        assert f"**{stage}**" in shown
    assert "LMMRec: recall@20" in shown
    assert "test users" in shown
    assert "Generated data" in shown
    assert "LightGCN:" in shown


def test_a_link_to_an_explanation_opens_that_explanation(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "recommendations", monkeypatch, user="user-07", item="item-03")
    assert not app.exception
    assert "Why “Guitar strap No 3”" in words(app)
    assert app.selectbox(key="pick-user").value == "user-07"


def test_a_run_without_named_motivations_says_so(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "recommendations", monkeypatch, run="small-lightgcn-s0-li00", user="user-01")
    assert not app.exception
    assert "no named motivations" in app.info[0].value


def test_two_runs_stand_side_by_side(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "recommendations", monkeypatch, user="user-01", beside="small-lightgcn-s0-li00")
    app.multiselect(key="beside").set_value(["small-lightgcn-s0-li00"]).run()
    assert not app.exception
    assert "it ranks, but cannot say why" in words(app)


def test_an_unknown_user_in_a_link_is_one_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, user="nobody")
    assert not app.exception
    assert "nobody" in words(app)


def test_a_link_to_an_item_opens_its_profile(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, item="item-05")
    assert not app.exception
    assert "Guitar strap No 5" in [header.value for header in app.header]


def test_pseudonyms_hide_the_names_of_users(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "profiles", monkeypatch, user="user-03")
    app.toggle(key="pseudonym-toggle").set_value(True).run()
    assert not app.exception
    (name,) = [header.value for header in app.header]
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ \d{4}", name)
    assert "Ada" not in words(app)


def test_the_map_asks_to_be_built_where_there_is_none(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "motivation_map", monkeypatch, run="small-lightgcn-s0-li00")
    assert not app.exception
    assert "This run has no map yet" in words(app)
    assert "Build the map" in [button.label for button in app.button]


def test_training_compares_the_runs_of_a_link(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "training", monkeypatch)
    app.multiselect(key="compare").set_value(["small-lmmrec-s0-lm00", "small-lightgcn-s0-li00"]).run()
    assert not app.exception
    assert "Settings that differ" in words(app)


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_pages_are_thin_and_hold_no_algorithm(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & FORBIDDEN


def test_the_navigation_has_every_page(filled: Workspace) -> None:
    assert sorted(path.stem for path in (ROOT / "pages").glob("*.py")) == sorted(NAMES)


def test_a_dataset_without_runs_leads_to_those_of_its_benchmark(
    workspace: Workspace, small_dataset: ReviewDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = publish_dataset(workspace, replace(small_dataset, name="small"), {"domain": "products"})
    assert "go-evaluation" not in {button.key for button in opened(workspace.root, "recommendations", monkeypatch).button}
    publish(workspace, dataset)
    app = opened(workspace.root, "recommendations", monkeypatch)
    assert "No run on small yet" in words(app)
    app.button(key="go-evaluation").click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Evaluation"]
