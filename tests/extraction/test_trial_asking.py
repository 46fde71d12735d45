from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import ReviewDataset
from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError
from core.extraction.answer_store import AnswerStore
from core.extraction.ollama.chat import Text, Thinking
from core.extraction.ollama.errors import ServerDownError
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.outcome import Answer, Finished, Retrying
from core.extraction.ollama.server import OllamaServer
from core.extraction.questions import Asker, Questions
from core.extraction.texts import SourceTexts
from core.extraction.trial_asking import EmbeddedAsker, ModelAsker, ask_cell, rendered, version_of
from core.extraction.trial_reviews import TrainingReviews, TrialReview
from core.extraction.trials import Trial, TrialStore
from core.extraction.zero_shot import ZeroShotExtractor
from core.workspace import Workspace
from tests.extraction.made_up_trial import TAXONOMY, TEMPLATE, made_up_trial
from tests.ollama_server.fixture import RunningServer

Start = Callable[[dict[str, Any]], "Scene"]


class Scene:
    """A trial of a workspace and a scripted server."""

    def __init__(self, workspace: Workspace, dataset: ReviewDataset, running: RunningServer) -> None:
        self.running = running
        self.server = OllamaServer(running.url)
        self.trials, self.answers = TrialStore(workspace), AnswerStore(workspace)
        self.reviews = TrainingReviews(dataset)
        self.trial: Trial = self.trials.save(made_up_trial(reviews=tuple(self.reviews.matching("", limit=2))))

    def review(self, position: int = 0) -> TrialReview:
        return self.reviews.get(self.trial.reviews[position])

    def asker(self, variant: int = 0, turn: int = 0) -> ModelAsker:
        return ModelAsker(self.trial.variants[variant], self.trial.taxonomy, self.server, "digest", turn)

    def events(self, variant: int = 0, turn: int = 0, *, again: bool = False, asker: Any = None) -> list[Any]:
        place = (self.review(), variant, turn)
        return list(ask_cell(self.trials, self.answers, self.trial, place, asker or self.asker(variant, turn), again=again))

    def answer(self, *arguments: Any, **named: Any) -> Answer:
        return self.events(*arguments, **named)[-1].answer  # type: ignore[no-any-return]

    def n_asked(self) -> int:
        return len(self.running.log("/api/chat"))


@pytest.fixture
def scene(workspace: Workspace, small_dataset: ReviewDataset, tmp_path: Path) -> Iterator[Start]:
    started: list[Scene] = []

    def start(script: dict[str, Any]) -> Scene:
        started.append(Scene(workspace, small_dataset, RunningServer(script, tmp_path)))
        return started[-1]

    yield start
    for one in started:
        one.answers.close()
        one.running.stop()


def test_an_answer_streams_is_kept_and_is_not_asked_for_again(scene: Start) -> None:
    here = scene({"models": [{"name": "tiny:1b", "capabilities": ["completion", "thinking"]}], "latency_s": 0.05})
    events = here.events()
    assert any(isinstance(event, Text) for event in events)
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.failure is None
    (cell,) = here.trials.cells(here.trial.id)
    assert not cell.cached
    assert cell.tokens_per_s is not None
    assert cell.tokens_per_s > 0
    assert here.events() == [events[-1]]
    assert here.n_asked() == 1
    (again,) = here.trials.cells(here.trial.id)
    assert again.cached
    assert again.tokens_per_s == cell.tokens_per_s


def test_another_round_is_asked_anew_with_the_next_seed(scene: Start) -> None:
    here = scene({})
    here.answer()
    here.answer(turn=1)
    assert here.n_asked() == 2
    assert len({cell.key for cell in here.trials.cells(here.trial.id)}) == 2
    assert here.asker(turn=1).extractor.options.seed == here.trial.variants[0].options.seed + 1


def test_a_run_over_the_dataset_finds_the_answers_of_a_trial(scene: Start, small_dataset: ReviewDataset) -> None:
    here = scene({})
    here.answer()
    prompt = version_of(TEMPLATE, "review-products@1")
    asker = Asker(OllamaExtractor(here.server, "tiny:1b", prompt, TAXONOMY, here.trial.variants[0].options), "digest")
    level = Questions(SourceTexts.read(small_dataset), small_dataset).reviews(asker)
    keys = {question.interaction_idx: question.request.key for question in level.questions()}
    assert here.answers.state(keys[here.review().index]) == "answered"


def test_a_failed_answer_stands_until_it_is_asked_again(scene: Start) -> None:
    here = scene({"rules": [{"contains": "", "endpoint": "/api/chat", "times": 3, "action": {"kind": "answer", "text": "No."}}]})
    first = here.answer()
    assert first.failure is not None
    assert first.failure.kind == "invalid"
    (cell,) = here.trials.cells(here.trial.id)
    assert [retry.raw for retry in cell.retries] == ["No.", "No."]
    assert here.answer() == first
    assert here.n_asked() == 3
    assert here.answer(again=True).failure is None
    assert here.n_asked() == 4


def test_a_retry_is_told_with_its_reason(scene: Start) -> None:
    here = scene({"rules": [{"contains": "", "endpoint": "/api/chat", "times": 1, "action": {"kind": "answer", "text": "{"}}]})
    events = here.events()
    (retry,) = [event for event in events if isinstance(event, Retrying)]
    (cell,) = here.trials.cells(here.trial.id)
    assert cell.retries[0].reason == retry.reason
    assert cell.retries[0].raw == "{"
    assert events[-1].answer.attempts == 2


def test_a_failure_of_the_server_is_asked_again_by_itself(scene: Start) -> None:
    action = {"kind": "error", "status": 400, "message": "out of luck"}
    here = scene({"rules": [{"contains": "", "endpoint": "/api/chat", "times": 1, "action": action}]})
    first = here.answer()
    assert first.failure is not None
    assert first.failure.kind == "server"
    assert here.answer().failure is None


def test_who_stops_listening_closes_the_connection_and_keeps_nothing(scene: Start) -> None:
    here = scene({"default": {"kind": "echo-motivations", "chunk_delay_s": 0.05}})
    with closing(ask_cell(here.trials, here.answers, here.trial, (here.review(), 0, 0), here.asker())) as events:  # type: ignore[type-var]
        assert isinstance(next(events), (Text, Thinking))
    assert here.trials.cells(here.trial.id) == []
    assert here.answers.counts() == {"answered": 0, "failed": 0}
    assert here.answer().failure is None


def test_a_click_that_ends_the_page_while_the_server_is_silent_is_heard(scene: Start) -> None:
    class ClickedError(BaseException):
        """What Streamlit raises in a script that a click begins anew."""

    def clicked() -> bool:
        raise ClickedError

    here = scene({"default": {"kind": "hang", "hang_s": 60}})
    with pytest.raises(ClickedError):
        list(ask_cell(here.trials, here.answers, here.trial, (here.review(), 0, 0), here.asker(), clicked))
    assert here.trials.cells(here.trial.id) == []


def test_without_a_server_it_says_so_and_known_answers_are_still_there(scene: Start) -> None:
    here = scene({})
    known = here.answer()
    here.running.stop()
    assert here.answer() == known
    with pytest.raises(ServerDownError):
        here.answer(variant=1)


def test_the_embedded_extractor_answers_without_prompt_or_server(scene: Start) -> None:
    here = scene({})
    encoder = TfidfEncoder.fit([here.review(0).text, here.review(1).text, *(entry.description for entry in TAXONOMY.motivations)])
    asker = EmbeddedAsker(ZeroShotExtractor(TAXONOMY, encoder))
    answer = here.answer(asker=asker)
    assert answer.result is not None
    assert all(grounding.exact for grounding in answer.groundings)
    assert here.answer(asker=asker) == answer
    assert here.n_asked() == 0


def test_the_prompt_shown_is_the_prompt_sent(scene: Start) -> None:
    here = scene({})
    assert rendered(TEMPLATE, TAXONOMY, here.review()) == here.asker().extractor.render_variables(here.review().variables)
    with pytest.raises(InputError, match="line 1"):
        rendered(TEMPLATE.model_copy(update={"user": "{{ revew }}"}), TAXONOMY, here.review())
