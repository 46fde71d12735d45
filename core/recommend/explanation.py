"""What the recommender answers: lists, explanations whose terms sum to the score, and what would change it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.recommend.claims import Claim, Nearest, Speaking


class Answer(BaseModel):
    """What the recommender answers with: plain values that never change."""

    model_config = ConfigDict(frozen=True)

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return self.model_dump(mode="json")


class Recommended(Answer):
    """One item of a list; ``rank`` counts from 1."""

    rank: int
    item: str
    item_idx: int
    title: str
    score: float


class Recommendations(Answer):
    """The best items for a user, best first; shorter than asked for where the catalogue runs out."""

    user: str
    user_idx: int
    items: list[Recommended]


class Contribution(Speaking, Answer):
    """What one motivation adds to a score.

    Args:
        motivation: its key; name: what people read.
        value: <e_uk, e_ik>. share: value / sum of all that speaks for the item; 0 where nothing does.
        user_silent, item_silent: no statement of that side is about this motivation.
        silence: the same in words; "" where both sides speak.
    """

    motivation: str
    user_silent: bool
    item_silent: bool
    silence: str


class Explanation(Answer):
    """Why a user gets an item: the sum of all contributions and the remainder is the score.

    Args:
        contributions: largest value first; empty where the run has no named motivations.
        remainder: what behaviour alone adds (no review says it), or the whole score where there are no named motivations.
        rank: the item's rank among all items outside the user's training history (and itself).
        in_history: the pair is a training interaction.
        claims: the gist in plain words, made by template from the numbers and quotes above; each claim points to one of them.
        sentence: the claims' texts one after another.
        nearest: training items of the user that are most like the item in behaviour, nearest first; empty where the run has no
            behaviour beside its motivations. A likeness, not a cause.
    """

    user: str
    item: str
    title: str
    score: float
    rank: int
    in_history: bool
    contributions: list[Contribution]
    remainder: float
    claims: list[Claim]
    sentence: str
    nearest: list[Nearest] = []


class Counterfactual(Answer):
    """How an item stands when some motivations no longer count for the user."""

    user: str
    item: str
    dropped: list[str]
    score: float
    rank: int
    score_after: float
    rank_after: int


def positive_total(values: list[float], remainder: float) -> float:
    """The sum of everything that speaks for the item."""
    return sum(max(value, 0.0) for value in (*values, remainder))


def silence(user_silent: bool, item_silent: bool, name: str, *, newcomer: bool = False) -> str:
    """Which side says nothing of a motivation, and what its side of the term then rests on, in words.

    The text of a whole profile enters every slot a little, so a silent side's term rests on other words too.
    """
    if user_silent and item_silent:
        who = "Neither these words" if newcomer else "Neither the user's reviews"
        rests = "from words about other things" if newcomer else "from behaviour and from words about other things"
        return f"{who} nor the item's reviews mention {name}; the term comes {rests}."
    if user_silent and newcomer:
        return f"These words never mention {name}; the newcomer's side of the term comes from words about other things."
    if user_silent:
        return f"The user's reviews never mention {name}; the user's side of the term comes from behaviour and other words."
    if item_silent:
        return f"No review of the item mentions {name}; the item's side of the term comes from behaviour and other words."
    return ""
