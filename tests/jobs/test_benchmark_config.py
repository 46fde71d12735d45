"""What a benchmark is asked: names of models, the cells that follow, and what each variant changes."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InputError
from core.jobs.benchmark_config import ABLATIONS, BenchmarkConfig, ModelSpec, changes
from core.jobs.settings import validated
from core.models.config import BACKBONES, MODELS, WRAPPERS
from core.training.config import TrainingConfig

PLAIN = TrainingConfig().model_dump(mode="json")


def config(**settings: Any) -> BenchmarkConfig:
    return validated(BenchmarkConfig, {"models": ["lightgcn"], **settings}, "benchmark")


@pytest.mark.parametrize(
    ("text", "label"), [("lmmrec", "lmmrec"), ("lmmrec:lightgcn", "lmmrec"), ("lmmrec:simgcl", "lmmrec:simgcl"), (" ease ", "ease")]
)
def test_model_is_read_as_it_is_written(text: str, label: str) -> None:
    assert ModelSpec.parse(text).label == label
    assert ModelSpec.parse(label) == ModelSpec.parse(text)


@pytest.mark.parametrize(
    ("models", "line"),
    [
        (["lmrec"], f"No model 'lmrec'; there are: {', '.join(MODELS)}"),
        (["lmmrec:gcn"], f"No backbone 'gcn'; there are: {', '.join(BACKBONES)}"),
        (["ease:lightgcn"], f"Ease takes no backbone; these do: {', '.join(WRAPPERS)}"),
        (["lmmrec", "lmmrec:lightgcn"], "Lmmrec is named twice"),
    ],
)
def test_wrong_name_lists_the_valid_ones(models: list[str], line: str) -> None:
    with pytest.raises(InputError) as error:
        config(models=models)
    assert line.lower() in str(error.value).lower()
    assert "\n" not in str(error.value)


def test_cells_are_models_by_variants_by_seeds_with_plain_ones_first() -> None:
    asked = config(
        models=["lmmrec", "rlmrec-con", "lightgcn"],
        seeds=2,
        first_seed=3,
        noise=[0.2, 0.1],
        text_noise=[0.3],
        controls=True,
        ablations=True,
    )
    by_model = {spec.label: [variant.name for variant in asked.variants(spec)] for spec in asked.specs}
    text = ["text-noise-0.3", "shuffled", "random-text", "no-text"]
    assert by_model["lightgcn"] == ["plain", "noise-0.1", "noise-0.2"]
    assert by_model["rlmrec-con"] == ["plain", "noise-0.1", "noise-0.2", *text]
    assert by_model["lmmrec"] == ["plain", "noise-0.1", "noise-0.2", *text, *ABLATIONS]
    cells = asked.cells()
    assert len(cells) == len(set(cells)) == 2 * sum(map(len, by_model.values()))
    assert [(one.model, one.variant, one.seed) for one in cells[:3]] == [(label, "plain", 3) for label in asked.models]
    assert {one.seed for one in cells} == {3, 4}


@pytest.mark.parametrize(
    ("variant", "changed"),
    [
        ("plain", {}),
        ("noise-0.05", {"interaction_noise": 0.05}),
        ("text-noise-0.2", {"text_noise": 0.2}),
        ("shuffled", {"text_control": "shuffled"}),
        ("random-text", {"text_control": "random"}),
        ("no-text", {"text_control": "none"}),
        ("no-mcs", {"mcs_weight": 0.0, "slot_mcs_weight": 0.0}),
        ("no-itcm", {"itcm_weight": 0.0}),
        ("no-mcs-no-itcm", {"mcs_weight": 0.0, "slot_mcs_weight": 0.0, "itcm_weight": 0.0}),
        ("no-slots", {"form": "vector", "dim": 144}),
        ("no-independence", {"independence_weight": 0.0}),
        ("no-gate", {"motivation_gate": 0.0}),
        ("no-history", {"history_dim": 0}),
        ("no-words", {"history_words": 0}),
    ],
)
def test_variant_changes_exactly_what_it_is_called_after(variant: str, changed: dict[str, Any]) -> None:
    assert changes(variant, PLAIN, n_slots=9) == changed
    TrainingConfig.model_validate({**PLAIN, **changed})


def test_prototypes_are_switched_the_other_way() -> None:
    assert changes("prototypes", PLAIN | {"prototypes": 0}, 9)["prototypes"] > 0
    assert changes("prototypes", PLAIN | {"prototypes": 6}, 9) == {"prototypes": 0}


def test_every_ablation_has_its_change_and_other_names_have_none() -> None:
    assert all(changes(name, PLAIN, 9) for name in ABLATIONS)
    with pytest.raises(ValueError, match="no variant 'no-sense'"):
        changes("no-sense", PLAIN, 9)


def test_settings_mean_the_same_as_text_and_as_numbers() -> None:
    assert config(settings={"epochs": "2", "device": "cpu"}) == config(settings={"device": "cpu", "epochs": 2})


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"settings": {"seed": 3}}, "seed is set by the benchmark itself"),
        ({"settings": {"epoch": 3}}, "Did you mean epochs"),
        ({"noise": [0.0]}, "noise is a share above 0"),
        ({"seeds": 0}, "seeds"),
        ({"models": []}, "models"),
    ],
)
def test_wrong_setting_is_told_in_one_line(settings: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as error:
        config(**settings)
    assert line.lower() in str(error.value).lower()
    assert "\n" not in str(error.value)
