"""The shipped demo against its planted truth: the extraction finds the motivations, the explanations name the right ones."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.dataset import ReviewDataset
from core.evaluation.planted import Planted, score_extraction, score_top_contribution
from core.jobs import demo_archive
from core.motivations.profiles import Profiles
from core.recommend.recommender import Recommender
from core.workspace import Workspace

pytestmark = pytest.mark.skipif(not demo_archive.ARCHIVE.exists(), reason="the prebuilt demo is not in this checkout")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Recommender]:
    workspace = Workspace(tmp_path_factory.mktemp("demo") / "workspace")
    run = demo_archive.unpack(workspace, demo_archive.ARCHIVE)
    return workspace, Recommender.open(workspace, run.id)


def test_extraction_agrees_with_the_planted_motivations(demo: tuple[Workspace, Recommender]) -> None:
    workspace, _ = demo
    artefact = workspace.get("dataset", "demo")
    profiles = Profiles.load(workspace.made_from("profiles", artefact)[0])
    scores = score_extraction(ReviewDataset.load(artefact), Planted.load(artefact), profiles.statements, profiles.taxonomy)
    assert scores["ami"] >= 0.6


def test_the_top_reason_is_one_the_user_has(demo: tuple[Workspace, Recommender]) -> None:
    workspace, recommender = demo
    planted = Planted.load(workspace.get("dataset", "demo"))
    rows = []
    for user in planted.users.index[::11]:
        for entry in recommender.recommend(str(user), 5).items:
            explanation = recommender.explain(str(user), entry.item, evidence=1)
            rows.append((user, max(explanation.contributions, key=lambda contribution: contribution.value).motivation))
    scores = score_top_contribution(planted, pd.DataFrame(rows, columns=["user_id", "motivation"]))
    assert scores["share"] >= 0.7
    assert scores["chance_shuffled"] < 0.35
