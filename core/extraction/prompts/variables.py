"""What a prompt template may ask for, and how the values come into it: texts fenced, numbers as a sentence would say them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, get_args

from core.errors import InputError
from core.extraction.prompts.domains import domain_words
from core.extraction.prompts.material import Material, fence_code

PromptKind = Literal["review", "user", "item", "merge"]
KINDS: tuple[PromptKind, ...] = get_args(PromptKind)

_EVERYWHERE = {
    "taxonomy": "The motivations that may be named: a list, each with key, name and description",
    "schema": "The JSON schema of the answer, as text",
    "domain_noun": "What is reviewed: product, place or game",
    "domain_nouns": "The same for several: products, places or games",
    "domain_person": "Who acts: customer, guest or player",
    "domain_people": "The same for several",
}
_REVIEWS = "The training reviews, a list: each has text and title (fenced) and rating (1 to 5, or none)"
VARIABLES: dict[PromptKind, dict[str, str]] = {
    "review": {
        "review": "The review's text, fenced as material",
        "rating": "The stars of the review, 1 to 5, or none",
        "item_title": "What the reviewed thing is called, fenced; empty where it is not known",
        **_EVERYWHERE,
    },
    "user": {"reviews": _REVIEWS.replace("training reviews", "user's training reviews") + "; title is the item's", **_EVERYWHERE},
    "item": {
        "reviews": _REVIEWS.replace("training reviews", "item's training reviews") + "; title is the review's headline",
        "item_title": "What the reviewed thing is called, fenced; empty where it is not known",
        **_EVERYWHERE,
    },
    "merge": {
        "statements": "What was extracted so far: printed, one JSON object a line, fenced as one; or a list, each with motivation, "
        "polarity, strength and (fenced) statement and quote",
        "subject": "Whose statements they are: user or item",
        "item_title": "What the item is called, fenced; empty for users and where it is not known",
        **_EVERYWHERE,
    },
}
KNOWN = {kind: frozenset(names) for kind, names in VARIABLES.items()}
ESSENTIAL: dict[PromptKind, str] = {"review": "review", "user": "reviews", "item": "reviews", "merge": "statements"}
_DEFAULTS = {"rating": None, "item_title": "", "subject": "user"}
_STATEMENT: dict[str, Any] = {"motivation": "other", "polarity": "positive", "strength": None, "statement": "", "quote": ""}


class _Statements(tuple[dict[str, Any], ...]):
    """Statements to loop over; printed as a whole, one JSON object a line in one fence."""

    printed: Material

    def __str__(self) -> str:
        return str(self.printed)


def prepared(kind: PromptKind, domain: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """All variables of a prompt as the template sees them, and the code of their fences.

    Raises:
        InputError: a variable is missing or unknown.
    """
    unknown = sorted(set(given) - KNOWN[kind])
    if unknown:
        close = get_close_matches(unknown[0], KNOWN[kind], n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(VARIABLES[kind])}"
        raise InputError(f"A {kind} prompt has no variable '{unknown[0]}'", hint=hint)
    words = domain_words(domain)
    values: dict[str, Any] = {f"domain_{name}": words[name] for name in ("noun", "nouns", "person", "people")}
    values |= {name: value for name, value in _DEFAULTS.items() if name in KNOWN[kind]} | dict(given)
    missing = sorted(KNOWN[kind] - set(values))
    if missing:
        raise InputError(f"No value for the variable '{missing[0]}'", where=f"{kind} prompt", hint=VARIABLES[kind][missing[0]])
    values["taxonomy"] = _motivations(values["taxonomy"])
    return _fenced(values)


def _fenced(values: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Every text of a stranger in its fence, all with one code."""
    reviews = [_fields(entry, {"text": "", "rating": None, "title": ""}) for entry in values.get("reviews", ())]
    statements = [_statement(entry) for entry in values.get("statements", ())]
    texts = [str(values.get(name) or "") for name in ("review", "item_title")]
    texts += [str(one[name] or "") for one in reviews for name in ("text", "title")]
    texts += [str(one[name] or "") for one in statements for name in _STATEMENT]
    code = fence_code(texts)
    if "review" in values:
        values |= {"review": Material(texts[0], code), "rating": _plain_number(values["rating"])}
    if "item_title" in values:
        values["item_title"] = Material(texts[1], code, inline=True)
    if "reviews" in values:
        values["reviews"] = [
            {"text": Material(str(one["text"] or ""), code), "rating": _plain_number(one["rating"])}
            | {"title": Material(str(one["title"] or ""), code, inline=True)}
            for one in reviews
        ]
    if "statements" in values:
        values["statements"] = _statements(statements, code)
    return values, code


def _statement(entry: Any) -> dict[str, Any]:
    """The fields of a statement; a `Motivation` calls its motivation ``name``."""
    fields = _fields(entry, _STATEMENT | {"motivation": None, "name": "other"})
    name = fields.pop("name")
    return fields | {"motivation": name if fields["motivation"] is None else fields["motivation"]}


def _statements(entries: list[dict[str, Any]], code: str) -> _Statements:
    plain = [one | {"strength": _plain_number(one["strength"])} for one in entries]
    lines = [json.dumps({name: value for name, value in one.items() if value not in ("", None)}, ensure_ascii=False) for one in plain]
    fenced = _Statements(
        one
        | {name: Material(str(one[name] or ""), code, inline=True) for name in ("statement", "quote")}
        | {name: " ".join(str(one[name]).split()) for name in ("motivation", "polarity")}
        for one in plain
    )
    fenced.printed = Material("\n".join(lines), code)
    return fenced


def _fields(entry: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a mapping or an object; those it lacks are the defaults'."""
    if isinstance(entry, Mapping):
        return {name: entry.get(name, default) for name, default in defaults.items()}
    return {name: getattr(entry, name, default) for name, default in defaults.items()}


def _motivations(taxonomy: Any) -> list[dict[str, str]]:
    """What a prompt says of each motivation, each in one line: names and descriptions may have been made from reviews."""
    entries: Sequence[Any] = getattr(taxonomy, "motivations", taxonomy)
    plain = [_fields(entry, {"key": "", "name": "", "description": ""}) for entry in entries]
    return [{name: " ".join(str(text).split()) for name, text in one.items()} for one in plain]


def _plain_number(value: float | None) -> float | int | None:
    """4.0 as 4, 0.30000001 as 0.3, not-a-number as none: what a sentence would say."""
    if value is None or math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 2)
