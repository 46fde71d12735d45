"""What an extraction found, review by review: each text beside its motivations, filtered, a page at a time.

Texts come from `SourceTexts` alone, which holds training reviews only (METHOD 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import ReviewDataset
from core.extraction.config import ExtractionConfig
from core.extraction.grounding import Grounding, ground
from core.extraction.ollama.outcome import Answer, Failure
from core.extraction.questions import review_text
from core.extraction.result_filter import Level, Result, ResultFilter
from core.extraction.schema import STATEMENT_COLUMNS, Motivation, ReviewMotivations
from core.extraction.taxonomy import Taxonomy
from core.extraction.texts import SourceTexts
from core.workspace import Artefact

LEVELS: tuple[Level, ...] = ("review", "user", "item")
_SOURCES: dict[str, Level] = {"review": "review", "user_profile": "user", "item_profile": "item"}
_FIGURES = ("raw", "thinking", "attempts", "prompt_tokens", "answer_tokens", "seconds", "truncated")
_NODE_REVIEWS = 20  # of a user or an item that are shown with its answer

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExtractionResults:
    """The tables of one extraction beside the texts they were read from. Shared, so never changed.

    Args:
        statements: `STATEMENT_COLUMNS` and "level". answers: of a language model, see `core.extraction.answer_tables`; else None.
        reviews: the training reviews read, by interaction_idx: user_idx, item_idx, rating, title, text.
    """

    dataset: ReviewDataset
    taxonomy: Taxonomy
    statements: pd.DataFrame
    answers: pd.DataFrame | None
    reviews: pd.DataFrame
    _matchable: dict[Level, pd.Series] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, extraction: Artefact, dataset: ReviewDataset) -> ExtractionResults:
        """Read an artefact of kind "extraction" of this dataset."""
        config = ExtractionConfig.model_validate(extraction.manifest.config)
        source = SourceTexts.read(dataset)
        source = source if config.sample is None else source.sampled(config.sample, config.sample_seed)
        statements = pd.read_parquet(extraction.path / "statements.parquet").astype(STATEMENT_COLUMNS)
        statements["level"] = statements["source"].map(_SOURCES)
        kept = extraction.path / "answers.parquet"
        answers = pd.read_parquet(kept) if kept.exists() else None
        taxonomy = Taxonomy.read(extraction.path / "taxonomy.json")
        return cls(dataset, taxonomy, statements, answers, _reviews(source, dataset))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels there are results of; reviews where any has a text, and where there is nothing else."""
        found = {str(level) for level in self.statements["level"].unique()} | ({"review"} if len(self.reviews) else set())
        return tuple(level for level in LEVELS if level in found) or ("review",)

    def subjects(self, level: Level) -> Ids:
        """All reviews that were read, or the users (items) that have an answer of their own, ascending."""
        if level == "review":
            return self.reviews.index.to_numpy(dtype=np.int64)
        own = self._own(level)[f"{level}_idx"].to_numpy(dtype=np.int64)
        asked = self._failures(level).to_numpy(dtype=np.int64)
        return np.unique(np.concatenate([own, asked]))

    def matching(self, level: Level, wanted: ResultFilter) -> Ids:
        """The subjects of a level that a filter lets through, ascending."""
        found = self.subjects(level)
        own = self._own(level)
        if wanted.only == "failed":
            found = np.intersect1d(found, self._failures(level).to_numpy(dtype=np.int64))
        elif wanted.only == "nothing":
            named = own.loc[own["motivation"] < len(self.taxonomy), self._subject(level)].to_numpy(dtype=np.int64)
            found = np.setdiff1d(found, np.union1d(named, self._failures(level).to_numpy(dtype=np.int64)))
        if wanted.motivations or wanted.polarity or wanted.only in ("named", "ungrounded"):
            fitting = own.loc[self._fitting(own, wanted), self._subject(level)].to_numpy(dtype=np.int64)
            found = np.intersect1d(found, fitting)
        if words := wanted.words.strip().casefold():
            holds = self._words(level).reindex(found).str.contains(words, regex=False).to_numpy(dtype=bool)
            found = found[holds]
        return found

    def page(self, level: Level, subjects: Sequence[int] | Ids) -> list[Result]:
        """The results of some subjects, in their order; quotes are looked for in the texts now, so ask for few."""
        own = self._own(level)
        chosen = own[own[self._subject(level)].isin(subjects)]
        rows = dict(iter(chosen.groupby(self._subject(level))))
        return [self._result(level, int(subject), rows.get(subject, own.iloc[:0])) for subject in subjects]

    def table(self, level: Level, subjects: Ids, wanted: ResultFilter | None = None) -> pd.DataFrame:
        """The statements of subjects as people export them, with ids, titles and the reviews' texts; those that fit the filter."""
        own = self._own(level)
        mask = own[self._subject(level)].isin(subjects)
        rows = own[mask & self._fitting(own, wanted)] if wanted else own[mask]
        users, items = self.dataset.users["user_id"].astype(str), self.dataset.items
        names = dict(enumerate(self.taxonomy.names))
        frame = pd.DataFrame(
            {
                "interaction_idx": rows["interaction_idx"],
                "user_id": users.reindex(rows["user_idx"]).to_numpy(),
                "item_id": items["item_id"].reindex(rows["item_idx"]).to_numpy(),
                "item": items["title"].reindex(rows["item_idx"]).to_numpy(),
                "motivation": rows["motivation"].map(names),
                "polarity": rows["polarity"],
                "statement": rows["statement"],
                "quote": rows["quote"],
                "strength": rows["strength"],
                "confidence": rows["confidence"],
                "grounded": rows["grounded"],
                "grounding": rows["grounding"],
            }
        )
        if level == "review":
            frame["rating"] = self.reviews["rating"].reindex(rows["interaction_idx"]).to_numpy()
            frame["review"] = self.reviews["text"].reindex(rows["interaction_idx"]).to_numpy()
        return frame.reset_index(drop=True)

    def failures(self) -> pd.DataFrame:
        """Answers that could not be used, of every level, each question once: reason, raw text, what they cost."""
        if self.answers is None:
            return pd.DataFrame()
        failed = self.answers[(self.answers["failure"] != "") & ~self.answers["repeated"]]
        titles = self.dataset.items["title"].reindex(failed["item_idx"]).fillna("").to_numpy()
        texts = self.reviews["text"].reindex(failed["interaction_idx"]).fillna("").to_numpy()
        columns = ["level", "failure", "message", "raw", "thinking", "attempts", "prompt_tokens", "answer_tokens", "seconds"]
        ids = ["interaction_idx", "user_idx", "item_idx"]
        return failed[[*columns, *ids]].assign(item=titles, review=texts).reset_index(drop=True)

    def _fitting(self, own: pd.DataFrame, wanted: ResultFilter) -> npt.NDArray[np.bool_]:
        """Which statements are all that a filter says of a statement."""
        fits = np.ones(len(own), dtype=bool)
        if wanted.motivations:
            slots = [slot for slot, key in enumerate(self.taxonomy.keys) if key in wanted.motivations]
            fits &= own["motivation"].isin(slots).to_numpy(dtype=bool)
        if wanted.polarity:
            fits &= (own["polarity"] == wanted.polarity).to_numpy(dtype=bool)
        if wanted.only == "named":
            fits &= (own["motivation"] < len(self.taxonomy)).to_numpy(dtype=bool)
        if wanted.only == "ungrounded":
            fits &= ~own["grounded"].to_numpy(dtype=bool)
        return fits

    def _own(self, level: Level) -> pd.DataFrame:
        return self._by_level[level]

    @cached_property
    def _by_level(self) -> dict[Level, pd.DataFrame]:
        return {level: self.statements[self.statements["level"] == level] for level in LEVELS}

    @staticmethod
    def _subject(level: Level) -> str:
        return "interaction_idx" if level == "review" else f"{level}_idx"

    def _failures(self, level: Level) -> pd.Series:
        if self.answers is None:
            return pd.Series(dtype="int64")
        failed = self._answered(level)
        return failed.loc[failed["failure"] != "", self._subject(level)]

    def _answered(self, level: Level) -> pd.DataFrame:
        """The rows of answers about a level's subjects; the merge of a user's statements is about the user."""
        assert self.answers is not None, "asked only of a language model's extraction"
        if level == "review":
            return self.answers[self.answers["level"] == "review"]
        about = self.answers["level"].isin([level, "merge"]) & (self.answers[f"{level}_idx"] >= 0)
        return self.answers[about]

    def _words(self, level: Level) -> pd.Series:
        """All that a search looks at, lower case, by subject; made once a level."""
        if level not in self._matchable:
            own = self._own(level)
            said = own.groupby(self._subject(level))["statement"].agg(" ".join)
            subjects = self.subjects(level)
            texts = self.reviews["text"] if level == "review" else pd.Series("", index=subjects)
            titles = self.reviews["title"] if level == "review" else pd.Series(self._titles(level, subjects), index=subjects)
            whole = titles.astype(str) + "\n" + texts.astype(str) + "\n" + said.reindex(subjects).fillna("").astype(str)
            self._matchable[level] = whole.str.casefold()
        return self._matchable[level]

    def _titles(self, level: Level, subjects: Ids) -> list[str]:
        table, column, identifier = (self.dataset.users, "name", "user_id") if level == "user" else (self.dataset.items, "title", "item_id")
        names = table[column].fillna("").astype(str).to_numpy()
        ids = table[identifier].astype(str).to_numpy()
        return [names[subject] or ids[subject] for subject in subjects]

    def _result(self, level: Level, subject: int, rows: pd.DataFrame) -> Result:
        if level == "review":
            review: dict[str, Any] = self.reviews.loc[[subject]].to_dict("records")[0]  # type: ignore[assignment]
            rating = None if np.isnan(review["rating"]) else review["rating"]
            return Result(level, subject, review["title"], rating, review["text"], self._answer(level, subject, rows, review["text"]))
        text, left_out = self._node_text(level, subject)
        answer = self._answer(level, subject, rows, text)
        return Result(level, subject, self._titles(level, np.array([subject]))[0], None, text, answer, left_out)

    def _node_text(self, level: Level, node: int) -> tuple[str, int]:
        """What a profile's statements were read from: its reviews, or the profile text that came with the dataset."""
        table = self.dataset.users if level == "user" else self.dataset.items
        if self.answers is None:
            return str(table["profile_text"].iloc[node] or ""), 0
        own = self.reviews[self.reviews[f"{level}_idx"] == node]
        newest = own.iloc[::-1][:_NODE_REVIEWS]
        return "\n\n".join(newest["text"]), len(own) - len(newest)

    def _answer(self, level: Level, subject: int, rows: pd.DataFrame, text: str) -> Answer:
        asked = self._asked(level, subject)
        figures = {name: asked[name] for name in _FIGURES} if asked else {}
        if asked and asked["failure"] and rows.empty:
            return Answer(failure=Failure(kind=asked["failure"], message=asked["message"]), **figures)
        plain: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
        motivations = [self._motivation(row) for row in plain]
        groundings = tuple(_place(row["quote"], text, row["grounded"], row["grounding"]) for row in plain)
        said = {"reasoning": asked["reasoning"], "need": asked["need"]} if asked else {}
        return Answer(result=ReviewMotivations(motivations=motivations, **said), groundings=groundings, **figures)

    def _motivation(self, row: dict[str, Any]) -> Motivation:
        """A statement as the extractor said it; float32 may lie a hair above 1."""
        name, strength = self.taxonomy.keys[row["motivation"]], min(1.0, max(0.0, row["strength"]))
        return Motivation(name=name, statement=row["statement"], quote=row["quote"], polarity=row["polarity"], strength=strength)

    def _asked(self, level: Level, subject: int) -> dict[str, Any] | None:
        """The last row of answers about a subject as plain values."""
        if self.answers is None:
            return None
        places = self._places(level).get(subject)
        return None if places is None else {str(name): value for name, value in self.answers.iloc[places].items()}

    def _places(self, level: Level) -> dict[int, int]:
        return self._places_by_level[level]

    @cached_property
    def _places_by_level(self) -> dict[Level, dict[int, int]]:
        """Position of the last row of answers about each subject."""
        found: dict[Level, dict[int, int]] = {}
        for level in LEVELS:
            own = self._answered(level)
            found[level] = dict(zip(own[self._subject(level)].tolist(), own.index.tolist(), strict=True))
        return found


def _place(quote: str, text: str, grounded: bool, score: float) -> Grounding:
    """Where a quote stands in the text shown; whether it is grounded was decided when it was extracted.

    One that was, but in a review that is not shown, has no place (an empty one).
    """
    found = ground(quote, text) if grounded else None
    if found is not None and found.grounded:
        return found
    return Grounding(score=min(1.0, max(0.0, score)), exact=score >= 1.0, grounded=grounded)


def _reviews(source: SourceTexts, dataset: ReviewDataset) -> pd.DataFrame:
    """The reviews with text, by interaction_idx."""
    rows = [row for row in source.reviews if row[4].strip() or row[5].strip()]
    titles = dataset.items["title"].fillna("").astype(str).tolist()
    frame = pd.DataFrame(
        {
            "user_idx": [row[1] for row in rows],
            "item_idx": [row[2] for row in rows],
            "rating": [row[3] for row in rows],
            "title": [titles[row[2]] for row in rows],
            "text": [review_text(row[4], row[5]) for row in rows],
        },
        index=pd.Index([row[0] for row in rows], dtype="int64"),
    )
    return frame.sort_index()
