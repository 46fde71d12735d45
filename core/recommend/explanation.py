"""What the recommender answers: lists, explanations whose terms sum to the score, and what would change it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.recommend.evidence import Evidence


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return self.model_dump(mode="json")


class Recommended(_Answer):
    """One item of a list; ``rank`` counts from 1."""

    rank: int
    item: str
    item_idx: int
    title: str
    score: float


class Recommendations(_Answer):
    """The best items for a user, best first; shorter than asked for where the catalogue runs out."""

    user: str
    user_idx: int
    items: list[Recommended]


class Contribution(_Answer):
    """What one motivation adds to a score.

    Args:
        motivation: its key; name: what people read.
        value: <e_uk, e_ik>. share: value / sum of all that speaks for the item; 0 where nothing does.
        user_silent, item_silent: no statement of that side is about this motivation.
        silence: the same in words; "" where both sides speak.
    """

    motivation: str
    name: str
    value: float
    share: float
    user_evidence: list[Evidence]
    item_evidence: list[Evidence]
    user_silent: bool
    item_silent: bool
    silence: str


class Explanation(_Answer):
    """Why a user gets an item: the sum of all contributions and the remainder is the score.

    Args:
        contributions: largest value first; empty where the run has no named motivations.
        remainder: what behaviour alone adds (no review says it), or the whole score where there are no named motivations.
        rank: the item's rank among all items outside the user's training history (and itself).
        in_history: the pair is a training interaction.
        sentence: the gist in plain words, made by template from the numbers and quotes above.
    """

    user: str
    item: str
    title: str
    score: float
    rank: int
    in_history: bool
    contributions: list[Contribution]
    remainder: float
    sentence: str


class Counterfactual(_Answer):
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


def silence(user_silent: bool, item_silent: bool, name: str) -> str:
    """Which side says nothing of a motivation, in words."""
    if user_silent and item_silent:
        return f"Neither the user's reviews nor the item's mention {name}; the term comes from behaviour alone."
    if user_silent:
        return f"The user's reviews never mention {name}; the user's side of the term comes from behaviour."
    if item_silent:
        return f"No review of the item mentions {name}; the item's side of the term comes from behaviour."
    return ""


def sentence(title: str, contributions: list[Contribution], remainder: float) -> str:
    """One plain sentence on what speaks for an item, and what speaks against it where that is a tenth or more."""
    if not contributions:
        return "This run's model does not split its score over named motivations, so it gives no reasons."
    best = [contribution for contribution in contributions[:2] if contribution.value > 0]
    if not best:
        return f"No motivation speaks for “{title}”: every term of its score is zero or negative{_unexplained(contributions, remainder)}."
    reasons = [
        f"{contribution.name} makes {_percent(contribution.share)} of what speaks for it{_because(contribution)}" for contribution in best
    ]
    worst = contributions[-1]
    against = f"; {worst.name} speaks against it ({_percent(worst.share)})" if worst.share <= -0.1 else ""
    return f"“{title}”: {'; '.join(reasons)}{_unexplained(contributions, remainder)}{against}."


def _unexplained(contributions: list[Contribution], remainder: float) -> str:
    """What behaviour alone says for an item, where that is a tenth or more of what speaks for it."""
    total = positive_total([contribution.value for contribution in contributions], remainder)
    share = remainder / total if total > 0 else 0.0
    return f"; {_percent(share)} comes from behaviour alone, which no review explains" if share >= 0.1 else ""


def _because(contribution: Contribution) -> str:
    reasons = [f"the user wrote {_user_said(evidence)}" for evidence in contribution.user_evidence[:1]]
    praise = [evidence for evidence in contribution.item_evidence if evidence.polarity == "positive" and not evidence.own_review]
    reasons += [f"a reviewer of it wrote “{_shortened(evidence.quote)}”" for evidence in praise[:1]]
    return f" ({', '.join(reasons) or 'no review says so: it comes from behaviour alone'})"


def _user_said(evidence: Evidence) -> str:
    about = " of this very item" if evidence.own_review else f" of “{_shortened(evidence.item_title, 60)}”" if evidence.item_title else ""
    return f"“{_shortened(evidence.quote)}”{about}"


def _shortened(text: str, length: int = 120) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= length else plain[: length - 1].rsplit(" ", 1)[0] + "…"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
