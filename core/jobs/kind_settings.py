"""The settings inside a job's arguments, checked and made whole before a process is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.jobs.settings import validated


def import_request(settings: dict[str, Any]) -> dict[str, Any]:
    """Of an import, with absolute paths.

    Raises:
        InputError: a setting is missing, unknown or of the wrong type.
    """
    from core.data.importing import ImportRequest

    plain = validated(ImportRequest, settings, "import").model_dump(mode="json")
    return {name: _absolute(name, value) for name, value in plain.items()}


def extraction_config(settings: dict[str, Any]) -> dict[str, Any]:
    """Of an extraction, with an absolute path where the taxonomy is a file.

    Raises:
        InputError: as of `import_request`.
    """
    from core.extraction.run import ExtractionConfig

    plain = validated(ExtractionConfig, settings, "extraction").model_dump(mode="json")
    if plain["taxonomy"] is not None and Path(plain["taxonomy"]).expanduser().exists():
        plain["taxonomy"] = _absolute("path", plain["taxonomy"])
    return plain


def config_of(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Of a comparison, a benchmark, a sweep, a map or a map over epochs.

    Raises:
        InputError: as of `import_request`.
    """
    form: type[BaseModel]
    if kind == "compare-prompts":
        from core.jobs.comparison_config import ComparisonConfig

        form, title = ComparisonConfig, "comparison"
    elif kind == "benchmark":
        from core.jobs.benchmark_config import BenchmarkConfig

        form, title = BenchmarkConfig, "benchmark"
    elif kind == "sweep":
        from core.jobs.sweep_config import SweepConfig

        form, title = SweepConfig, "sweep"
    elif kind == "epoch-map":
        from core.maps.epochs import EpochMapConfig

        form, title = EpochMapConfig, "map over epochs"
    else:
        from core.maps.build import MapConfig

        form, title = MapConfig, "map"
    return validated(form, settings, title).model_dump(mode="json")


def _absolute(name: str, value: Any) -> Any:
    if name in ("path", "items", "users") and value is not None:
        return str(Path(value).expanduser().resolve())  # the worker may stand in another folder
    return value
