"""The lists of several runs for one user in one table: each item's place in each run, and how far the others differ from the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import session
from app.components.export import table
from app.components.page import literal
from app.components.pickers import run_label
from app.components.recommendation_list import reasons
from core.recommend.explanation import Recommendations
from core.recommend.recommender import Recommender
from core.workspace import Artefact

MOST_BESIDE = 3


def comparison_list(runs: Sequence[tuple[Artefact, Recommender]], user_id: str, k: int) -> None:
    """One row an item that is among the first k of any of the runs; choosing one explains it."""
    rows = comparison_rows(runs, user_id, k)
    labels = run_columns([run for run, _ in runs])
    items = rows["item"].tolist()
    chosen = session.selected("item")
    default: Any = {"selection": {"rows": [items.index(chosen)] if chosen in items else []}}
    formats: dict[str, Any] = {
        label: st.column_config.TextColumn(label, width=118, help=f"Place by {run_label(run)}")
        for label, (run, _) in zip(labels, runs, strict=True)
    }
    formats["main reason"] = st.column_config.TextColumn("main reason", width=130, help=f"What adds most to the score of {labels[0]}")
    key = f"beside-{'-'.join(run.id[-6:] for run, _ in runs)}-{k}"
    table(
        rows.drop(columns="item"),
        key,
        f"**First {k}** of {len(runs)} runs, by place in {literal(labels[0])}; ▲ ▼ places higher or lower there than in it",
        exported=rows,
        column_config=formats,
        on_select=lambda: _choose(key, items),
        selection_mode="single-row",
        selection_default=default,
        height=38 + 35 * min(len(rows), 15),
    )
    for label, (_, recommender) in zip(labels, runs, strict=True):
        if not recommender.motivations:
            st.caption(f"{literal(label)} has no named motivations: it ranks, but cannot say why.")


def comparison_rows(runs: Sequence[tuple[Artefact, Recommender]], user_id: str, k: int) -> pd.DataFrame:
    """Columns title, main reason (of the first run, where it has any), one per run, item; ordered by place in the first run."""
    lists = [recommender.recommend(user_id, k) for _, recommender in runs]
    first = runs[0][1]
    items = np.array(list(dict.fromkeys(one.item_idx for listed in lists for one in listed.items)), dtype=np.int64)
    ranks = [_places(recommender, user_id, items) for _, recommender in runs]
    order = np.argsort(ranks[0], kind="stable")
    catalogue = first.dataset.items
    rows = pd.DataFrame({"title": catalogue["title"].iloc[items[order]].astype(str).to_list()})
    if first.motivations and len(items):
        listed = first.listed(user_id, lists[0].user_idx, items[order], np.zeros(len(items), dtype=np.float32))
        rows["main reason"] = reasons(first, Recommendations(user=user_id, user_idx=lists[0].user_idx, items=listed.items))
    for label, own in zip(run_columns([run for run, _ in runs]), ranks, strict=True):
        rows[label] = [_place(int(own[row]), int(ranks[0][row]), own is ranks[0]) for row in order]
    return rows.assign(item=catalogue["item_id"].iloc[items[order]].astype(str).to_list())


def _places(recommender: Recommender, user_id: str, items: np.ndarray) -> np.ndarray:
    terms = recommender.terms(user_id)
    return terms.all_ranks(items, np.ones(terms.n_terms))


def _place(rank: int, reference: int, is_first: bool) -> str:
    if is_first or rank == reference:
        return f"{rank:,}"
    return f"{rank:,}  {'▲' if rank < reference else '▼'} {abs(rank - reference):,}"


def run_columns(runs: Sequence[Artefact]) -> list[str]:
    """Short names that tell the runs apart: the model, and the end of the id where two are of one model."""
    names = [run_label(run).split(",")[0] for run in runs]
    return [name if names.count(name) == 1 else f"{name} {run.id[-4:]}" for name, run in zip(names, runs, strict=True)]


def places_elsewhere(others: Sequence[tuple[Artefact, Recommender]], user_id: str, item_id: str) -> Mapping[str, str]:
    """What each other run says of one item: its place, and its first reason where it has any."""
    said = {}
    for label, (_, recommender) in zip(run_columns([run for run, _ in others]), others, strict=True):
        why = recommender.explain(user_id, item_id, evidence=1)
        reason = f"mostly {why.contributions[0].name}" if why.contributions else "it gives no reasons"
        said[label] = f"place {why.rank:,}, score {why.score:.3f}; {reason}"
    return said


def _choose(key: str, items: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    session.select(item=items[rows[0]] if rows and rows[0] < len(items) else None)
