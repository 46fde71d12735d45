"""Prompt versions as files a team can keep in git: one TOML file a version, readable, and exactly what the store holds.

    name = "review-places"
    number = 2
    hash = "5cba…"
    parent = "review-places@1"
    note = "Asks for shorter quotes"
    system = '''
    ...'''

A file people wrote by hand needs name, kind, domain, system and user only; it becomes the next version of its name.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError
from core.extraction.prompts.store import PromptStore
from core.extraction.prompts.template import PromptTemplate
from core.extraction.prompts.variables import PromptKind
from core.extraction.prompts.versions import MAX_NUMBER, PromptVersion
from core.storage import write_atomic
from core.workspace import now

MAX_FILE_BYTES = 1_000_000
_NOT_LITERAL = re.compile("'''|'\\Z|[\x00-\x08\x0b-\x1f\x7f]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class _PromptFile(BaseModel):
    """What a file may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    number: int = Field(0, ge=1, lt=MAX_NUMBER)
    hash: str | None = None
    kind: PromptKind
    domain: str
    parent: str | None = None
    note: str = ""
    created_at: str | None = None
    system: str
    user: str


def file_name(version: PromptVersion) -> str:
    """What the file of a version is called: "review-places@2.toml"."""
    return f"{version.label}.toml"


def file_text(version: PromptVersion) -> str:
    """The file of a version; `read_prompt` makes the same version of it."""
    template = version.template
    short: dict[str, str | int | None] = {"name": version.name, "number": version.number, "hash": version.hash}
    short |= {"kind": template.kind, "domain": template.domain}
    short |= {"parent": version.parent, "note": version.note, "created_at": version.created_at}
    lines = [f"{key} = {_short(value)}" for key, value in short.items() if value is not None]
    return "\n".join([*lines, "", f"system = {_long(template.system)}", "", f"user = {_long(template.user)}", ""])


def _short(value: str | int) -> str:
    """JSON's strings and numbers are TOML's too, but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long(text: str) -> str:
    """Lines as they stand where TOML's literal strings can hold them, else with escapes; the first line feed is no part of it."""
    if not _NOT_LITERAL.search(text):
        return f"'''\n{text}'''"
    body, end = (text[:-1], '\\"') if text.endswith('"') else (text, "")  # a last quotation mark would join those that close
    escaped = body.replace("\\", "\\\\").replace('"""', '""\\"')
    escaped = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
    return f'"""\n{escaped}{end}"""'


def export_prompts(store: PromptStore, directory: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Write versions as files.

    Args:
        directory: made where it is missing.
        names: names (all their versions) and labels (that one); none: everything in the store.

    Raises:
        NotFoundError: there is no such name or label.
        InputError: a file of that label is there and holds another version; nothing was written.
        StorageError: the disk refused.
    """
    versions: dict[str, PromptVersion] = {}
    for reference in store.names() if names is None else names:
        found = [store.get(reference)] if "@" in reference else reversed(store.versions(reference))
        versions |= {version.label: version for version in found}
    if directory.exists() and not directory.is_dir():
        raise InputError("This is a file, not a folder", where=str(directory), hint="Give the folder to write the prompts to")
    texts = {directory / file_name(version): (version, file_text(version)) for version in versions.values()}
    for path, (version, _) in texts.items():
        if path.exists() and read_prompt(path).template != version.template:
            hint = "Import that one first, or choose another folder"
            raise InputError(f"The folder holds another {version.label}", where=str(path), hint=hint)
    for path, (_, text) in texts.items():
        write_atomic(path, partial(_write, text=text))
    return list(texts)


def _write(target: Path, text: str) -> None:
    target.write_bytes(text.encode())  # as bytes: line feeds stay line feeds on every system


def read_prompt(path: Path) -> PromptVersion:
    """The version a file holds; its number is 0 where the file has none.

    Raises:
        InputError: it cannot be read, is no prompt, or was changed by hand after it was exported.
    """
    file = _parsed(path)
    try:
        template = PromptTemplate(kind=file.kind, domain=file.domain, system=file.system, user=file.user)
    except ValidationError as error:
        raise _not_a_prompt(error, path) from error
    if file.number and file.hash not in (None, template.hash):
        what = f"The file says hash {file.hash}, its text has {template.hash}: it was changed by hand"
        raise InputError(what, where=str(path), hint="Remove the lines with hash and number, and it becomes a new version")
    return PromptVersion(
        name=file.name,
        number=file.number,
        hash=template.hash,
        template=template,
        parent=file.parent,
        note=file.note,
        created_at=file.created_at or now(),
    )


def _parsed(path: Path) -> _PromptFile:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError("Too large for a prompt", where=str(path), hint=f"The limit is {MAX_FILE_BYTES:,} bytes")
        return _PromptFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as error:
        raise InputError("No such file", where=str(path)) from error
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("The file is not UTF-8 text", where=str(path)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"Not a TOML file: {str(error).rstrip('.')}", where=str(path)) from error
    except ValidationError as error:
        raise _not_a_prompt(error, path) from error


def _not_a_prompt(error: ValidationError, path: Path) -> InputError:
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    return InputError(f"Not a prompt: {field}: {first['msg']}", where=str(path), hint="`lmmrec prompts show review-places` shows the form")


def import_prompts(store: PromptStore, path: Path, *, renumber: bool = False) -> list[PromptVersion]:
    """Read a file, or all *.toml files of a folder, into the store: all of them, or none where one is refused.

    Args:
        renumber: give one whose label is taken by another template the next number, instead of refusing it.

    Returns:
        The versions as they stand in the store, by name and number; those it had already among them.

    Raises:
        InputError: a file is no prompt, or its label is taken by another template here.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise InputError("No prompts in this folder", where=str(path), hint="Prompts are files that end in .toml")
    versions = []
    for file in files:
        version = read_prompt(file)
        try:
            version.template.check()
        except InputError as error:
            raise InputError(error.what, where=f"{file}, {error.where}" if error.where else str(file), hint=error.hint) from error
        versions.append(version)
    return store.add(sorted(versions, key=lambda version: (version.name, version.number or MAX_NUMBER)), renumber=renumber)
