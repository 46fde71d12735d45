"""Extractors over the scripted server, for tests: a short prompt of each kind, and those that ship."""

from __future__ import annotations

import time
from typing import Any

from core.extraction.ollama.chat import Backoff
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.server import OllamaServer, Timeouts
from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.store import PromptVersion
from core.extraction.prompts.template import PromptKind, PromptTemplate
from core.extraction.taxonomy import Taxonomy
from tests.ollama_server.fixture import RunningServer

PLACES = Taxonomy.default("places")
SHORT = PromptTemplate(kind="review", domain="places", system="You study reviews.", user="{{ review }}")
TEXT = "The food was so fresh. But we waited an hour for it!"
GOOD = {"name": "food_quality", "statement": "Wants fresh food.", "quote": "the food was so fresh", "polarity": "positive", "strength": 0.8}
SLOW = {"name": "speed_convenience", "statement": "Dislikes waiting.", "quote": "waited an hour", "polarity": "negative", "strength": 0.6}
ANSWER = {"reasoning": "They ate well and waited.", "motivations": [GOOD, SLOW], "need": "a quick good meal"}


def version(template: PromptTemplate) -> PromptVersion:
    """A template as the first version of a prompt."""
    return PromptVersion(
        name="tried", number=1, hash=template.hash, template=template, parent=None, note="", created_at="2026-01-01T00:00:00+00:00"
    )


def shipped(kind: PromptKind) -> PromptVersion:
    """The prompt for places that ships."""
    return version(default_template(kind, "places"))


def extractor(url: str, prompt: PromptVersion | None = None, read_s: float = 20.0, **settings: Any) -> OllamaExtractor:
    """An extractor that waits for nothing longer than a test should."""
    settings = {"model": "tiny:1b", "backoff": Backoff(attempts=3, first_s=0.01, longest_s=0.05)} | settings
    return OllamaExtractor(OllamaServer(url, Timeouts(read_s=read_s)), prompt=prompt or version(SHORT), taxonomy=PLACES, **settings)


def says(answer: Any = None, **action: Any) -> dict[str, Any]:
    """The action of a server that answers with an object, or with a text."""
    return {"kind": "answer"} | ({"text": answer} if isinstance(answer, str) else {"json": answer or ANSWER}) | action


def chats(server: RunningServer, count: int) -> list[dict[str, Any]]:
    """The logged conversations; the last lines of a log come a moment after their answers."""
    until = time.monotonic() + 5
    while len(found := server.log("/api/chat")) < count and time.monotonic() < until:
        time.sleep(0.01)
    assert len(found) == count
    return found
