"""MiniLM: only the published weights, nothing of the package's code, a vector that what it is encoded with changes by rounding at most."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.encoding.encoder import default_encoder
from core.encoding.minilm import DISTRIBUTION, MiniLMEncoder, package_directory
from core.encoding.tfidf import TfidfEncoder
from core.errors import InputError

SENTENCES = [
    "The sound is rich and clear.",
    "Our waitress was lovely.",
    "Great value for the money!",
    "ok",
    "It broke after two weeks, sadly.",
]


@pytest.fixture(scope="module")
def encoder() -> MiniLMEncoder:
    try:
        return MiniLMEncoder.open()
    except InputError as error:
        pytest.skip(str(error))


def test_vectors_have_length_one(encoder: MiniLMEncoder) -> None:
    vectors = encoder.encode(SENTENCES)
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_short_sentences_get_the_same_vectors_alone_and_among_others(encoder: MiniLMEncoder) -> None:
    together = encoder.encode(SENTENCES * 20)
    alone = np.concatenate([encoder.encode([sentence]) for sentence in SENTENCES])
    np.testing.assert_array_equal(together[:5], alone)
    np.testing.assert_array_equal(together[95:], alone)


def test_what_a_text_is_encoded_with_changes_its_vector_by_rounding_at_most(encoder: MiniLMEncoder) -> None:
    """Batches of 40 texts of each length: large enough for the processor to choose other kernels than for one text."""
    texts = [f"{sentence} {number}" for number in range(10, 50) for sentence in SENTENCES]
    together = encoder.encode(texts)
    np.testing.assert_array_equal(encoder.encode(texts), together)
    alone = np.concatenate([encoder.encode([text]) for text in texts[::7]])
    assert (together[::7] * alone).sum(axis=1).min() > 0.9995


def test_number_of_threads_changes_nothing(encoder: MiniLMEncoder) -> None:
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = encoder.encode(SENTENCES * 3)
        torch.set_num_threads(3)
        three = encoder.encode(SENTENCES * 3)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(one, three)


def test_similar_sentences_are_nearer(encoder: MiniLMEncoder) -> None:
    service, waiter, price = encoder.encode(["The waitress was kind.", "Our waiter was friendly.", "It costs far too much."])
    assert float(service @ waiter) > float(service @ price) + 0.2


def test_agrees_with_the_reference_implementation(encoder: MiniLMEncoder) -> None:
    import torch
    from transformers import AutoModel

    exact = MiniLMEncoder.open(precision="float32")
    reference = AutoModel.from_pretrained(str(package_directory()), use_safetensors=True, local_files_only=True).eval()
    expected = []
    for sentence in SENTENCES:
        ids = torch.tensor([exact._tokenizer.encode(sentence).ids])
        with torch.inference_mode():
            expected.append(torch.nn.functional.normalize(reference(input_ids=ids)[0].mean(dim=1), dim=1)[0].numpy())
    np.testing.assert_allclose(exact.encode(SENTENCES), np.stack(expected), atol=2e-5)
    assert (encoder.encode(SENTENCES) * np.stack(expected)).sum(axis=1).min() > 0.999


def test_no_text_gives_no_vectors(encoder: MiniLMEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_empty_emoji_and_endless_texts_are_encoded(encoder: MiniLMEncoder) -> None:
    vectors = encoder.encode(["", "😀😀😀", "word " * 5000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_package_code_is_not_run(encoder: MiniLMEncoder) -> None:
    script = (
        "import sys; from core.encoding import default_encoder; default_encoder('minilm').encoder.encode(['a']); "
        "print([name for name in sys.modules if name.startswith(('gt_all', 'transformers', 'sentence_transformers'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.strip() == "[]"


def test_other_weights_are_refused(tmp_path: Path, encoder: MiniLMEncoder) -> None:
    shutil.copy(package_directory() / "tokenizer.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(InputError, match="Not the published MiniLM file"):
        MiniLMEncoder.open(tmp_path)


def test_missing_package_falls_back_to_tfidf_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", absent)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    choice = default_encoder("auto", lambda: SENTENCES)
    assert isinstance(choice.encoder, TfidfEncoder)
    assert DISTRIBUTION in choice.reason
    with pytest.raises(InputError, match="is not installed"):
        default_encoder("minilm")
