"""The figure of a variant that needs the generated demo's planted truth; other datasets have none, and no such figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import artefacts
from core.evaluation.planted import Planted
from core.evaluation.trial_truth import PlantedScore, TrialTruth
from core.workspace import Artefact

PLANTED_F1 = "planted F1"


def planted_truth(dataset: Artefact) -> TrialTruth | None:
    """The truth kept beside a generated dataset; None where there is none."""
    return _truth(str(dataset.path), dataset.manifest.created_at, _dataset=dataset) if Planted.kept(dataset) else None


@st.cache_resource(max_entries=2, show_spinner=False)
def _truth(path: str, created_at: str, _dataset: Artefact) -> TrialTruth:
    del path, created_at
    return TrialTruth.of(artefacts.dataset(_dataset), Planted.load(_dataset))


def truth_column(scores: Sequence[PlantedScore | None]) -> tuple[list[str], Any]:
    """The figures of the variants as text, and the column they stand in, whose help says what they stand on."""
    values = [f"{one.macro_f1:.2f} / {one.micro_f1:.2f} (n = {one.reviews})" if one else "" for one in scores]
    known = [one for one in scores if one is not None]
    most = max(known, key=lambda one: one.reviews, default=None)
    words = (
        "Macro / micro F1 of the motivations named against those planted in the same reviews: the generated demo's own truth of why "
        "each author went, one or two motivations. A failed answer names none"
    )
    if most is not None:
        words += (
            f". On {most.reviews} reviews (n), {most.telling} of which speak of what was planted; short ones leave the second one out, "
            "so 1 may be out of reach"
        )
    return values, st.column_config.TextColumn(PLANTED_F1, help=words)
