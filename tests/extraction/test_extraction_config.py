"""The settings of an extraction: what belongs to which backend, and keys that older artefacts were made under."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.extraction.config import ExtractionConfig
from core.storage import content_hash


@pytest.mark.parametrize(
    ("settings", "key"),
    [({}, "70d370c97288"), ({"encoder": "tfidf", "threshold": 0.5}, "ece1a8a38cc8"), ({"taxonomy": "games"}, "7623a933b747")],
)
def test_new_settings_leave_the_keys_of_older_extractions(settings: dict[str, Any], key: str):
    assert content_hash(ExtractionConfig.model_validate(settings).zero_shot_key) == key


def test_a_draw_of_reviews_makes_another_key():
    configs = [ExtractionConfig(), ExtractionConfig(sample=10), ExtractionConfig(sample=10, sample_seed=1), ExtractionConfig(sample=11)]
    assert len({content_hash(config.zero_shot_key) for config in configs}) == 4
    assert content_hash(ExtractionConfig(sample_seed=3).zero_shot_key) == content_hash(ExtractionConfig().zero_shot_key)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"backend": "ollama"}, "needs a model"),
        ({"ollama": {"model": "tiny:1b"}}, "ollama backend"),
        ({"backend": "ollama", "ollama": {"model": "tiny:1b"}, "threshold": 0.1}, "zero-shot backend"),
        ({"backend": "ollama", "ollama": {"model": ""}}, "at least 1 character"),
        ({"backend": "ollama", "ollama": {"model": "tiny:1b", "concurrency": 0}}, "greater than or equal to 1"),
        ({"backend": "ollama", "ollama": {"model": "tiny:1b", "options": {"heat": 1}}}, "Extra inputs"),
        ({"sample": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_of_the_other_backend_are_refused(settings: dict[str, Any], words: str):
    with pytest.raises(ValidationError, match=words):
        ExtractionConfig.model_validate(settings)
