from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import ReviewDataset
from core.evaluation.planted import Planted
from core.evaluation.trial_truth import TrialTruth
from core.extraction.answer_store import AnswerStore
from core.extraction.prompts.store import PromptStore
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trials import TrialStore
from core.workspace import Workspace
from tests.app.hand_made import TAXONOMY
from tests.ollama_server.fixture import RunningServer
from tests.pages.test_pages import opened, words

MODELS = [
    {"name": "qwen3.5:4b", "size": 3_300_000_000, "context_length": 262_144, "capabilities": ["completion", "thinking"]},
    {"name": "gemma4:e4b", "context_length": 131_072, "capabilities": ["completion"]},
]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningServer]:
    """A server on which the reviews of one item get no usable answer."""
    bad = {"contains": "Guitar strap No 7<", "endpoint": "/api/chat", "action": {"kind": "answer", "text": "I would rather not."}}
    retried = {"contains": "This answer cannot be used", "endpoint": "/api/chat", "action": bad["action"]}
    with RunningServer({"models": MODELS, "rules": [retried, bad]}, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        yield running


def variant_keys(app: AppTest, what: str) -> list[str]:
    """Keys of a widget of each variant, A first."""
    return [str(box.key) for box in app.selectbox if str(box.key).startswith("variant-") and str(box.key).endswith(f"-{what}")]


def chosen_reviews(space: Workspace) -> list[int]:
    """Two reviews the server answers well, and one of the item it does not."""
    reviews = TrainingReviews(ReviewDataset.load(space.list("dataset")[0]))
    good = [index for index in reviews.matching("", limit=40) if reviews.get(index).item_title != "Guitar strap No 7"]
    bad = [index for index in reviews.matching("Guitar strap No 7") if reviews.get(index).item_title == "Guitar strap No 7"]
    return [*good[:2], bad[0]]


def compared(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page after a run of a changed prompt against the shipped one, on three reviews."""
    app = opened(space.root, "prompt_studio", monkeypatch)
    app.session_state["reviews-way"] = "chosen"
    app.session_state[f"chosen-{space.list('dataset')[0].id}"] = chosen_reviews(space)
    app.button(key="add-variant").click().run()
    app.selectbox(key=variant_keys(app, "prompt")[1]).set_value("review-products@1").run()
    part = next(area for area in app.text_area if area.label == "User part")
    part.set_value(f"{part.value}\nBe short.").run()
    return app.button(key="run-trial").click().run()


def query(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def test_without_a_server_it_says_how_to_get_a_model_and_the_embedded_extractor_answers(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(filled_copy.root, "prompt_studio", monkeypatch)
    (hint,) = [line for line in app.markdown if "`ollama pull qwen3.5:4b`" in line.value]
    assert "http://127.0.0.1:9" in hint.value
    assert "\n" not in hint.value
    assert [app.selectbox(key=key).value for key in variant_keys(app, "prompt")] == ["zero-shot"]
    app.button(key="run-trial").click().run()
    assert not app.exception
    assert not app.error
    assert app.dataframe[0].value["variant"].tolist() == ["A: embedded (zero-shot)"]
    assert app.dataframe[0].value["valid"].tolist() == ["100 % (5 of 5)"]
    assert "No language model read the review" in words(app)


def test_variants_stand_side_by_side_with_their_failures(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    app = compared(filled_copy, monkeypatch)
    assert not app.exception
    figures = app.dataframe[0].value
    assert figures["valid"].tolist() == ["67 % (2 of 3)", "67 % (2 of 3)"]
    assert figures["grounded"].tolist() == ["100 % (4 of 4)", "100 % (4 of 4)"]
    assert "planted F1" not in figures
    assert figures["variant"].tolist()[1] == "B: review-products@1 · gemma4:e4b"
    assert figures["variant"].tolist()[0].startswith("A: draft ")
    assert ["No usable answer" in error.value for error in app.error] == [True, True]
    assert sum(code.value == "I would rather not." for code in app.code) == 6  # the reply and two retries, of two variants
    assert "background=" in words(app)
    app.segmented_control(key="show").set_value("failures").run()
    assert sum(line.value.startswith("**Review ") for line in app.markdown) == 1


def test_a_link_reopens_the_comparison_without_asking_again(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    first = compared(filled_copy, monkeypatch)
    asked = len(served.log("/api/chat"))
    again = opened(filled_copy.root, "prompt_studio", monkeypatch, **query(first))
    assert not again.exception
    assert again.dataframe[0].value["valid"].tolist() == first.dataframe[0].value["valid"].tolist()
    assert [again.selectbox(key=key).value.split(":")[0] for key in variant_keys(again, "prompt")] == ["kept", "review-products@1"]
    draft = next(button for button in again.button if button.label == "Open in the editor")
    draft.click().run()
    assert next(area for area in again.text_area if area.label == "User part").value.endswith("Be short.")
    again.button(key="run-trial").click().run()
    assert len(served.log("/api/chat")) == asked
    assert query(again)["trial"] == query(first)["trial"]


def test_what_people_say_of_an_answer_is_kept(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer) -> None:
    app = compared(filled_copy, monkeypatch)
    trial = query(app)["trial"]
    review = chosen_reviews(filled_copy)[0]
    app.text_input(key=f"comment-{trial}-{review}-1-0").set_value("misses the price").run()
    app.feedback(key=f"thumb-{trial}-{review}-1-0").set_value(1).run()
    kept = {(cell.review, cell.variant): cell for cell in TrialStore(filled_copy).cells(trial)}
    assert (kept[review, 1].comment, kept[review, 1].thumb) == ("misses the price", 1)
    assert app.text_input(key=f"comment-{trial}-{review}-1-0").value == "misses the price"
    assert kept[review, 0].comment == ""


def test_asking_anew_takes_another_seed_and_tells_the_repeatability(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    app = compared(filled_copy, monkeypatch)
    app.toggle(key="ask-anew").set_value(True).run()
    app.button(key="run-trial").click().run()
    assert not app.exception
    cells = TrialStore(filled_copy).cells(query(app)["trial"])
    assert {cell.round for cell in cells} == {0, 1}
    assert len({cell.key for cell in cells}) == 12
    assert app.dataframe[0].value["repeatability"].tolist() == ["1.00", "1.00"]


def test_a_template_error_names_its_line_and_nothing_can_be_run(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch)
    part = next(area for area in app.text_area if area.label == "User part")
    part.set_value("{{ review }}\nand {{ raitng }}").run()
    assert "line 2" in app.error[0].value
    assert "Did you mean rating" in app.error[0].value
    assert "   2 | and {{ raitng }}" in [code.value for code in app.code]
    assert app.button(key="run-trial").disabled


def test_the_exact_prompt_is_shown_with_its_length_and_the_alarm(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    reviews = TrainingReviews(ReviewDataset.load(filled.list("dataset")[0]))
    index = reviews.matching("")[3]
    app = opened(filled.root, "prompt_studio", monkeypatch, review=str(index))
    assert any(reviews.get(index).text in code.value for code in app.code)
    assert "for the answer" in words(app)
    (number,) = [box for box in app.number_input if str(box.key).endswith("-num_ctx")]
    number.set_value(1024).run()
    alarms = [error.value for error in app.error]
    assert any("exceeds the context of 1,024" in alarm for alarm in alarms)
    assert any("5 of 5 prompts do not fit" in alarm for alarm in alarms)


def test_a_version_is_saved_with_a_note_compared_and_restored(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled_copy.root, "prompt_studio", monkeypatch)
    next(area for area in app.text_area if area.label == "User part").set_value("Only this: {{ review }}").run()
    app.text_input(key="save-note").set_value("Shorter").run()
    app.button(key="save").click().run()
    assert query(app)["prompt"] == "review-products@2"
    saved = PromptStore(filled_copy).get("review-products@2")
    assert (saved.note, saved.parent, saved.template.user) == ("Shorter", "review-products@1", "Only this: {{ review }}")
    versions = opened(filled_copy.root, "prompt_studio", monkeypatch, prompt="review-products@1", view="Versions")
    assert versions.dataframe[0].value["note"].tolist() == ["Shorter", "Ships with the program"]
    assert any("-Only this: {{ review }}" in code.value for code in versions.code)
    versions.button(key="restore").click().run()
    assert PromptStore(filled_copy).get("review-products").template == PromptStore(filled_copy).get("review-products@1").template


def test_models_are_listed_and_pulled(filled: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with RunningServer({"models": MODELS, "library": [{"name": "qwen3.5:9b"}]}, tmp_path) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        app = opened(filled.root, "prompt_studio", monkeypatch, view="Models")
        assert app.dataframe[0].value["model"].tolist() == ["gemma4:e4b", "qwen3.5:4b"]
        assert app.dataframe[0].value["context (tokens)"].tolist() == [131_072, 262_144]
        app.text_input(key="pull-name").set_value("qwen3.5:9b").run()
        app.button(key="pull").click().run()
        assert "qwen3.5:9b is here" in app.success[0].value.replace("\\", "")
        assert "qwen3.5:9b" in app.dataframe[0].value["model"].tolist()
        app.text_input(key="pull-name").set_value("no-such-model").run()
        app.button(key="pull").click().run()
        assert "no such model" in app.error[0].value


def test_a_draft_outlives_another_tab_and_another_page(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch)
    next(area for area in app.text_area if area.label == "User part").set_value("Only this: {{ review }}").run()
    for view in ("Versions", "Try"):
        app.session_state["view"] = view
        app.run()
    assert next(area for area in app.text_area if area.label == "User part").value == "Only this: {{ review }}"
    app.switch_page("../pages/overview.py").run()
    app.switch_page("../pages/prompt_studio.py").run()
    assert next(area for area in app.text_area if area.label == "User part").value == "Only this: {{ review }}"


@pytest.mark.parametrize(("key", "value"), [("prompt", "gone@7"), ("review", "999999"), ("trial", "abc123")])
def test_a_link_to_what_is_not_there_is_one_line(filled: Workspace, monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    app = opened(filled.root, "prompt_studio", monkeypatch, **{key: value})
    assert not app.exception
    (warning,) = app.warning
    assert value in warning.value
    assert "\n" not in warning.value


def test_planted_truth_scores_the_variants_where_a_dataset_has_it(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, served: RunningServer
) -> None:
    dataset = filled_copy.list("dataset")[0]
    loaded = ReviewDataset.load(dataset)
    keys = [entry.key for entry in TAXONOMY.motivations]
    pairs = loaded.interactions.assign(
        user_id=loaded.users["user_id"].loc[loaded.interactions["user_idx"]].to_numpy(),
        item_id=loaded.items["item_id"].loc[loaded.interactions["item_idx"]].to_numpy(),
    )[["user_id", "item_id"]]
    kept = dataset.path / "planted"
    kept.mkdir()
    pairs.assign(dominant=keys[0], second="", told=keys[0], matches=True).to_parquet(kept / "reviews.parquet")
    for side in ("user", "item"):
        ids = getattr(loaded, f"{side}s")[[f"{side}_id"]]
        ids.assign(**dict.fromkeys(keys, 1 / len(keys))).to_parquet(kept / f"{side}s.parquet")
    app = compared(filled_copy, monkeypatch)
    assert not app.exception
    trial = TrialStore(filled_copy).get(query(app)["trial"])
    with closing(AnswerStore(filled_copy)) as store:
        cells = TrialStore(filled_copy).cells(trial.id)
        scores = TrialTruth.of(loaded, Planted.load(dataset)).scores(trial, cells, store.get_many([cell.key for cell in cells]))
    assert app.dataframe[0].value["planted F1"].tolist() == [f"{one.macro_f1:.2f} / {one.micro_f1:.2f} (n = 3)" for one in scores if one]
    assert "On 3 reviews (n)" in json.loads(app.dataframe[0].proto.columns)["planted F1"]["help"]


def test_a_held_out_review_is_never_shown(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = int(ReviewDataset.load(filled.list("dataset")[0]).rows("test").index[0])  # type: ignore[arg-type]
    app = opened(filled.root, "prompt_studio", monkeypatch, review=str(held_out))
    assert "no training review" in app.warning[0].value
