from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import NotFoundError, StorageError
from core.extraction.trials import MAX_REVIEWS, Cell, Retry, TrialStore, Variant
from core.workspace import Workspace
from tests.extraction.made_up_trial import TEMPLATE, made_up_trial


@pytest.fixture
def store(workspace: Workspace) -> TrialStore:
    return TrialStore(workspace)


def test_a_trial_reopens_whole_with_its_unsaved_draft(store: TrialStore, workspace: Workspace) -> None:
    trial = made_up_trial()
    store.save(trial)
    assert TrialStore(workspace).get(trial.id) == trial
    assert TrialStore(workspace).get(trial.id).variants[1].template.user.endswith("Be short.")  # type: ignore[union-attr]


def test_the_same_content_is_the_same_trial_and_any_other_is_another(store: TrialStore) -> None:
    first = store.save(made_up_trial())
    assert store.save(made_up_trial()).created_at == first.created_at
    others = [made_up_trial(reviews=(0, 2)), made_up_trial(seed=1), made_up_trial(dataset="other-1")]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_recent_trials_are_those_run_last_of_that_dataset(store: TrialStore) -> None:
    old, new = store.save(made_up_trial(seed=1)), store.save(made_up_trial(seed=2))
    store.save(made_up_trial(dataset="other-1"))
    store.save(old)
    assert [trial.id for trial in store.recent("small-0")] == [old.id, new.id]
    assert [trial.id for trial in store.recent("small-0", limit=1)] == [old.id]


def test_cells_keep_what_was_measured_and_what_people_say(store: TrialStore) -> None:
    trial = store.save(made_up_trial())
    cell = Cell(review=1, variant=1, key="ab", tokens_per_s=12.5, retries=(Retry(reason="no object", raw="sorry"),))
    store.answered(trial.id, cell)
    store.judge(trial.id, 1, 1, thumb=-1)
    store.judge(trial.id, 1, 1, comment="misses the price")
    assert store.cells(trial.id) == [cell.model_copy(update={"thumb": -1, "comment": "misses the price"})]


def test_what_people_say_belongs_to_the_answer(store: TrialStore) -> None:
    trial = store.save(made_up_trial())
    store.answered(trial.id, Cell(review=0, variant=0, key="aa"))
    store.judge(trial.id, 0, 0, thumb=1, comment="good")
    store.answered(trial.id, Cell(review=0, variant=0, key="aa", cached=True))
    assert [(cell.thumb, cell.comment, cell.cached) for cell in store.cells(trial.id)] == [(1, "good", True)]
    store.answered(trial.id, Cell(review=0, variant=0, key="bb"))
    assert [(cell.thumb, cell.comment) for cell in store.cells(trial.id)] == [(0, "")]


def test_rounds_are_cells_of_their_own(store: TrialStore) -> None:
    trial = store.save(made_up_trial())
    for turn, key in enumerate(("aa", "bb")):
        store.answered(trial.id, Cell(review=0, variant=0, round=turn, key=key))
    store.judge(trial.id, 0, 0, 1, thumb=1)
    assert [(cell.round, cell.key, cell.thumb) for cell in store.cells(trial.id)] == [(0, "aa", 0), (1, "bb", 1)]


def test_a_cell_without_an_answer_cannot_be_judged(store: TrialStore) -> None:
    with pytest.raises(NotFoundError, match="no answer to judge"):
        store.judge(store.save(made_up_trial()).id, 0, 0, thumb=1)


def test_what_was_measured_is_found_from_another_trial(store: TrialStore) -> None:
    trial = store.save(made_up_trial())
    store.answered(trial.id, Cell(review=0, variant=0, key="aa", tokens_per_s=30.0))
    store.answered(trial.id, Cell(review=1, variant=0, key="bb", cached=True))
    assert store.measured(["aa", "bb", "cc"]) == {"aa": (30.0, ())}


def test_an_unknown_trial_is_one_line(store: TrialStore) -> None:
    with pytest.raises(NotFoundError, match="No comparison 'gone'") as caught:
        store.get("gone")
    assert "\n" not in str(caught.value)


def test_a_trial_of_another_version_of_the_program_is_one_line(store: TrialStore, workspace: Workspace) -> None:
    trial = store.save(made_up_trial())
    with sqlite3.connect(workspace.database) as connection:
        connection.execute("UPDATE trials SET document = '{\"dataset\": 3}'")
    with pytest.raises(StorageError, match="another version"):
        store.get(trial.id)


def test_a_database_that_is_none_is_told(workspace: Workspace) -> None:
    Path(workspace.database).write_bytes(b"this is no database, but long enough to be taken for a header of one" * 20)
    with pytest.raises(StorageError):
        TrialStore(workspace)


def test_a_trial_has_one_to_four_variants_and_a_bounded_number_of_reviews() -> None:
    trial = made_up_trial()
    for changes in ({"variants": ()}, {"variants": trial.variants * 3}, {"reviews": ()}, {"reviews": tuple(range(MAX_REVIEWS + 1))}):
        with pytest.raises(ValidationError):
            type(trial).model_validate(trial.model_dump() | changes)


def test_variants_go_by_their_prompt_and_model() -> None:
    assert made_up_trial().variants[0].title == "review-products@1 · tiny:1b"
    assert Variant(template=TEMPLATE, model="m").title == f"draft {TEMPLATE.hash[:6]} · m"
    assert Variant(backend="zero-shot").title == "embedded (zero-shot)"
