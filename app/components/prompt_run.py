"""A comparison while it is asked: what is still to be asked, the answer as it streams in, and the stop.

It runs within the run of the page. Any click begins the page anew and ends the answer under way (its connection is closed, so the
server stops too); answers that had ended are kept, and the rest goes on, unless the click was on Stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app import artefacts
from app.components.ollama_models import TELL_EVERY_S, OllamaState, ollama_server
from app.components.page import duration, literal
from app.components.prompt_variants import letter
from core.data.dataset import ReviewDataset
from core.encoding import EmbeddingCache
from core.encoding.tfidf import TfidfEncoder
from core.errors import StudioError
from core.extraction.answer_store import AnswerStore
from core.extraction.config import ExtractionConfig
from core.extraction.ollama.chat import Text, Thinking, Usage
from core.extraction.ollama.outcome import Answer, ExtractionEvent, Finished, Retrying
from core.extraction.run import fitting_encoder
from core.extraction.taxonomy import Taxonomy
from core.extraction.texts import SourceTexts
from core.extraction.trial_asking import PASSING, EmbeddedAsker, ModelAsker, VariantAsker, ask_cell
from core.extraction.trial_reviews import TrialReview
from core.extraction.trials import Cell, Trial, TrialStore
from core.extraction.zero_shot import ZeroShotExtractor
from core.workspace import Artefact, Workspace

_RUN, _ENDED = "running trial", "how trials ended"
PAGE = 5  # reviews shown, and asked about, before the next ones
Place = tuple[int, int, int]  # review, variant, round


@dataclass
class TrialRun:
    """A run of a trial in this session.

    Args:
        rounds: which to ask. again: ask failed cells again.
        done: cells that were visited. problems: variants that could not be asked, and why.
    """

    trial: str
    rounds: tuple[int, ...] = (0,)
    again: bool = False
    done: set[Place] = field(default_factory=set)
    problems: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    asked: int = 0


def start_run(trial: Trial, rounds: tuple[int, ...] = (0,), *, again: bool = False) -> None:
    """Ask, from the next run of the page on."""
    st.session_state[_RUN] = TrialRun(trial.id, rounds, again)
    st.session_state.setdefault(_ENDED, {}).pop(trial.id, None)


def stop_run() -> None:
    """Ask no more."""
    st.session_state.pop(_RUN, None)


def running(trial: Trial) -> TrialRun | None:
    """The run of a trial that is under way here."""
    found: TrialRun | None = st.session_state.get(_RUN)
    return found if found is not None and found.trial == trial.id else None


def problems(trial: Trial) -> dict[int, str]:
    """Variants that could not be asked in the last run, and why."""
    found: dict[int, str] = st.session_state.get(_ENDED, {}).get(trial.id, {})
    return found


def places(trial: Trial, rounds: tuple[int, ...]) -> Iterator[Place]:
    """All cells in the order they are asked: page by page, and on a page model by model, so that none is loaded twice."""
    order = sorted(range(len(trial.variants)), key=lambda variant: _first_with(trial, variant))
    for round in rounds:
        for begin in range(0, len(trial.reviews), PAGE):
            for variant in order:
                for review in trial.reviews[begin : begin + PAGE]:
                    yield review, variant, round


def _first_with(trial: Trial, variant: int) -> int:
    """Position of the first variant with the same model."""
    return next(position for position, one in enumerate(trial.variants) if one.model == trial.variants[variant].model)


def askers(space: Workspace, dataset: Artefact, trial: Trial, state: OllamaState) -> Callable[[int, int], VariantAsker]:
    """Who is asked for a variant (position) in a round."""
    made: dict[tuple[int, int], VariantAsker] = {}

    def asker(variant: int, round: int) -> VariantAsker:
        if (variant, round) not in made:
            chosen = trial.variants[variant]
            if chosen.template is None:
                made[variant, round] = EmbeddedAsker(_embedded(space, dataset, trial.taxonomy))
            else:
                card = state.card(chosen.model)
                digest = card.digest if card else ""
                made[variant, round] = ModelAsker(chosen, trial.taxonomy, ollama_server(state.host), digest, round)
        return made[variant, round]

    return asker


def _embedded(space: Workspace, dataset: Artefact, taxonomy: Taxonomy) -> ZeroShotExtractor:
    loaded = artefacts.dataset(dataset)
    return _embedded_extractor(str(dataset.path), taxonomy.hash, _space=space, _dataset=loaded, _taxonomy=taxonomy)


@st.cache_resource(max_entries=4, show_spinner="Loading the sentence encoder")
def _embedded_extractor(path: str, taxonomy: str, _space: Workspace, _dataset: ReviewDataset, _taxonomy: Taxonomy) -> ZeroShotExtractor:
    del path, taxonomy
    config = ExtractionConfig()
    encoder = fitting_encoder(config, _taxonomy, SourceTexts.read(_dataset)).encoder
    if isinstance(encoder, TfidfEncoder):
        return ZeroShotExtractor(_taxonomy, encoder, config.thresholds(encoder))
    cache = EmbeddingCache(_space.cache / "embeddings", encoder)
    return ZeroShotExtractor(_taxonomy, encoder, config.thresholds(encoder), cache.encode)


def run_panel(trial: Trial) -> Any:
    """The stop button, progress and room for an answer whose place is not on the page."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            line = st.empty()
            st.button("Stop", icon=":material/stop:", key="stop-trial", on_click=stop_run)
        bar = st.empty()
        st.caption("It goes on while this page is open here. Stopped, closed or left, what has ended is kept and the rest can go on later.")
        elsewhere = st.empty()
    return line, bar, elsewhere


@dataclass(frozen=True)
class Desk:
    """Where answers go: the stores, who is asked, and where on the page.

    ``grid`` has the empty place of every cell on the page; ``filled`` is called with each answer that has ended.
    """

    trials: TrialStore
    store: AnswerStore
    reviews: Mapping[int, TrialReview]
    asker: Callable[[int, int], VariantAsker]
    grid: Mapping[Place, Any]
    panel: Any
    filled: Callable[[Place, Answer], None]


def ask_all(desk: Desk, trial: Trial, run: TrialRun, cells: list[Cell]) -> None:
    """Ask for every cell that is still open, and begin the page anew at the end."""
    line, bar, elsewhere = desk.panel
    whole = list(places(trial, run.rounds))
    known = {(cell.review, cell.variant, cell.round): cell.key for cell in cells}
    answers = desk.store.get_many(list(known.values()))
    run.done |= {place for place, key in known.items() if (found := answers.get(key)) is not None and _stands(found, run)}
    for place in whole:
        review, variant, _ = place
        n_done = sum(one in run.done for one in whole)
        if place in run.done or variant in run.problems:
            continue
        bar.progress(n_done / len(whole))
        left = f" · about {duration(run.seconds / run.asked * (len(whole) - n_done))} left" if run.asked else ""
        number = trial.reviews.index(review) + 1
        line.markdown(
            f"Asking **{letter(variant)}** ({literal(trial.variants[variant].title)}) about review {number} of {len(trial.reviews)}"
            f" · {n_done} of {len(whole)} answers{left}"
        )
        began = time.monotonic()
        try:
            answer = _ask(desk, trial, place, run, desk.grid.get(place, elsewhere))
        except StudioError as error:
            run.problems[variant] = str(error)
            continue
        except Exception:  # a defect is told once, not with every run of the page; a click is no Exception
            stop_run()
            raise
        run.done.add(place)
        run.seconds += time.monotonic() - began
        run.asked += 1
        elsewhere.empty()
        if place in desk.grid:
            desk.filled(place, answer)
    st.session_state.setdefault(_ENDED, {})[trial.id] = dict(run.problems)
    stop_run()
    st.rerun()


def _stands(answer: Answer, run: TrialRun) -> bool:
    """Whether an answer there is need not be asked for again."""
    return answer.failure is None or not (run.again or answer.failure.kind in PASSING)


def _ask(desk: Desk, trial: Trial, place: Place, run: TrialRun, target: Any) -> Answer:
    review, variant, round = place
    asker = desk.asker(variant, round)
    with target.container(border=True):
        live = _Live(letter(variant), st.empty(), st.empty(), st.empty())
    position = (desk.reviews[review], variant, round)
    with closing(ask_cell(desk.trials, desk.store, trial, position, asker, live.waiting, again=run.again)) as events:
        for event in events:
            live.take(event)
            if isinstance(event, Finished):
                return event.answer
    raise AssertionError("a stream ends with what became of it")


class _Live:
    """An answer as it comes: thinking, text and speed, written a few times a second. Writing is also how a click is heard."""

    def __init__(self, name: str, head: Any, thinking: Any, text: Any) -> None:
        self._name = name
        self._head, self._thinking, self._text = head, thinking, text
        self._began = time.monotonic()
        self._first_at: float | None = None
        self._pieces = 0
        self._thought = self._said = self._note = ""
        self._told_at = 0.0
        self._shown = ("", "")

    def take(self, event: ExtractionEvent) -> None:
        match event:
            case Thinking(piece):
                self._count()
                self._thought += piece
            case Text(piece):
                self._count()
                self._said += piece
            case Retrying(reason, attempt):
                self._note = f":orange-badge[attempt {attempt}] {literal(reason)}  \n"
                self._thought = self._said = ""
                self._first_at, self._pieces = None, 0
            case Usage() | Finished():
                pass
        self.waiting()

    def waiting(self) -> bool:
        """Show how things stand; never asks to stop, because a click ends this run of the page from within."""
        moment = time.monotonic()
        if moment - self._told_at < TELL_EVERY_S:
            return False
        self._told_at = moment
        self._head.markdown(f"{self._note}**{self._name}** {self._line(moment)}")
        if self._thought != self._shown[0]:
            _write(self._thinking, self._thought[-2000:], None, 130)
        if self._said != self._shown[1]:
            _write(self._text, self._said[-4000:], "json", 260)
        self._shown = (self._thought, self._said)
        return False

    def _count(self) -> None:
        self._pieces += 1
        self._first_at = self._first_at or time.monotonic()

    def _line(self, moment: float) -> str:
        elapsed = moment - self._began
        if self._first_at is None:
            return f":shimmer[Waiting for the first word] · {elapsed:.1f} s"
        what = "Answering" if self._said else "Thinking"
        writing = moment - self._first_at
        rate = f" · about {self._pieces / writing:.0f} tokens/s" if writing > 0.5 else ""
        return f":shimmer[{what}] · {elapsed:.1f} s{rate}"


def _write(place: Any, text: str, language: str | None, height: int) -> None:
    """The end of a text that still grows."""
    if text:
        place.code(text, language=language, wrap_lines=True, height=height)
    else:
        place.empty()
