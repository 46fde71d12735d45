"""Before a training: how long it will take and how much memory, from a few of its own steps measured on this very machine.

    seconds = setup + epochs * steps an epoch * seconds a step + validations * seconds a validation

A validation's seconds hold the checkpoint written with it. Memory is the peak of the process that measured (of the device on CUDA);
`tensor_bytes` is what the tensors alone come to, so that a training that cannot fit is told without being tried.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import psutil
import torch
from pydantic import BaseModel, ConfigDict

from core.models.base import RecommendationModel, Validate
from core.models.build import build_model
from core.models.config import BACKBONES
from core.models.graph import Interactions
from core.models.known import TABLE_CELLS
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures
from core.training.checkpoint import TrainingState, save_checkpoint
from core.training.config import TrainingConfig
from core.training.devices import memory_kept, pick_device, thread_count
from core.training.samplers import BatchSampler
from core.training.trainer import train_step
from core.training.used_settings import PERTURBATIONS, used_settings

LIMIT_S = 2.0
"""How long steps are measured, beside the first two."""
MOST_CYCLES = 12
_WARM_UP = 2
_FLOAT = 4
_SIDE_SAMPLE = 512  # items of the small EASE that is solved to tell how long the large one takes
_NO_COST = {
    "seed", "learning_rate", "epochs", "evaluate_every", "patience", "metric", "temperature", "regularisation", "mcs_temperature",
    "itcm_alpha", "momentum", "other_gate", "prototype_temperature", "text_scale", "slot_text_scale", "text_dropout", "initial_scale",
    "align_temperature", "ssl_temperature", "history_temperature", "view_noise", "ease_weight",
}  # fmt: skip
"""Settings that change what is learned but not what a step costs."""


class Cost(BaseModel):
    """What parts of a training were measured to cost.

    Args:
        setup_s: building the model; of a model without parameters all its work. step_s: a step, steps: of them in an epoch.
        validation_s: a validation with its checkpoint. memory_bytes: peak of the process; device_bytes: of the accelerator, 0 on a CPU.
        device: "cpu", "cuda" or "mps".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    setup_s: float
    step_s: float
    steps: int
    validation_s: float
    memory_bytes: int
    device_bytes: int
    device: str


def measure_cost(
    interactions: Interactions,
    text: TextFeatures | None,
    config: TrainingConfig,
    validate: Validate,
    directory: Path,
    *,
    limit_s: float = LIMIT_S,
) -> Cost:
    """Build the model, take a few steps, validate once and write one checkpoint; nothing of it is kept.

    Args:
        directory: an empty folder on the disk where checkpoints are kept. limit_s: most seconds of steps.

    Raises:
        InputError: no such device, or the model cannot be built.
    """
    device = pick_device(config.device)
    threads = torch.get_num_threads()
    torch.set_num_threads(min(threads, thread_count(2 * len(interactions.pairs) * config.dim)))
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    try:
        with torch.random.fork_rng(), memory_kept():
            return _measured(interactions, text, config, validate, directory, device, limit_s)
    finally:
        torch.set_num_threads(threads)


def _measured(
    interactions: Interactions,
    text: TextFeatures | None,
    config: TrainingConfig,
    validate: Validate,
    directory: Path,
    device: torch.device,
    limit_s: float,
) -> Cost:
    if config.model in ("ease", "ease-text"):
        return _ease_cost(interactions, device)
    began = time.perf_counter()
    model = build_model(interactions, text.to(device) if text is not None else None, config).to(device)
    sampler = BatchSampler(interactions, config, config.batch_size, torch.Generator(device).manual_seed(config.seed), device)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    setup_s, step_s = time.perf_counter() - began, 0.0
    optimiser = torch.optim.Adam(parameters, lr=config.learning_rate, fused=device.type != "mps") if parameters else None
    if optimiser is not None:
        step_s = _step_seconds(model, sampler, optimiser, config, limit_s)
    validation_s = _validation_seconds(model, validate, config.metric)
    if optimiser is not None:
        began = time.perf_counter()
        best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        save_checkpoint(directory, TrainingState(0, 0, 0.0, 0, 0.0, [], best), model, optimiser, {})
        validation_s += time.perf_counter() - began
    return Cost(
        setup_s=setup_s + (0.0 if parameters else validation_s),
        step_s=step_s,
        steps=len(sampler) if parameters else 0,
        validation_s=validation_s,
        memory_bytes=peak_memory(),
        device_bytes=int(torch.cuda.max_memory_reserved(device)) if device.type == "cuda" else 0,
        device=device.type,
    )


def _step_seconds(
    model: RecommendationModel, sampler: BatchSampler, optimiser: torch.optim.Optimizer, config: TrainingConfig, limit_s: float
) -> float:
    """Median over whole cycles of steps: only every ``align_every``-th step of LMMRec compares its views."""
    mixed = config.precision == "bfloat16" or (config.precision == "auto" and sampler.device.type == "cuda")
    batches = _endless(sampler)
    model.train()
    for _ in range(_WARM_UP):
        train_step(model, next(batches), optimiser, mixed)
    cycle = config.align_every if len(sampler) > 1 else 1
    taken: list[float] = []
    began = time.perf_counter()
    while not taken or (len(taken) < MOST_CYCLES and time.perf_counter() - began < limit_s):
        _wait(sampler.device)
        start = time.perf_counter()
        for _ in range(cycle):
            train_step(model, next(batches), optimiser, mixed)
        _wait(sampler.device)
        taken.append((time.perf_counter() - start) / cycle)
    return median(taken)


def _endless(sampler: BatchSampler) -> Iterator[Batch]:
    while True:
        yield from sampler


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _validation_seconds(model: RecommendationModel, validate: Validate, metric: str) -> float:
    """Of the second validation where the first was quick: the first of a process also loads code."""
    model.eval()
    began = time.perf_counter()
    model.validated(validate, metric)
    first = time.perf_counter() - began
    if first > 1.0:
        return first
    began = time.perf_counter()
    model.validated(validate, metric)
    return min(first, time.perf_counter() - began)


def _ease_cost(interactions: Interactions, device: torch.device) -> Cost:
    """EASE is solved and not trained: its inverse grows with the cube of the items, so a small one tells of the large one."""
    n = min(_SIDE_SAMPLE, interactions.n_items)
    gram = torch.eye(n, dtype=torch.float64) * n + torch.rand(n, n, dtype=torch.float64)
    gram = gram @ gram.T
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        torch.cholesky_inverse(torch.linalg.cholesky(gram))
        taken.append(time.perf_counter() - began)
    solved = 1.2 * median(taken) * (interactions.n_items / n) ** 3
    ranked = 2e-9 * interactions.n_users * interactions.n_items  # reading the rows of scores
    memory = peak_memory() + 3 * 8 * interactions.n_items**2 + _FLOAT * interactions.n_users * interactions.n_items
    return Cost(setup_s=solved + ranked, step_s=0.0, steps=0, validation_s=0.0, memory_bytes=memory, device_bytes=0, device=device.type)


def expected_epochs(config: TrainingConfig, earlier: Sequence[int] = ()) -> tuple[int, int]:
    """The fewest and most epochs a training may take before it stops by itself.

    With earlier runs like it, theirs and a quarter around them; else from the first possible stop to the most that are allowed.

    Args:
        earlier: epochs of runs of the same model on the same dataset.
    """
    if earlier:
        low, high = math.floor(0.8 * min(earlier)), math.ceil(1.25 * max(earlier))
        return max(1, min(low, config.epochs)), max(1, min(high, config.epochs))
    return min(config.epochs, config.evaluate_every * (config.patience + 1)), config.epochs


def seconds_of(cost: Cost, config: TrainingConfig, epochs: int) -> float:
    """Seconds of a training of so many epochs; added random interactions make an epoch that much longer."""
    if not cost.steps:
        return cost.setup_s
    validations = math.ceil(epochs / config.evaluate_every)
    return cost.setup_s + (1 + config.interaction_noise) * epochs * cost.steps * cost.step_s + validations * cost.validation_s


def tensor_bytes(n_users: int, n_items: int, n_interactions: int, config: TrainingConfig, *, n_slots: int = 9) -> int:
    """What the tensors of a training take, at the least: parameters with gradients and Adam's moments, the best state and the
    checkpoint's copy, the teacher, the propagation, who took what, and the text.

    Args:
        n_slots: K of the profiles, "other" among them.
    """
    nodes = n_users + n_items
    if config.model == "popularity":
        return 0
    if config.model in ("ease", "ease-text"):
        return 2 * 8 * n_items**2 + _FLOAT * n_users * n_items
    slots = config.slot_dim * n_slots if config.model == "lmmrec" and config.form == "slots" else config.dim
    width = slots + (config.behaviour_dim if config.model == "lmmrec" else 0)
    copies = 4 + 1 + 1 + (1 if config.model == "lmmrec" and config.itcm_weight > 0 else 0)
    vectors = (copies + 2 * (config.layers + 1)) * nodes * width * _FLOAT
    edges = 2 * n_interactions * (8 + 8 + _FLOAT)
    asking = 1 + (config.reads_history or config.model == "alpharec")  # the sampler, and who shares negatives among rows
    known = asking * (n_users * n_items if n_users * n_items <= TABLE_CELLS else 8 * n_interactions)
    read = (nodes if config.reads_text else 0) + (n_users if config.reads_history else 0)
    text = (read * (n_slots + 1) * 2 * config.text_dim + nodes * config.words_read) * _FLOAT
    negatives = config.batch_size * min(config.negatives, 4 * n_items) * _FLOAT * 2 if config.loss == "softmax" else 0
    return vectors + edges + known + text + negatives


def cost_settings(config: TrainingConfig) -> dict[str, object]:
    """The settings a step's cost hangs on; of a weight only whether it is there at all."""
    form = config.form if config.model == "lmmrec" else None
    used = (used_settings(config.model, config.backbone, form) - _NO_COST) | {"model", "device", "precision"}
    if config.model in BACKBONES:
        used -= {"backbone"}
    plain = config.model_dump(mode="json")
    return {name: plain[name] > 0 if name.endswith("_weight") else plain[name] for name in sorted(used - PERTURBATIONS)}


def peak_memory() -> int:
    """The largest resident memory of this process so far, in bytes.

    The kernel's figure of the address space, where there is one: that of the resource usage also holds what the parent had.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_memory() -> int:
    """Memory a new process may take, in bytes: what the machine has to spare, and a container's limit where that is less."""
    free = int(psutil.virtual_memory().available)
    limit, used = (_number(Path("/sys/fs/cgroup") / name) for name in ("memory.max", "memory.current"))
    return free if limit is None or used is None else max(0, min(free, limit - used))


def _number(path: Path) -> int | None:
    """A whole number a file holds, or None: there is no such file, or it says "max"."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def free_device_memory(device: str) -> int | None:
    """Free memory of the accelerator in bytes; None where it has none of its own."""
    return int(torch.cuda.mem_get_info()[0]) if device == "cuda" and torch.cuda.is_available() else None
