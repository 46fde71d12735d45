"""Answers of a language model into the tables of an extraction, a group of rows at a time.

    statements.parquet        `STATEMENT_COLUMNS`, as every backend writes it
    embeddings.safetensors    one vector a distinct statement
    answers.parquet           `ANSWER_COLUMNS`: one row a question with its raw answer, or why it failed

A model does not say how sure it is of a motivation's name. Instead

    confidence = grounding (0.5 + 0.5 strength)

so a reason that stands in the review word for word and mattered much is the surest evidence.

**Merged nodes.** Where a model merged the statements of a user (an item), the merged ones enter as that node's "user_profile"
("item_profile"), and the statements of its reviews let go of it: their ``user_idx`` (``item_idx``) is -1, so they still count for
the other side, whose reviews they are too. ``interaction_idx`` stays and leads back to the review in every case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from core.encoding.encoder import Vectors
from core.extraction.ollama.extractor import Answer
from core.extraction.prompts.template import PromptKind
from core.extraction.questions import Question, Side
from core.extraction.schema import STATEMENT_COLUMNS
from core.extraction.taxonomy import Taxonomy
from core.storage import write_tensors

ROWS = 8_192  # of a table held back until they are written as one group
ANSWER_COLUMNS = {
    "level": "string",  # "review", "user", "item" or "merge"
    "interaction_idx": "int32",  # -1 where the question is not about one review
    "user_idx": "int32",
    "item_idx": "int32",
    "key": "string",  # of the answer in the store; equal where the same question was asked
    "repeated": "bool",  # an earlier row has the same answer, so its tokens count there
    "failure": "string",  # kind of failure, "" where the answer is valid
    "message": "string",
    "raw": "string",
    "thinking": "string",
    "reasoning": "string",
    "need": "string",
    "n_motivations": "int32",
    "n_grounded": "int32",
    "attempts": "int32",
    "prompt_tokens": "int32",
    "answer_tokens": "int32",
    "seconds": "float32",
    "truncated": "bool",
    "left_out": "int32",  # reviews or statements that did not fit the context
}


def statement_rows(question: Question, answer: Answer, level: PromptKind, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """The statements of an answer as rows of `STATEMENT_COLUMNS`, but for ``embedding_row``; none where it failed."""
    if answer.result is None:
        return []
    numbers = {key: number for number, key in enumerate(taxonomy.keys)}
    source = "review" if level == "review" else "user_profile" if question.user_idx >= 0 else "item_profile"
    return [
        {
            "source": source,
            "interaction_idx": question.interaction_idx,
            "user_idx": question.user_idx,
            "item_idx": question.item_idx,
            "motivation": numbers.get(motivation.name, len(taxonomy)),
            "statement": " ".join(motivation.statement.split()),
            "quote": motivation.quote,
            "polarity": motivation.polarity,
            "strength": motivation.strength,
            "confidence": grounding.score * (0.5 + 0.5 * motivation.strength),
            "grounded": grounding.grounded,
            "grounding": grounding.score,
        }
        for motivation, grounding in zip(answer.result.motivations, answer.groundings, strict=True)
    ]


@dataclass
class Tally:
    """What the tables hold, in numbers."""

    motivations: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    n_statements: int = 0
    n_grounded: int = 0
    n_reviews: int = 0
    n_covered: int = 0  # reviews with a named motivation
    n_valid_reviews: int = 0
    n_review_statements: int = 0
    n_questions: int = 0  # distinct ones
    n_valid: int = 0  # of them
    n_truncated: int = 0
    n_left_out: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    answer_seconds: float = 0.0

    def add(
        self, level: PromptKind, question: Question, answer: Answer, rows: Sequence[Mapping[str, Any]], n_named: int, repeated: bool
    ) -> None:
        """Count one question, its answer and the statements in it; ``n_named`` is the length of the taxonomy."""
        self.motivations.update(row["motivation"] for row in rows)
        self.n_statements += len(rows)
        self.n_grounded += sum(row["grounded"] for row in rows)
        self.n_left_out += question.left_out
        if level == "review":
            self.n_reviews += 1
            self.n_valid_reviews += answer.failure is None
            self.n_review_statements += len(rows)
            self.n_covered += any(row["motivation"] < n_named for row in rows)
        if not repeated:
            self.n_questions += 1
            self.n_valid += answer.failure is None
            self.n_truncated += answer.truncated
            self.failures.update([answer.failure.kind] if answer.failure else [])
            self.prompt_tokens += answer.prompt_tokens
            self.answer_tokens += answer.answer_tokens
            self.answer_seconds += answer.seconds

    def summary(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """The figures of the artefact's manifest; shares are 0..1, None of nothing."""
        return {
            "n_statements": self.n_statements,
            "n_reviews": self.n_reviews,
            "coverage": _share(self.n_covered, self.n_reviews),
            "share_other": _share(self.motivations[len(taxonomy)], self.n_statements),
            "grounded_share": _share(self.n_grounded, self.n_statements),
            "motivations": {key: self.motivations[index] for index, key in enumerate(taxonomy.keys)},
            "n_questions": self.n_questions,
            "n_failed": self.n_questions - self.n_valid,
            "failures": dict(self.failures),
            "valid_share": _share(self.n_valid, self.n_questions),
            "motivations_per_review": _share(self.n_review_statements, self.n_valid_reviews),
            "n_truncated": self.n_truncated,
            "n_left_out": self.n_left_out,
            "prompt_tokens": self.prompt_tokens,
            "answer_tokens": self.answer_tokens,
            "answer_seconds": round(self.answer_seconds, 2),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


class AnswerTables:
    """Writes the tables of one extraction into a folder; a context that closes them.

    Args:
        encode: vectors of statements, float32 [n, D].
        merged: the nodes of each side whose reviews' statements were merged.
    """

    def __init__(
        self, directory: Path, taxonomy: Taxonomy, encode: Callable[[list[str]], Vectors], merged: Mapping[Side, frozenset[int]]
    ) -> None:
        self._directory = directory
        self._taxonomy = taxonomy
        self._encode = encode
        self._merged = merged
        self._rows_of: dict[str, int] = {}  # row of each distinct statement's embedding
        self._unread: list[str] = []  # statements whose vectors are still to be made
        self._vectors: list[np.ndarray] = []
        self._seen: set[str] = set()
        self._statements = _Table(directory / "statements.parquet", STATEMENT_COLUMNS)
        self._answers = _Table(directory / "answers.parquet", ANSWER_COLUMNS)
        self.tally = Tally()

    def __enter__(self) -> AnswerTables:
        return self

    def __exit__(self, *_: object) -> None:
        self._statements.close()
        self._answers.close()

    @property
    def n_distinct(self) -> int:
        """Distinct statements so far."""
        return len(self._rows_of)

    def add(self, level: PromptKind, question: Question, answer: Answer) -> None:
        """Take one question with its answer."""
        rows = statement_rows(question, answer, level, self._taxonomy)
        repeated = question.request.key in self._seen
        self._seen.add(question.request.key)
        self.tally.add(level, question, answer, rows, len(self._taxonomy), repeated)
        self._answers.add(_answer_row(level, question, answer, rows, repeated))
        for row in rows:
            row["embedding_row"] = self._embedding_row(row["statement"])
            if level == "review":
                row["user_idx"] = -1 if row["user_idx"] in self._merged["user"] else row["user_idx"]
                row["item_idx"] = -1 if row["item_idx"] in self._merged["item"] else row["item_idx"]
            self._statements.add(row)

    def finish(self) -> None:
        """Write what is still held back, and the embeddings."""
        self._read()
        self._statements.flush()
        self._answers.flush()
        vectors = np.concatenate(self._vectors) if self._vectors else self._encode([]).astype(np.float16)
        write_tensors(self._directory / "embeddings.safetensors", {"embeddings": torch.from_numpy(vectors)})

    def _embedding_row(self, statement: str) -> int:
        row = self._rows_of.get(statement)
        if row is None:
            row = self._rows_of[statement] = len(self._rows_of)
            self._unread.append(statement)
            if len(self._unread) >= ROWS:
                self._read()
        return row

    def _read(self) -> None:
        if self._unread:
            self._vectors.append(self._encode(self._unread).astype(np.float16))
            self._unread = []


class _Table:
    """A Parquet file written in groups of rows, with the types pandas gives these columns."""

    def __init__(self, path: Path, columns: Mapping[str, str]) -> None:
        self._columns = dict(columns)
        self._schema = pa.Schema.from_pandas(self._frame([]), preserve_index=False)
        self._writer = pq.ParquetWriter(path, self._schema)
        self._held: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        self._held.append(row)
        if len(self._held) >= ROWS:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_pandas(self._frame(self._held), self._schema, preserve_index=False))
            self._held = []

    def close(self) -> None:
        self._writer.close()

    def _frame(self, rows: list[Mapping[str, Any]]) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=list(self._columns)).astype(self._columns)


def _answer_row(level: PromptKind, question: Question, answer: Answer, rows: Sequence[Mapping[str, Any]], repeated: bool) -> dict[str, Any]:
    return {
        "level": level,
        "interaction_idx": question.interaction_idx,
        "user_idx": question.user_idx,
        "item_idx": question.item_idx,
        "key": question.request.key,
        "repeated": repeated,
        "failure": answer.failure.kind if answer.failure else "",
        "message": answer.failure.message if answer.failure else "",
        "raw": answer.raw,
        "thinking": answer.thinking,
        "reasoning": answer.result.reasoning if answer.result else "",
        "need": answer.result.need if answer.result else "",
        "n_motivations": len(rows),
        "n_grounded": sum(row["grounded"] for row in rows),
        "attempts": answer.attempts,
        "prompt_tokens": answer.prompt_tokens,
        "answer_tokens": answer.answer_tokens,
        "seconds": answer.seconds,
        "truncated": answer.truncated,
        "left_out": question.left_out,
    }
