"""Scores against the truth planted in the demo: do the extraction, the profiles and the explanations find the real motivations?

This is the only reader of the truth. Nothing here feeds back into training, recommendations or pages' evidence; pages show scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.extraction.schema import OTHER
from core.extraction.taxonomy import Taxonomy
from core.workspace import Artefact

FOLDER = "planted"
STRONGEST = 2


@dataclass(frozen=True)
class Planted:
    """The truth behind a generated dataset.

    Args:
        users: index user_id, one column a motivation, rows sum to 1.
        items: index item_id, one column a motivation, strengths in 0..1.
        reviews: user_id, item_id, dominant, second, told, told_second, complaint (motivation keys, "" where none), matches
            (whether the text speaks of the planted motivation).
    """

    users: pd.DataFrame
    items: pd.DataFrame
    reviews: pd.DataFrame

    @staticmethod
    def kept(artefact: Artefact) -> bool:
        """Whether a dataset has a truth beside it."""
        return (artefact.path / FOLDER).is_dir()

    @classmethod
    def load(cls, artefact: Artefact) -> Planted:
        """Read the truth kept beside a generated dataset.

        Raises:
            InputError: this dataset has none.
        """
        folder = artefact.path / FOLDER
        if not cls.kept(artefact):
            raise InputError(
                "This dataset has no planted motivations", where=artefact.id, hint="Only the generated demo has them: run `lmmrec demo`"
            )
        users, items, reviews = (pd.read_parquet(folder / f"{name}.parquet") for name in ("users", "items", "reviews"))
        return cls(users.set_index("user_id"), items.set_index("item_id"), reviews)

    @property
    def keys(self) -> list[str]:
        """Keys of the planted motivations in order."""
        return list(self.users.columns)

    def strongest(self, count: int = STRONGEST) -> pd.DataFrame:
        """Whether each motivation is among the user's ``count`` strongest: bool [n_users, K], index user_id."""
        ranks = self.users.rank(axis=1, ascending=False, method="first")
        return ranks <= count


def score_extraction(dataset: ReviewDataset, planted: Planted, statements: pd.DataFrame, taxonomy: Taxonomy) -> dict[str, float]:
    """How well the motivations extracted from the training reviews agree with the planted ones.

    A review's extracted motivation is the named one with the largest summed strength over its statements; a review with text
    and no named statement counts as "other". Adjusted mutual information (Vinh, Epps & Bailey, JMLR 2010) is 0 by chance and 1 when equal.

    Args:
        statements: the columns of `core.extraction.schema.STATEMENT_COLUMNS`; only those of training reviews count.

    Returns:
        ami; ami_ceiling (a perfect reader's: some reviews do not tell the truth); ami_matching (over the reviews that do);
        accuracy; macro_f1 (mean over the planted motivations); coverage (share of reviews with a named motivation);
        matching_share; n_reviews.

    Raises:
        InputError: the dataset has no training review with text that was planted.
    """
    reviews = training_truth(dataset, planted)
    extracted = _dominant(statements, taxonomy).reindex(reviews["interaction_idx"]).fillna(OTHER).to_numpy(dtype=str)
    truth = reviews["dominant"].to_numpy(dtype=str)
    told = reviews["told"].replace("", OTHER).to_numpy(dtype=str)
    matching = reviews["matches"].to_numpy(dtype=bool)
    return {
        "ami": _ami(truth, extracted),
        "ami_ceiling": _ami(truth, told),
        "ami_matching": _ami(truth[matching], extracted[matching]),
        "accuracy": float((truth == extracted).mean()),
        "macro_f1": _macro_f1(truth, extracted, planted.keys),
        "coverage": float((extracted != OTHER).mean()),
        "matching_share": float(matching.mean()),
        "n_reviews": float(len(reviews)),
    }


def score_top_contribution(planted: Planted, rows: pd.DataFrame) -> dict[str, float]:
    """How often the motivation that contributes most to a recommendation is one of the user's two strongest planted ones.

    Args:
        rows: one row a recommendation; user_id, motivation (the key of its top contribution; "other" counts as a miss).

    Returns:
        share; chance_uniform (a motivation drawn at random); chance_shuffled (the expected share when the users are
        exchanged at random: what the model would reach by knowing the crowd but not the person); n; n_users.

    Raises:
        InputError: there are no rows, or a user has no planted mix.
    """
    unknown = sorted(set(rows["user_id"]) - set(planted.users.index))
    if rows.empty or unknown:
        what = f"No planted mix for {len(unknown)} users" if unknown else "No recommendation to score"
        raise InputError(what, where=", ".join(map(str, unknown[:3])) or "rows", hint="Score recommendations made on the generated demo")
    strongest = planted.strongest().assign(**{OTHER: False})
    users = strongest.loc[rows["user_id"].unique()]
    columns = users.columns.get_indexer(pd.Index(rows["motivation"]))
    known = columns >= 0
    hits = users.to_numpy()[users.index.get_indexer(pd.Index(rows["user_id"])), columns] & known
    crowd = np.where(known, users.to_numpy().mean(axis=0)[columns], 0.0)
    return {
        "share": float(hits.mean()),
        "chance_uniform": STRONGEST / len(planted.keys),
        "chance_shuffled": float(crowd.mean()),
        "n": float(len(rows)),
        "n_users": float(len(users)),
    }


def score_profiles(dataset: ReviewDataset, planted: Planted, user_table: pd.DataFrame, taxonomy: Taxonomy) -> dict[str, float]:
    """How well the users' profile shares agree with their planted mixes.

    Args:
        user_table: node_idx, motivation (index in the taxonomy), share; shares of both polarities are added.

    Returns:
        rank_correlation (mean Spearman over users) and rank_correlation_shuffled (its mean over all other pairings of users
        and mixes); top_is_strongest (share of users whose largest share is one of their two strongest planted motivations);
        n_users with a profile.

    Raises:
        InputError: no user of the table has a planted mix.
    """
    named = user_table[user_table["motivation"] < len(taxonomy)]
    keys = pd.Series(taxonomy.keys)[named["motivation"].to_numpy(dtype=int)].to_numpy()
    user_ids = dataset.users["user_id"].to_numpy()[named["node_idx"].to_numpy(dtype=int)]
    shares = named.assign(user_id=user_ids, key=keys).pivot_table(
        index="user_id", columns="key", values="share", aggfunc="sum", fill_value=0.0
    )
    shares = shares.reindex(columns=planted.keys, fill_value=0.0)
    shares = shares[shares.index.isin(planted.users.index) & (shares.nunique(axis=1) > 1)]
    if shares.empty:
        raise InputError("No profile of a user with planted motivations", where=dataset.id, hint="Score the profiles of the generated demo")
    profile, truth = _standard_ranks(shares), _standard_ranks(planted.users.loc[shares.index])
    own = (profile * truth).sum(axis=1)
    n = len(shares)
    pairings = float(profile.sum(axis=0) @ truth.sum(axis=0))
    top = shares.to_numpy().argmax(axis=1)
    strongest = planted.strongest().loc[shares.index].to_numpy()
    return {
        "rank_correlation": float(own.mean()),
        "rank_correlation_shuffled": (pairings - float(own.sum())) / max(n * (n - 1), 1),
        "top_is_strongest": float(strongest[np.arange(n), top].mean()),
        "n_users": float(n),
    }


def training_truth(dataset: ReviewDataset, planted: Planted) -> pd.DataFrame:
    """What was planted in the training reviews with text: the columns of `Planted.reviews` and interaction_idx.

    Raises:
        InputError: nothing was planted in any of them.
    """
    rows = dataset.rows("train")
    rows = rows[rows["text"] != ""]
    pairs = pd.DataFrame(
        {
            "interaction_idx": rows.index,
            "user_id": dataset.users["user_id"].to_numpy()[rows["user_idx"]],
            "item_id": dataset.items["item_id"].to_numpy()[rows["item_idx"]],
        }
    )
    reviews = pairs.merge(planted.reviews, on=["user_id", "item_id"], how="inner")
    if reviews.empty:
        raise InputError("No training review with planted motivations", where=dataset.id, hint="Score an extraction of the generated demo")
    return reviews


def _dominant(statements: pd.DataFrame, taxonomy: Taxonomy) -> pd.Series:
    """Key of the named motivation with the largest summed strength, by interaction_idx; ties go to the earlier motivation."""
    own = statements[(statements["source"] == "review") & (statements["motivation"] < len(taxonomy))]
    sums = own.groupby(["interaction_idx", "motivation"])["strength"].sum().reset_index()
    sums = sums.sort_values(["interaction_idx", "strength", "motivation"], ascending=[True, False, True])
    first = sums.drop_duplicates("interaction_idx")
    keys = [taxonomy.keys[motivation] for motivation in first["motivation"]]
    return pd.Series(keys, index=first["interaction_idx"].to_numpy(), dtype=object)


def _ami(truth: np.ndarray, found: np.ndarray) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(truth, found))


def _macro_f1(truth: np.ndarray, found: np.ndarray, keys: list[str]) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, found, labels=keys, average="macro", zero_division=0.0))


def _standard_ranks(frame: pd.DataFrame) -> np.ndarray:
    """float64 [n, K]: each row's ranks, centred and scaled to length 1, so that a dot product is Spearman's correlation."""
    ranks = frame.rank(axis=1, method="average").to_numpy(dtype=float)
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    return np.asarray(ranks / np.linalg.norm(ranks, axis=1, keepdims=True))
