"""What an extraction found: each review beside its motivations with the quotes marked, filtered, a page at a time, and as a table."""

from __future__ import annotations

from typing import get_args

import numpy as np
import streamlit as st

from app import artefacts
from app.charts.palette import motivation_colours
from app.components.export import table
from app.components.extraction_progress import failure_line, raw_answer
from app.components.highlight import highlighted, marks_of, motivation_lines
from app.components.legend import names_of
from app.components.page import literal, shortened
from core.extraction.ollama.outcome import Answer
from core.extraction.result_filter import Level, Only, Result, ResultFilter
from core.extraction.results import ExtractionResults
from core.extraction.schema import OTHER
from core.workspace import Artefact

PER_PAGE = 8
TABLE_ROWS = 500  # of the table that are sent to the browser; the export has all
_SHOWN = "results shown"  # what the page's number belongs to
_LEVELS: dict[str, str] = {"review": "Reviews", "user": "Users", "item": "Items"}
_ONLY: dict[str, str] = {
    "all": "Everything",
    "named": "With a motivation",
    "nothing": "Without any",
    "ungrounded": "Ungrounded quotes",
    "failed": "Failed",
}
_POLARITIES = {"positive": "praise", "negative": "complaint"}


def results_view(dataset: Artefact, extraction: Artefact) -> None:
    """Filters, then the reviews or the table."""
    results = artefacts.results(extraction, dataset)
    level = _level(results)
    wanted = filters(results)
    if st.session_state.get(_SHOWN) != (extraction.id, level, wanted):
        st.session_state[_SHOWN], st.session_state["page"] = (extraction.id, level, wanted), 1
    found = results.matching(level, wanted)
    total = len(results.subjects(level))
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{len(found):,} of {total:,} {_LEVELS[level].lower()}**{'' if level != 'review' else ', training reviews only'}")
    with right.container(horizontal=True, horizontal_alignment="right"):
        shown_as = st.segmented_control(
            "Show as", ["text", "table"], default="text", required=True, format_func=str.capitalize, key="shown-as", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    if not len(found):
        st.info("Nothing fits these filters. Take one away.", icon=":material/filter_alt_off:")
    elif shown_as == "table":
        _table(results, level, found, wanted)
    else:
        _cards(results, level, found, wanted)


def _level(results: ExtractionResults) -> Level:
    if len(results.levels) < 2:
        return results.levels[0]
    chosen = st.segmented_control(
        "Read from",
        list(results.levels),
        default=results.levels[0],
        required=True,
        format_func=_LEVELS.__getitem__,
        key="level",
        bind="query-params",
    )
    return chosen or results.levels[0]


def filters(results: ExtractionResults) -> ResultFilter:
    """The filter as chosen; what is chosen goes into the URL."""
    names = names_of(results.taxonomy)
    columns = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    motivations = columns[0].multiselect(
        "Motivations", list(names), format_func=lambda key: names.get(key, key), key="motivations", placeholder="Any", bind="query-params"
    )
    only = columns[1].selectbox("Show", get_args(Only), format_func=_ONLY.__getitem__, key="only", bind="query-params")
    polarity = columns[2].selectbox(
        "Polarity",
        list(_POLARITIES),
        index=None,
        format_func=lambda key: _POLARITIES[key].capitalize(),
        placeholder="Any",
        key="polarity",
        bind="query-params",
    )
    words = columns[3].text_input("Search", key="words", type="search", placeholder="in review, title or statement", bind="query-params")
    return ResultFilter(frozenset(motivations), polarity, only or "all", str(words or ""))


def _cards(results: ExtractionResults, level: Level, found: np.ndarray, wanted: ResultFilter) -> None:
    pages = -(-len(found) // PER_PAGE)
    number = min(pages, int(st.session_state.get("page", 1) or 1))
    shown = results.page(level, found[(number - 1) * PER_PAGE : number * PER_PAGE])
    names = names_of(results.taxonomy)
    colours = motivation_colours(list(names))
    for one in shown:
        with st.container(border=True):
            _card(results, one, names, colours, keep_other=OTHER in wanted.motivations)
    if pages > 1:
        st.pagination(pages, key="page")


def _card(results: ExtractionResults, one: Result, names: dict[str, str], colours: dict[str, str], *, keep_other: bool) -> None:
    left, right = st.columns([11, 9], gap="medium")
    with left:
        st.markdown(_heading(results, one))
        if one.answer.failure is not None:
            st.markdown(highlighted(one.text, []))
        else:
            answer, dropped = (one.answer, 0) if keep_other else without_other(one.answer)
            st.markdown(highlighted(one.text, marks_of(answer, colours)) or ":gray[no text]")
        if one.left_out:
            st.caption(f"{one.left_out:,} older reviews are not shown.")
    with right:
        if one.answer.failure is not None:
            st.markdown(failure_line(one.answer.failure.kind, one.answer.failure.message, one.answer.attempts))
            raw_answer(one.answer.raw, one.answer.thinking)
            return
        motivation_lines(answer, names, colours)
        if dropped:
            st.caption(f"{dropped} more sentence{'s' if dropped != 1 else ''} of no motivation (Other).")
        _said(one.answer)


def without_other(answer: Answer) -> tuple[Answer, int]:
    """An answer without what fits no motivation, and how much that was."""
    if answer.result is None:
        return answer, 0
    pairs = list(zip(answer.result.motivations, answer.groundings, strict=True))
    kept = [pair for pair in pairs if pair[0].name != OTHER]
    result = answer.result.model_copy(update={"motivations": [motivation for motivation, _ in kept]})
    return answer.model_copy(update={"result": result, "groundings": tuple(grounding for _, grounding in kept)}), len(pairs) - len(kept)


def _heading(results: ExtractionResults, one: Result) -> str:
    title = f"**{literal(shortened(one.title, 80))}**" if one.title else "**No title**"
    if one.level != "review":
        return title
    user = int(results.reviews.at[one.subject, "user_idx"])
    name = str(results.dataset.users["name"].iloc[user] or "") or str(results.dataset.users["user_id"].iloc[user])
    rating = "" if one.rating is None else f" · rated {one.rating:.0f}"
    return f"{title} :gray[:small[by {literal(shortened(name, 40))}{rating}]]"


def _said(answer: Answer) -> None:
    """What a model wrote besides: the need, the reasoning."""
    if answer.result is None:
        return
    if answer.result.need:
        st.caption(f"Need: {literal(answer.result.need)}")
    if answer.result.reasoning:
        st.caption(f"Reasoning: {literal(shortened(answer.result.reasoning, 400))}")


def _table(results: ExtractionResults, level: Level, found: np.ndarray, wanted: ResultFilter) -> None:
    rows = results.table(level, found, wanted)
    if rows.empty:
        st.info("These hold no statement; look at them as text.", icon=":material/table_rows:")
        return
    more = f", the first {TABLE_ROWS:,} shown; the export has all" if len(rows) > TABLE_ROWS else ""
    formats = {name: st.column_config.NumberColumn(format="%.2f") for name in ("strength", "confidence", "grounding")}
    formats |= {name: st.column_config.TextColumn(width="medium") for name in ("statement", "quote", "item")}
    formats["rating"] = st.column_config.NumberColumn(format="%.0f", width="small")
    order = ["motivation", "polarity", "statement", "quote", "item", "rating", "grounded", "strength", "confidence", "review"]
    shown = rows.head(TABLE_ROWS)
    table(
        shown[[column for column in order if column in shown]],
        "statements",
        f"**{len(rows):,} statements**{more}",
        exported=rows,
        column_config=formats,
    )
