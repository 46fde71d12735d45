"""Pickles from outside, read through an allow-list of classes: arrays, sparse matrices and plain containers, nothing else.

A pickle is a program; `pickle.load` would run whatever its author wrote. Here a name that is not on the list is refused
before anything of it is imported or called.
"""

from __future__ import annotations

import io
import pickle
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import InputError

_SPARSE = {f"{layout}_{kind}" for layout in ("coo", "csr", "csc") for kind in ("matrix", "array")}
_ALLOWED: dict[str, set[str]] = {
    "numpy": {"ndarray", "dtype"},
    **{f"numpy.{core}.multiarray": {"_reconstruct", "scalar"} for core in ("core", "_core")},
    **{f"numpy.{core}.numeric": {"_frombuffer"} for core in ("core", "_core")},
    **{f"scipy.sparse{part}": _SPARSE for part in ("", "._coo", "._csr", "._csc", ".coo", ".csr", ".csc")},
    "builtins": {"set", "frozenset", "bytearray", "complex"},
    "collections": {"OrderedDict"},
}


def _bytes_of(text: str, encoding: str) -> bytes:
    """How pickles of protocol 2 and before spell bytes; no other codec is known."""
    if encoding != "latin1":
        raise _Refused(f"the codec {encoding}")
    return text.encode("latin1")


class _AllowListUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return partial(_bytes_of)
        if name not in _ALLOWED.get(module, set()):
            raise _Refused(f"{module}.{name}")
        # Old pickles name modules that have moved since; the public place holds the same class.
        place = "scipy.sparse" if module.startswith("scipy.sparse") else module.replace("numpy.core", "numpy._core")
        found = super().find_class(place, name)
        # A pickle may set attributes of what it names: it gets its own copies, so it cannot change the library's.
        if place == "scipy.sparse":
            return type(name, (found,), {})
        return partial(found) if name == "_frombuffer" else found


class _Refused(pickle.UnpicklingError):
    """A name that is not on the list."""


def read_pickle(path: Path) -> Any:
    """The object in a pickle, if it is made of arrays, sparse matrices and plain containers only.

    Raises:
        InputError: missing, damaged, or it names another class or function, which was not run.
    """
    if not path.is_file():
        raise InputError("No such file", where=str(path), hint="Check the folder")
    try:
        return _AllowListUnpickler(io.BytesIO(path.read_bytes())).load()
    except _Refused as error:
        raise InputError(
            f"The pickle asks for {error}, which is not allowed and was not run",
            where=str(path),
            hint="Only arrays, sparse matrices and plain containers are read; do not trust this file",
        ) from error
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        ImportError,
        OverflowError,
        MemoryError,
    ) as error:
        raise InputError("The pickle is damaged", where=str(path), hint="Download or copy it again") from error
