"""Edits of a taxonomy: rename, merge, split, add, remove. Each gives a new taxonomy and says where every slot's statements go.

Edits are plain data (a version of a taxonomy keeps the one that made it), and `apply_edit` is a pure function, so the same edit can
be shown before it is saved and repeated later on another extraction. A slot is an index in the taxonomy; the one after the last
motivation is "other".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from core.errors import InputError, NotFoundError
from core.extraction.schema import OTHER
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rename(_Edit):
    """Another name, description or examples for a motivation. Its key stays, and with it its colour and its statements."""

    kind: Literal["rename"] = "rename"
    key: str
    name: str | None = None
    description: str | None = None
    examples: tuple[str, ...] | None = None


class Merge(_Edit):
    """Motivations become one: the motivation ``into`` takes the statements and the examples of ``keys``, at its own place.

    ``description`` None joins theirs, ``name`` None keeps that of ``into``.
    """

    kind: Literal["merge"] = "merge"
    keys: tuple[str, ...]
    into: str
    name: str | None = None
    description: str | None = None


class Part(_Edit):
    """One part of a split: a motivation, and the centroid of its statements' vectors where they were clustered."""

    entry: TaxonomyEntry
    centroid: tuple[float, ...] | None = None


class Split(_Edit):
    """A motivation becomes two or more at its place; each of its statements goes to the part with the nearest centroid.

    ``space`` names the vectors they are means of (`core.motivations.relabel.vector_space`); in another the phrases decide.
    """

    kind: Literal["split"] = "split"
    key: str
    parts: tuple[Part, ...]
    space: str = ""


class Add(_Edit):
    """A new motivation after the others. It takes those statements of "other" that fit it; none of another motivation."""

    kind: Literal["add"] = "add"
    entry: TaxonomyEntry


class Remove(_Edit):
    """A motivation goes; its statements become "other"."""

    kind: Literal["remove"] = "remove"
    key: str


class Discovered(_Edit):
    """Not an edit of another version: the taxonomy was discovered in an extraction."""

    kind: Literal["discovered"] = "discovered"
    extraction: str
    n_motivations: int | None = None
    seed: int = 0


class Imported(_Edit):
    """Not an edit of another version: the taxonomy was read from a file of this name."""

    kind: Literal["imported"] = "imported"
    file: str


TaxonomyEdit: TypeAlias = Rename | Merge | Split | Add | Remove
Origin = Annotated[TaxonomyEdit | Discovered | Imported, Field(discriminator="kind")]
EDITS = (Rename, Merge, Split, Add, Remove)


@dataclass(frozen=True)
class Edited:
    """What an edit makes of a taxonomy.

    Args:
        taxonomy: the new one.
        slots: for each old slot, "other" last, the new slots its statements may go to; one, but several for a slot that is split,
            and for "other" where a motivation was added (its own new slot first).
    """

    taxonomy: Taxonomy
    slots: tuple[tuple[int, ...], ...]


def apply_edit(taxonomy: Taxonomy, edit: TaxonomyEdit) -> Edited:
    """The taxonomy after an edit, and where the statements of every slot go.

    Raises:
        NotFoundError: the taxonomy has no motivation of a key that the edit names.
        InputError: the edit makes no taxonomy: a name or key is given twice or empty, nothing would be left or changed.
    """
    match edit:
        case Rename():
            return _renamed(taxonomy, edit)
        case Merge():
            return _merged(taxonomy, edit)
        case Split():
            return _split(taxonomy, edit)
        case Add():
            return _added(taxonomy, edit)
        case Remove():
            return _removed(taxonomy, edit)


def _renamed(taxonomy: Taxonomy, edit: Rename) -> Edited:
    slot = slot_of(taxonomy, edit.key)
    given = {name: value for name, value in (("name", edit.name), ("description", edit.description)) if value is not None}
    if edit.examples is not None:
        if not any(example.strip() for example in edit.examples):
            raise InputError("A motivation needs an example", where=edit.key, hint="Give a sentence people would write")
        given["examples"] = tuple(example.strip() for example in edit.examples if example.strip())  # type: ignore[assignment]
    if not given:
        raise InputError("Nothing to rename", where=edit.key, hint="Give a name, a description or examples")
    entry = taxonomy.motivations[slot].model_copy(update=given)
    entries = (*taxonomy.motivations[:slot], entry, *taxonomy.motivations[slot + 1 :])
    return Edited(_with(taxonomy, entries), tuple((place,) for place in range(len(taxonomy) + 1)))


def _merged(taxonomy: Taxonomy, edit: Merge) -> Edited:
    chosen = [slot_of(taxonomy, key) for key in dict.fromkeys((edit.into, *edit.keys))]
    if len(chosen) < 2:
        raise InputError("It takes two motivations to merge", where=edit.into, hint=f"There are: {', '.join(taxonomy.keys[:-1])}")
    target, gone = chosen[0], set(chosen[1:])
    together = [taxonomy.motivations[slot] for slot in chosen]
    entry = TaxonomyEntry(
        key=edit.into,
        name=edit.name or together[0].name,
        description=edit.description or " ".join(dict.fromkeys(one.description.strip() for one in together)),
        examples=tuple(dict.fromkeys(example for one in together for example in one.examples)),
    )
    kept = [slot for slot in range(len(taxonomy)) if slot not in gone]
    entries = tuple(entry if slot == target else taxonomy.motivations[slot] for slot in kept)
    place = {slot: new for new, slot in enumerate(kept)} | {len(taxonomy): len(kept)}
    slots = tuple((place[target if slot in gone else slot],) for slot in range(len(taxonomy) + 1))
    return Edited(_with(taxonomy, entries), slots)


def _split(taxonomy: Taxonomy, edit: Split) -> Edited:
    slot = slot_of(taxonomy, edit.key)
    if len(edit.parts) < 2:
        raise InputError("A split needs two parts or more", where=edit.key)
    entries = (*taxonomy.motivations[:slot], *(part.entry for part in edit.parts), *taxonomy.motivations[slot + 1 :])
    more = len(edit.parts) - 1
    slots = [(place if place < slot else place + more,) for place in range(len(taxonomy) + 1)]
    into = tuple(range(slot, slot + len(edit.parts)))
    return Edited(_with(taxonomy, entries), (*slots[:slot], into, *slots[slot + 1 :]))


def _added(taxonomy: Taxonomy, edit: Add) -> Edited:
    n = len(taxonomy)
    return Edited(_with(taxonomy, (*taxonomy.motivations, edit.entry)), (*((slot,) for slot in range(n)), (n + 1, n)))


def _removed(taxonomy: Taxonomy, edit: Remove) -> Edited:
    slot = slot_of(taxonomy, edit.key)
    if len(taxonomy) == 1:
        raise InputError("A taxonomy needs a motivation", where=edit.key, hint="Add another one first")
    entries = (*taxonomy.motivations[:slot], *taxonomy.motivations[slot + 1 :])
    other = len(taxonomy) - 1
    slots = tuple((other if place == slot else place - (place > slot),) for place in range(len(taxonomy) + 1))
    return Edited(_with(taxonomy, entries), slots)


def slot_of(taxonomy: Taxonomy, key: str) -> int:
    """The slot of a motivation.

    Raises:
        NotFoundError: there is none of this key; names those there are, or the one that was probably meant.
    """
    keys = taxonomy.keys[:-1]
    if key in keys:
        return keys.index(key)
    if key == OTHER:
        raise NotFoundError("'other' is no motivation: it is what fits none", where=f"taxonomy {taxonomy.name}")
    near = get_close_matches(key, keys, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(keys)}"
    raise NotFoundError(f"No motivation '{key}'", where=f"taxonomy {taxonomy.name}", hint=hint)


def _with(taxonomy: Taxonomy, entries: Sequence[TaxonomyEntry]) -> Taxonomy:
    """``taxonomy`` with other motivations. Pydantic does not look at them again: its message would speak of fields, not of motivations."""
    return checked(taxonomy.model_copy(update={"motivations": tuple(entries)}))


def checked(taxonomy: Taxonomy) -> Taxonomy:
    """``taxonomy`` itself, if its keys are distinct and people can tell its names apart.

    Raises:
        InputError: they are not.
    """
    where = f"taxonomy {taxonomy.name}"
    keys: set[str] = {OTHER}
    names: set[str] = {OTHER}
    for entry in taxonomy.motivations:
        name = " ".join(entry.name.split()).casefold()
        if not name or not entry.description.strip():
            raise InputError("A motivation needs a name and a description", where=f"{where}, {entry.key}")
        if entry.key in keys:
            raise InputError(f"Two motivations with the key '{entry.key}'", where=where, hint="Choose another key")
        if name in names:
            raise InputError(f"Two motivations called '{entry.name}'", where=where, hint="Choose another name, or merge them")
        keys.add(entry.key)
        names.add(name)
    return taxonomy


def describe(edit: BaseModel | None) -> str:
    """An edit in words: "merged food_quality, menu_choice into food_quality"."""
    match edit:
        case Rename(key=key, name=name):
            return f"renamed {key} to {name}" if name else f"reworded {key}"
        case Merge(keys=keys, into=into):
            return f"merged {', '.join(key for key in keys if key != into)} into {into}"
        case Split(key=key, parts=parts):
            return f"split {key} into {', '.join(part.entry.key for part in parts)}"
        case Add(entry=entry):
            return f"added {entry.key}"
        case Remove(key=key):
            return f"removed {key}"
        case Discovered(extraction=extraction):
            return f"discovered in {extraction}"
        case Imported(file=file):
            return f"imported from {file}"
        case _:
            return ""
