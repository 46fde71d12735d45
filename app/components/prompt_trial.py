"""A comparison on the page: set up, run, and what came out of it; the comparison itself goes into the URL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import streamlit as st

from app import artefacts, session
from app.components.ollama_models import OllamaState
from app.components.page import literal, moment, shortened
from app.components.prompt_editor import prompt_editor
from app.components.prompt_node_preview import node_preview
from app.components.prompt_preview import prompt_preview
from app.components.prompt_results import answer_cell, pick_shown, results_grid, summary_table, trial_export, waiting_cell
from app.components.prompt_reviews import pick_reviews, pick_way, training_reviews
from app.components.prompt_run import Desk, Place, TrialRun, ask_all, askers, places, problems, run_panel, running, start_run
from app.components.prompt_truth import planted_truth
from app.components.prompt_variants import Slot, first_options, load_variants, variant_setup
from core.errors import NotFoundError
from core.extraction.answer_store import AnswerStore
from core.extraction.ollama.outcome import Answer
from core.extraction.prompts.store import PromptStore
from core.extraction.taxonomy import Taxonomy
from core.extraction.trial_reviews import TrainingReviews
from core.extraction.trial_summary import in_round, n_rounds
from core.extraction.trials import Cell, Trial, TrialStore
from core.workspace import Artefact, Workspace

_SHOWN = "trial set up"


def try_view(space: Workspace, dataset: Artefact, state: OllamaState) -> None:
    """Edit, choose, run, compare."""
    store, trials = PromptStore(space), TrialStore(space)
    reviews, taxonomy = training_reviews(dataset), artefacts.taxonomy(space, dataset)
    if not len(reviews):
        st.info("No training review of this dataset has a text, so there is nothing to try a prompt on. Choose another dataset.")
        return
    trial = _selected_trial(trials, dataset)
    top, lower = st.container(), st.container()
    with lower:
        st.subheader("Try it", anchor=False)
        left, right = st.columns(2, vertical_alignment="top")
        with left:
            way = pick_way()
        with right:
            _past_trials(trials, dataset, trial)
        chosen = pick_reviews(way, reviews, dataset)
    with top:
        left, right = st.columns(2, gap="large")
        with left:
            edited = prompt_editor(store, reviews_domain(dataset))
        with right:
            if edited.template.kind == "review":
                prompt_preview(edited, taxonomy, first_options(), reviews, chosen)
            else:
                node_preview(space, dataset, edited, taxonomy, first_options())
    with lower:
        slots = variant_setup(store, edited, state, taxonomy, reviews, chosen)
        with closing(AnswerStore(space)) as answers:
            wanted = _wanted(dataset, taxonomy, chosen, slots)
            _run_row(trials, wanted, trial, slots, chosen)
            if trial is not None:
                _outcome(space, dataset, state, reviews, trials, answers, trial)


def reviews_domain(dataset: Artefact) -> str:
    """The domain whose prompts fit a dataset."""
    return str(dataset.manifest.config.get("domain", "products"))


def _selected_trial(trials: TrialStore, dataset: Artefact) -> Trial | None:
    """The comparison of the URL; its reviews and variants are set up once."""
    wanted = session.selected("trial")
    if wanted is None:
        return None
    try:
        trial = trials.get(wanted)
    except NotFoundError as error:
        st.warning(literal(str(error)))
        return None
    if trial.dataset != dataset.id:
        st.warning(f"The comparison {literal(wanted)} is about the dataset {literal(trial.dataset)}. Choose that one to see it.")
        return None
    if st.session_state.get(_SHOWN) != trial.id:
        st.session_state[_SHOWN] = trial.id
        load_variants(trial)
    return trial


def _past_trials(trials: TrialStore, dataset: Artefact, current: Trial | None) -> None:
    known = {trial.id: trial for trial in trials.recent(dataset.id)}
    if current is not None:
        known.setdefault(current.id, current)
    if not known:
        return
    st.session_state["pick-trial"] = current.id if current else None
    st.selectbox(
        "Comparisons made before",
        list(known),
        index=None,
        format_func=lambda key: _trial_label(known[key]),
        key="pick-trial",
        on_change=lambda: session.select(trial=st.session_state["pick-trial"]),
        placeholder=f"Reopen one of {len(known)}",
        help="Each is kept with its answers, thumbs and comments, and opens by its link, too",
    )


def _trial_label(trial: Trial) -> str:
    titles = " | ".join(variant.title for variant in trial.variants)
    return f"{moment(trial.created_at)} · {len(trial.reviews)} reviews · {shortened(titles, 90)}"


def _wanted(dataset: Artefact, taxonomy: Taxonomy, chosen: Sequence[int], slots: Sequence[Slot]) -> Trial | None:
    """The comparison as it is set up; None where something is missing."""
    variants = [slot.variant for slot in slots if slot.variant is not None]
    if not chosen or len(variants) < len(slots):
        return None
    return Trial(dataset=dataset.id, reviews=tuple(chosen), variants=tuple(variants), taxonomy=taxonomy)


def _run_row(trials: TrialStore, wanted: Trial | None, shown: Trial | None, slots: Sequence[Slot], chosen: Sequence[int]) -> None:
    busy = shown is not None and running(shown) is not None
    usable = wanted is not None and not any(slot.problem for slot in slots)
    with st.container(horizontal=True, vertical_alignment="center"):
        n_variants, n_reviews = len(slots), len(chosen)
        label = f"Run {n_variants} variant{'s' * (n_variants != 1)} on {n_reviews} review{'s' * (n_reviews != 1)}"
        pressed = st.button(label, type="primary", icon=":material/play_arrow:", key="run-trial", disabled=busy or not usable)
        anew = st.toggle(
            "Ask anew with another seed",
            key="ask-anew",
            help="Answers that are known are not asked for again. With this, each is asked once more with the next seed, and the "
            "figures say how repeatable the answers are. At temperature 0 another seed changes little.",
        )
        if shown is not None and wanted is not None and shown.id != wanted.id and not busy:
            st.caption("Reviews or variants have changed since the comparison below.")
    if pressed and wanted is not None:
        trial = trials.save(wanted)
        start_run(trial, tuple(range(n_rounds(trials.cells(trial.id)) + 1)) if anew else (0,))
        st.session_state[_SHOWN] = trial.id
        session.select(trial=trial.id)
        st.rerun()


def _outcome(
    space: Workspace,
    dataset: Artefact,
    state: OllamaState,
    reviews: TrainingReviews,
    trials: TrialStore,
    store: AnswerStore,
    trial: Trial,
) -> None:
    """Figures, filters and answers of a comparison; asks what is still to be asked."""
    run = running(trial)
    cells = trials.cells(trial.id)
    answers = store.get_many([cell.key for cell in cells])
    shown_reviews = {index: reviews.get(index) for index in trial.reviews}
    panel = run_panel(trial) if run else None
    round = _pick_round(trial, cells, run)
    if cells:
        summary_table(trial, cells, answers, round, planted_truth(dataset))
    visible = [shown_reviews[index] for index in pick_shown(trial, cells, answers, round)]
    if not visible:
        st.caption("No review matches; show all of them.")
    grid = results_grid(trial, visible, round)

    def fill(place: Place, answer: Answer) -> None:
        review, variant, turn = place
        cell = in_round(trials.cells(trial.id), turn)[review, variant]
        answer_cell(grid[place], trial, cell, answer, shown_reviews[review], trials)

    own, troubles = in_round(cells, round), problems(trial)
    for (review, variant, _), target in grid.items():
        cell = own.get((review, variant))
        if cell is not None and cell.key in answers and not (run and run.again and answers[cell.key].failure):
            answer_cell(target, trial, cell, answers[cell.key], shown_reviews[review], trials)
        else:
            problem = troubles.get(variant, "")
            waiting_cell(target, trial, variant, shown_reviews[review], waits=run is not None, problem=problem)
    if run is None or panel is None:
        _ways_on(trial, cells, answers)
        trial_export(trial, cells, answers, shown_reviews)
        return
    desk = Desk(trials, store, shown_reviews, askers(space, dataset, trial, state), grid, panel, fill)
    ask_all(desk, trial, run, cells)


def _pick_round(trial: Trial, cells: Sequence[Cell], run: TrialRun | None) -> int:
    rounds = max(n_rounds(cells), 1 + max(run.rounds) if run else 1)
    if rounds == 1:
        return 0
    seeds = [variant.options.seed for variant in trial.variants if variant.backend == "ollama"]
    chosen = st.segmented_control(
        "Round",
        list(range(rounds)),
        default=rounds - 1,
        required=True,
        format_func=lambda one: f"seed {seeds[0] + one}" if len(set(seeds)) == 1 else f"seed + {one}",
        key=f"round-{trial.id}-{rounds}",
    )
    return int(chosen or 0)


def _ways_on(trial: Trial, cells: Sequence[Cell], answers: dict[str, Answer]) -> None:
    """What can be asked still: cells that were stopped, and failed ones."""
    rounds = tuple(range(n_rounds(cells)))
    there = {(cell.review, cell.variant, cell.round) for cell in cells if cell.key in answers}
    missing = sum(place not in there for place in places(trial, rounds))
    failures = sum(cell.key in answers and answers[cell.key].failure is not None for cell in cells)
    with st.container(horizontal=True, vertical_alignment="center"):
        if missing:
            st.button(f"Go on: {missing} not asked yet", icon=":material/resume:", key="go-on", on_click=start_run, args=(trial, rounds))
        if failures:
            st.button(
                f"Ask the {failures} failed again",
                icon=":material/replay:",
                key="ask-failed",
                on_click=start_run,
                args=(trial, rounds),
                kwargs={"again": True},
            )
