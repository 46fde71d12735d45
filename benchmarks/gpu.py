"""Where a training epoch's time goes, on a GPU or a CPU: the same code path as `lmmrec train`.

    python benchmarks/gpu.py FOLDER [--device auto] [--models "lightgcn lmmrec"] [--dim 64] [--batch 4096]

FOLDER holds a published split of RLMRec. Prints for each model the seconds of an epoch by the clock, of an evaluation, the largest memory
(of the device; of the process on a CPU), and the shares of the time the device was busy in an epoch: propagation (forward and backward),
sampling (order and negatives, drawn on the device), optimiser, and losses with everything else. Shares come from `torch.profiler` in an
epoch of its own. Writes `benchmarks/results/gpu-DEVICE.json`, with "cpu" as DEVICE where there is no GPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from epoch import random_text
from speed_report import peak_mb, published_split, report
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile, record_function

from core.evaluation.protocol import evaluate
from core.models.base import RecommendationModel
from core.models.build import build_model
from core.models.graph import Interactions
from core.training.config import TrainingConfig
from core.training.devices import memory_kept, pick_device
from core.training.samplers import BatchSampler
from core.training.trainer import train_step

PROPAGATION = ("_SymmetricPowerSum", "_SymmetricPowerSumBackward", "_SymmetricProduct", "_SymmetricProductBackward")


class Training:
    """A model with what it takes to train it, as `core.training.trainer.fit` sets it up."""

    def __init__(self, interactions: Interactions, config: TrainingConfig, device: torch.device) -> None:
        text = random_text(interactions).to(device) if config.reads_text else None
        self.device = device
        self.model: RecommendationModel = build_model(interactions, text, config).to(device).train()
        generator = torch.Generator(device).manual_seed(1)
        self.sampler = BatchSampler(interactions, config, config.batch_size, generator, device)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.Adam(trained, lr=config.learning_rate, fused=device.type != "mps")

    def epoch(self) -> None:
        """Step over all batches; the device may still be at work afterwards."""
        batches = iter(self.sampler)
        while True:
            with record_function("sampling"):
                batch = next(batches, None)
            if batch is None:
                return
            train_step(self.model, batch, self.optimiser, mixed=self.device.type == "cuda")

    def seconds(self, work: Callable[[], Any]) -> float:
        """By the clock, with the device's work done."""
        self._wait()
        began = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - began

    def peak_mb(self) -> float:
        """Largest memory so far, of the device where it is a GPU."""
        return torch.cuda.max_memory_allocated(self.device) / 2**20 if self.device.type == "cuda" else peak_mb()

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def shares(training: Training) -> dict[str, float]:
    """Share of the device's busy time in each part of an epoch."""
    on_gpu = training.device.type == "cuda"
    with profile(activities=[ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu, acc_events=True) as profiled:
        training.epoch()
    events = [one for one in profiled.key_averages() if not one.is_user_annotation or one.device_type == DeviceType.CPU]
    whole = {one.key: (one.device_time_total if on_gpu else one.cpu_time_total) for one in events if one.device_type == DeviceType.CPU}
    # On a GPU the kernels are events of their own; what the calls that launched them are told of it is the same time once more.
    counted = [one for one in events if (one.device_type != DeviceType.CPU) == on_gpu]
    busy = sum(one.self_device_time_total if on_gpu else one.self_cpu_time_total for one in counted)
    parts = {
        "propagation": sum(whole.get(name, 0.0) for name in PROPAGATION),
        "sampling": whole.get("sampling", 0.0),
        "optimiser": whole.get("aten::_fused_adam_", 0.0),
    }
    found = {name: value / busy for name, value in parts.items()}
    return found | {"losses and the rest": 1 - sum(found.values())}


def measure(folder: Path, config: TrainingConfig, device: torch.device, epochs: int) -> dict[str, Any]:
    """One row of the table."""
    split = published_split(folder)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with memory_kept():
        training = Training(split["train"], config, device)
        training.epoch()
        seconds = min(training.seconds(training.epoch) for _ in range(epochs))
        found = shares(training)
        training.model.eval()

        def evaluation() -> None:
            vectors = training.model.vectors()
            evaluate(vectors["user"].flatten(1), vectors["item"].flatten(1), split["test"], split["train"])

        evaluation()
        ranked = training.seconds(evaluation)
    row: dict[str, Any] = {
        "model": config.model,
        "seconds an epoch": seconds,
        "seconds an evaluation": ranked,
        "peak MB": training.peak_mb(),
    }
    return row | found | {"evaluation in a run": ranked / (ranked + config.evaluate_every * seconds)}


def main(
    folder: Annotated[Path, typer.Argument(help="A folder with trn_mat.pkl, val_mat.pkl and tst_mat.pkl")],
    device: str = "auto",
    models: str = "lightgcn lmmrec",
    dim: Annotated[int, typer.Option(min=2)] = 64,
    batch: Annotated[int, typer.Option(min=2)] = 4096,
    epochs: Annotated[int, typer.Option(min=1)] = 3,
) -> None:
    """Measure and report."""
    place = pick_device(device)
    configs = [TrainingConfig(model=model, dim=dim, batch_size=batch, loss="bpr", device=device) for model in models.split()]
    rows = [measure(folder, config, place, epochs) for config in configs]
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else f"CPU, {torch.get_num_threads()} thread(s)"
    title = f"An epoch on {folder.name}, {name}, d = {dim}, batches of {batch:,}"
    report(f"gpu-{place.type}", title, rows, {"device": name})


if __name__ == "__main__":
    typer.run(main)
