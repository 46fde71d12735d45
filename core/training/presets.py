"""Settings that ship: presets, and those a search found for each model on each kind of dataset (``assets/settings``)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import InputError
from core.models.config import BACKBONES, WRAPPERS, BackboneName, ModelName
from core.storage import read_json, write_json
from core.training.config import TrainingConfig
from core.workspace import Artefact

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "settings"
PRESETS = ASSETS / "presets"
TUNED = "tuned"
"""The preset that is made of a search: another one for each model and kind of dataset."""
ORDER = ("default", "fast", "thorough", "paper")
DatasetKind: TypeAlias = str
"""What `dataset_kind` gives."""
Document = TypeVar("Document", bound=BaseModel)


class Preset(BaseModel):
    """Settings under a name. ``models`` holds those of single models; without ``settings`` there are no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    settings: dict[str, Any] | None = None
    models: dict[ModelName, dict[str, Any]] = {}

    def of(self, model: ModelName) -> dict[str, Any] | None:
        """What the preset changes of a model's defaults; None where it says nothing of the model."""
        return self.models.get(model, self.settings)


class TunedSettings(BaseModel):
    """A settings file: what differs from the defaults, and the search that found it.

    ``search`` says on which dataset and split, by how many trials, with which validation figures, in how many seconds, and under
    ``searched`` which settings were tried, those that kept their default too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any]
    search: dict[str, Any]


def dataset_kind(dataset: Artefact) -> DatasetKind:
    """Which tuned settings suit a dataset: its domain and what texts it has, such as "products-reviews" or "places-profiles".

    Reviews count before profile texts that came with the users and items; a dataset without either is one of "interactions".
    """
    summary = dataset.manifest.summary
    profiled = summary.get("profiled_users", 0) + summary.get("profiled_items", 0)
    texts = "reviews" if summary.get("text_coverage", 0.0) > 0 else "profiles" if profiled else "interactions"
    return f"{dataset.manifest.config['domain']}-{texts}"


@cache
def presets() -> dict[str, Preset]:
    """The presets that suit every dataset, by name; "tuned" is none of them."""
    return {name: _read(Preset, PRESETS / f"{name}.json") for name in ORDER}


def preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        InputError: there is none of this name.
    """
    if name not in presets():
        raise InputError(f"No preset '{name}'", where="preset", hint=f"There are: {', '.join((TUNED, *ORDER))}")
    return presets()[name]


def settings_path(kind: DatasetKind, model: ModelName, backbone: BackboneName = "lightgcn", directory: Path | None = None) -> Path:
    """The settings file of a model: KIND/MODEL.json, or KIND/MODEL@BACKBONE.json for a wrapper on another backbone than LightGCN."""
    on = f"@{backbone}" if model in WRAPPERS and backbone != "lightgcn" else ""
    return (directory or ASSETS) / kind / f"{model}{on}.json"


def is_tuned(kind: DatasetKind, directory: Path | None = None) -> bool:
    """Whether settings of any model were searched on datasets of a kind."""
    return any(((directory or ASSETS) / kind).glob("*.json"))


def write_tuned(path: Path, tuned: TunedSettings) -> None:
    """Write a settings file, atomically."""
    write_json(path, tuned)


def tuned_settings(
    kind: DatasetKind, model: ModelName, backbone: BackboneName = "lightgcn", *, directory: Path | None = None
) -> dict[str, Any] | None:
    """What a search found to differ from the defaults of a model on a kind of dataset, or None.

    For a wrapper on a backbone it was not tuned on: what was found for it on LightGCN; of the backbone's own file only the settings
    that the wrapper's search did not try (its contrast between views, say), since all others were chosen together. Popularity has
    nothing to tune: {}.

    Raises:
        InputError: a settings file is damaged.
    """
    if model == "popularity":
        return {}
    exact = settings_path(kind, model, backbone, directory)
    if exact.exists():
        return _read(TunedSettings, exact).settings
    usual = settings_path(kind, model, "lightgcn", directory)
    if not usual.exists():
        return None
    own, inner = _read(TunedSettings, usual), settings_path(kind, backbone, directory=directory)
    if not inner.exists():
        return own.settings
    tried = {*own.search.get("searched", ()), *own.settings}
    return {name: value for name, value in _read(TunedSettings, inner).settings.items() if name not in tried} | own.settings


def preset_settings(
    kind: DatasetKind, model: ModelName, backbone: BackboneName = "lightgcn", *, preset_name: str = TUNED, directory: Path | None = None
) -> dict[str, Any]:
    """What a preset, or a search ("tuned"), changes of a model's defaults.

    Raises:
        InputError: no such preset, or it has nothing for this model.
    """
    if preset_name == TUNED:
        tuned = tuned_settings(kind, model, backbone, directory=directory)
        if tuned is None:
            raise InputError(
                f"No settings of {model} were searched on datasets like this", where=kind, hint="Run `lmmrec search` or choose a preset"
            )
        return tuned
    found = preset(preset_name)
    settings = found.of(model)
    if settings is None:
        hint = f"It has: {', '.join(found.models)}"
        raise InputError(f"The preset '{preset_name}' has no settings of {model}", where="preset", hint=hint)
    return settings


def configured(
    kind: DatasetKind,
    model: ModelName,
    backbone: BackboneName = "lightgcn",
    *,
    preset: str = TUNED,
    directory: Path | None = None,
    **overrides: Any,
) -> TrainingConfig:
    """The configuration of a model on a kind of dataset.

    Args:
        kind: see `dataset_kind`. preset: "tuned" or a name of `presets`. overrides: settings that go before those of the preset.

    Raises:
        InputError: no such preset, nothing in it for this model, or a wrong setting.
    """
    settings = preset_settings(kind, model, backbone, preset_name=preset, directory=directory)
    on = {} if model in BACKBONES else {"backbone": backbone}
    try:
        return TrainingConfig.model_validate({**settings, "model": model, **on, **overrides})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"Wrong setting: {first['msg']}", where=".".join(map(str, first["loc"])) or f"{kind}, {model}") from error


def _read(form: type[Document], path: Path) -> Document:
    try:
        return form.model_validate(read_json(path))
    except ValidationError as error:
        raise InputError("Damaged settings file", where=str(path), hint="Search again, or restore it") from error
