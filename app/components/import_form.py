"""Import of reviews: upload or path, a preview, the mapping of columns, and one click to a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.errors import shown_errors
from app.components.job_progress import launch_button
from core.data.importing import DEFAULT_MIN_INTERACTIONS, DOMAINS, Format, ImportRequest
from core.data.preview import Preview, guess_format, preview
from core.errors import InputError
from core.jobs.settings import validated
from core.storage import write_atomic
from core.workspace import Workspace

_FORMATS: dict[str, str] = {
    "amazon": "Amazon reviews (JSON lines)",
    "yelp": "Yelp (JSON lines)",
    "steam": "Steam (JSON or Python literals)",
    "rlmrec": "RLMRec folder",
    "table": "Table (CSV, Parquet, JSON lines)",
}
_SPLITS = {"ratio": "3 : 1 : 1 per user", "leave-last-out": "leave the last out", "time": "by time", "given": "as given"}
_COLUMNS = {
    "user": True,
    "item": True,
    "rating": False,
    "timestamp": False,
    "text": False,
    "summary": False,
    "title": False,
    "split": False,
}


def import_form(space: Workspace) -> None:
    """The whole import: source, format, preview, settings, and the two buttons."""
    source, items = _source(space)
    if source is None:
        st.caption("A preview appears here as soon as there is a file.")
        return
    with shown_errors():
        guessed = guess_format(source)
        format_name: Format = st.selectbox(
            "Format",
            list(get_args(Format)),
            index=list(get_args(Format)).index(guessed or "table"),
            format_func=_FORMATS.__getitem__,
            key=f"format-{source}",
        )
        columns = _previewed(source, format_name)
        request = _settings(source, items, format_name, columns)
        _buttons(space, request, trains_text=format_name != "rlmrec" or "usr_prf.pkl" in {path.name for path in source.glob("*.pkl")})


def _source(space: Workspace) -> tuple[Path | None, Path | None]:
    """The file or folder to import, and the one with texts of the items, if any."""
    way = st.segmented_control(
        "Where the reviews are", ["upload", "path"], default="upload", required=True, format_func=_WAYS.__getitem__, key="import-way"
    )
    left, right = st.columns(2)
    if way == "path":
        typed = left.text_input("File or folder on this computer", key="import-path", placeholder="/home/me/reviews.json.gz")
        beside = right.text_input("Items (optional)", key="import-items-path", placeholder="file with titles, descriptions, categories")
        return (_existing(typed) if typed else None, _existing(beside) if beside else None)
    reviews = left.file_uploader(
        "Reviews", key="import-upload", help="CSV, Parquet, JSON lines; gzip or not. Larger files are better given as a path."
    )
    besides = right.file_uploader("Items (optional)", key="import-items-upload", help="Titles, descriptions and categories of the items.")
    return (_kept(space, reviews) if reviews else None, _kept(space, besides) if besides else None)


_WAYS = {"upload": "Upload", "path": "Path on this computer"}


def _existing(typed: str) -> Path:
    path = Path(typed.strip()).expanduser()
    if not path.exists():
        raise InputError("No such file", where=str(path), hint="Check the path")
    return path


def _kept(space: Workspace, uploaded: UploadedFile) -> Path:
    """The uploaded file on disk, under a name of its content: a job in another process reads it."""
    name = Path(uploaded.name).name
    path = space.root / "uploads" / f"{uploaded.file_id[:12]}-{name}"
    if not path.exists():
        write_atomic(path, lambda target: target.write_bytes(uploaded.getbuffer()) and None)
    return path


def _previewed(source: Path, format_name: Format) -> dict[str, str]:
    """Show the first rows; for a table also ask which column is which. The mapping, ours -> theirs."""
    seen = _preview(source, format_name, {})
    columns: dict[str, str] = {}
    if format_name == "table":
        columns = _mapping(seen, str(source))
        seen = _preview(source, format_name, columns)
    if len(seen.rows):
        st.markdown(
            f"**Preview** of the first {len(seen.rows)} rows" + (f"; {seen.skipped} of them would be dropped" if seen.skipped else "")
        )
        st.dataframe(seen.rows, hide_index=True, height=220, key="preview")
    elif len(seen.raw_rows):
        st.markdown("**The file as it is**: say above which column is the user and which the item.")
        st.dataframe(seen.raw_rows.astype(str), hide_index=True, height=220, key="preview-raw")
    return columns


def _preview(source: Path, format_name: Format, columns: dict[str, str]) -> Preview:
    changed = 0.0 if source.is_dir() else source.stat().st_mtime
    return _cached_preview(str(source), changed, format_name, tuple(sorted(columns.items())))


@st.cache_resource(max_entries=8, show_spinner="Reading the first rows")
def _cached_preview(source: str, changed: float, format_name: Format, columns: tuple[tuple[str, str], ...]) -> Preview:
    del changed
    return preview(Path(source), format_name, dict(columns) or None)


def _mapping(seen: Preview, key: str) -> dict[str, str]:
    st.markdown("**Which column is which**")
    cells = st.columns(4)
    chosen = {}
    for position, (ours, needed) in enumerate(_COLUMNS.items()):
        guessed = seen.mapping.get(ours)
        index = seen.raw_columns.index(guessed) if guessed in seen.raw_columns else None
        label = f"{ours.capitalize()}{' (needed)' if needed else ''}"
        theirs = cells[position % 4].selectbox(label, seen.raw_columns, index=index, placeholder="not there", key=f"column-{ours}-{key}")
        if theirs:
            chosen[ours] = theirs
    return chosen


def _settings(source: Path, items: Path | None, format_name: Format, columns: dict[str, str]) -> ImportRequest:
    first, second, third, fourth = st.columns(4)
    name = first.text_input(
        "Name of the dataset", _name_of(source), key=f"import-name-{source}", help="Small letters, digits, '.', '_' and '-'"
    )
    domain = second.selectbox(
        "Domain",
        ["products", "places", "games"],
        index=["products", "places", "games"].index(DOMAINS[format_name]),
        key=f"domain-{format_name}",
        help="Which default taxonomy of motivations fits",
    )
    least = third.number_input(
        "Least interactions",
        1,
        100,
        DEFAULT_MIN_INTERACTIONS,
        key="import-core",
        help="Users and items with fewer are dropped, again and again until none is left (k-core)",
        disabled=format_name == "rlmrec",
    )
    rules = ["ratio", "leave-last-out", "time", *(["given"] if "split" in columns or format_name == "rlmrec" else [])]
    split = fourth.selectbox(
        "Split",
        rules,
        index=len(rules) - 1 if "given" in rules else 0,
        format_func=_SPLITS.__getitem__,
        key=f"import-split-{format_name}-{'split' in columns}",
    )
    skip = st.toggle("Go on after broken lines", key="import-skip", help="Count them in the report instead of stopping at the first")
    plain: dict[str, Any] = {
        "path": source,
        "format": format_name,
        "name": name,
        "items": items,
        "columns": columns,
        "domain": domain,
        "split": split,
        "skip_broken": skip,
    }
    return validated(ImportRequest, plain | ({} if format_name == "rlmrec" else {"min_interactions": int(least)}), "import")


def _name_of(source: Path) -> str:
    stem = source.name.split(".")[0]
    stem = stem[13:] if source.parent.name == "uploads" else stem
    plain = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in stem.lower()).strip("-._")
    return plain[:64] or "reviews"


def _buttons(space: Workspace, request: ImportRequest, *, trains_text: bool) -> None:
    plain = request.model_dump(mode="json")
    with st.container(horizontal=True, vertical_alignment="center"):
        launch_button(
            space,
            "Import and train",
            "pipeline",
            {"request": plain} | ({} if trains_text else {"training": {"model": "lightgcn"}}),
            key="import-pipeline",
        )
        launch_button(space, "Import only", "import", {"request": plain}, key="import-only", primary=False)
        st.caption(
            "“Import and train” goes all the way: import, extraction, profiles, training and map. It runs on if you close this page."
        )
