from __future__ import annotations

import pytest

from app.components.prompt_editor import wrong_line
from app.components.prompt_results import summary_frame
from app.components.prompt_run import places
from app.components.prompt_versions import version_rows
from core.errors import InputError
from core.extraction.prompts.store import PromptStore
from core.extraction.trial_summary import in_round, summaries
from core.extraction.trials import Cell
from core.workspace import Workspace
from tests.extraction.made_up_trial import TEMPLATE, lost, made_up_trial, said


def test_the_line_of_a_template_error_is_shown() -> None:
    template = TEMPLATE.model_copy(update={"user": "one\n{{ review }}\nthe {{ raitng }}"})
    with pytest.raises(InputError) as caught:
        template.check()
    assert wrong_line(template, str(caught.value)) == (3, "the {{ raitng }}")
    assert wrong_line(template, "Too long (system part)") is None
    assert wrong_line(template, "There is none (user part, line 99)") is None


def test_versions_are_listed_with_their_notes(workspace: Workspace) -> None:
    store = PromptStore(workspace)
    store.save("review-products", TEMPLATE.model_copy(update={"user": "{{ review }}"}), note="Nothing but the review")
    rows = version_rows(store.versions("review-products"))
    assert rows["version"].tolist() == [2, 1]
    assert rows.loc[0, ["note", "made of", "user (characters)"]].tolist() == ["Nothing but the review", "review-products@1", 12]


def test_cells_are_asked_page_by_page_and_model_by_model() -> None:
    trial = made_up_trial(reviews=tuple(range(7)))
    variants = (trial.variants[0], trial.variants[1].model_copy(update={"model": "other:4b"}), trial.variants[1])
    trial = trial.model_copy(update={"variants": variants})
    asked = list(places(trial, (0, 1)))
    assert len(asked) == len(set(asked)) == 42
    first_page = [(review, variant) for review, variant, turn in asked if turn == 0][:15]
    assert {review for review, _ in first_page} == set(range(5))
    assert [variant for _, variant in first_page] == [0] * 5 + [2] * 5 + [1] * 5  # each model is loaded once a page


def test_figures_read_as_what_they_stand_on() -> None:
    trial = made_up_trial()
    key = trial.taxonomy.keys[0]
    cells = [Cell(review=review, variant=variant, key=f"{review}{variant}", thumb=1) for review in (0, 1) for variant in (0, 1)]
    answers = {"00": said(key), "10": said(key), "01": said(key, key, grounded=False), "11": lost()}
    frame = summary_frame(trial, summaries(trial, cells, answers))
    assert frame["valid"].tolist() == ["100 % (2 of 2)", "50 % (1 of 2)"]
    assert frame["grounded"].tolist() == ["100 % (2 of 2)", "0 % (0 of 2)"]
    assert frame["per review"].tolist() == ["1.00 ± 0.00", "2.00"]
    assert frame["coverage"].tolist() == [f"1 of {len(trial.taxonomy)}"] * 2
    assert frame["agreement"].tolist() == ["", "1.00"]
    assert frame["thumbs"].tolist() == ["2 up", "2 up"]
    assert len(in_round(cells, 0)) == 4
