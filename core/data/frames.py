"""The frames of the data stage: their columns, and the checks at the border (pandera)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from core.data.dataset import SPLITS
from core.errors import InputError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

RAW_COLUMNS = {
    "line": "int64",  # where the row was read, 1-based
    "user_id": "str",
    "item_id": "str",
    "rating": "float32",  # NaN where none
    "timestamp": "int64",  # seconds since 1970, -1 where none
    "summary": "str",
    "text": "str",
}
"""Columns of a frame of reviews as the readers give it; a column ``split`` (str) may follow."""

ITEM_COLUMNS = ("item_id", "title", "description", "category", "profile_text")
USER_COLUMNS = ("user_id", "name", "profile_text")


def empty_reviews() -> pd.DataFrame:
    """A frame of reviews with no row."""
    return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in RAW_COLUMNS.items()})


@cache
def _schemas() -> dict[str, DataFrameSchema]:
    import pandera.pandas as pa

    text = pa.Column("str", nullable=False)
    key = pa.Column("str", pa.Check.str_length(min_value=1), nullable=False)
    unique_key = pa.Column("str", pa.Check.str_length(min_value=1), nullable=False, unique=True)
    index = pa.Column("int32", pa.Check.ge(0))
    seconds = pa.Column("int64", pa.Check.ge(-1))
    split = pa.Column(pd.CategoricalDtype(list(SPLITS)), nullable=False)
    rating = pa.Column("float32", nullable=True)
    return {
        "reviews": pa.DataFrameSchema(
            {"user_id": key, "item_id": key, "rating": rating, "timestamp": seconds, "summary": text, "text": text}, strict=False
        ),
        "interactions": pa.DataFrameSchema(
            {"user_idx": index, "item_idx": index, "rating": rating, "timestamp": seconds, "split": split, "summary": text, "text": text},
            strict=True,
            ordered=True,
            unique=["user_idx", "item_idx"],
        ),
        "users": pa.DataFrameSchema({"user_id": unique_key, "name": text, "profile_text": text}, strict=True, ordered=True),
        "items": pa.DataFrameSchema(
            {"item_id": unique_key, "title": text, "description": text, "category": text, "profile_text": text}, strict=True, ordered=True
        ),
    }


def checked(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` itself if it satisfies the schema ``name`` ("reviews", "interactions", "users" or "items").

    Raises:
        InputError: it does not; the message names the column and the check.
    """
    from pandera.errors import SchemaError

    try:
        return _schemas()[name].validate(frame)
    except SchemaError as error:
        column = getattr(error.schema, "name", None)
        where = f"{name}, column {column}" if column else name
        raise InputError(
            f"The table does not hold: {str(error).splitlines()[0]}", where=where, hint="Check the columns of the input"
        ) from error
