"""A look at a file before it is imported: its first rows, and for a table which of its columns is which."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.page import literal
from core.data.importing import Format
from core.data.preview import Preview, check_mapping, preview, unreadable
from core.errors import InputError

NONE = ""
_WORDS = {
    "user": ("User", "Who wrote the review: an id or a name. Needed."),
    "item": ("Item", "What it is about: an id or a name. Needed."),
    "rating": ("Rating", "Stars or points; scales up to 10, up to 100 and 0/1 are brought to 1 to 5."),
    "timestamp": ("Time", "Dates or seconds since 1970; what a split by time goes by."),
    "text": ("Text", "The review itself: motivations are read from it."),
    "summary": ("Summary", "The headline of the review, read together with the text."),
    "title": ("Title of the item", "What the item is called on the pages."),
    "split": ("Split", "train, validation or test, where the rows say it."),
}
NEEDED = ("user", "item")


def previewed(source: Path, format_name: Format) -> dict[str, str] | None:
    """Show the first rows; for a table also ask which column is which.

    Returns:
        The mapping, ours -> theirs ("" where a column is to be left out); empty where the format fixes it, None where a needed one
        is missing.

    Raises:
        InputError: the file cannot be read, or the mapping cannot be.
    """
    seen = _preview(source, format_name, {})
    columns: dict[str, str] = {}
    complete = True
    if format_name == "table":
        columns = mapping_form(seen, str(source))
        complete = all(columns.get(ours) for ours in NEEDED)
        if complete:
            check_mapping(columns)
        seen = _preview(source, format_name, columns)
    _show(seen)
    for ours in unreadable(seen):
        what = "ratings" if ours == "rating" else "times"
        st.warning(
            f"The first rows hold no {what} in the column “{literal(seen.mapping[ours])}”: they would count as rows without. "
            "Choose another column, or “not there”."
        )
    if not complete:
        st.info("Say above which column is the user and which the item; then the rows can be imported.")
        return None
    return columns


def _show(seen: Preview) -> None:
    if len(seen.rows):
        dropped = f"; {seen.skipped} of the rows read would be dropped" if seen.skipped else ""
        st.markdown(f"**Preview of the first {len(seen.rows)} rows**, as they would be imported{dropped}")
        named = {ours: words for ours, (words, _) in _WORDS.items()} | {"user_id": "User", "item_id": "Item"}
        shown = seen.rows.loc[:, [not _empty(seen, column) for column in seen.rows.columns]]
        st.dataframe(shown.rename(columns=named), hide_index=True, height=220, key="preview")
    elif len(seen.raw_rows):
        st.markdown(f"**The file as it is**: its first {len(seen.raw_rows)} rows")
        st.dataframe(seen.raw_rows.astype(str), hide_index=True, height=220, key="preview-raw")


def _empty(seen: Preview, column: str) -> bool:
    """Whether none of the shown rows has anything in a column."""
    values = seen.rows[column]
    return bool(values.isna().all() or (values.astype(str) == "").all())


def mapping_form(seen: Preview, key: str) -> dict[str, str]:
    """One box for each of our columns, with the guess chosen; "" stands for "not there"."""
    st.markdown("**Which column is which**")
    cells = st.columns(4)
    chosen: dict[str, str] = {}
    options = [NONE, *seen.raw_columns]
    for position, (ours, (words, about)) in enumerate(_WORDS.items()):
        guessed = seen.mapping.get(ours, NONE)
        chosen[ours] = cells[position % 4].selectbox(
            f"{words} (needed)" if ours in NEEDED else words,
            options,
            index=options.index(guessed) if guessed in options else 0,
            format_func=lambda name: name or "not there",
            help=about,
            key=f"column-{ours}-{key}",
            persist_state="session",
        )
    return chosen


def _preview(source: Path, format_name: Format, columns: dict[str, str]) -> Preview:
    try:
        changed = 0.0 if source.is_dir() else source.stat().st_mtime
    except OSError as error:
        raise InputError("The file cannot be read", where=str(source), hint="Check the path and its permissions") from error
    return _cached_preview(str(source), changed, format_name, tuple(sorted(columns.items())))


@st.cache_resource(max_entries=8, show_spinner="Reading the first rows")
def _cached_preview(source: str, changed: float, format_name: Format, columns: tuple[tuple[str, str], ...]) -> Preview:
    del changed
    return preview(Path(source), format_name, dict(columns) or None)
