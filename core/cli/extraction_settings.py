"""The options of `lmmrec extract` as settings of an extraction, and its estimate in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.cli.console import duration
from core.errors import InputError

if TYPE_CHECKING:
    from core.extraction.ollama_estimate import Estimate


def extraction_config(backend: str, general: Mapping[str, Any], ollama: Mapping[str, Any], assigned: Mapping[str, str]) -> dict[str, Any]:
    """An `core.extraction.config.ExtractionConfig` as plain data; what is None was not given.

    Args:
        general: its own fields. ollama: fields of its `OllamaSettings`.
        assigned: of --set. With the ollama backend, names of `ChatOptions` and `OllamaSettings` mean these.

    Raises:
        InputError: an option is given twice, or needs the ollama backend.
    """
    from core.extraction.config import OllamaSettings
    from core.extraction.ollama.chat import ChatOptions

    settings = {name: value for name, value in ollama.items() if value is not None}
    config: dict[str, Any] = {"backend": backend} | {name: value for name, value in general.items() if value is not None}
    options: dict[str, Any] = {}
    for name, value in assigned.items():
        of_model = backend == "ollama"
        target = (
            options
            if of_model and name in ChatOptions.model_fields
            else settings
            if of_model and name in OllamaSettings.model_fields
            else config
        )
        if name in target:
            raise InputError(f"Given twice: {name}", where=f"--set {name}={value}")
        target[name] = None if of_model and value.lower() == "none" else value
    if backend != "ollama" and settings:
        first = next(iter(settings)).replace("_", "-")
        raise InputError(f"--{first} belongs to the ollama backend", where=f"--backend {backend}", hint="Add --backend ollama")
    if backend == "ollama":
        if "model" not in settings:
            hint = "Name one with --model; `ollama list` shows those there are, `ollama pull NAME` gets another"
            raise InputError("The ollama backend needs a model", where="--backend ollama", hint=hint)
        config["ollama"] = settings | ({"options": options} if options else {})
    return config


def estimate_text(found: Estimate) -> str:
    """An estimate for people."""
    lines = [
        f"{found.n_requests:,} questions to {found.model}: {found.n_cached:,} answered, {found.n_failed:,} failed, {found.n_left:,} to ask"
    ]
    if found.n_merges_at_most:
        lines.append(f"and up to {found.n_merges_at_most:,} merges afterwards")
    if found.requests_per_s is not None:
        lines.append(
            f"about {duration(found.seconds)} at {found.requests_per_s:,.2f} answers/s (measured on {found.n_measured}; they are kept)"
        )
        lines.append(f"about {found.prompt_tokens:,} tokens read and {found.answer_tokens:,} written")
    return "\n".join(lines)
