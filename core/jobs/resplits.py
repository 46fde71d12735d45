"""A dataset split anew by a seed, so that what is chosen on one split is measured on others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.data.importing import ImportRequest
from core.errors import InputError
from core.jobs.settings import validated
from core.jobs.steps import import_dataset
from core.progress import Progress, never_stop, silent
from core.workspace import Artefact, Workspace


def resplit(workspace: Workspace, name: str, seed: int, progress: Progress = silent) -> Artefact:
    """The dataset ``name`` imported again from its own file under the random split of a seed; called NAME-rSEED.

    The parts of the split are those of the import, 3:1:1 per user where it names none. The same seed gives the same artefact. It is a
    byproduct, by which lists tell it from what people imported.

    Raises:
        NotFoundError: no such dataset. InputError: it was not imported from a file, or the file is gone.
    """
    source = workspace.get("dataset", name)
    config = source.manifest.config
    if "path" not in config:
        hint = "Search on its own split with --given-split"
        raise InputError("This dataset was not imported from a file, so it cannot be split anew", where=source.id, hint=hint)
    request = validated(ImportRequest, _request(config), "import")
    changes = {"name": f"{source.manifest.name}-r{seed}", "split": "ratio", "seed": seed}
    return import_dataset(workspace.for_byproducts(), request.model_copy(update=changes), progress, never_stop)


def import_again(dataset: Artefact) -> dict[str, Any] | None:
    """The request a dataset was imported with, as plain data; None where it was not imported from a file, or the file is gone.

    The same request finds the dataset again, so that what follows an import can be done for one that is there already.
    """
    config = dataset.manifest.config
    return _request(config) if "path" in config and Path(config["path"]).expanduser().exists() else None


def _request(config: dict[str, Any]) -> dict[str, Any]:
    return {field: config[field] for field in ImportRequest.model_fields if field in config}
