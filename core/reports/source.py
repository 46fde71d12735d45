"""What a report says of itself: the dataset, the run and its figures, the date, and how people are called in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from core.motivations.colours import OTHER_COLOUR, motivation_colours
from core.recommend.evidence import Evidence
from core.recommend.faithfulness import FaithfulnessCurves, SingleDeletions, faithfulness_curves, single_deletions
from core.recommend.pseudonyms import pseudonyms, workspace_key
from core.recommend.recommender import Recommender
from core.reports.drawing import lines
from core.workspace import Workspace, now

_CELLS = 4_000_000
"""Scores a faithfulness test may rank at each of its steps: bounds its time on large catalogues."""
_MOST_USERS = 200


@dataclass(frozen=True)
class Faithfulness:
    """Whether deleting what explanations name first hurts more than deleting something else, over ``n`` recommendations of the run."""

    n: int
    single: SingleDeletions
    curves: FaithfulnessCurves

    def drawing(self) -> Markup:
        """Reciprocal ranks while motivations are deleted, by the explanation's order and by random orders."""
        by_term, random = self.curves.deletion.reciprocal_ranks, self.curves.random_deletion.reciprocal_ranks
        names = "the explanation's order", "random orders"
        alt = "Mean reciprocal rank while motivations are deleted one after the other"
        return lines(by_term.tolist(), random.tolist(), *names, "motivations deleted", alt)


@dataclass(frozen=True)
class ReportSource:
    """What all parts of a report share.

    Args:
        model: of the run, as its configuration names it. figures: its metrics on the test split. made_at: of the report, ISO 8601 UTC.
        names: user_id -> pseudonym, where users go by them; empty where by their names.
        faithfulness: None where the run's slots are not named.
    """

    recommender: Recommender
    dataset: str
    run: str
    model: str
    figures: Mapping[str, float]
    made_at: str
    names: Mapping[str, str] = field(default_factory=dict)
    faithfulness: Faithfulness | None = None

    @classmethod
    def open(
        cls,
        workspace: Workspace,
        run_ref: str,
        *,
        hidden: bool = False,
        recommender: Recommender | None = None,
        faithfulness: Faithfulness | None = None,
    ) -> ReportSource:
        """Open a run of a workspace.

        Args:
            hidden: users go by pseudonyms. recommender, faithfulness: of this run, where they are at hand already.

        Raises:
            NotFoundError: the workspace does not hold the run or what it was made from.
        """
        run = workspace.get("run", run_ref)
        opened = recommender or Recommender.open(workspace, run.id)
        test = run.manifest.summary.get("test", {})
        return cls(
            recommender=opened,
            dataset=opened.dataset.name,
            run=run.id,
            model=str(run.manifest.summary.get("model", run.manifest.name)),
            figures={str(name): float(value) for name, value in test.items() if isinstance(value, (int, float))},
            made_at=now(),
            names=pseudonyms(opened.dataset, workspace_key(workspace)) if hidden else {},
            faithfulness=faithfulness or measured(opened),
        )

    @property
    def hidden(self) -> bool:
        """Whether users go by pseudonyms."""
        return bool(self.names)

    @property
    def colours(self) -> Mapping[str, str]:
        """Key of a motivation -> its colour."""
        profiles = self.recommender.run.profiles
        return motivation_colours(profiles.taxonomy.keys if profiles is not None else self.recommender.motivations)

    def colour(self, motivation: str) -> str:
        """A motivation's colour; grey where it has none."""
        return self.colours.get(motivation, OTHER_COLOUR)

    def who(self, user_id: str) -> str:
        """What a user is called: the pseudonym, or the name (the id where there is none)."""
        if self.hidden:
            return self.names.get(user_id, "a person")
        users = self.recommender.dataset.users
        return str(users["name"].iloc[self.recommender.dataset.user_idx(user_id)]) or user_id

    def origin(self, evidence: Evidence, side: str) -> str:
        """Where a quote is from, in words: of a user's quote the item, of an item's quote the user."""
        if evidence.source != "review":
            return "from the profile text"
        if evidence.own_review:
            return "from the user's own review of this item"
        if side == "user":
            return f"from the review of “{evidence.item_title}”" if evidence.item_title else "from a review"
        return f"from a review by {self.who(evidence.user)}" if evidence.user else "from a review"


def measured(recommender: Recommender, seed: int = 0) -> Faithfulness | None:
    """The faithfulness of a run's first recommendations, on a sample of its users; None where its slots are not named."""
    if len(recommender.motivations) < 2:
        return None
    n = max(20, min(_MOST_USERS, _CELLS // max(1, recommender.dataset.n_items)))
    single = single_deletions(recommender, n=n, seed=seed)
    return Faithfulness(single.n, single, faithfulness_curves(recommender, n=n, orders=4, seed=seed))
