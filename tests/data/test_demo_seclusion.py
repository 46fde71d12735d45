"""The truth of the demo is kept from the pipeline."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = ("core/data/demo/", "core/evaluation/planted.py")
SOURCES = ("core", "app", "pages")


def test_only_the_generator_and_its_scores_name_the_truth() -> None:
    naming = re.compile(r"""["'/]planted["'/]""")
    offenders = []
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(ALLOWED) and naming.search(path.read_text(encoding="utf-8")):
                offenders.append(name)
    assert not offenders


def test_the_model_and_the_explanations_never_read_the_scores_of_the_truth() -> None:
    reading = re.compile(r"core\.evaluation\.planted|core\.evaluation import .*planted|core\.data\.demo\.(corpus|world)")
    folders = ("core/encoding", "core/extraction", "core/motivations", "core/models", "core/training", "core/recommend", "core/maps")
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            assert not reading.search(path.read_text(encoding="utf-8")), path.name
