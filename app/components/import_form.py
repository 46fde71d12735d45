"""Import of reviews: upload or path, a preview, the mapping of columns, and one click to a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.errors import shown_errors
from app.components.import_mapping import previewed
from app.components.job_progress import launch_button
from core.data.importing import DEFAULT_MIN_INTERACTIONS, DOMAINS, Format, ImportRequest
from core.data.preview import guess_format
from core.errors import InputError
from core.jobs.settings import validated
from core.storage import write_atomic
from core.workspace import Workspace, checked_name

_FORMATS: dict[str, str] = {
    "amazon": "Amazon reviews (JSON lines)",
    "yelp": "Yelp (JSON lines)",
    "steam": "Steam (JSON or Python literals)",
    "rlmrec": "RLMRec folder",
    "table": "Table (CSV, Parquet, JSON lines)",
}
_SPLITS = {"ratio": "3 : 1 : 1 per user", "leave-last-out": "leave the last out", "time": "by time", "given": "as given"}


def import_form(space: Workspace) -> None:
    """The whole import: source, format, preview, settings, and the two buttons. An error is one line, and what was chosen stays."""
    with shown_errors():
        source, items = _source(space)
        if source is None:
            st.caption("A preview appears here as soon as there is a file. Nothing is imported before you say so.")
            return
        guessed = guess_format(source)
        format_name: Format = st.selectbox(
            "Format",
            list(get_args(Format)),
            index=list(get_args(Format)).index(guessed or "table"),
            format_func=_FORMATS.__getitem__,
            key=f"format-{source}",
            help="Guessed from the first rows. With “Table” you say yourself which column is which.",
            persist_state="session",
        )
        columns = previewed(source, format_name)
        if columns is None:
            return
        request = _settings(source, items, format_name, columns)
        _buttons(space, request, trains_text=_has_words(source, format_name, columns))


def _has_words(source: Path, format_name: Format, columns: dict[str, str]) -> bool:
    """Whether there is anything LMMRec could read: without, LightGCN is trained."""
    if format_name == "rlmrec":
        return "usr_prf.pkl" in {path.name for path in source.glob("*.pkl")}
    return format_name != "table" or bool(columns.get("text") or columns.get("summary"))


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


_LONGEST_NAME = 120
_WAYS = {"upload": "Upload", "path": "Path on this computer"}


def _existing(typed: str) -> Path:
    try:
        path = Path(typed.strip().strip("'\"")).expanduser()
        there = path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # no permission, too long a name, a zero byte, no such home
        raise InputError("This path cannot be read", where=typed.strip()[:120], hint="Check the path and its permissions") from error
    if not there:
        raise InputError("No such file", where=str(path), hint="Check the path")
    return path


def _kept(space: Workspace, uploaded: UploadedFile) -> Path:
    """The uploaded file on disk, under a name of its content: a job in another process reads it."""
    name = Path(uploaded.name).name[-_LONGEST_NAME:]
    path = space.root / "uploads" / f"{uploaded.file_id[:12]}-{name}"
    if not path.exists():
        write_atomic(path, lambda target: target.write_bytes(uploaded.getbuffer()) and None)
    return path


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
    rules = ["ratio", "leave-last-out", "time", *(["given"] if columns.get("split") or format_name == "rlmrec" else [])]
    split = fourth.selectbox(
        "Split",
        rules,
        index=len(rules) - 1 if "given" in rules else 0,
        format_func=_SPLITS.__getitem__,
        key=f"import-split-{format_name}-{bool(columns.get('split'))}",
    )
    skip = st.toggle("Go on after broken lines", key="import-skip", help="Count them in the report instead of stopping at the first")
    checked_name(name.strip())
    plain: dict[str, Any] = {
        "path": source,
        "format": format_name,
        "name": name.strip(),
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
    single: dict[str, object] = {"request": request.model_dump(mode="json")}
    whole: dict[str, object] = single if trains_text else {**single, "training": {"model": "lightgcn"}}
    way = "import, extraction, profiles, training and map" if trains_text else "import, training of LightGCN (there are no texts) and map"
    with st.container(horizontal=True, vertical_alignment="center"):
        launch_button(space, "Import and train", "pipeline", whole, key="import-pipeline")
        launch_button(space, "Import only", "import", single, key="import-only", primary=False)
        st.caption(f"“Import and train” goes all the way: {way}. It runs on if you close this page.")
