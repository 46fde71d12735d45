"""Newcomers: somebody of whom the run knows nothing pastes reviews or picks motivations, and gets recommendations with reasons.

Reviews are read by an extractor as those of the dataset were (`core.extraction`), picked motivations stand for the taxonomy's own words
about them. The statements go through the run's text encoders (`core.recommend.text_view`). There is no behaviour part: it is learned
from a history, and a newcomer has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from core.encoding.encoder import TextEncoder
from core.errors import InputError
from core.extraction.grounding import ground
from core.extraction.run import encoder_of
from core.extraction.schema import Extractor, Polarity, Review
from core.extraction.zero_shot import ZeroShotExtractor
from core.recommend.evidence import Evidence, Sides
from core.recommend.explaining import explained
from core.recommend.explanation import Explanation, Recommendations
from core.recommend.pooled_text import PooledText, Said
from core.recommend.recommender import Recommender
from core.recommend.text_view import TextView
from core.recommend.user_terms import UserTerms
from core.workspace import Workspace

NAME = "newcomer"
NO_BEHAVIOUR = (
    "There is no behaviour part: it is learned from what people choose, and of a newcomer nothing is known but these words. "
    "The places follow from the motivations alone."
)
PICKED = "picked"
_PICKED_STRENGTH = 0.8
MOST_TEXTS, LONGEST_TEXT = 50, 20_000


@dataclass(frozen=True)
class Newcomer:
    """What a newcomer said.

    Args:
        said: the statements; ``source`` of each is "review" or `PICKED`, ``interaction_idx`` -1.
        motivation: int64 [n], the slot of each. vectors: float [n, D], their embeddings.
        ungrounded: statements left out because their quotes do not stand in the texts.
    """

    said: tuple[Evidence, ...]
    motivation: npt.NDArray[np.int64]
    vectors: torch.Tensor
    ungrounded: int = 0

    def named(self, n_named: int) -> int:
        """How many statements are about a motivation with a name, of ``n_named``."""
        return int((self.motivation < n_named).sum())


class Newcomers:
    """Reads newcomers for one run.

    Args:
        encoder: the one the run's statements were embedded with.
    """

    def __init__(self, recommender: Recommender, text: TextView, encoder: TextEncoder) -> None:
        assert recommender.run.profiles is not None, "a run whose text can be read has profiles"
        self.recommender, self.encoder = recommender, encoder
        self._text = text
        self.taxonomy = recommender.run.profiles.taxonomy

    @classmethod
    def open(cls, workspace: Workspace, recommender: Recommender) -> Newcomers:
        """For a run of a workspace.

        Raises:
            InputError: the run cannot read other texts, or its encoder is not at hand.
            NotFoundError: the extraction behind its profiles is gone.
        """
        text = TextView.open(recommender.run)
        assert recommender.run.profiles is not None
        profiles = workspace.get("profiles", recommender.run.profiles.id)
        return cls(recommender, text, encoder_of(workspace.get("extraction", profiles.manifest.sources["extraction"])))

    @property
    def embedded(self) -> ZeroShotExtractor:
        """The extractor that needs no server, for this taxonomy and encoder."""
        return ZeroShotExtractor(self.taxonomy, self.encoder)

    def of_reviews(self, reviews: Sequence[Review], extractor: Extractor) -> Newcomer:
        """Read pasted reviews.

        Raises:
            InputError: no text, too much of it, or nothing to be found in it. And as the extractor.
        """
        texts = [review for review in reviews if review.text.strip()]
        if not texts:
            raise InputError("There is no text to read", hint="Paste one review or more, with an empty line between two")
        if len(texts) > MOST_TEXTS or any(len(review.text) > LONGEST_TEXT for review in texts):
            raise InputError(
                f"{len(texts)} reviews, the longest of {max(len(review.text) for review in texts):,} characters, are too much",
                hint=f"Paste at most {MOST_TEXTS} reviews of up to {LONGEST_TEXT:,} characters",
            )
        found: list[tuple[int, Evidence]] = []
        ungrounded = 0
        for review, answer in zip(texts, extractor.extract_many(list(texts)), strict=True):
            for motivation in answer.motivations:
                grounding = ground(motivation.quote, review.text)
                if not grounding.grounded or motivation.name not in self.taxonomy.keys:
                    ungrounded += 1
                    continue
                confidence = grounding.score * (0.5 + 0.5 * motivation.strength)
                passage = review.text[grounding.begin : grounding.end]
                said = _said(passage, motivation.statement, motivation.polarity, motivation.strength, confidence, "review")
                found.append((self.taxonomy.keys.index(motivation.name), said))
        if not found:
            raise InputError("No motivation was found in the text", hint="Write what was liked or disliked, and why")
        return replace(self._newcomer(found), ungrounded=ungrounded)

    def of_picks(self, keys: Sequence[str]) -> Newcomer:
        """Take picked motivations for what the taxonomy says of them: its description and example phrases.

        Raises:
            InputError: none is picked, or one the taxonomy does not have.
        """
        entries = {entry.key: entry for entry in self.taxonomy.motivations}
        if unknown := [key for key in keys if key not in entries]:
            raise InputError(f"The run has no motivation '{unknown[0]}'", hint=f"There are: {', '.join(entries)}")
        found: list[tuple[int, Evidence]] = []
        for key in dict.fromkeys(keys):
            phrases = [entries[key].description, *entries[key].examples]
            slot = self.taxonomy.keys.index(key)
            found += [(slot, _said(phrase, phrase, "positive", _PICKED_STRENGTH, 1.0, PICKED)) for phrase in phrases]
        if not found:
            raise InputError("No motivation is picked", hint="Pick one or more")
        return self._newcomer(found)

    def _newcomer(self, found: list[tuple[int, Evidence]]) -> Newcomer:
        vectors = torch.from_numpy(self.encoder.encode([said.statement for _, said in found]))
        return Newcomer(tuple(said for _, said in found), np.array([slot for slot, _ in found], dtype=np.int64), vectors.half())

    def terms(self, newcomer: Newcomer) -> UserTerms:
        """All terms of all scores of a newcomer; no item is left out."""
        positive = np.array([said.polarity == "positive" for said in newcomer.said])
        strength = np.array([said.strength for said in newcomer.said], dtype=np.float64)
        said = Said(newcomer.motivation, positive, strength, newcomer.vectors)
        nothing = np.zeros(len(strength), dtype=np.int64)
        pooled = PooledText.of(said, nothing, 1, len(self.recommender.motivations))
        vector = self._text.newcomers(pooled.keeping(np.ones((1, 1), dtype=bool)))
        return UserTerms.of(self.recommender.scorer, vector, np.empty(0, dtype=np.int64))

    def recommend(self, newcomer: Newcomer, k: int = 10) -> Recommendations:
        """The k best items; `NAME` stands for the user, whose index is -1."""
        terms = self.terms(newcomer)
        items, scores = terms.top(np.ones(terms.n_terms), k)
        return self.recommender.listed(NAME, -1, items, scores)

    def explain(self, newcomer: Newcomer, item_id: str, evidence: int = 3) -> Explanation:
        """Why a newcomer gets an item: the same explanation as any user's, without behaviour.

        Raises:
            NotFoundError: no such item.
        """
        recommender = self.recommender
        item, terms = recommender.dataset.item_idx(item_id), self.terms(newcomer)
        values = terms.terms[: terms.n_slots, item]
        return explained(
            user=NAME,
            item=item_id,
            title=str(recommender.dataset.items["title"].iloc[item]),
            rank=int(terms.ranks(item, np.ones((1, terms.n_terms)))[0]),
            in_history=False,
            terms=dict(zip(recommender.motivations, values.tolist(), strict=True)),
            remainder=float(terms.rest[item] + terms.terms[terms.n_slots :, item].sum()),
            names=recommender.run.motivation_names,
            speaks=self._speaks(newcomer, item, evidence),
            newcomer=True,
        )

    def _speaks(self, newcomer: Newcomer, item: int, limit: int) -> Callable[[str, float], Sides]:
        index = self.recommender.evidence
        assert index is not None

        def speaks(key: str, value: float) -> Sides:
            del value
            own = np.flatnonzero(newcomer.motivation == self.taxonomy.keys.index(key))
            said = [newcomer.said[row] for row in own]
            return index.for_newcomer(said, newcomer.vectors[torch.from_numpy(own)], item, key, limit)

        return speaks


def _said(quote: str, statement: str, polarity: Polarity, strength: float, confidence: float, source: str) -> Evidence:
    return Evidence(
        quote=quote,
        statement=statement,
        item=None,
        item_title=None,
        user=None,
        polarity=polarity,
        strength=strength,
        confidence=confidence,
        similarity=None,
        own_review=False,
        source=source,
        interaction_idx=-1,
    )
