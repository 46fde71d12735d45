"""Which maps of a run there are: several can be, by space, dimensions and method."""

from __future__ import annotations

from core.maps.build import MapConfig
from core.workspace import Artefact, Workspace


def config_of(drawn: Artefact) -> MapConfig:
    """The settings of a stored map; those an older version did not know are as it drew them: nodes only."""
    known = {name: value for name, value in drawn.manifest.config.items() if name in MapConfig.model_fields}
    return MapConfig.model_validate({"statements": 0, "views": False} | known)


def maps_of(workspace: Workspace, run: Artefact) -> list[Artefact]:
    """All maps of a run, newest first; its maps over training epochs are `core.maps.epochs.epoch_maps_of`."""
    return workspace.made_from("map", run)


def joint_map(workspace: Workspace, run: Artefact, *, dimensions: int = 2) -> Artefact | None:
    """The newest map of a run over all its slots: what segments and names of clusters come from; None where there is none yet."""
    return _newest(workspace, run, dimensions, None)


def slot_map(workspace: Workspace, run: Artefact, motivation: str, *, dimensions: int = 2) -> Artefact | None:
    """The newest map of one motivation's slot; None where there is none yet."""
    return _newest(workspace, run, dimensions, motivation)


def _newest(workspace: Workspace, run: Artefact, dimensions: int, motivation: str | None) -> Artefact | None:
    for drawn in maps_of(workspace, run):
        config = config_of(drawn)
        if config.dimensions == dimensions and config.motivation == motivation:
            return drawn
    return None
