from __future__ import annotations

import pytest

from app.components.training_form import ALWAYS_SHOWN, GROUPS, PRESET_NOTES, PRESETS, bounds, checked, step_of
from core.errors import InputError
from core.training.config import TrainingConfig


def test_every_preset_is_a_configuration_and_is_explained() -> None:
    assert set(PRESETS) == set(PRESET_NOTES)
    for changes in PRESETS.values():
        assert isinstance(TrainingConfig(**changes), TrainingConfig)
    assert TrainingConfig(**PRESETS["default"]) == TrainingConfig()


def test_groups_name_only_settings_there_are() -> None:
    named = {name for names in GROUPS.values() for name in names} | set(ALWAYS_SHOWN)
    assert named <= set(TrainingConfig.model_fields)


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
