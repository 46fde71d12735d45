"""Parts that reports about users and about items share: the two views as a chart, and what is said, in words."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from core.extraction.schema import OTHER
from core.recommend.portrait import MotivationView, Portrait
from core.reports.drawing import Pair, pairs
from core.reports.source import ReportSource

_QUOTED = 6


def said_and_done(source: ReportSource, shown: Portrait) -> Markup | None:
    """Text against behaviour, one row a motivation; None where nothing is known of either."""
    rows = [view for view in shown.motivations if view.text_share or view.behaviour_share]
    if not rows:
        return None
    drawn = [Pair(view.name, view.text_share, view.behaviour_share, source.colour(view.motivation)) for view in rows]
    return pairs(drawn, "share of what the text says", "share of what behaviour shows", "Share of each motivation in text and in behaviour")


def told(shown: Portrait) -> Sequence[MotivationView]:
    """The motivations that are quoted: those said most, with at least one quote."""
    return [view for view in shown.motivations if view.quotes and view.motivation != OTHER][:_QUOTED]


def described(shown: Portrait) -> str:
    """One plain sentence on what moves a user or what people seek in an item."""
    spoken = [view for view in shown.motivations if view.n_statements]
    named = [f"{view.name} ({100 * view.text_share:.0f}\N{NO-BREAK SPACE}%)" for view in spoken if view.motivation != OTHER][:3]
    whose = "this person's training texts" if shown.side == "user" else "training texts about it"
    if not spoken:
        return f"No statement was found in {whose}: what is known comes from behaviour alone."
    n = sum(view.n_statements for view in spoken)
    if not named:
        return f"The {n:,} statements in {whose} are about none of the named motivations."
    most = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    plural = "statement" if n == 1 else "statements"
    return f"Of {n:,} {plural} in {whose}, most are about {most}."
