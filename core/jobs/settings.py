"""Settings from outside (a form, a command line, a job's arguments) checked against their model, told in one line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)


def validated(model: type[Settings], plain: dict[str, Any] | BaseModel, what: str) -> Settings:
    """``plain`` as a settings object.

    Args:
        what: which settings these are, as a person would say it ("training").

    Raises:
        InputError: a key is unknown or missing, or a value is wrong; names it, and what was probably meant.
    """
    if isinstance(plain, model):
        return plain
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise _input_error(model, error.errors()[0], what) from error


def _input_error(model: type[BaseModel], first: ErrorDetails, what: str) -> InputError:
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        near = get_close_matches(key, model.model_fields, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(model.model_fields)}"
        return InputError(f"No such {what} setting", where=key, hint=hint)
    if first["type"] == "missing":
        return InputError(f"A {what} setting is missing", where=key)
    message = first["msg"].removeprefix("Value error, ")
    given = "" if first["type"] == "value_error" else f", not {first['input']!r}"
    return InputError(f"Wrong {what} setting: {message[0].lower()}{message[1:]}{given}", where=key or None)


def assignments(pairs: Iterable[str], option: str) -> dict[str, str]:
    """``["KEY=VALUE", ...]`` as a dictionary.

    Raises:
        InputError: one has no "=" or no key, or a key is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError("Not of the form KEY=VALUE", where=f"{option} {pair}")
        if key in found:
            raise InputError(f"Given twice: {key}", where=option)
        found[key] = value.strip()
    return found
