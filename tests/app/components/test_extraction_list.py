from __future__ import annotations

from app.components.extraction_estimate import zero_shot_seconds
from app.components.extraction_list import extraction_label, extraction_rows, listed, taxonomy_label, training_takes
from app.components.extraction_results import without_other
from core.extraction.grounding import Grounding
from core.extraction.ollama.outcome import Answer
from core.extraction.schema import Motivation, ReviewMotivations
from core.storage import write_json
from core.workspace import Artefact, Workspace
from tests.app.hand_made import TAXONOMY


def by_model(space: Workspace, dataset: Artefact, *, byproduct: bool = False) -> Artefact:
    """An extraction by a model, as its manifest would say."""
    config = {"backend": "ollama", "ollama": {"model": "tiny:1b"}, "sample": 50}
    summary = {"model": "tiny:1b", "n_reviews": 50, "n_statements": 70, "valid_share": 0.9, "grounded_share": 0.8, "n_failed": 5}
    summary |= {"prompts": {"review": "mine@3", "user": "user-products@1"}, "coverage": 0.75}
    summary |= {"taxonomy": {"name": "products", "version": 1, "hash": TAXONOMY.hash}}
    made = space.for_byproducts() if byproduct else space
    identifier = f"small-by-model{'-tried' if byproduct else ''}"
    with made.publish("extraction", identifier, name="small", sources={"dataset": dataset.id}, config=config) as draft:
        write_json(draft.path / "taxonomy.json", TAXONOMY)
        draft.summary |= summary
    return space.get("extraction", identifier)


def test_rows_say_what_each_was_made_with_and_how_good_it_is(filled_copy: Workspace) -> None:
    dataset = filled_copy.list("dataset")[0]
    embedded = filled_copy.list("extraction")[0]
    model = by_model(filled_copy, dataset)
    tried = by_model(filled_copy, dataset, byproduct=True)
    known = listed(filled_copy, dataset, model)
    assert [one.id for one in known] == [model.id, embedded.id]
    assert tried.id in [one.id for one in listed(filled_copy, dataset, tried)]
    first, second = extraction_rows(filled_copy, dataset, known).to_dict("records")
    assert (first["read by"], first["prompts"], first["valid"], first["failed"]) == ("tiny:1b", "mine@3, user-products@1", 90.0, 5)
    assert (first["taxonomy"], first["coverage"], first["trained on next"]) == ("products@1", 75.0, False)
    assert (second["read by"], second["trained on next"]) == ("embedded", True)
    assert training_takes(filled_copy, dataset) == embedded.id


def test_a_label_tells_extractions_apart(filled_copy: Workspace) -> None:
    label = extraction_label(by_model(filled_copy, filled_copy.list("dataset")[0]))
    assert label.startswith("tiny:1b, mine@3, user-products@1, sample of 50, taxonomy products@1, ")
    assert taxonomy_label(filled_copy.get("extraction", "small-ex0")) == "products@1"


def test_the_time_of_the_embedded_extractor_is_that_of_the_last_one_that_read_everything(filled_copy: Workspace) -> None:
    dataset = filled_copy.list("dataset")[0]
    assert zero_shot_seconds(filled_copy, 100) is None
    for name, embedded in (("all", 20), ("half", 10)):
        figures = {"n_reviews": 10, "seconds": 5.0 if name == "all" else 0.1, "n_embedded": embedded, "n_distinct": 20}
        sources, config = {"dataset": dataset.id}, {"backend": "zero-shot"}
        with filled_copy.publish("extraction", f"small-{name}", name="small", sources=sources, config=config) as draft:
            draft.summary |= figures
    assert zero_shot_seconds(filled_copy, 100) == 50.0


def test_what_fits_no_motivation_is_counted_and_left_out() -> None:
    names = ("value_for_money", "other", "other")
    motivations = [Motivation(name=name, statement="s", quote="q", polarity="positive", strength=1.0) for name in names]
    groundings = tuple(Grounding(score=1.0, begin=n, end=n + 1, exact=True, grounded=True) for n in range(3))
    kept, dropped = without_other(Answer(result=ReviewMotivations(motivations=motivations), groundings=groundings))
    assert dropped == 2
    assert kept.result is not None
    assert [motivation.name for motivation in kept.result.motivations] == ["value_for_money"]
    assert [grounding.begin for grounding in kept.groundings] == [0]
