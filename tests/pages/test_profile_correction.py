"""Correcting a profile on the page: sliders move the profile and the list, and everything can be taken back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import ReviewDataset
from core.jobs.training_step import train
from core.motivations.build import build_profiles
from core.training.config import TrainingConfig
from core.workspace import Workspace
from tests.app.hand_made import publish_extraction, publish_reviews
from tests.pages.test_pages import opened, words

CONFIG = TrainingConfig(slot_dim=4, behaviour_dim=4, batch_size=64, epochs=2, evaluate_every=1, device="cpu", text_dim=8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    space = Workspace(tmp_path_factory.mktemp("trained") / "workspace")
    dataset = publish_reviews(space)
    build_profiles(space, publish_extraction(space, dataset), ReviewDataset.load(dataset))
    train(space, dataset.id, CONFIG)
    return space


@pytest.fixture
def app(trained: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return opened(trained.root, "profiles", monkeypatch, user="user-05", part="Correct by hand")


def test_a_slider_changes_the_profile_and_can_be_taken_back(app: AppTest) -> None:
    assert not app.exception
    assert "Nothing is changed yet" in words(app)
    factor = next(slider for slider in app.slider if "-factor-" in str(slider.key))
    factor.set_value(5.0).run()
    assert not app.exception
    assert "Nothing is changed yet" not in words(app)
    assert "The motivation gate" in words(app)
    app.button(key="take-back").click().run()
    assert not app.exception
    assert "Nothing is changed yet" in words(app)
    assert all(slider.value == 1.0 for slider in app.slider if "-factor-" in str(slider.key))


def test_a_sentence_the_encoder_cannot_place_is_one_line(app: AppTest) -> None:
    """The statements of this made-up run have embeddings of their own making: no encoder fits them."""
    app.text_input(key=str(next(one.key for one in app.text_input if "-sentence" in str(one.key)))).set_value("Cheap as chips").run()
    assert not app.exception
    (error,) = app.error
    assert "\n" not in error.value
