from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.training_form import ALWAYS_SHOWN, GROUPS, SPOKEN, bounds, checked, step_of
from core.errors import InputError
from core.models.config import MODELS, TEXT_MODELS
from core.training.config import TrainingConfig
from core.training.presets import ORDER, TunedSettings, settings_path, write_tuned


def form(has_text: bool, kind: str) -> None:
    import streamlit as st

    from app.components.training_form import settings_form

    st.json(settings_form(has_text=has_text, kind=kind).model_dump(mode="json"))


def opened(*, has_text: bool = True, kind: str = "toys-reviews") -> AppTest:
    app = AppTest.from_function(form, args=(has_text, kind), default_timeout=60).run()
    assert not app.exception
    return app


def chosen(app: AppTest) -> TrainingConfig:
    return TrainingConfig.model_validate_json(app.json[0].value)


def widget(app: AppTest, name: str):
    (found,) = [one for one in (*app.selectbox, *app.number_input, *app.text_input) if one.key.endswith(f"-{name}")]
    return found


def test_groups_name_only_settings_there_are() -> None:
    named = {name for names in GROUPS.values() for name in names} | set(ALWAYS_SHOWN)
    assert named <= set(TrainingConfig.model_fields)


def test_every_model_is_offered_under_its_spoken_name() -> None:
    app = opened()
    assert widget(app, "model").options == [SPOKEN[model] for model in MODELS]
    assert chosen(app) == TrainingConfig()


def test_without_text_only_models_that_read_none_are_offered() -> None:
    app = opened(has_text=False)
    assert widget(app, "model").options == [SPOKEN[model] for model in MODELS if model not in TEXT_MODELS]
    assert chosen(app).model == "lightgcn"


@pytest.mark.parametrize(
    ("model", "idle", "used"),
    [
        ("ease", ["learning_rate", "loss", "mcs_weight", "backbone", "text_noise"], ["ease_weight", "interaction_noise"]),
        ("simgcl", ["mcs_weight", "ease_weight", "backbone", "text_control"], ["view_noise", "layers", "dim"]),
        ("rlmrec-con", ["mcs_weight", "view_noise", "slot_dim"], ["align_weight", "backbone", "text_dropout", "text_control"]),
        ("lmmrec", ["align_weight", "ease_weight", "dim"], ["mcs_weight", "slot_dim", "backbone", "layers"]),
    ],
)
def test_settings_a_model_does_not_use_are_disabled(model: str, idle: list[str], used: list[str]) -> None:
    app = opened()
    widget(app, "model").set_value(model).run()
    assert not app.exception
    assert [name for name in idle if not widget(app, name).disabled] == []
    assert [name for name in used if widget(app, name).disabled] == []
    assert chosen(app).model == model


def test_backbone_of_a_wrapper_brings_its_settings() -> None:
    app = opened()
    assert widget(app, "view_noise").disabled
    widget(app, "backbone").set_value("simgcl").run()
    assert not widget(app, "view_noise").disabled
    assert chosen(app).backbone == "simgcl"


def test_preset_changes_what_the_form_begins_with() -> None:
    app = opened()
    app.segmented_control[0].set_value("paper").run()
    assert (chosen(app).form, chosen(app).dim, chosen(app).batch_size) == ("vector", 32, 512)
    widget(app, "model").set_value("ease").run()
    assert not app.exception
    assert "no settings of EASE" in "\n".join(caption.value for caption in app.caption)


def test_tuned_is_offered_where_settings_were_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.training.presets.ASSETS", tmp_path)
    assert opened().segmented_control[0].options == [name.capitalize() for name in ORDER]
    write_tuned(settings_path("toys-reviews", "lmmrec"), TunedSettings(settings={"slot_dim": 4}, search={}))
    app = opened()
    assert app.segmented_control[0].options == [*(name.capitalize() for name in ORDER), "Tuned"]
    app.segmented_control[0].set_value("tuned").run()
    assert chosen(app) == TrainingConfig(slot_dim=4)


def test_bounds_come_from_the_schema() -> None:
    fields = TrainingConfig.model_json_schema()["properties"]
    assert bounds(fields["layers"]) == (0, 8)
    assert bounds(fields["text_dropout"]) == (0.0, 1.0)
    assert bounds(fields["epochs"]) == (1, None)


def test_a_wrong_value_is_told_in_one_line() -> None:
    with pytest.raises(InputError) as caught:
        checked({"learning_rate": 0.0})
    assert "learning_rate" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("value", "step"), [(0.003, 0.001), (0.2, 0.1), (1.0, 1.0), (1e-6, 1e-6), (0.0, 0.01)])
def test_a_step_has_the_size_of_the_value(value: float, step: float) -> None:
    assert step_of(value) == pytest.approx(step)
