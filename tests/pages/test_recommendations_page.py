"""The why page: its views, what a link to each opens, and what it says where something is missing."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.components import counterfactual, ollama_models
from core.data.dataset import ReviewDataset
from core.recommend.newcomer import NO_BEHAVIOUR
from core.workspace import Workspace
from tests.app.hand_made import TAXONOMY
from tests.ollama_server.fixture import StartServer, ollama_server
from tests.pages.test_pages import opened, words
from tests.recommend.trained import train

__all__ = ["ollama_server"]
LMMREC, LIGHTGCN = "small-lmmrec-s0-lm00", "small-lightgcn-s0-li00"


@pytest.fixture(scope="module")
def read_again(tmp_path_factory: pytest.TempPathFactory, small_dataset: ReviewDataset) -> Workspace:
    """A workspace whose run was really trained, so that it reads other texts."""
    return train(tmp_path_factory.mktemp("why"), small_dataset).workspace


def shown(app: AppTest) -> str:
    assert not app.exception
    assert not app.error
    return words(app)


def test_the_sentence_has_a_footnote_for_every_claim(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown(opened(filled.root, "recommendations", monkeypatch, user="user-07", item="item-03"))
    sentence = next(line for line in said.splitlines() if line.startswith("“Guitar strap No 3”"))
    assert "¹" in sentence
    assert "What adds up to the score" in said
    assert "The fewest motivations it hangs on" in said


def test_a_run_whose_text_cannot_be_read_again_says_so(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "This run cannot read other texts" in shown(opened(filled.root, "recommendations", monkeypatch, user="user-07"))
    newcomer = opened(filled.root, "recommendations", monkeypatch, view="newcomer")
    assert "Newcomers need a run of LMMRec with named slots" in newcomer.info[0].value


def test_dropped_motivations_of_a_link_are_dropped(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(opened(filled.root, "recommendations", monkeypatch, user="user-07"))
    app = opened(filled.root, "recommendations", monkeypatch, user="user-07", drop=TAXONOMY.keys[0])
    assert "Without them: place" in shown(app)
    assert "Without them: place" not in plain


def test_own_reviews_are_taken_away(read_again: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown(opened(read_again.root, "recommendations", monkeypatch, user="u4"))
    assert "The fewest of the user's own reviews it hangs on" in said
    assert "Removing a review takes its words away" in said
    assert "Without all 5 of them it would stand at place" in said


def test_sliders_rank_anew_and_stand_in_the_link(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "recommendations", monkeypatch, user="user-07", view="what-if")
    assert "(as it is)" in shown(app)
    slider = next(one for one in app.slider if one.key.startswith("weight_"))
    before = app.dataframe[0].value["title"].tolist()
    slider.set_value(3.0).run()
    assert "are new)" in shown(app)
    assert app.query_params[slider.key] == "3"
    linked = opened(filled.root, "recommendations", monkeypatch, user="user-07", **{"view": "what-if", slider.key: "3.0"})
    assert linked.slider(key=slider.key).value == 3.0
    assert linked.dataframe[0].value["title"].tolist() == app.dataframe[0].value["title"].tolist()
    nothing = opened(filled.root, "recommendations", monkeypatch, user="user-07", **{"view": "what-if", slider.key: "0"})
    assert nothing.slider(key=slider.key).value == 0.0
    for broken in ("much", "nan", "-1", "99"):
        ignored = opened(filled.root, "recommendations", monkeypatch, user="user-07", **{"view": "what-if", slider.key: broken})
        assert ignored.slider(key=slider.key).value == 1.0
    app.button(key="weights-back").click().run()
    assert slider.key not in app.query_params
    assert app.dataframe[0].value["title"].tolist() == before
    assert "(as it is)" in shown(app)


def test_picked_motivations_of_a_link_recommend_and_explain(read_again: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    link = {"view": "newcomer", "newcomer": "motivations", "picked": "value_for_money"}
    app = opened(read_again.root, "recommendations", monkeypatch, **link)
    said = shown(app)
    assert NO_BEHAVIOUR in [info.value for info in app.info]
    assert "**Understood**" in said
    assert "for the newcomer" in said
    assert "What adds up to the score" in said


def test_pasted_reviews_are_read_without_a_server(read_again: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(read_again.root, "recommendations", monkeypatch, view="newcomer")
    assert "nothing of them is stored" in shown(app)
    app.text_area(key="newcomer-text").set_value("The sound is rich and clear.\n\nIt was cheap and worth every penny.")
    app.button[0].click().run()
    said = shown(app)
    assert "**Understood**" in said
    assert "“The sound is rich and clear.”" in said
    assert any("newcomer-text" in key for key in app.query_params) is False


def test_nothing_pasted_is_one_line(read_again: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(read_again.root, "recommendations", monkeypatch, view="newcomer")
    app.button[0].click().run()
    assert not app.exception
    assert "There is no text to read" in app.error[0].value


def test_a_model_reads_pasted_reviews(read_again: Workspace, monkeypatch: pytest.MonkeyPatch, ollama_server: StartServer) -> None:
    running = ollama_server()
    monkeypatch.setenv("OLLAMA_HOST", running.url)
    ollama_models._look.clear()
    app = opened(read_again.root, "recommendations", monkeypatch, view="newcomer")
    app.text_area(key="newcomer-text").set_value("The sound is rich and clear. It was cheap and worth every penny.")
    app.selectbox(key="newcomer-reader").set_value("tiny:1b")
    app.button[0].click().run()
    assert "for the newcomer" in shown(app)
    assert len(running.log("/api/chat")) == 1


def test_a_models_words_are_marked_or_rejected(filled: Workspace, monkeypatch: pytest.MonkeyPatch, ollama_server: StartServer) -> None:
    rejected = {
        "contains": "Facts:",
        "times": 1,
        "action": {"kind": "answer", "json": {"sentences": [{"text": "Best of 77.", "facts": [1]}]}},
    }
    taken = {"contains": "Facts:", "action": {"kind": "answer", "json": {"sentences": [{"text": "It fits.", "facts": [1]}]}}}
    monkeypatch.setenv("OLLAMA_HOST", ollama_server({"rules": [rejected, taken]}).url)
    ollama_models._look.clear()
    app = opened(filled.root, "recommendations", monkeypatch, user="user-07", item="item-03")
    app.button(key="write").click().run()
    assert "no fact it names shows the number 77" in app.warning[0].value
    assert "Generated by" not in shown(app)
    app.button(key="write").click().run()
    said = shown(app)
    assert "Generated by tiny:1b" in said
    assert "It fits.⁽¹⁾" in said


def test_faithfulness_of_the_run_is_a_figure_with_its_interval(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "recommendations", monkeypatch, view="faithfulness")
    said = shown(app)
    assert {"score falls more", "place falls more", "place falls no less"} <= {metric.label for metric in app.metric}
    assert "95 % interval" in said
    assert list((filled_copy.cache / "faithfulness").glob("*.json"))
    unnamed = opened(filled_copy.root, "recommendations", monkeypatch, run=LIGHTGCN, view="faithfulness")
    assert "no named motivations" in unnamed.info[0].value


def test_runs_beside_it_mark_how_places_differ(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "recommendations", monkeypatch, user="user-01", beside=LIGHTGCN)
    assert "it gives no reasons" in shown(app)
    rows = app.dataframe[0].value
    assert {"LMMRec", "LightGCN", "main reason"} <= set(rows.columns)
    assert rows["LightGCN"].str.contains("▲|▼").any()
    assert rows["LMMRec"].str.fullmatch(r"\d+").all()


def test_pseudonyms_hide_reviewers_and_the_user(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(opened(filled.root, "recommendations", monkeypatch, user="user-07", item="item-03"))
    hidden = shown(opened(filled.root, "recommendations", monkeypatch, user="user-07", item="item-03", pseudonyms="on"))
    assert "Ada" in plain
    assert "user-" not in hidden
    assert "Ada" not in hidden


def test_larger_sets_of_reviews_are_looked_at_when_asked_for(read_again: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counterfactual, "_AT_ONCE", 5)
    found = None
    for user in range(24):
        app = opened(read_again.root, "recommendations", monkeypatch, user=f"u{user}", k="3")
        if "larger-sets" in [button.key for button in app.button]:
            found = app
            break
    assert found is not None
    assert "More than 1: no set of up to 1 reviews" in shown(found)
    found.button(key="larger-sets").click().run()
    assert "More than" not in shown(found)
