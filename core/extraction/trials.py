"""Trials of the prompt studio on disk: which reviews, which variants, and what people said of each answer.

A trial is named by its content: the same variants on the same reviews are the same trial, so a link or a second run opens the very
comparison with its thumbs and comments. Answers stay in `core.extraction.answer_store`; a cell holds the key of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.database import Database
from core.errors import NotFoundError, StorageError
from core.extraction.config import Backend
from core.extraction.ollama.chat import ChatOptions
from core.extraction.prompts.template import PromptTemplate
from core.extraction.taxonomy import Taxonomy
from core.storage import content_hash
from core.workspace import Workspace, now

MAX_VARIANTS = 4
MAX_REVIEWS = 50
Thumb = Literal[-1, 0, 1]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS trials (
    id TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    run_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS trial_cells (
    trial TEXT NOT NULL,
    review INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    round INTEGER NOT NULL,
    key TEXT NOT NULL,
    cached INTEGER NOT NULL,
    tokens_per_s REAL,
    retries TEXT NOT NULL,
    thumb INTEGER NOT NULL DEFAULT 0,
    comment TEXT NOT NULL DEFAULT '',
    asked_at TEXT NOT NULL,
    PRIMARY KEY (trial, review, variant, round)
);
CREATE INDEX IF NOT EXISTS trial_cells_by_key ON trial_cells (key);
"""


class Variant(BaseModel):
    """One way to read the reviews.

    Args:
        template: the prompt itself, so that an unsaved draft reopens too; None of the embedded extractor, which reads none.
        label: "NAME@V" where the template is that saved version; None of a draft.
        model: its name on the Ollama server; "" of the embedded extractor.
        options: how the model answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Backend = "ollama"
    template: PromptTemplate | None = None
    label: str | None = None
    model: str = ""
    options: ChatOptions = ChatOptions()

    @property
    def title(self) -> str:
        """What people call it: "review-places@2 · qwen3.5:4b"."""
        if self.template is None:
            return "embedded (zero-shot)"
        return f"{self.label or f'draft {self.template.hash[:6]}'} · {self.model}"


class Trial(BaseModel):
    """A comparison.

    Args:
        dataset: artefact id. reviews: interaction_idx of training reviews. created_at: ISO 8601, UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    reviews: tuple[int, ...] = Field(min_length=1, max_length=MAX_REVIEWS)
    variants: tuple[Variant, ...] = Field(min_length=1, max_length=MAX_VARIANTS)
    taxonomy: Taxonomy
    created_at: str = Field(default_factory=now)

    @cached_property
    def id(self) -> str:
        """Hash of what is compared."""
        plain = [variant.model_dump(mode="json") for variant in self.variants]
        return content_hash(self.dataset, list(self.reviews), plain, self.taxonomy.hash)


class Retry(BaseModel):
    """An attempt whose reply could not be used: why, and the reply as it came."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    raw: str


class Cell(BaseModel):
    """One answer of a trial.

    Args:
        review: interaction_idx. variant: position in the trial. round: 0, or the n-th time anew with another seed.
        key: of the answer in the answer store.
        cached: the answer was there before this trial asked.
        tokens_per_s: at which the server wrote it, as the server measured; None where it did not say.
        retries: the attempts before the last.
        thumb: 1 up, -1 down, 0 none. comment: what people wrote about it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: int
    variant: int
    round: int = 0
    key: str
    cached: bool = False
    tokens_per_s: float | None = None
    retries: tuple[Retry, ...] = ()
    thumb: Thumb = 0
    comment: str = ""


_RETRIES = TypeAdapter(tuple[Retry, ...])
Trials: TypeAlias = list[Trial]


class TrialStore:
    """The trials of one workspace.

    Raises:
        StorageError: the database cannot be read or written (any method).
    """

    def __init__(self, workspace: Workspace) -> None:
        self._database = Database(workspace, _SCHEMA, of="trial", synchronous="FULL")  # thumbs and comments are what people wrote

    def save(self, trial: Trial) -> Trial:
        """Keep a trial; one of the same content that is there already becomes the one run last, and keeps its cells."""
        moment = now()
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO trials (id, dataset, document, created_at, run_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET run_at = excluded.run_at",
                (trial.id, trial.dataset, trial.model_dump_json(), trial.created_at, moment),
            )
        return self.get(trial.id)

    def get(self, identifier: str) -> Trial:
        """The trial of this id.

        Raises:
            NotFoundError: there is none. StorageError: it was written by another version of the program.
        """
        with self._database.connection() as connection:
            row = connection.execute("SELECT document FROM trials WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            hint = "It was made in another workspace; choose reviews and variants, and run"
            raise NotFoundError(f"No comparison '{identifier}' in this workspace", where=str(self._database.path.parent), hint=hint)
        return self._read(identifier, row["document"])

    def recent(self, dataset: str, limit: int = 30) -> Trials:
        """The trials on a dataset, those run last first."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT id, document FROM trials WHERE dataset = ? ORDER BY run_at DESC LIMIT ?", (dataset, limit)
            ).fetchall()
        return [self._read(row["id"], row["document"]) for row in rows]

    def cells(self, identifier: str) -> list[Cell]:
        """The answers of a trial there are, by round, review and variant."""
        with self._database.connection() as connection:
            rows = connection.execute("SELECT * FROM trial_cells WHERE trial = ? ORDER BY round, review, variant", (identifier,)).fetchall()
        return [_cell(row) for row in rows]

    def answered(self, identifier: str, cell: Cell) -> None:
        """Keep which answer a cell has. What people said of the cell stays where it is the same answer's."""
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO trial_cells (trial, review, variant, round, key, cached, tokens_per_s, retries, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trial, review, variant, round) DO UPDATE SET"
                " thumb = CASE WHEN key = excluded.key THEN thumb ELSE 0 END,"
                " comment = CASE WHEN key = excluded.key THEN comment ELSE '' END,"
                " key = excluded.key, cached = excluded.cached, tokens_per_s = excluded.tokens_per_s, retries = excluded.retries,"
                " asked_at = excluded.asked_at",
                (
                    *(identifier, cell.review, cell.variant, cell.round, cell.key, cell.cached, cell.tokens_per_s),
                    *(_RETRIES.dump_json(cell.retries).decode(), now()),
                ),
            )

    def judge(
        self, identifier: str, review: int, variant: int, round: int = 0, *, thumb: Thumb | None = None, comment: str | None = None
    ) -> None:
        """Keep what people say of a cell; None leaves it as it is.

        Raises:
            NotFoundError: the cell has no answer.
        """
        with self._database.connection() as connection:
            cursor = connection.execute(
                "UPDATE trial_cells SET thumb = coalesce(?, thumb), comment = coalesce(?, comment)"
                " WHERE trial = ? AND review = ? AND variant = ? AND round = ?",
                (thumb, comment, identifier, review, variant, round),
            )
        if cursor.rowcount == 0:
            raise NotFoundError("There is no answer to judge", where=f"review {review}, variant {variant + 1}", hint="Run it first")

    def measured(self, keys: Sequence[str]) -> dict[str, tuple[float | None, tuple[Retry, ...]]]:
        """What was measured when answers were asked for, in any trial: tokens a second and the attempts before the last, by key."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT key, tokens_per_s, retries FROM trial_cells WHERE cached = 0 AND key IN (SELECT value FROM json_each(?))",
                ("[" + ",".join(f'"{key}"' for key in keys) + "]",),  # keys are hexadecimal
            ).fetchall()
        return {row["key"]: (row["tokens_per_s"], _RETRIES.validate_json(row["retries"])) for row in rows}

    def _read(self, identifier: str, document: str) -> Trial:
        try:
            return Trial.model_validate_json(document)
        except ValidationError as error:
            raise StorageError(
                "A comparison cannot be read", where=identifier, hint="It was written by another version of the program; run it again"
            ) from error


def _cell(row: sqlite3.Row) -> Cell:
    columns = {name: row[name] for name in Cell.model_fields}
    return Cell.model_validate(columns | {"retries": _RETRIES.validate_json(row["retries"])})
