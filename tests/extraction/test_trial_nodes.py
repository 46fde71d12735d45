"""The prompt shown for a user, an item or a merge is the one a batch asks with."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.extraction.ollama.chat import ChatOptions
from core.extraction.ollama.extractor import OllamaExtractor
from core.extraction.ollama.server import OllamaServer
from core.extraction.ollama_plan import FEWEST_TO_MERGE
from core.extraction.prompts.defaults import default_template
from core.extraction.prompts.template import PromptKind
from core.extraction.questions import Asker, Questions, Side
from core.extraction.texts import SourceTexts
from core.extraction.trial_asking import version_of
from core.extraction.trial_nodes import ExtractedStatements, NodeReviews
from core.workspace import Workspace
from tests.app.filled import filled
from tests.app.hand_made import TAXONOMY

__all__ = ["filled"]

SIDES: tuple[Side, ...] = ("user", "item")
OPTIONS = ChatOptions(num_ctx=4096)


@pytest.fixture(scope="module")
def dataset(filled: Workspace) -> ReviewDataset:
    return ReviewDataset.load(filled.list("dataset")[0])


@pytest.fixture(scope="module")
def statements(filled: Workspace, dataset: ReviewDataset) -> ExtractedStatements:
    rows = pd.read_parquet(filled.list("extraction")[0].path / "statements.parquet")
    return ExtractedStatements(rows, dataset, TAXONOMY)


def batch_asker(kind: PromptKind) -> Asker:
    version = version_of(default_template(kind, "products"))
    return Asker(OllamaExtractor(OllamaServer("http://127.0.0.1:9"), "tiny:1b", version, TAXONOMY, OPTIONS), "digest")


@pytest.mark.parametrize("side", SIDES)
def test_a_node_is_shown_as_the_batch_asks_it(dataset: ReviewDataset, side: Side) -> None:
    reviews, asker = NodeReviews(dataset), batch_asker(side)
    questions = list(Questions(SourceTexts.read(dataset), dataset).nodes(asker, side).questions())
    assert reviews.nodes(side) == [getattr(question, f"{side}_idx") for question in questions]
    for question in questions[:3]:
        shown = reviews.prompt(asker.extractor.prompt.template, TAXONOMY, OPTIONS, side, getattr(question, f"{side}_idx"))
        assert shown is not None
        assert shown.messages == asker.extractor.render_variables(question.request.variables)
        assert (shown.shown, shown.left_out) == (len(question.request.variables["reviews"]), question.left_out)


def test_only_training_reviews_are_in_it(dataset: ReviewDataset) -> None:
    template = default_template("user", "products").model_copy(update={"user": "{{ reviews|map(attribute='title')|join('|') }}"})
    shown = NodeReviews(dataset).prompt(template, TAXONOMY, OPTIONS, "user", 0)
    assert shown is not None
    train = dataset.rows("train")
    assert shown.shown == (train["user_idx"] == 0).sum()
    held_out = pd.concat([dataset.rows("validation"), dataset.rows("test")])
    titles = dataset.items["title"].loc[held_out.loc[held_out["user_idx"] == 0, "item_idx"]]
    assert len(titles)
    said = shown.messages[-1].content
    assert [title for title in titles if f"{title}|" in f"{said}|"] == []


def test_what_does_not_fit_is_counted_and_nothing_may_fit(dataset: ReviewDataset) -> None:
    template = default_template("user", "products")
    reviews = NodeReviews(dataset)
    whole = reviews.prompt(template, TAXONOMY, OPTIONS, "user", 0)
    assert whole is not None
    found = [reviews.prompt(template, TAXONOMY, OPTIONS.model_copy(update={"num_ctx": size}), "user", 0) for size in range(1024, 4096, 64)]
    some = [one for one in found if one is not None and one.left_out]
    assert some
    assert all(one.shown + one.left_out == whole.shown for one in some)
    assert found[0] is None


@pytest.mark.parametrize("side", SIDES)
def test_a_merge_reads_the_grounded_statements_strongest_first(dataset: ReviewDataset, statements: ExtractedStatements, side: Side) -> None:
    train = dataset.rows("train")
    counts = train[f"{side}_idx"].value_counts()
    assert statements.nodes(side) == sorted(counts.index[counts >= FEWEST_TO_MERGE])
    node = statements.nodes(side)[0]
    entries = statements.of(side, node)
    strengths = [entry["strength"] for entry in entries]
    assert strengths == sorted(strengths, reverse=True)
    assert set(strengths) <= {0.4, 0.5, 0.6, 0.7, 0.8, 0.9}  # the decimals that were written, not those of single precision
    assert {entry["quote"] for entry in entries} == {
        text.removesuffix(" Bought it in spring.") for text in train.loc[train[f"{side}_idx"] == node, "text"]
    }
    template = default_template("merge", "products")
    asker = batch_asker("merge")
    (question,) = Questions(SourceTexts.read(dataset), dataset).merges(asker, side, lambda: [(node, entries)], 1).questions()
    shown = NodeReviews(dataset).merge_prompt(template, OPTIONS, side, node, statements)
    assert shown is not None
    assert shown.messages == asker.extractor.render_variables(question.request.variables)


def test_statements_of_merged_nodes_are_still_theirs_and_ungrounded_ones_are_left_out(filled: Workspace, dataset: ReviewDataset) -> None:
    rows = pd.read_parquet(filled.list("extraction")[0].path / "statements.parquet")
    whole = ExtractedStatements(rows, dataset, TAXONOMY)
    let_go = ExtractedStatements(rows.assign(user_idx=-1), dataset, TAXONOMY)
    assert let_go.of("user", 3) == whole.of("user", 3)
    none = ExtractedStatements(rows.assign(grounded=False), dataset, TAXONOMY)
    assert (none.nodes("user"), none.of("user", 3)) == ([], [])
    template = default_template("merge", "products")
    assert NodeReviews(dataset).merge_prompt(template, OPTIONS, "user", 3, none) is None


def test_a_wrong_template_is_an_input_error(dataset: ReviewDataset) -> None:
    wrong = default_template("user", "products").model_copy(update={"user": "{{ reviews }} {{ revews }}"})
    with pytest.raises(InputError, match="line 1"):
        NodeReviews(dataset).prompt(wrong, TAXONOMY, OPTIONS, "user", 0)
