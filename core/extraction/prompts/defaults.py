"""The prompts that ship: one template a kind, a table of words a domain, and the passages they share, put together to whole templates.

What people see and edit is the whole; the pieces only save the program twelve near-identical copies. In assets/prompts, ``[[word]]``
stands for a passage of parts.toml, a word of domains.toml or of the kind's own table; Jinja's own marks stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import product

from core.errors import NotFoundError
from core.extraction.prompts.domains import domain_words, domains, shipped
from core.extraction.prompts.template import KINDS, PromptKind, PromptTemplate

_PLACE = re.compile(r"\[\[(\w+)\]\]")
_DEPTH = 3  # a passage may hold passages, those may hold words


def default_name(kind: PromptKind, domain: str) -> str:
    """What the default prompt of a kind and domain is called in every workspace: "review-places"."""
    return f"{kind}-{domain}"


@cache
def default_template(kind: PromptKind, domain: str) -> PromptTemplate:
    """The prompt that ships for a kind and a domain.

    Raises:
        NotFoundError: there is no such kind. InputError: there is no such domain.
    """
    if kind not in KINDS:
        raise NotFoundError(f"No such kind of prompt: {kind}", hint=f"There are: {', '.join(KINDS)}")
    file = shipped(kind)
    pieces = {name: text.strip("\n") for name, text in (shipped("parts") | domain_words(domain) | file["words"]).items()}
    system, user = (_filled(file[part].lstrip("\n"), pieces) for part in ("system", "user"))
    return PromptTemplate(kind=kind, domain=domain, system=system, user=user)


def default_templates() -> dict[str, PromptTemplate]:
    """All prompts that ship, by name."""
    return {default_name(kind, domain): default_template(kind, domain) for kind, domain in product(KINDS, domains())}


def _filled(text: str, pieces: Mapping[str, str]) -> str:
    for _ in range(_DEPTH):
        text = _PLACE.sub(lambda found: pieces[found[1]], text)
    return text
