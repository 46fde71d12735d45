"""The sentences of the demo's reviewers: templates (`core.data.demo.grammar`), one a line, in a text file a motivation.

None of them is taken from the taxonomy's example phrases, nor the other way round: the extraction has to earn its score.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

Templates = tuple[str, ...]


class Phrases(NamedTuple):
    """Templates of one motivation: full clauses of praise and complaint, and fragments for people of few words."""

    praise: Templates
    complaint: Templates
    fragments: Templates


class SmallTalk(NamedTuple):
    """Templates that give no reason: around a review and instead of one."""

    openings: Templates
    asides: Templates
    endings_glad: Templates
    endings_mixed: Templates
    endings_sour: Templates
    off_topic: Templates


MOTIVATIONS: tuple[str, ...] = (
    "food_quality",
    "atmosphere",
    "value_for_money",
    "friendly_service",
    "speed_convenience",
    "health_diet",
    "family_groups",
    "special_occasions",
)


def _sections(name: str) -> dict[str, Templates]:
    """The sections of a phrase file: "## title" opens one, "#" begins a comment, every other line is a template."""
    sections: dict[str, list[str]] = {}
    for line in Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            sections[line.removeprefix("## ")] = []
        elif line and not line.startswith("#"):
            sections[list(sections)[-1]].append(line)
    return {title: tuple(templates) for title, templates in sections.items()}


PHRASES: dict[str, Phrases] = {motivation: Phrases(**_sections(motivation)) for motivation in MOTIVATIONS}
SMALL_TALK = SmallTalk(**_sections("small_talk"))
