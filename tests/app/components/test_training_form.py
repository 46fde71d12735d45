from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.training_fields import ALWAYS_SHOWN, GROUPS, REST, SPOKEN, about_model, bounds, grouped, step_of
from app.components.training_form import checked
from core.errors import InputError
from core.models.config import MODELS, TEXT_MODELS, WRAPPERS
from core.training.config import TrainingConfig
from core.training.presets import ORDER, TunedSettings, settings_path, write_tuned
from core.training.used_settings import PERTURBATIONS, used_settings


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


def shown(app: AppTest) -> set[str]:
    keys = [one.key for one in (*app.selectbox, *app.number_input, *app.text_input) if one.key]
    return {name for name in TrainingConfig.model_fields for key in keys if key.endswith(f"-{name}")}


def test_groups_hold_every_setting_once_and_a_new_one_is_not_lost() -> None:
    named = [name for group in GROUPS.values() for name in group.names] + list(ALWAYS_SHOWN)
    assert len(named) == len(set(named))
    fields = TrainingConfig.model_json_schema()["properties"]
    assert {name for group in grouped(fields).values() for name in group.names} | set(ALWAYS_SHOWN) == set(fields)
    assert grouped({**fields, "brand_new": {}})[REST].names == ("brand_new",)


def test_every_model_and_every_group_is_explained() -> None:
    assert all(about_model(model).endswith(".") for model in MODELS)
    assert all(group.about.endswith(".") for group in GROUPS.values())


def test_every_setting_a_model_uses_is_in_its_form() -> None:
    app = opened()
    assert shown(app) == used_settings("lmmrec") | PERTURBATIONS | set(ALWAYS_SHOWN)


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
        ("ease", ["learning_rate", "loss", "mcs_weight", "text_noise"], ["ease_weight", "interaction_noise"]),
        ("simgcl", ["mcs_weight", "ease_weight", "text_control"], ["view_noise", "layers", "dim"]),
        ("rlmrec-con", ["mcs_weight", "view_noise", "slot_dim"], ["align_weight", "text_dropout", "text_control"]),
        ("lmmrec", ["align_weight", "ease_weight"], ["mcs_weight", "slot_dim", "layers"]),
    ],
)
def test_settings_a_model_does_not_use_are_left_out(model: str, idle: list[str], used: list[str]) -> None:
    app = opened()
    widget(app, "model").set_value(model).run()
    assert not app.exception
    assert not set(idle) & shown(app)
    assert set(used) <= shown(app)
    assert widget(app, "backbone").disabled == (model not in WRAPPERS)
    assert chosen(app).model == model


def test_settings_of_the_other_form_are_disabled() -> None:
    app = opened()
    assert widget(app, "dim").disabled
    widget(app, "form").set_value("vector").run()
    assert not widget(app, "dim").disabled
    assert widget(app, "slot_dim").disabled


def test_backbone_of_a_wrapper_brings_its_settings() -> None:
    app = opened()
    assert "view_noise" not in shown(app)
    widget(app, "backbone").set_value("simgcl").run()
    assert "view_noise" in shown(app)
    assert chosen(app).backbone == "simgcl"


def test_what_was_changed_is_told_and_can_be_taken_back() -> None:
    app = opened()
    widget(app, "epochs").set_value(7).run()
    assert f"Changed: Epochs 7 (was {TrainingConfig().epochs})" in "\n".join(caption.value for caption in app.caption)
    app.button(key="train-reset").click().run()
    assert not app.exception
    assert chosen(app) == TrainingConfig()


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
