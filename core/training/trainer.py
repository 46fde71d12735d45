"""The training loop: one visible place from data to vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import StoppedError, StudioError
from core.models.base import RecommendationModel, Validate
from core.models.build import build_model
from core.models.graph import Interactions
from core.models.recommendation import Batch
from core.models.text_features import TextFeatures
from core.progress import Progress, ProgressEvent, never_stop, silent
from core.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from core.training.config import TrainingConfig
from core.training.devices import memory_kept, pick_device, thread_count
from core.training.history import append_history, rewrite_history
from core.training.samplers import BatchSampler
from core.training.snapshots import Snapshots


@dataclass(frozen=True)
class TrainingResult:
    """What a training ends with: the model at its best epoch, its vectors, and how it got there."""

    model: RecommendationModel
    vectors: dict[str, torch.Tensor]
    history: list[dict[str, Any]]
    epochs: int
    best_epoch: int
    validation: dict[str, float]
    seconds: float
    device: str


def fit(
    interactions: Interactions,
    text: TextFeatures | None,
    config: TrainingConfig,
    validate: Validate,
    *,
    directory: Path | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = never_stop,
    snapshots: Snapshots | None = None,
) -> TrainingResult:
    """Train until the validation figure stops rising; with a ``directory``, keep a checkpoint there and resume from it.

    Args:
        snapshots: what keeps the vectors of a few epochs; it changes nothing in the training.

    Raises:
        StoppedError: ``stop`` said so; the checkpoint holds the epochs finished.
        StudioError: a loss is no longer a number.
    """
    device = pick_device(config.device)
    with _determined(config, interactions):
        model = build_model(interactions, text.to(device) if text is not None else None, config).to(device)
        generator = torch.Generator(device).manual_seed(config.seed + 1)
        sampler = BatchSampler(interactions, config, config.batch_size, generator, device)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not trained:
            return _solved(model, validate, device)
        optimiser = torch.optim.Adam(trained, lr=config.learning_rate, fused=device.type != "mps")
        state = _resume(directory, model, optimiser, generator) or TrainingState(0, 0, -1.0, 0, 0.0, [], {})
        if snapshots is not None:
            snapshots.begin(state.epoch)
        while state.epoch < config.epochs and state.waited < config.patience:
            if stop():
                raise StoppedError("The training was stopped", where=f"epoch {state.epoch}", hint="Start it again to go on from there")
            _epoch(state, model, sampler, optimiser, config, validate)
            if snapshots is not None:
                snapshots.after(state.epoch, model)
            if directory is not None:
                append_history(directory, state.history[-1])
                if "validation" in state.history[-1]:
                    save_checkpoint(directory, state, model, optimiser, _generator_states(generator))
            progress(ProgressEvent("Training", state.epoch, config.epochs, state.history[-1]))
        model.load_state_dict(state.best)
        model.eval()
        vectors = _on_cpu(model.vectors())
    validation = next(record["validation"] for record in state.history if record["epoch"] == state.best_epoch)
    return TrainingResult(model, vectors, state.history, state.epoch, state.best_epoch, validation, state.seconds, device.type)


def _solved(model: RecommendationModel, validate: Validate, device: torch.device) -> TrainingResult:
    """The result of a model that has nothing to train: it was solved when it was built."""
    began = time.perf_counter()
    model.eval()
    vectors = model.vectors()
    validation = validate(vectors)
    seconds = time.perf_counter() - began
    record = {"epoch": 0, "losses": {}, "validation": validation, "seconds": seconds}
    return TrainingResult(model, _on_cpu(vectors), [record], 0, 0, validation, seconds, device.type)


def _on_cpu(vectors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.float().cpu() for name, tensor in vectors.items()}


def _epoch(
    state: TrainingState,
    model: RecommendationModel,
    sampler: BatchSampler,
    optimiser: torch.optim.Optimizer,
    config: TrainingConfig,
    validate: Validate,
) -> None:
    """One pass over the interactions, a validation where it is due, and the record of both."""
    began = time.perf_counter()
    losses = _train_epoch(model, sampler, optimiser, config)
    state.epoch += 1
    record: dict[str, Any] = {"epoch": state.epoch, "losses": losses}
    if state.epoch % config.evaluate_every == 0 or state.epoch == config.epochs:
        model.eval()
        record["validation"] = model.validated(validate, config.metric)
        value = record["validation"][config.metric]
        state.waited += 1
        if value > state.best_value:
            state.best_value, state.best_epoch, state.waited = value, state.epoch, 0
            state.best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    record["seconds"] = time.perf_counter() - began
    state.seconds += record["seconds"]
    state.history.append(record)


def _train_epoch(
    model: RecommendationModel, sampler: BatchSampler, optimiser: torch.optim.Optimizer, config: TrainingConfig
) -> dict[str, float]:
    """Step over all batches; returns the mean of each weighted loss. The device is waited for once, at the end."""
    model.train()
    mixed = config.precision == "bfloat16" or (config.precision == "auto" and sampler.device.type == "cuda")
    sums: dict[str, torch.Tensor] = {}
    for batch in sampler:
        losses = train_step(model, batch, optimiser, mixed)
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + loss.detach().float()
    means = {name: float(value) / len(sampler) for name, value in sums.items()}
    if not all(value == value and abs(value) != float("inf") for value in means.values()):
        raise StudioError("A loss is no longer a number", where=str(means), hint="Lower the learning rate or raise the temperature")
    return means


def train_step(model: RecommendationModel, batch: Batch, optimiser: torch.optim.Optimizer, mixed: bool = False) -> dict[str, torch.Tensor]:
    """One step of the optimiser; returns the weighted losses. Nothing here waits for the device.

    Args:
        mixed: whether the losses are taken in mixed precision (bfloat16).
    """
    with torch.autocast(batch.users.device.type, torch.bfloat16, enabled=mixed):
        losses = model.losses(batch)
        total = torch.stack([loss.float() for loss in losses.values()]).sum()
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    optimiser.step()
    model.after_step()
    return losses


def _resume(
    directory: Path | None, model: RecommendationModel, optimiser: torch.optim.Optimizer, generator: torch.Generator
) -> TrainingState | None:
    loaded = load_checkpoint(directory, model, optimiser) if directory is not None else None
    if directory is None or loaded is None:
        return None
    state, generators = loaded
    generator.set_state(generators["sampling"])
    torch.set_rng_state(generators["dropout"])
    if "dropout_cuda" in generators:
        torch.cuda.set_rng_state(generators["dropout_cuda"])
    rewrite_history(directory, state.history)
    return state


def _generator_states(generator: torch.Generator) -> dict[str, torch.Tensor]:
    states = {"sampling": generator.get_state(), "dropout": torch.get_rng_state()}
    return states | ({"dropout_cuda": torch.cuda.get_rng_state()} if generator.device.type == "cuda" else {})


@contextmanager
def _determined(config: TrainingConfig, interactions: Interactions) -> Iterator[None]:
    """Seed what torch draws from its own generator (dropout); set the threads, never more than there are; put both back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(min(threads, thread_count(2 * len(interactions.pairs) * config.dim)))
    with torch.random.fork_rng(), memory_kept():
        torch.manual_seed(config.seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
