"""Frames of reviews, items and users -> a ReviewDataset -> an artefact of the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import SPLITS, Domain, ReviewDataset
from core.data.filters import REPEATED, k_core, nothing_left, outside_core, repeated_pairs
from core.data.frames import ITEM_COLUMNS, USER_COLUMNS, checked
from core.data.report import ImportReport
from core.data.splits import DROPPED, THREE_ONE_ONE, Ratio, SplitRule, split_by_ratio, split_by_time, split_leave_last_out
from core.errors import InputError
from core.storage import content_hash
from core.workspace import Artefact, Workspace, artefact_id, checked_name

_WHOLE_NUMBER = r"0|[1-9][0-9]{0,17}"
# Where a file lay does not change what is in it: these keys of a configuration stay out of the id.
_PLACES = {"path", "items", "users"}


def assemble(
    reviews: pd.DataFrame,
    items: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    *,
    name: str,
    domain: Domain,
    min_interactions: int = 5,
    split: SplitRule = "ratio",
    seed: int = 0,
    ratio: Ratio = THREE_ONE_ONE,
    keep_unseen: bool = False,
    generated: bool = False,
    report: ImportReport | None = None,
) -> ReviewDataset:
    """Make a dataset of raw frames: each pair once, k-core, split, indices by sorted id, checked columns.

    The same rows in another order give the same dataset.

    Args:
        reviews: columns user_id, item_id str; optional rating, timestamp (seconds), summary, text, line; split where
            ``split`` is "given" (values of `SPLITS`).
        items: item_id and any of title, description, category, profile_text. users: user_id and any of name, profile_text.
        min_interactions: k of the k-core over users and items; 1 keeps everything.
        keep_unseen: keep users and items of the frames that no interaction names (a published split counts them).
        report: the readers' report, which is continued here.

    Returns:
        The dataset with an empty id; `publish_dataset` gives it one.

    Raises:
        InputError: nothing is left, a split cannot be made, or a frame does not hold what it should.
    """
    report = report or ImportReport()
    rows = checked("reviews", _completed(reviews))
    rows = _without_repeats(rows, report)
    rows = _core(rows, min_interactions, report)
    rows = _split(rows.sort_values(["user_id", "item_id"], kind="stable", ignore_index=True), split, seed, ratio, report)
    user_table = _side(users, "user_id", USER_COLUMNS, rows["user_id"], keep_unseen)
    item_table = _side(items, "item_id", ITEM_COLUMNS, rows["item_id"], keep_unseen)
    interactions = _indexed(rows, user_table["user_id"], item_table["item_id"])
    _count(report, interactions, user_table, item_table)
    return ReviewDataset(
        id="",
        name=checked_name(name),
        domain=domain,
        interactions=checked("interactions", interactions),
        users=checked("users", user_table),
        items=checked("items", item_table),
        report=report.model_dump(mode="json"),
        generated=generated,
    )


def publish_dataset(
    workspace: Workspace,
    dataset: ReviewDataset,
    config: dict[str, Any] | None = None,
    generated: bool | None = None,
    *,
    write_more: Callable[[Path], None] | None = None,
) -> Artefact:
    """Write a dataset into the workspace under an id made of its name, its frames and its configuration.

    A dataset that is already there as the newest of its name is not written again.

    Args:
        config: how it was made; "domain" is added. generated: overrides the dataset's own mark.
        write_more: puts further files into the artefact's folder (given embeddings, the truth of the demo).

    Raises:
        StorageError: the disk refused; nothing was changed.
    """
    config = {**(config or {}), "domain": dataset.domain}
    generated = dataset.generated if generated is None else generated
    key = content_hash(_frames_hash(dataset), {name: value for name, value in config.items() if name not in _PLACES}, generated)
    identifier = artefact_id(dataset.name, key)
    newest = next((artefact for artefact in workspace.list("dataset") if artefact.manifest.name == dataset.name), None)
    if newest is not None and newest.id == identifier:
        return newest
    with workspace.publish("dataset", identifier, name=dataset.name, config=config) as draft:
        draft.summary.update(summarise(dataset))
        draft.generated = generated
        replace(dataset, id=identifier).save(draft.path)
        if write_more is not None:
            write_more(draft.path)
    return workspace.get("dataset", identifier)


def summarise(dataset: ReviewDataset) -> dict[str, Any]:
    """The small figures of a dataset for lists: counts, density, text coverage, mean length of the texts, split sizes."""
    lengths = dataset.interactions["text"].str.len()
    with_text = lengths > 0
    n_interactions = len(dataset.interactions)
    return {
        "n_users": dataset.n_users,
        "n_items": dataset.n_items,
        "n_interactions": n_interactions,
        "density": n_interactions / (dataset.n_users * dataset.n_items),
        "text_coverage": float(with_text.mean()),
        "mean_text_length": float(lengths[with_text].mean()) if with_text.any() else 0.0,
        "profiled_users": int((dataset.users["profile_text"] != "").sum()),
        "profiled_items": int((dataset.items["profile_text"] != "").sum()),
        "splits": {name: int((dataset.interactions["split"] == name).sum()) for name in SPLITS},
    }


def _completed(reviews: pd.DataFrame) -> pd.DataFrame:
    """``reviews`` with every optional column and the right types."""
    missing = [column for column in ("user_id", "item_id") if column not in reviews]
    if missing:
        raise InputError(f"No column {', '.join(missing)}", where="reviews", hint=f"There are: {', '.join(map(str, reviews.columns))}")
    n = len(reviews)
    defaults: dict[str, Any] = {"line": np.arange(1, n + 1), "rating": np.nan, "timestamp": -1, "summary": "", "text": ""}
    rows = reviews.reset_index(drop=True).assign(**{column: value for column, value in defaults.items() if column not in reviews})
    return rows.astype({"user_id": "str", "item_id": "str", "rating": "float32", "timestamp": "int64", "summary": "str", "text": "str"})


def _without_repeats(rows: pd.DataFrame, report: ImportReport) -> pd.DataFrame:
    repeated = repeated_pairs(rows)
    report.drop(REPEATED, int(repeated.sum()), sorted(rows["line"][repeated]))
    return rows[~repeated] if repeated.any() else rows


def _core(rows: pd.DataFrame, k: int, report: ImportReport) -> pd.DataFrame:
    if rows.empty:
        raise InputError("There are no interactions", where=", ".join(report.files) or "reviews", hint="Check the format and the columns")
    kept = k_core(pd.factorize(rows["user_id"])[0], pd.factorize(rows["item_id"])[0], k)
    if not kept.any():
        raise nothing_left(k, report)
    report.drop(outside_core(k), int((~kept).sum()))
    return rows if kept.all() else rows[kept]


def _split(rows: pd.DataFrame, rule: SplitRule, seed: int, ratio: Ratio, report: ImportReport) -> pd.DataFrame:
    users = pd.factorize(rows["user_id"])[0]
    times = rows["timestamp"].to_numpy()
    if rule == "given":
        codes = _given(rows)
    elif rule == "ratio":
        codes = split_by_ratio(users, seed, ratio)
    elif rule == "leave-last-out":
        codes = split_leave_last_out(users, times, seed)
    else:
        codes = split_by_time(users, times, ratio)
    known = codes != DROPPED
    report.drop("the user has no interaction before the time of the split", int((~known).sum()), sorted(rows["line"][~known]))
    if rule in ("leave-last-out", "time") and (times < 0).any():
        report.note(f"{int((times < 0).sum())} interactions have no time and were taken as the earliest.")
    if not (codes == 0).any():
        raise InputError("There are no training interactions", where="split", hint="Mark some rows 'train' or choose another split")
    for code, name in enumerate(SPLITS):
        if not (codes == code).any():
            report.note(f"The {name} split is empty.")
    labelled = rows.assign(split=pd.Categorical.from_codes(np.where(known, codes, 0).tolist(), dtype=pd.CategoricalDtype(list(SPLITS))))
    return labelled if known.all() else labelled[known]


def _given(rows: pd.DataFrame) -> np.ndarray:
    if "split" not in rows:
        raise InputError(
            "The split is to be given, and there is no split column",
            where="split",
            hint="Map it with split=COLUMN or choose the split 'ratio'",
        )
    codes = rows["split"].astype("str").map({name: code for code, name in enumerate(SPLITS)})
    unknown = codes.isna().to_numpy()
    if unknown.any():
        first = rows[unknown].iloc[0]
        raise InputError(f"'{first['split']}' is no split", where=f"line {first['line']}", hint=f"Use {', '.join(SPLITS)}")
    return codes.to_numpy(dtype=np.int8)


def ordered_ids(identifiers: pd.Series) -> pd.Series:
    """Distinct ids in the order of their indices: as numbers where all are whole numbers, else as text."""
    distinct = identifiers.drop_duplicates()
    if distinct.str.fullmatch(_WHOLE_NUMBER).all():
        return distinct.iloc[np.argsort(distinct.astype("int64").to_numpy(), kind="stable")].reset_index(drop=True)
    return distinct.sort_values(ignore_index=True)


def _side(table: pd.DataFrame | None, key: str, columns: tuple[str, ...], seen: pd.Series, keep_unseen: bool) -> pd.DataFrame:
    """The users or items in the order of their indices with all their columns; the id stands where a name is missing."""
    identifiers = seen
    if keep_unseen and table is not None:
        identifiers = pd.concat([seen, table[key].astype("str")], ignore_index=True)
    side = pd.DataFrame({key: ordered_ids(identifiers)})
    if table is not None:
        known = table.assign(**{key: table[key].astype("str")}).drop_duplicates(key)
        side = side.merge(known[[column for column in columns if column in known]], on=key, how="left", validate="one_to_one")
    for column in columns:
        if column not in side:
            side[column] = ""
        side[column] = side[column].astype("str").fillna("")
    label = columns[1]
    side[label] = side[label].where(side[label].str.strip() != "", side[key])
    return side[list(columns)]


def _indexed(rows: pd.DataFrame, user_ids: pd.Series, item_ids: pd.Series) -> pd.DataFrame:
    """The interactions with internal indices, by user, then time, then item."""
    interactions = pd.DataFrame(
        {
            "user_idx": pd.Index(user_ids).get_indexer(pd.Index(rows["user_id"])).astype("int32"),
            "item_idx": pd.Index(item_ids).get_indexer(pd.Index(rows["item_id"])).astype("int32"),
            "rating": rows["rating"].to_numpy(),
            "timestamp": rows["timestamp"].to_numpy(),
            "split": rows["split"].array,
            "summary": rows["summary"].array,
            "text": rows["text"].array,
        }
    )
    return interactions.sort_values(["user_idx", "timestamp", "item_idx"], kind="stable", ignore_index=True)


def _count(report: ImportReport, interactions: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame) -> None:
    report.users, report.items, report.interactions = len(users), len(items), len(interactions)
    report.without_text = int((interactions["text"] == "").sum())
    report.without_rating = int(interactions["rating"].isna().sum())
    report.without_timestamp = int((interactions["timestamp"] < 0).sum())
    report.titled_items = int((items["title"] != items["item_id"]).sum())
    report.profiled_users = int((users["profile_text"] != "").sum())
    report.profiled_items = int((items["profile_text"] != "").sum())
    report.splits = {name: int((interactions["split"] == name).sum()) for name in SPLITS}
    report.lines_read = report.lines_read or len(interactions) + sum(entry.count for entry in report.dropped.values())


def _frames_hash(dataset: ReviewDataset) -> str:
    columns = [frame[column] for frame in (dataset.interactions, dataset.users, dataset.items) for column in frame]
    return content_hash(*(pd.util.hash_pandas_object(column, index=False, categorize=False).to_numpy().tobytes() for column in columns))
