"""The whole comparison on a tiny dataset against the scripted server, with a prompt that works and one that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core.maps.build
from core.data.assemble import publish_dataset
from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError, StoppedError
from core.evaluation.paired import paired_change
from core.extraction.ollama.errors import ModelMissingError, ServerDownError
from core.jobs import steps
from core.jobs.comparison_config import ComparisonConfig
from core.jobs.comparison_result import Comparison, read_comparison
from core.jobs.kinds import checked_arguments, has_batch, run_kind
from core.jobs.prompt_comparison import compare_prompts, sampled_reviews
from core.jobs.training_step import interactions_of, measure
from core.maps.build import read_map
from core.progress import Progress, ProgressEvent
from core.training.run import RunVectors
from core.workspace import Artefact, Workspace
from tests.jobs.reviews_with_reasons import SCRIPT, TINY, publish_reviews, save_prompts
from tests.ollama_server.fixture import RunningServer, StartServer, ollama_server

__all__ = ["ollama_server"]

SAMPLE = 60
MADE = ("extraction", "profiles", "run", "map", "comparison")


@pytest.fixture
def server(ollama_server: StartServer) -> RunningServer:
    return ollama_server(SCRIPT)


@pytest.fixture
def space(workspace: Workspace, small_dataset: ReviewDataset) -> Workspace:
    publish_reviews(workspace, small_dataset)
    save_prompts(workspace)
    return workspace


@pytest.fixture(autouse=True)
def _quick_map(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of the time of a small comparison: one test draws real maps."""

    def build(workspace: Workspace, run: str, *rest: object) -> Artefact:
        if workspace.find("map", f"map-of-{run}") is None:
            with workspace.publish("map", f"map-of-{run}", name="map", sources={"run": run}):
                pass
        return workspace.get("map", f"map-of-{run}")

    if "real_maps" not in request.fixturenames:
        monkeypatch.setattr(core.maps.build, "build_map", build)


@pytest.fixture
def real_maps() -> None:
    """Asks for maps that are drawn."""


def config_of(server: RunningServer | None, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "a": {"prompt": "asking", "model": "tiny:1b"},
        "b": {"prompt": "bland", "model": "tiny:1b"},
        "sample": SAMPLE,
        "seeds": 2,
        "training": TINY,
        "encoder": "tfidf",
        "host": server.url if server else "http://127.0.0.1:9",
    }
    return plain | changes


def compared(space: Workspace, config: dict[str, Any]) -> Comparison:
    return read_comparison(compare_prompts(space, "reasons", config))


def questions(server: RunningServer) -> list[str]:
    entries = server.log("/api/chat")
    assert {entry["status"] for entry in entries} <= {200}, "a held-out review was read"
    return [entry["key"] for entry in entries]


def made(space: Workspace) -> dict[str, list[str]]:
    return {kind: sorted(one.id for one in space.list(kind)) for kind in MADE}  # type: ignore[arg-type]


def per_user(space: Workspace, run: str, split: Any) -> dict[str, np.ndarray]:
    vectors = RunVectors.load(space.get("run", run).path / "vectors.safetensors")
    tensors = vectors.tensors()
    return measure(tensors, interactions_of(ReviewDataset.open(space, "reasons")), split).per_user


@pytest.mark.parametrize("split", ["validation", "test"])
def test_figures_are_those_of_the_runs_and_their_interval_that_of_the_users(space: Workspace, server: RunningServer, split: str) -> None:
    found = compared(space, config_of(server, split=split))
    assert found.n_users == 24
    assert ("optimistic" in found.note, "tuned on test" in found.note) == (split == "validation", split == "test")
    for metric in ("ndcg@20", "recall@20"):
        a, b = (np.stack([per_user(space, run, split)[metric] for run in outcome.runs]) for outcome in found.outcomes)
        assert found.a.figures[metric] == pytest.approx(a.mean(axis=1))
        assert found.b.figures[metric] == pytest.approx(b.mean(axis=1))
        for outcome in found.outcomes:
            stored = [space.get("run", run).manifest.summary[split][metric] for run in outcome.runs]
            assert outcome.figures[metric] == pytest.approx(stored)
        expected = paired_change(a, b)
        change = found.changes[metric]
        assert (change.change, change.low, change.high) == pytest.approx((expected.change, expected.low, expected.high))
        assert change.by_seed == pytest.approx(list(expected.by_seed))


@pytest.mark.usefixtures("real_maps")
def test_both_read_the_same_reviews_and_are_trained_alike(space: Workspace, server: RunningServer) -> None:
    found = compared(space, config_of(server))
    wanted = sampled_reviews(ReviewDataset.open(space, "reasons"), found.config)
    assert len(wanted) == found.n_reviews == SAMPLE
    runs = []
    for outcome, prompt in zip(found.outcomes, ("asking@1", "bland@1"), strict=True):
        extraction = space.get("extraction", outcome.extraction)
        assert extraction.manifest.config["ollama"]["prompt"] == prompt
        assert set(pd.read_parquet(extraction.path / "answers.parquet")["interaction_idx"]) == wanted
        assert space.get("profiles", outcome.profiles).manifest.sources["extraction"] == extraction.id
        own = [space.get("run", run).manifest for run in outcome.runs]
        assert {run.sources["profiles"] for run in own} == {outcome.profiles}
        drawn = space.get("map", outcome.map)
        assert drawn.manifest.sources["run"] == outcome.runs[0]
        assert len(read_map(drawn).points) == 24 + 16
        runs.append([run.config for run in own])
    assert runs[0] == runs[1]
    assert [run["seed"] for run in runs[0]] == [0, 1]
    train = ReviewDataset.open(space, "reasons").rows("train")
    assert wanted <= set(train.index)


def test_each_question_is_put_once_and_no_held_out_review_is_read(space: Workspace, server: RunningServer) -> None:
    compared(space, config_of(server))
    asked = questions(server)
    assert len(asked) == len(set(asked)) == 2 * SAMPLE


def test_quality_tells_the_prompts_apart(space: Workspace, server: RunningServer) -> None:
    found = compared(space, config_of(server))
    asking, bland = (outcome.quality for outcome in found.outcomes)
    for quality in (asking, bland):
        assert (quality.n_reviews, quality.n_failed, quality.valid_share, quality.grounded_share) == (SAMPLE, 0, 1.0, 1.0)
        assert (quality.n_statements, quality.per_review) == (SAMPLE, 1.0)
        assert quality.answer_tokens > 0
    assert (asking.coverage, asking.share_other) == (1.0, 0.0)
    assert (bland.coverage, bland.share_other) == (0.0, 1.0)
    assert asking.motivations["performance"] + asking.motivations["ease_of_use"] == SAMPLE
    assert [count for count in bland.motivations.values() if count] == [bland.motivations["other"]]
    assert found.agreement == 0.0


def test_same_comparison_again_asks_and_makes_nothing(space: Workspace, server: RunningServer) -> None:
    first = compare_prompts(space, "reasons", config_of(server))
    before, asked = made(space), len(questions(server))
    events: list[ProgressEvent] = []
    again = compare_prompts(space, "reasons", config_of(server, a={"prompt": "asking@1", "model": "tiny:1b"}), events.append)
    assert again == first
    assert made(space) == before
    assert len(questions(server)) == asked


def stopping(at: str) -> tuple[Progress, Callable[[], bool], list[str]]:
    told: list[str] = []
    return lambda event: told.append(event.stage), lambda: any(at in stage for stage in told), told


@pytest.mark.parametrize("at", ["Reading with A: Asking", "Reading with B: Asking", "Training on B, seed 0: Training", "Map of A"])
def test_stopped_comparison_goes_on_where_it_was(
    space: Workspace, ollama_server: StartServer, tmp_path: Path, small_dataset: ReviewDataset, at: str
) -> None:
    server = ollama_server(SCRIPT | {"latency_s": 0.05})
    progress, stop, told = stopping(at)
    with pytest.raises(StoppedError):
        compare_prompts(space, "reasons", config_of(server), progress, stop)
    assert space.list("comparison") == []
    kept = {kind: set(ids) for kind, ids in made(space).items()}
    asked_before = len(questions(server))
    assert 0 < asked_before <= 2 * SAMPLE
    artefact = compare_prompts(space, "reasons", config_of(server))
    asked = questions(server)
    answered = [entry["key"] for entry in server.log("/api/chat") if entry["outcome"] == "answered"]
    assert len(answered) == len(set(answered)), "a question that was answered was put again"
    assert len(set(asked)) == 2 * SAMPLE
    for kind, ids in kept.items():
        assert ids <= set(made(space)[kind])
    whole = Workspace(tmp_path / "other")
    publish_reviews(whole, small_dataset)
    save_prompts(whole)
    assert read_comparison(artefact).changes == compared(whole, config_of(server)).changes
    assert told


def test_embedded_backend_is_a_variant_that_reads_the_same_reviews(space: Workspace, server: RunningServer) -> None:
    found = compared(space, config_of(server, a={"backend": "zero-shot"}))
    assert len(questions(server)) == SAMPLE
    statements = pd.read_parquet(space.get("extraction", found.a.extraction).path / "statements.parquet")
    assert set(statements["interaction_idx"]) <= sampled_reviews(ReviewDataset.open(space, "reasons"), found.config)
    assert (found.a.label, found.b.label) == ("zero-shot", "bland@1, tiny:1b")
    assert (found.a.quality.n_reviews, found.a.quality.n_failed, found.a.quality.answer_tokens) == (SAMPLE, 0, 0)
    assert found.agreement is not None


def test_two_models_or_two_settings_are_variants_too(space: Workspace, server: RunningServer) -> None:
    models = compared(space, config_of(server, b={"prompt": "asking", "model": "other:4b"}))
    assert models.agreement == 1.0
    assert [one.variant.model for one in models.outcomes] == ["tiny:1b", "other:4b"]
    warm = {"prompt": "asking", "model": "tiny:1b", "options": {"temperature": 0.8}}
    settings = compared(space, config_of(server, b=warm))
    assert [one.label for one in settings.outcomes] == ["asking@1, tiny:1b (A)", "asking@1, tiny:1b (B)"]


def test_failed_answers_are_counted_and_nothing_is_made_up_for_them(space: Workspace, ollama_server: StartServer) -> None:
    broken = {"contains": "Setup took", "action": {"kind": "answer", "text": "I cannot do that."}}
    server = ollama_server(SCRIPT | {"rules": [SCRIPT["rules"][1], broken, SCRIPT["rules"][2]]})
    found = compared(space, config_of(server, retries=0))
    quality = found.a.quality
    assert 0 < quality.n_failed < SAMPLE
    assert quality.valid_share == pytest.approx(1 - quality.n_failed / SAMPLE)
    assert quality.per_review == 1.0
    assert found.b.quality.n_failed == 0


def test_what_is_made_on_the_way_is_not_taken_for_the_newest(space: Workspace, server: RunningServer) -> None:
    own = steps.extract(space, "reasons", {"encoder": "tfidf"})
    compared(space, config_of(server))
    assert steps.ensure_profiles(space, "reasons") == own.profiles
    assert space.list("extraction")[0] == own.extraction
    assert all(one.manifest.byproduct for one in space.list("run"))
    assert not any(one.manifest.byproduct for one in space.list("comparison"))


def artefacts_after(space: Workspace, config: dict[str, Any], error: type[Exception], match: str) -> list[Artefact]:
    with pytest.raises(error, match=match):
        compare_prompts(space, "reasons", config)
    return [one for kind in MADE for one in space.list(kind)]  # type: ignore[arg-type]


def test_wrong_input_is_told_before_anything_is_asked(space: Workspace, server: RunningServer) -> None:
    asking = {"prompt": "asking", "model": "tiny:1b"}
    for config, error, match in (
        (config_of(server, b=asking), InputError, "both variants are the same"),
        (config_of(server, b=asking | {"prompt": "asking@1"}), InputError, "Both variants say the same"),
        (config_of(server, b=asking | {"prompt": "nowhere"}), NotFoundError, "nowhere"),
        (config_of(server, b=asking | {"prompt": "user-products"}), InputError, "A review prompt is needed"),
        (config_of(server, b=asking | {"model": "gone:1b"}), ModelMissingError, "gone:1b"),
        (config_of(server, b={"prompt": "bland"}), InputError, "a prompt needs a model"),
        (config_of(server, b={"backend": "zero-shot", "model": "tiny:1b"}), InputError, "takes no prompt and no model"),
        (config_of(server, training={"model": "lightgcn"}), InputError, "lightgcn reads no text"),
        (config_of(server, sample=0), InputError, "sample"),
        (config_of(None), ServerDownError, "127.0.0.1:9"),
    ):
        assert artefacts_after(space, config, error, match) == []
    assert questions(server) == []


def test_dataset_without_reviews_or_held_out_interactions_is_told(
    workspace: Workspace, small_dataset: ReviewDataset, server: RunningServer
) -> None:
    save_prompts(workspace)
    silent = small_dataset.interactions.assign(text="", summary="")
    publish_dataset(workspace, replace(small_dataset, interactions=silent, name="reasons"), {"domain": "products"})
    assert artefacts_after(workspace, config_of(server), InputError, "No text in the training reviews") == []
    rows = small_dataset.interactions
    only = rows[rows["split"] != "validation"].reset_index(drop=True)
    publish_dataset(workspace, replace(small_dataset, interactions=only, name="reasons"), {"domain": "products"})
    assert artefacts_after(workspace, config_of(server), InputError, "No interaction in the validation split") == []


def test_variant_whose_answers_hold_no_motivation_is_told(space: Workspace, ollama_server: StartServer) -> None:
    empty = {"kind": "answer", "json": {"reasoning": "", "motivations": [], "need": ""}}
    server = ollama_server(SCRIPT | {"rules": [{"contains": "In one word", "action": empty}, *SCRIPT["rules"][2:]]})
    with pytest.raises(InputError, match=r"No motivation in 60 answers.*bland@1"):
        compare_prompts(space, "reasons", config_of(server))


def test_progress_goes_through_every_step_once(space: Workspace, server: RunningServer) -> None:
    events: list[ProgressEvent] = []
    compare_prompts(space, "reasons", config_of(server), events.append)
    numbers = [event.measures["step"] for event in events]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 10))
    assert {event.measures["steps"] for event in events} == {9}
    told = list(dict.fromkeys(event.stage.split(":")[0] for event in events))
    assert told[0] == "1/9 Reading with A"
    assert told[-1] == "9/9 Comparing"


def test_document_round_trips_and_its_settings_make_it_again(space: Workspace, server: RunningServer) -> None:
    artefact = compare_prompts(space, "reasons", config_of(server))
    found = read_comparison(artefact)
    assert Comparison.model_validate_json(found.model_dump_json()) == found
    assert ComparisonConfig.model_validate(artefact.manifest.config) == found.config
    assert compare_prompts(space, "reasons", artefact.manifest.config) == artefact
    assert artefact.manifest.summary["ndcg@20"]["change"] == found.changes["ndcg@20"].change


def test_job_of_this_kind_does_it_and_can_be_paused_where_a_model_is_asked(space: Workspace, server: RunningServer) -> None:
    arguments = checked_arguments("compare-prompts", {"dataset": "reasons", "config": config_of(server, sample=10, seeds=1)})
    assert has_batch("compare-prompts", arguments)
    assert json.loads(json.dumps(arguments)) == arguments
    made = run_kind("compare-prompts", space, arguments, lambda event: None, lambda: False, lambda: False)
    assert made.manifest.kind == "comparison"
    assert read_comparison(made).changes["ndcg@20"].seed_sd is None
    with pytest.raises(InputError, match="both variants are the same"):
        checked_arguments(
            "compare-prompts", {"dataset": "reasons", "config": {"a": {"backend": "zero-shot"}, "b": {"backend": "zero-shot"}}}
        )


def test_paused_comparison_asks_nothing_until_it_goes_on(space: Workspace, server: RunningServer) -> None:
    held, asked_while_held = [True], []

    def progress(event: ProgressEvent) -> None:
        if held[0] and event.measures.get("paused"):
            asked_while_held.append(len(questions(server)))
            held[0] = False

    compare_prompts(space, "reasons", config_of(server, sample=30, seeds=1), progress, paused=lambda: held[0])
    assert asked_while_held
    assert asked_while_held[0] < 30
    assert len(questions(server)) == 60
