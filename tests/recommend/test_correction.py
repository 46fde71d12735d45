from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError
from core.jobs.training_step import train
from core.motivations.build import build_profiles
from core.recommend.correction import Correction, Corrector, OwnSentence
from core.recommend.recommender import Recommender
from core.storage import file_hash
from core.training.config import TrainingConfig
from core.workspace import Workspace
from tests.app.hand_made import publish_extraction, publish_reviews

CONFIG = TrainingConfig(slot_dim=4, behaviour_dim=4, batch_size=64, epochs=2, evaluate_every=1, device="cpu", text_dim=8)
USER = "user-05"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path_factory.mktemp("correction") / "workspace")
    dataset = publish_reviews(made)
    build_profiles(made, publish_extraction(made, dataset), ReviewDataset.load(dataset))
    train(made, dataset.id, CONFIG)
    return made


@pytest.fixture(scope="module")
def corrector(space: Workspace) -> Corrector:
    return Corrector(Recommender.open(space, space.list("run")[0].id))


def spoken(corrector: Corrector) -> str:
    """The motivation the user speaks most of."""
    shown = corrector.correct(USER, Correction()).motivations
    return max(shown, key=lambda one: one.share).motivation


def hashes(root: Path) -> dict[str, str]:
    kinds = ("dataset", "extraction", "profiles", "run")
    return {str(path): file_hash(path) for kind in kinds for path in sorted((root / kind).rglob("*")) if path.is_file()}


def test_no_correction_changes_nothing(corrector: Corrector) -> None:
    found = corrector.correct(USER, Correction(factors={spoken(corrector): 1.0}))
    plain = corrector.recommender.recommend(USER, k=10)
    assert [one.item for one in found.items] == [entry.item for entry in plain.items]
    assert all(one.moved == 0 and one.score == one.score_before for one in found.items)
    assert found.left == ()
    assert all((one.share, one.n, one.gate) == (one.share_before, one.n_before, one.gate_before) for one in found.motivations)


def test_the_text_pooled_again_is_the_runs_own(corrector: Corrector) -> None:
    """What every correction starts from: statements pooled and read here give the vector that was trained."""
    for user in (0, 5, 17):
        read = corrector.view.users(user, corrector._pooled(corrector._said(user, Correction())))
        stored = corrector.recommender.scorer.user(user)
        np.testing.assert_allclose(read.numpy(), stored.numpy(), atol=2e-3 * float(stored.abs().max()))


def test_shares_are_those_of_the_changed_strengths(corrector: Corrector) -> None:
    key = spoken(corrector)
    recommender, evidence = corrector.recommender, corrector.recommender.evidence
    assert evidence is not None
    table = evidence.statements.iloc[evidence.rows("user", 5)]
    strength = dict.fromkeys(recommender.motivations, 0.0)
    for row in table.itertuples():
        own = recommender.motivations[row.motivation]
        strength[own] += row.strength * (3.0 if own == key else 1.0)
    total = math.fsum(strength.values())
    for one in corrector.correct(USER, Correction(factors={key: 3.0})).motivations:
        assert one.share == pytest.approx(strength[one.motivation] / total)


def test_a_motivation_spoken_of_more_is_weighed_more_and_places_are_those_of_the_new_scores(corrector: Corrector) -> None:
    key = spoken(corrector)
    found = corrector.correct(USER, Correction(factors={key: 5.0}), k=40)
    (own,) = [one for one in found.motivations if one.motivation == key]
    assert own.gate > own.gate_before
    assert all(one.gate <= one.gate_before for one in found.motivations if one.motivation != key)
    scores = [one.score for one in found.items]
    assert scores == sorted(scores, reverse=True)
    assert [one.rank for one in found.items] == list(range(1, len(scores) + 1))
    assert any(one.score != one.score_before for one in found.items)
    before = {entry.item: entry.rank for entry in corrector.recommender.recommend(USER, k=40).items}
    assert {one.item: one.rank_before for one in found.items} == before


def test_switching_off_all_statements_of_a_motivation_silences_it(corrector: Corrector) -> None:
    key, evidence = spoken(corrector), corrector.recommender.evidence
    assert evidence is not None
    off = corrector.correct(USER, Correction(off=tuple(int(row) for row in evidence.rows("user", 5, key))))
    silent = corrector.correct(USER, Correction(factors={key: 0.0}))
    assert off == silent
    (own,) = [one for one in off.motivations if one.motivation == key]
    assert (own.share, own.n) == (0, 0)
    assert own.gate < 1


def test_a_sentence_as_one_that_is_there_counts_as_twice_its_strength(corrector: Corrector) -> None:
    """Of the only statement of a motivation and polarity: the mean stays and the weight doubles."""
    recommender, evidence = corrector.recommender, corrector.recommender.evidence
    assert evidence is not None
    table = evidence.statements.iloc[evidence.rows("user", 5)]
    slot, group = next((key, rows) for key, rows in table.groupby("motivation") if len(rows) == 1)
    row, key = group.iloc[0], recommender.motivations[int(slot)]
    embeddings = recommender.run.statement_embeddings
    assert embeddings is not None

    def encode(texts: Sequence[str]) -> np.ndarray:
        assert texts == ["the same again"]
        return embeddings[[int(row["embedding_row"])]].float().numpy()

    sentence = OwnSentence(text="the same again", motivation=key, polarity=row["polarity"], strength=float(row["strength"]))
    added = corrector.correct(USER, Correction(sentences=(sentence,)), encode)
    doubled = corrector.correct(USER, Correction(factors={key: 2.0}))
    assert [one.item for one in added.items] == [one.item for one in doubled.items]
    np.testing.assert_allclose([one.score for one in added.items], [one.score for one in doubled.items], rtol=1e-5)
    assert [one.n for one in added.motivations if one.motivation == key] == [2]


def test_what_is_stored_stays_as_it_was(space: Workspace, corrector: Corrector) -> None:
    before = hashes(space.root)
    profiles = corrector.recommender.run.profiles
    assert profiles is not None
    tensors = [tensor.clone() for tensor in vars(profiles.users).values()]
    vectors = corrector.recommender.run.vectors.user.clone()
    everything = tuple(corrector.statements(USER))
    sentence = OwnSentence(text="Cheap as chips", motivation="value_for_money")
    width = corrector.recommender.run.statement_embeddings.shape[1]  # type: ignore[union-attr]
    corrector.correct(
        USER, Correction(off=everything, sentences=(sentence,), factors={"value_for_money": 4}), lambda _: np.ones((1, width))
    )
    assert hashes(space.root) == before
    assert all((tensor == kept).all() for tensor, kept in zip(vars(profiles.users).values(), tensors, strict=True))
    assert (corrector.recommender.run.vectors.user == vectors).all()


def test_what_cannot_be_corrected_is_said(corrector: Corrector) -> None:
    foreign = corrector.statements("user-06")[0]
    sentence = OwnSentence(text="So good", motivation="value_for_money")
    for correction, message in (
        (Correction(factors={"smell": 2}), "no motivation 'smell'"),
        (Correction(factors={"value_for_money": 5.5}), "5.5"),
        (Correction(off=(foreign,)), "not the user's"),
        (Correction(sentences=(sentence,)), "encoder"),
    ):
        with pytest.raises(InputError, match=message):
            corrector.correct(USER, correction)
    with pytest.raises(InputError, match="3 dimensions instead of"):
        corrector.correct(USER, Correction(sentences=(sentence,)), lambda _: np.ones((1, 3)))
    with pytest.raises(NotFoundError):
        corrector.correct("nobody", Correction())


def test_a_run_without_parameters_says_that_it_cannot_read_other_texts(recommender: Recommender) -> None:
    with pytest.raises(InputError, match="cannot read other texts"):
        Corrector(recommender)
