"""The prompt an extraction would send about one user or item: over its training reviews, or to merge what was extracted from them.

Made by the very functions a batch asks with (`questions`, `ollama_plan`); no server is asked. Only training reviews are read
(METHOD 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import ReviewDataset
from core.extraction.ollama.chat import ChatOptions, Message
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.server import OllamaServer
from core.extraction.ollama_plan import FEWEST_TO_MERGE, merge_entry, strongest_first
from core.extraction.prompts.template import PromptTemplate
from core.extraction.questions import Asker, Question, Questions, Side
from core.extraction.taxonomy import Taxonomy
from core.extraction.texts import SourceTexts
from core.extraction.trial_asking import version_of


@dataclass(frozen=True)
class NodePrompt:
    """What would be sent about a user or an item.

    Args:
        shown, left_out: reviews or statements in the prompt, and those that did not fit the context.
    """

    messages: list[Message]
    shown: int
    left_out: int


class NodeReviews:
    """The training reviews of a dataset by user and by item. Shared, so never changed but for what it remembers."""

    def __init__(self, dataset: ReviewDataset) -> None:
        self._questions = Questions(SourceTexts.read(dataset), dataset)

    def nodes(self, side: Side) -> list[int]:
        """The users (items) that have a training review with text, ascending."""
        return list(self._questions.grouped(side))

    def prompt(self, template: PromptTemplate, taxonomy: Taxonomy, options: ChatOptions, side: Side, node: int) -> NodePrompt | None:
        """The prompt over a node's reviews, the newest that fit; None where not even one fits.

        Args:
            template: of kind "user" or "item", as ``side``.

        Raises:
            InputError: the template is wrong.
        """
        asker = _asker(template, taxonomy, options)
        return _prompt(asker, self._questions.node(asker, side, node))

    def merge_prompt(
        self, template: PromptTemplate, options: ChatOptions, side: Side, node: int, statements: ExtractedStatements
    ) -> NodePrompt | None:
        """The prompt over a node's statements, the strongest that fit; None where there are too few to merge, or none fits.

        Args:
            template: of kind "merge".

        Raises:
            InputError: the template is wrong.
        """
        entries = statements.of(side, node)
        if len(entries) < FEWEST_TO_MERGE:
            return None
        asker = _asker(template, statements.taxonomy, options)
        return _prompt(asker, self._questions.merge(asker, side, node, entries))


class ExtractedStatements:
    """The statements an extraction found in the training reviews, those whose quotes stand there, by user and by item.

    Args:
        rows: the columns of `core.extraction.schema.STATEMENT_COLUMNS`.
    """

    def __init__(self, rows: pd.DataFrame, dataset: ReviewDataset, taxonomy: Taxonomy) -> None:
        train = dataset.rows("train")
        own = rows[(rows["source"] == "review") & rows["grounded"] & rows["interaction_idx"].isin(train.index)]
        self.taxonomy = taxonomy
        self._rows = own.sort_values("interaction_idx", kind="stable").reset_index(drop=True)
        # By the review, as rows of nodes that were merged no longer say whose they are.
        own_rows = train.loc[self._rows["interaction_idx"]]
        self._places: dict[Side, dict[int, npt.NDArray[np.int64]]] = {
            "user": _by_node(own_rows["user_idx"].to_numpy()),
            "item": _by_node(own_rows["item_idx"].to_numpy()),
        }

    def nodes(self, side: Side) -> list[int]:
        """The users (items) with statements enough to merge, ascending."""
        return [node for node, places in self._places[side].items() if len(places) >= FEWEST_TO_MERGE]

    def of(self, side: Side, node: int) -> list[dict[str, Any]]:
        """The statements of a node as a merge takes them, strongest first."""
        found = self._rows.iloc[self._places[side].get(node, np.array([], dtype=np.int64))]
        entries = []
        for number in range(len(found)):
            row = {str(name): value for name, value in found.iloc[number].items()}
            # Kept in single precision: the shortest decimal is what the model wrote.
            strength = float(str(np.float32(row["strength"])))
            entries.append(merge_entry({**row, "strength": strength}, self.taxonomy))
        return strongest_first(entries)


def _by_node(nodes: npt.NDArray[Any]) -> dict[int, npt.NDArray[np.int64]]:
    """Positions of every node's rows in their order, nodes ascending."""
    order = np.argsort(nodes, kind="stable")
    distinct, starts = np.unique(nodes[order], return_index=True)
    return dict(zip(distinct.tolist(), np.split(order, starts[1:]), strict=True)) if len(nodes) else {}


def _asker(template: PromptTemplate, taxonomy: Taxonomy, options: ChatOptions) -> Asker:
    """What a batch asks with; neither server nor model change the words."""
    return Asker(OllamaExtractor(_nobody(), "", version_of(template), taxonomy, options), "")


@cache
def _nobody() -> OllamaServer:
    return OllamaServer("http://127.0.0.1:11434")


def _prompt(asker: Asker, question: Question | None) -> NodePrompt | None:
    if question is None:
        return None
    shown: Sequence[Any] = question.request.variables[asker.several]
    return NodePrompt(asker.extractor.render_variables(question.request.variables), len(shown), question.left_out)
