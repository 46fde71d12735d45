"""The plain sentence of an explanation, made of claims: each says one thing and points to the quote or the number behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.recommend.evidence import Evidence

Unit = Literal["share", "score", "cosine", "statements", "motivations"]
_MENTIONED = 0.1
"""Share of what speaks for an item from which on behaviour, or what speaks against it, is told."""


class Figure(BaseModel):
    """A number of the explanation a claim rests on: ``what`` in words, its unexact form is only ever in the claim's text.

    A share is 0..1 of all that speaks for the item; a score has no unit (an inner product); a cosine is -1..1; the rest are counts.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    value: float
    unit: Unit


class Claim(BaseModel):
    """A piece of the sentence and the one thing it points to.

    Args:
        text: the words as they stand in the sentence, punctuation included: the claims' texts one after another are the sentence.
        quote: the statement whose quote (or its beginning, ended by "…") the text holds.
        figure: the number the text says.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    quote: Evidence | None = None
    figure: Figure | None = None

    @model_validator(mode="after")
    def _points_to_one_thing(self) -> Self:
        if (self.quote is None) == (self.figure is None):
            raise ValueError("a claim points to a quote or to a number")
        return self


class Speaking(BaseModel):
    """What the sentence needs of one motivation; `core.recommend.explanation.Contribution` has it and more."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    share: float
    user_evidence: list[Evidence]
    item_evidence: list[Evidence]


class Nearest(BaseModel):
    """An item of the user's training history by how like the recommended one it is in behaviour: a likeness, not a cause.

    Args:
        cosine: of the two items' behaviour vectors (what the graph says of who chooses them), -1..1.
    """

    model_config = ConfigDict(frozen=True)

    item: str
    item_idx: int
    title: str
    cosine: float


def claims_of(title: str, parts: Sequence[Speaking], remainder: float, nearest: Sequence[Nearest] = ()) -> list[Claim]:
    """One plain sentence on what speaks for an item, and what speaks against it where that is a tenth or more.

    Args:
        parts: largest value first; empty where the run has no named motivations.
        remainder: what behaviour alone adds. nearest: see `Nearest`, the nearest first.
    """
    if not parts:
        none = Figure(what="named motivations of this run", value=0, unit="motivations")
        return [Claim(text="This run's model does not split its score over named motivations, so it gives no reasons.", figure=none)]
    best = [part for part in parts[:2] if part.value > 0]
    pieces: list[list[Claim]] = [_reason(part) for part in best]
    if not best:
        highest = Figure(what=f"{parts[0].name}, the largest term", value=parts[0].value, unit="score")
        text = f"No motivation speaks for “{title}”: every term of its score is zero or negative"
        pieces = [[Claim(text=text, figure=highest)]]
    if behaviour := _behaviour(parts, remainder, nearest):
        pieces.append(behaviour)
    worst = parts[-1]
    if worst.share <= -_MENTIONED:
        share = Figure(what=f"{worst.name}, against what speaks for the item", value=worst.share, unit="share")
        pieces.append([Claim(text=f"{worst.name} speaks against it ({percent(worst.share)})", figure=share)])
    return _joined(f"“{title}”: " if best else "", pieces)


def sentence_of(claims: Sequence[Claim]) -> str:
    """The sentence the claims make."""
    return "".join(claim.text for claim in claims)


def shortened(text: str, length: int = 120) -> str:
    """A text on one line, cut at a word to at most ``length`` characters and then ended by "…"."""
    plain = " ".join(text.split())
    return plain if len(plain) <= length else plain[: length - 1].rsplit(" ", 1)[0] + "…"


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.0f} %"


def _reason(part: Speaking) -> list[Claim]:
    share = Figure(what=f"{part.name}, of what speaks for the item", value=part.share, unit="share")
    reason = [Claim(text=f"{part.name} makes {percent(part.share)} of what speaks for it", figure=share)]
    said = [Claim(text=f"{_speaker(evidence)} {_user_said(evidence)}", quote=evidence) for evidence in part.user_evidence[:1]]
    praise = [evidence for evidence in part.item_evidence if evidence.polarity == "positive" and not evidence.own_review]
    said += [Claim(text=f"a reviewer of it wrote “{shortened(evidence.quote)}”", quote=evidence) for evidence in praise[:1]]
    if not said:
        number = Figure(what=f"statements about {part.name} that could be quoted", value=0, unit="statements")
        said = [Claim(text="no review that could be quoted says so", figure=number)]
    first, last = said[0], said[-1]
    said[0] = first.model_copy(update={"text": f" ({first.text}"})
    said[1:] = [last.model_copy(update={"text": f", {last.text}"})] if len(said) > 1 else []
    said[-1] = said[-1].model_copy(update={"text": f"{said[-1].text})"})
    return reason + said


def _speaker(evidence: Evidence) -> str:
    """Who says it: a user, a newcomer (whose words are of no review of the dataset), or the taxonomy for a motivation picked."""
    if evidence.source == "picked":
        return "which was picked and stands for"
    pasted = evidence.source == "review" and evidence.interaction_idx < 0
    return "the newcomer wrote" if pasted else "the user wrote"


def _user_said(evidence: Evidence) -> str:
    about = " of this very item" if evidence.own_review else f" of “{shortened(evidence.item_title, 60)}”" if evidence.item_title else ""
    return f"“{shortened(evidence.quote)}”{about}"


def _behaviour(parts: Sequence[Speaking], remainder: float, nearest: Sequence[Nearest]) -> list[Claim]:
    """What behaviour alone says for an item, where that is enough to be told, and what in the history it is most like."""
    share = share_of_behaviour([part.value for part in parts], remainder)
    if share < _MENTIONED:
        return []
    figure = Figure(what="behaviour alone, of what speaks for the item", value=share, unit="share")
    told = [Claim(text=f"{percent(share)} comes from behaviour alone, which no review explains", figure=figure)]
    if nearest and nearest[0].cosine > 0:
        like = f"; by who chooses it, it is most like “{shortened(nearest[0].title, 60)}” of the user's history"
        cosine = Figure(what=f"likeness of behaviour to “{nearest[0].title}”", value=nearest[0].cosine, unit="cosine")
        told.append(Claim(text=f"{like} (cosine {nearest[0].cosine:.2f})", figure=cosine))
    return told


def share_of_behaviour(values: Sequence[float], remainder: float) -> float:
    """Share of behaviour alone in all that speaks for an item; 0 where nothing does."""
    total = sum(max(value, 0.0) for value in (*values, remainder))
    return remainder / total if total > 0 else 0.0


def _joined(head: str, pieces: Sequence[Sequence[Claim]]) -> list[Claim]:
    """The pieces after one another: the head before the first, "; " between two, a full stop at the end."""
    claims: list[Claim] = []
    for piece in pieces:
        start = "; " if claims else head
        claims += [piece[0].model_copy(update={"text": f"{start}{piece[0].text}"}), *piece[1:]]
    return [*claims[:-1], claims[-1].model_copy(update={"text": f"{claims[-1].text}."})]
