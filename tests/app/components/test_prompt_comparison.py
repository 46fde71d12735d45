"""The tab "Effect on recommendations": its form, its start, and a comparison told as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.components.comparison_form import cost_line
from app.components.comparison_view import figure_rows, laid_over, named_rows, quality_rows
from app.components.prompt_comparison import comparison_label
from core.extraction.prompts.store import PromptStore
from core.jobs.comparison_config import ComparisonConfig
from core.jobs.comparison_cost import ComparisonCost
from core.jobs.comparison_result import Change, Comparison, Outcome, Quality, note_of, sentence, summary_of
from core.jobs.store import JobStore
from core.storage import write_json
from core.workspace import Artefact, Workspace
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

CONFIG = ComparisonConfig.model_validate(
    {"a": {"prompt": "review-products@1", "model": "tiny:1b"}, "b": {"prompt": "mine@2", "model": "tiny:1b"}, "seeds": 2, "sample": 40}
)
QUALITY = Quality(
    n_reviews=40,
    n_failed=2,
    valid_share=0.95,
    n_statements=57,
    per_review=1.5,
    grounded_share=0.9,
    coverage=0.8,
    share_other=0.25,
    motivations={"performance": 30, "other": 27},
    prompt_tokens=4000,
    answer_tokens=900,
    answer_seconds=12.5,
)
SURE = Change(mean_a=0.1, mean_b=0.12, change=0.02, low=0.01, high=0.03, level=0.95, by_seed=[0.018, 0.022], seed_sd=0.0028)
UNSURE = Change(mean_a=0.2, mean_b=0.19, change=-0.01, low=-0.04, high=0.02, level=0.95, by_seed=[-0.05, 0.03], seed_sd=0.0566)


def found_in(space: Workspace, **changes: Any) -> Comparison:
    """A comparison of what the filled workspace holds."""
    extraction, profiles, map_ = (space.list(kind)[0].id for kind in ("extraction", "profiles", "map"))
    run = space.get("map", map_).manifest.sources["run"]

    def outcome(position: int, low: float, high: float) -> Outcome:
        return Outcome(
            label=CONFIG.labels[position],
            variant=CONFIG.variants[position],
            extraction=extraction,
            profiles=profiles,
            runs=[run, run],
            map=map_,
            quality=QUALITY,
            figures={"ndcg@20": [low, high], "recall@20": [0.25, 0.15]},
        )

    plain: dict[str, Any] = {
        "dataset": space.list("dataset")[0].id,
        "config": CONFIG,
        "note": note_of(CONFIG),
        "n_users": 60,
        "n_reviews": 40,
        "agreement": 0.5,
        "a": outcome(0, 0.102, 0.098),
        "b": outcome(1, 0.12, 0.12),
        "changes": {"ndcg@20": SURE, "recall@20": UNSURE},
    }
    return Comparison(**plain | changes)


def publish(space: Workspace, identifier: str = "small-cmp000", **changes: Any) -> Artefact:
    found = found_in(space, **changes)
    with space.publish("comparison", identifier, name="small", sources={"dataset": found.dataset}) as draft:
        write_json(draft.path / "comparison.json", found)
        draft.summary |= summary_of(found)
    return space.get("comparison", identifier)


def script() -> None:
    from app import session
    from app.components.errors import shown_errors
    from app.components.prompt_comparison import prompt_comparison

    session.restore()
    space = session.workspace()
    with shown_errors():
        prompt_comparison(space, space.list("dataset")[0])


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def opened(space: Workspace, monkeypatch: pytest.MonkeyPatch, host: str = "http://127.0.0.1:9", **query: str) -> AppTest:
    monkeypatch.setenv("LMMREC_WORKSPACE", str(space.root))
    monkeypatch.setenv("OLLAMA_HOST", host)
    app = AppTest.from_function(script, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


@pytest.fixture
def server(ollama_server: StartServer) -> RunningServer:
    return ollama_server({"models": [{"name": "tiny:1b"}, {"name": "other:4b"}]})


def words(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]).replace("\\", "")


def test_without_a_server_the_form_says_how_to_get_a_model(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled, monkeypatch)
    assert not app.exception
    assert "ollama pull" in words(app)
    assert "Finished comparisons are listed here." in words(app)
    assert all(button.disabled for button in app.button if button.label == "Start the comparison")
    assert app.selectbox(key="compare-a-prompt").value == "zero-shot"
    assert app.selectbox(key="compare-b-prompt").value == "review-products@1"


def test_cost_is_told_and_the_job_started_as_set_up(filled_copy: Workspace, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("app.components.comparison_form.launch", lambda space, kind, arguments: started.append((kind, arguments)))
    store = PromptStore(filled_copy)
    first = store.get("review-products@1")
    store.save("mine", first.template.model_copy(update={"user": first.template.user + "\nBe brief."}), parent=first.label)
    app = opened(filled_copy, monkeypatch, server.url)
    assert (app.selectbox(key="compare-a-prompt").value, app.selectbox(key="compare-b-prompt").value) == ("review-products@1", "mine@1")
    assert (app.selectbox(key="compare-a-model").value, app.selectbox(key="compare-b-model").value) == ("other:4b", "other:4b")
    app.number_input(key="compare-sample").set_value(40)
    app.number_input(key="compare-seeds").set_value(2)
    app.selectbox(key="compare-b-model").set_value("tiny:1b").run()
    assert "40 reviews read twice" in words(app)
    assert "at most 80 questions" in words(app)
    assert "4 trainings of at most 60 epochs (at most about" in words(app)
    app.button(key="compare-start").click().run()
    ((kind, arguments),) = started
    assert kind == "compare-prompts"
    config = ComparisonConfig.model_validate(arguments["config"])
    assert (config.a.prompt, config.a.model, config.b.prompt, config.b.model) == ("review-products@1", "other:4b", "mine@1", "tiny:1b")
    assert (config.sample, config.seeds, config.split, config.training.epochs) == (40, 2, "validation", 60)
    assert not app.exception


def test_two_equal_variants_cannot_be_started(filled: Workspace, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled, monkeypatch, server.url)
    app.selectbox(key="compare-b-prompt").set_value("zero-shot").run()
    assert "Both variants are the same" in words(app) or "both variants are the same" in words(app)
    assert [button.disabled for button in app.button if button.label == "Start the comparison"] == [True]


def test_running_comparison_is_shown_with_its_progress(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(filled_copy)
    dataset = filled_copy.list("dataset")[0].id
    store.create("compare-prompts", {"dataset": dataset, "config": CONFIG.model_dump(mode="json")})
    app = opened(filled_copy, monkeypatch)
    assert not app.exception
    assert f"**Comparison of prompts of {dataset}**" in words(app)


def test_comparison_is_told_with_both_maps_and_goes_into_the_url(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = publish(filled_copy)
    app = opened(filled_copy, monkeypatch)
    assert not app.exception
    shown = words(app)
    assert "NDCG@20 on the validation split (60 users, 2 seeds) is 0.0200 higher with mine@2, tiny:1b" in shown
    assert "The interval excludes zero, and every seed changes in that direction." in shown
    assert "The interval includes zero: these users do not tell the two apart." in shown
    assert "Keep the test split for the last word" in shown
    assert "They agree by 0.50" in shown
    assert len(app.get("plotly_chart")) == 3
    assert app.query_params["comparison"] == artefact.id or app.query_params["comparison"] == [artefact.id]


def test_a_link_opens_that_comparison_and_not_the_newest(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(filled_copy, "small-cmp001")
    publish(filled_copy, "small-cmp002")
    app = opened(filled_copy, monkeypatch, comparison=first.id)
    assert app.selectbox(key="pick-comparison").value == first.id
    app.selectbox(key="pick-comparison").set_value("small-cmp002").run()
    assert not app.exception
    assert "small-cmp002" in str(app.query_params["comparison"])


def test_a_link_to_a_comparison_that_is_not_there_is_one_line(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(filled_copy)
    app = opened(filled_copy, monkeypatch, comparison="gone-1")
    assert not app.exception
    assert "names the comparison gone-1, which is not in this workspace" in words(app)
    assert app.selectbox(key="pick-comparison").value is None


def test_comparison_whose_maps_are_gone_still_tells_its_figures(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(filled_copy)
    filled_copy.remove(filled_copy.list("map")[0])
    app = opened(filled_copy, monkeypatch)
    assert not app.exception
    assert "no longer in the workspace" in words(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (SURE, "excludes zero, and every seed changes in that direction"),
        (UNSURE, "includes zero: these users do not tell the two apart"),
        (SURE.model_copy(update={"by_seed": [0.05, -0.01]}), "not every seed changes in that direction"),
        (SURE.model_copy(update={"by_seed": [0.02], "seed_sd": None}), "another seed may say otherwise"),
        (
            UNSURE.model_copy(update={"change": 0.0, "low": 0.0, "high": 0.0, "by_seed": [0.0, 0.0]}),
            "is the same with both, for every user",
        ),
    ],
)
def test_sentence_says_honestly_what_the_interval_says(filled: Workspace, change: Change, verdict: str) -> None:
    told = sentence(found_in(filled, changes={"ndcg@20": change}))
    assert verdict in told
    lower = SURE.model_copy(update={"change": -0.02, "low": -0.03, "high": -0.01, "by_seed": [-0.018, -0.022]})
    assert "0.0200 lower with mine@2" in sentence(found_in(filled, changes={"ndcg@20": lower}))


def test_tables_hold_every_seed_and_say_what_there_is_none_of(filled: Workspace) -> None:
    found = found_in(filled)
    rows = figure_rows(found)
    assert list(rows[rows["figure"] == "NDCG@20"]["change"]) == ["+0.0180", "+0.0220", "+0.0200 ± 0.0028"]
    silent = found.a.model_copy(update={"quality": QUALITY.model_copy(update={"answer_tokens": 0, "per_review": None})})
    quality = quality_rows(found.model_copy(update={"a": silent})).set_index("figure")
    assert quality.loc["reviews with a usable answer"].tolist() == ["95.0 %", "95.0 %"]
    assert quality.loc["motivations a review"].tolist() == ["n/a", "1.50"]
    assert quality.loc["tokens read"].tolist() == ["n/a", "4,000"]
    assert named_rows(found).to_dict("records") == [
        {"motivation": "performance", "A": 30, "B": 30},
        {"motivation": "other", "A": 27, "B": 27},
    ]


def test_map_is_laid_over_the_other_only_where_both_hold_the_same(filled: Workspace) -> None:
    points = pd.read_parquet(filled.list("map")[0].path / "points.parquet")
    turned = points.assign(x=-2 * points["y"] + 3, y=2 * points["x"] - 1)
    over = laid_over(turned, points)
    pd.testing.assert_frame_equal(over[["x", "y"]], points[["x", "y"]].astype("float64"), atol=1e-6)
    assert laid_over(turned.iloc[1:], points).equals(turned.iloc[1:])


def test_label_says_what_was_compared_and_found(filled_copy: Workspace) -> None:
    label = comparison_label(publish(filled_copy))
    assert label.startswith("review-products@1, tiny:1b → mine@2, tiny:1b · NDCG@20 +0.0200 · validation")


def test_cost_without_anything_known_names_no_time() -> None:
    cost = ComparisonCost(n_reviews=5, n_questions=5, n_trainings=6, epochs=60, seconds_asking=None, seconds_training=None)
    line = cost_line(cost)
    assert "about" not in line
    assert "at most 5 questions" in line
    known = cost.model_copy(update={"seconds_asking": 90.0, "seconds_training": 30.0})
    assert "about 1 min 30 s at the rate" in cost_line(known)
    assert "at most about 30 s" in cost_line(known)
