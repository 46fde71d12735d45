"""Which raw field of a record is which of ours; layouts of a format are alternatives, tried in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from core.data.columns import identifier, review_frame, text_frame
from core.data.lines import BATCH, Reading, Record, record_batches
from core.errors import InputError

Alternatives = Mapping[str, tuple[str, ...]]
Wanted = Collection[str] | None
REQUIRED = ("user", "item")


def chosen_fields(alternatives: Alternatives, present: Collection[str], where: str, required: tuple[str, ...] = REQUIRED) -> dict[str, str]:
    """Ours -> theirs: the first alternative of each field that is present.

    Raises:
        InputError: none is present of a required one.
    """
    chosen = {ours: next((raw for raw in raws if raw in present), None) for ours, raws in alternatives.items()}
    for ours in required:
        if chosen.get(ours) is None:
            there = ", ".join(sorted(map(str, present))[:12]) or "none"
            raise InputError(
                f"No column for the {ours}: {' or '.join(alternatives[ours])} is missing",
                where=where,
                hint=f"There are: {there}; is this the right --format?",
            )
    return {ours: raw for ours, raw in chosen.items() if raw is not None}


def keys_of(records: list[Record], sample: int = 1000) -> set[str]:
    """The keys that occur in the first records."""
    return {key for record in records[:sample] for key in record}


def review_chunks(
    path: Path, alternatives: Alternatives, parse: Callable[[str], Record], reading: Reading, size: int = BATCH
) -> Iterator[pd.DataFrame]:
    """Frames of reviews of a file with one review a line.

    Raises:
        InputError: see `record_batches` and `chosen_fields`.
    """
    fields: dict[str, str] = {}
    for numbers, records in record_batches(path, parse, reading, size):
        fields = fields or chosen_fields(alternatives, keys_of(records), path.name)
        columns = {ours: [record.get(raw) for record in records] for ours, raw in fields.items()}
        yield review_frame(numbers, columns, reading.report, path.name)


def texts_of(
    path: Path,
    key: str,
    identifiers: tuple[str, ...],
    texts: Mapping[str, Callable[[Record], object]],
    parse: Callable[[str], Record],
    reading: Reading,
    wanted: Wanted,
) -> pd.DataFrame:
    """Texts of items or users from a file with one a line; only those ``wanted``, so that a huge file stays small.

    Args:
        key: "item_id" or "user_id". identifiers: raw fields of the id, alternatives.
        texts: our column -> what of the record it is.
    """
    frames = []
    field = ""
    keep = None if wanted is None else set(wanted)
    for _, records in record_batches(path, parse, reading):
        field = field or chosen_fields({"id": identifiers}, keys_of(records), path.name, ("id",))["id"]
        if keep is not None:
            records = [record for record in records if identifier(record.get(field)) in keep]
        frames.append(
            text_frame(
                key, [record.get(field) for record in records], {name: [take(record) for record in records] for name, take in texts.items()}
            )
        )
    return pd.concat(frames, ignore_index=True).drop_duplicates(key, ignore_index=True)
