"""What came out of a comparison: figures per variant, and every answer beside the others with its quotes in the review."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.charts.palette import motivation_colours
from app.components.export import export_document, table
from app.components.highlight import highlighted, marks_of, motivation_lines
from app.components.legend import names_of
from app.components.page import literal, moment
from app.components.prompt_run import PAGE, Place
from app.components.prompt_truth import PLANTED_F1, truth_column
from app.components.prompt_variants import letter
from core.evaluation.trial_truth import TrialTruth
from core.extraction.ollama.outcome import Answer
from core.extraction.quality.measures import Share
from core.extraction.trial_reviews import TrialReview
from core.extraction.trial_summary import VariantSummary, different, failed, in_round, summaries, trial_document, trial_rows, ungrounded
from core.extraction.trials import Cell, Thumb, Trial, TrialStore

FILTERS: dict[str, tuple[str, Callable[[Sequence[Answer | None]], bool]]] = {
    "all": ("All", lambda answers: True),
    "failures": ("Failures", failed),
    "ungrounded": ("Not in the review", ungrounded),
    "different": ("Different", different),
}
_COUNTED = {"failures": "with a failure", "ungrounded": "with a quote that is not in it", "different": "read differently by the variants"}
_FAILURES = {
    "invalid": "no usable answer",
    "cut": "cut at num_predict",
    "server": "server error",
    "timeout": "time-out",
    "truncated": "prompt was cut",
    "stopped": "stopped",
}


def summary_table(trial: Trial, cells: Sequence[Cell], answers: Mapping[str, Answer], round: int, truth: TrialTruth | None = None) -> None:
    """One row of figures per variant; with a truth, the score against it too."""
    figures = summaries(trial, cells, answers, round)
    frame = summary_frame(trial, figures)
    formats: dict[str, Any] = {
        "variant": st.column_config.TextColumn("variant", width="medium"),
        "valid": st.column_config.TextColumn("valid", help="Answers that passed validation, of all"),
        "grounded": st.column_config.TextColumn("grounded", help="Motivations whose quote stands in the review, of all"),
        "per review": st.column_config.TextColumn("per review", help="Motivations of a valid answer: mean ± standard deviation"),
        "coverage": st.column_config.TextColumn("coverage", help="Motivations of the taxonomy that were named at least once"),
        "agreement": st.column_config.TextColumn(
            "agreement",
            help="With A: mean over the reviews both answered of the motivations both named, of those either named (Jaccard); 1 = the same",
        ),
        "repeatability": st.column_config.TextColumn(
            "repeatability", help="The same between the rounds with other seeds; 1 = always the same motivations"
        ),
        "latency": st.column_config.TextColumn(
            "latency (s)", help="Wall time of an answer, retries included, when it was asked: mean ± standard deviation"
        ),
        "tokens/s": st.column_config.NumberColumn(
            "tokens/s", format="%.1f", help="Speed at which the server wrote the answers, mean, as it measured"
        ),
    }
    if truth is not None:
        values, formats[PLANTED_F1] = truth_column(truth.scores(trial, cells, answers, round))
        frame.insert(list(frame).index("agreement"), PLANTED_F1, values)
    optional = (*((PLANTED_F1,) if truth else ()), "agreement", "repeatability", "tokens/s", "retries", "alarms", "thumbs")
    shown = frame.drop(columns=[name for name in optional if (frame[name].isin(["", 0]) | frame[name].isna()).all()])
    table(shown, f"trial-{trial.id}-{round}", "**Variants**", exported=frame, column_config=formats)


def summary_frame(trial: Trial, figures: Sequence[VariantSummary]) -> pd.DataFrame:
    """The figures as text, with what they stand on."""
    rows = []
    for position, (variant, one) in enumerate(zip(trial.variants, figures, strict=True)):
        measured = one.measures
        rows.append(
            {
                "variant": f"{letter(position)}: {variant.title}",
                "valid": _share(measured.valid),
                "grounded": _share(measured.grounded),
                "per review": _mean(measured.per_review, measured.per_review_sd),
                "coverage": f"{measured.covered.count} of {measured.covered.total}",
                "agreement": f"{one.agreement.jaccard:.2f}" if one.agreement and one.agreement.reviews else "",
                "repeatability": f"{one.repeatability.jaccard:.2f}" if one.repeatability else "",
                "latency": _mean(one.seconds, one.seconds_sd),
                "tokens/s": one.tokens_per_s,
                "retries": one.retries,
                "alarms": one.truncated,
                "thumbs": " ".join(filter(None, (f"{one.up} up" if one.up else "", f"{one.down} down" if one.down else ""))),
            }
        )
    return pd.DataFrame(rows)


def _share(share: Share) -> str:
    return f"{100 * share.value:.0f} % ({share.count} of {share.total})" if share.total else ""


def _mean(value: float, spread: float) -> str:
    if value != value:
        return ""
    return f"{value:.2f}" if spread != spread else f"{value:.2f} ± {spread:.2f}"


def pick_shown(trial: Trial, cells: Sequence[Cell], answers: Mapping[str, Answer], round: int) -> list[int]:
    """The reviews to show: those the filter lets through, a few at a time."""
    shown = in_round(cells, round)
    by_review = {
        review: [_answer(shown.get((review, variant)), answers) for variant in range(len(trial.variants))] for review in trial.reviews
    }
    counts = {name: sum(keeps(by_review[review]) for review in trial.reviews) for name, (_, keeps) in FILTERS.items()}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.segmented_control(
        "Show",
        [name for name in FILTERS if name != "different" or len(trial.variants) > 1],
        default="all",
        required=True,
        format_func=lambda name: FILTERS[name][0],
        key="show",
        bind="query-params",
    )
    told = [f"{counts[name]} {words}" for name, words in _COUNTED.items() if counts[name]]
    if told:
        st.caption(f"Of {len(trial.reviews)} reviews: {', '.join(told)}.")
    elif shown:
        st.caption("No failure so far; every quote stands in its review.")
    kept = [review for review in trial.reviews if FILTERS[chosen or "all"][1](by_review[review])]
    if len(kept) <= PAGE:
        return kept
    starts = list(range(0, len(kept), PAGE))
    begin = right.segmented_control(
        "Reviews",
        starts,
        default=0,
        required=True,
        format_func=lambda at: f"{at + 1}–{min(at + PAGE, len(kept))}",
        key=f"reviews-{trial.id}-{chosen}",
    )
    return kept[begin or 0 : (begin or 0) + PAGE]


def _answer(cell: Cell | None, answers: Mapping[str, Answer]) -> Answer | None:
    return answers.get(cell.key) if cell is not None else None


def results_grid(trial: Trial, shown: Sequence[TrialReview], round: int) -> dict[Place, Any]:
    """The empty places of the answers about some reviews: a row a review, a column a variant."""
    grid: dict[Place, Any] = {}
    for review in shown:
        number = trial.reviews.index(review.index) + 1
        title = f" of “{literal(review.item_title)}”" if review.item_title else ""
        rating = f", rated {review.rating:g} of 5" if review.rating is not None else ""
        st.markdown(f"**Review {number}**{title}{rating} :gray[:small[interaction {review.index}, {len(review.text):,} characters]]")
        for variant, column in enumerate(st.columns(len(trial.variants))):
            with column:
                grid[review.index, variant, round] = st.empty()
    return grid


def waiting_cell(target: Any, trial: Trial, variant: int, review: TrialReview, *, waits: bool, problem: str = "") -> None:
    """A cell without an answer: the review as it is.

    Args:
        waits: its turn is to come. problem: why it could not be asked.
    """
    with target.container(border=True):
        st.markdown(f"**{letter(variant)}** :gray[{'could not be asked' if problem else 'waits for its turn' if waits else 'not asked'}]")
        if problem:
            st.markdown(f":red[{literal(problem)}]")
        st.markdown(f":gray[{highlighted(review.text[:400], [])}]" if len(trial.variants) > 1 else highlighted(review.text, []))


def answer_cell(target: Any, trial: Trial, cell: Cell, answer: Answer, review: TrialReview, trials: TrialStore) -> None:
    """A cell with its answer: figures, the review with the quotes marked, the motivations, the reply, and what people say of it."""
    names = names_of(trial.taxonomy)
    colours = motivation_colours(list(names))
    with target.container(border=True):
        st.markdown(_headline(trial, cell, answer))
        if answer.failure is not None:
            st.error(f"{_FAILURES[answer.failure.kind].capitalize()}: {literal(answer.failure.message)}")
        text = highlighted(review.text, marks_of(answer, colours))
        if len(trial.variants) == 1:
            left, right = st.columns([3, 2])
            left.markdown(text)
            with right:
                _said(answer, names, colours)
        else:
            st.markdown(text)
            _said(answer, names, colours)
        _reply(cell, answer, opened=answer.failure is not None and len(trial.variants) < 3)
        _judgement(trial, cell, trials)


def _headline(trial: Trial, cell: Cell, answer: Answer) -> str:
    badges = [":green-badge[valid]" if answer.failure is None else ":red-badge[failed]"]
    if cell.cached:
        badges.append(":gray-badge[from cache]")
    if answer.truncated:
        badges.append(":orange-badge[prompt may be cut]")
    if answer.attempts > 1:
        badges.append(f":orange-badge[{answer.attempts} attempts]")
    figures = [f"{answer.seconds:.1f} s"]
    if cell.tokens_per_s is not None:
        figures.append(f"{cell.tokens_per_s:.0f} tokens/s")
    if answer.prompt_tokens:
        figures.append(f"{answer.prompt_tokens:,} + {answer.answer_tokens:,} tokens")
    return f"**{letter(cell.variant)}** {' '.join(badges)}  \n:gray[:small[{' · '.join(figures)}]]"


def _said(answer: Answer, names: Mapping[str, str], colours: Mapping[str, str]) -> None:
    if answer.result is None:
        return
    motivation_lines(answer, names, colours)
    if answer.result.need:
        st.markdown(f":gray[Need:] {literal(answer.result.need)}")


def _reply(cell: Cell, answer: Answer, *, opened: bool) -> None:
    """Reasoning, thinking and the reply as it came, retries too."""
    if answer.result is not None and not (answer.raw or answer.result.reasoning):
        return
    with st.expander("Reasoning and reply" if answer.result else "Reply", expanded=opened):
        if answer.result is not None and answer.result.reasoning:
            st.markdown(literal(answer.result.reasoning))
        if answer.thinking:
            st.caption("Thinking")
            st.code(answer.thinking, language=None, wrap_lines=True, height=160)
        if answer.raw or answer.failure:
            st.caption("Reply as it came")
            st.code(_readable(answer.raw) or "The reply is empty.", language="json", wrap_lines=True, height=180)
        for number, retry in enumerate(cell.retries, 1):
            st.caption(f"Attempt {number} could not be used: {literal(retry.reason)}")
            st.code(retry.raw or "The reply is empty.", language=None, wrap_lines=True, height=110)


def _readable(raw: str) -> str:
    """JSON with its structure in lines; anything else as it is."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=1)
    except ValueError:
        return raw


def _judgement(trial: Trial, cell: Cell, trials: TrialStore) -> None:
    key = f"{trial.id}-{cell.review}-{cell.variant}-{cell.round}"
    thumb, comment = f"thumb-{key}", f"comment-{key}"
    st.session_state[thumb] = {1: 1, -1: 0}.get(cell.thumb)
    st.session_state[comment] = cell.comment
    with st.container(horizontal=True, vertical_alignment="center"):
        st.feedback("thumbs", key=thumb, on_change=_judge, args=(trials, trial.id, cell, thumb, comment), width="content")
        st.text_input(
            "Comment",
            key=comment,
            placeholder="Comment",
            label_visibility="collapsed",
            on_change=_judge,
            args=(trials, trial.id, cell, thumb, comment),
        )


def _judge(trials: TrialStore, trial: str, cell: Cell, thumb: str, comment: str) -> None:
    said: dict[int | None, Thumb] = {1: 1, 0: -1, None: 0}
    words = str(st.session_state.get(comment) or "")
    trials.judge(trial, cell.review, cell.variant, cell.round, thumb=said[st.session_state.get(thumb)], comment=words)


def trial_export(trial: Trial, cells: Sequence[Cell], answers: Mapping[str, Answer], reviews: Mapping[int, TrialReview]) -> None:
    """All answers as a table (CSV, Parquet) and as one JSON document."""
    with st.expander("All answers as a table, and export"):
        rows = pd.DataFrame(trial_rows(trial, cells, answers, reviews))
        if rows.empty:
            st.caption("There are no answers yet.")
            return
        table(rows, f"answers-{trial.id}", f"One row a motivation; comparison {trial.id} of {moment(trial.created_at)}", height=260)
        document = json.dumps(trial_document(trial, cells, answers, reviews), ensure_ascii=False, indent=1)
        export_document(document, f"comparison-{trial.id}.json", label="Whole comparison as JSON")
