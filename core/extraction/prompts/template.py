"""A prompt: two Jinja2 templates (system and user part) that turn reviews into the messages a model gets.

Texts of reviews, titles and statements come in fenced (`core.extraction.prompts.material`); nothing in them is evaluated. A system part
without the review's own variables is the same text for every review, which lets the server reuse what it has computed for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinja2 import Template
from pydantic import BaseModel, ConfigDict, field_validator

from core.errors import InputError
from core.extraction.prompts.domains import domains
from core.extraction.prompts.material import check_fences
from core.extraction.prompts.sandbox import compiled, render
from core.extraction.prompts.variables import ESSENTIAL, KINDS, KNOWN, VARIABLES, PromptKind, prepared
from core.storage import content_hash

if TYPE_CHECKING:
    from core.extraction.ollama.chat import Message

__all__ = ["KINDS", "VARIABLES", "PromptKind", "PromptTemplate"]

_TOLD = {"taxonomy": "which motivations it may name", "schema": "what its answer has to look like"}


class PromptTemplate(BaseModel):
    """The text of a prompt. Making one checks nothing of the Jinja in it (people are typing); `check` and `render` do.

    Args:
        kind: what it reads: one review, a user's or an item's reviews, or statements to be merged.
        domain: "products", "places" or "games".
        system, user: Jinja2 templates; all line ends become line feeds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: PromptKind
    domain: str
    system: str
    user: str

    @field_validator("domain")
    @classmethod
    def _known(cls, domain: str) -> str:
        if domain not in domains():
            raise ValueError(f"there are the domains {', '.join(domains())}")
        return domain

    @field_validator("system", "user")
    @classmethod
    def _plain_line_ends(cls, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def hash(self) -> str:
        """Content hash: part of the key of every answer to this prompt."""
        return content_hash(self.kind, self.domain, self.system, self.user)

    @property
    def variables(self) -> frozenset[str]:
        """The variables it uses.

        Raises:
            InputError: as `check`.
        """
        return frozenset().union(*(used for _, _, used in self._parts()))

    def _parts(self) -> list[tuple[str, Template, frozenset[str]]]:
        sources = {"system part": self.system, "user part": self.user}
        return [(part, *compiled(source, part, KNOWN[self.kind])) for part, source in sources.items()]

    def check(self) -> None:
        """Make sure that it can be rendered.

        Raises:
            InputError: a template is wrong or too long, or never shows what it is about; the message names the part and line.
        """
        essential = ESSENTIAL[self.kind]
        if essential not in self.variables:
            raise InputError(f"The prompt never shows the model the {essential}", hint=f"Put {{{{ {essential} }}}} into the user part")
        if not self.user.strip():
            raise InputError("The user part is empty", hint="A model answers to the user part; put the review there")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is allowed but seldom meant, one line each.

        Raises:
            InputError: as `check`.
        """
        used, (_, _, of_system) = self.variables, self._parts()[0]
        own = of_system & {ESSENTIAL[self.kind], "rating", "item_title"}
        found = [f"Without {{{{ {name} }}}} the model is not told {why}" for name, why in _TOLD.items() if name not in used]
        if own:
            found.append(f"The system part changes with {', '.join(sorted(own))}: the server cannot reuse it from review to review")
        return tuple(found)

    def render(self, variables: Mapping[str, Any]) -> list[Message]:
        """The messages to send.

        Args:
            variables: see `VARIABLES`. ``taxonomy`` may be a `Taxonomy`, its entries or mappings; of "rating", "item_title" and
                "subject" there are defaults, and the words of the domain are there by themselves.

        Raises:
            InputError: the template is wrong, or a variable is missing or unknown; the message names the part and line.
        """
        from core.extraction.ollama.chat import Message  # the client behind it is slow to import, and lists of prompts need none

        parts = self._parts()
        values, code = prepared(self.kind, self.domain, variables)
        texts = {part: render(template, part, values) for part, template, _ in parts}
        for part, text in texts.items():
            check_fences(text, code, part)
        system, user = texts.values()
        if not user:
            raise InputError("The user part is empty for this review", hint="A model answers to the user part; print the review there")
        return [*([Message(role="system", content=system)] if system else []), Message(role="user", content=user)]
