"""Which benchmark is looked at: finished, under way or interrupted; the choice is in the URL, and what runs is watched."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import session
from app.components.benchmark_form import AWAITED, start
from app.components.benchmark_tables import spoken
from app.components.errors import live_fragment
from app.components.job_progress import live_jobs
from app.components.page import literal, moment
from app.components.training_fields import label_of
from core.jobs.benchmark_report import BenchmarkReport, read_benchmark, unfinished_benchmarks
from core.jobs.locks import is_taken
from core.jobs.store import Job
from core.workspace import Artefact, Workspace

_PICKED = "pick-benchmark"


@dataclass(frozen=True)
class Chosen:
    """A benchmark: finished (then it is an artefact), under way (then there is a job) or interrupted (neither)."""

    id: str
    report: BenchmarkReport
    artefact: Artefact | None
    job: Job | None


def choose_benchmark(space: Workspace, dataset: Artefact) -> Chosen | None:
    """The benchmark of the URL, else what was started last, else what runs, else the newest finished one; None where there is none."""
    known = _known(space, dataset)
    _show_awaited(known)
    wanted = session.selected("benchmark")
    if wanted is not None and wanted not in known:
        other = space.find("benchmark", wanted)
        reason = f"is of the dataset {other.manifest.sources['dataset']}" if other else "is not in this workspace"
        st.warning(f"The link names the benchmark {literal(wanted)}, which {literal(reason)}. Another is shown.")
    if not known:
        return None
    running = next((key for key, one in known.items() if one.job is not None), None)
    finished = next((key for key, one in known.items() if one.artefact is not None), None)
    current = wanted if wanted in known else running or finished or next(iter(known))
    session.select(benchmark=current)
    if len(known) > 1:
        st.session_state[_PICKED] = current
        st.selectbox(
            "Benchmark",
            list(known),
            format_func=lambda key: benchmark_label(known[key]),
            key=_PICKED,
            on_change=_choose_other,
            args=(tuple(known),),
        )
    return known[str(current)]


def watch(space: Workspace, dataset: Artefact) -> None:
    """Draw the page again whenever a benchmark of the dataset that runs has got a step further."""
    if _jobs(space, dataset):
        _watching(space, dataset, _steps(space, dataset))


@live_fragment(run_every=2.0)
def _watching(space: Workspace, dataset: Artefact, seen: dict[str, int]) -> None:
    if _steps(space, dataset) != seen:
        st.rerun(scope="app")


def standing(space: Workspace, dataset: Artefact, chosen: Chosen) -> None:
    """Say what an unfinished benchmark still lacks, and offer to go on with an interrupted one."""
    report = chosen.report
    if report.complete:
        return
    done = f"{report.done:,} of {report.total:,} trainings are done"
    if chosen.job is not None:
        running = chosen.job.measures.get("running") or []
        now = f" Now: {literal('; '.join(map(_spoken_cell, running)))}." if running else ""
        st.info(f"Under way: {done}, and this page grows with them. Changes are tested when all are done.{now}")
        return
    if is_taken(space, chosen.id):
        st.info(f"Under way in a terminal: {done}. Reload the page for more.")
        return
    st.warning(f"Interrupted: {done}. It goes on from there; nothing is trained twice.")
    if st.button("Go on", key="bench-go-on", type="primary", icon=":material/play_arrow:"):
        start(space, dataset, report.config)


def benchmark_label(one: Chosen) -> str:
    """A benchmark in one line: models, seeds and splits, settings, what else it measures, and how it stands."""
    config = one.report.config
    models = ", ".join(spoken(model) for model in config.models[:3]) + (f" and {rest} more" if (rest := len(config.models) - 3) > 0 else "")
    splits = f"{config.seeds} random splits" if config.splits == "random" else f"{config.seeds} seeds on its own split"
    stands = moment(one.artefact.manifest.created_at) if one.artefact else "not finished"
    settings = ", ".join([config.preset, *(f"{label_of(name)} {value}" for name, value in config.settings.items())])
    measured = {"noise": config.noise or config.text_noise, "controls": config.controls, "ablations": config.ablations}
    beside = ", ".join(name for name, there in measured.items() if there)
    return " · ".join(filter(None, (models, splits, settings, beside and f"with {beside}", stands, one.id[-6:])))


def benchmark_of_resplit(space: Workspace, dataset: Artefact) -> Artefact | None:
    """The newest benchmark that made this dataset as one of its random splits."""
    if not dataset.manifest.byproduct:
        return None
    return next((one for one in space.list("benchmark") if any(used.dataset == dataset.id for used in read_benchmark(one).splits)), None)


def _known(space: Workspace, dataset: Artefact) -> dict[str, Chosen]:
    """All benchmarks of a dataset: unfinished ones first, then newest first."""
    jobs = _jobs(space, dataset)
    found: dict[str, Chosen] = {}
    for identifier, report in unfinished_benchmarks(space).items():
        if report.dataset == dataset.id:
            job = next((one for one in jobs if one.arguments.get("config") == report.config.model_dump(mode="json")), None)
            found[identifier] = Chosen(identifier, report, None, job)
    for artefact in space.made_from("benchmark", dataset):
        if artefact.id not in found or found[artefact.id].job is None:
            found[artefact.id] = Chosen(artefact.id, read_benchmark(artefact), artefact, None)
    return found


def _jobs(space: Workspace, dataset: Artefact) -> list[Job]:
    return [one for one in live_jobs(space, "benchmark") if one.arguments.get("dataset") == dataset.id]


def _steps(space: Workspace, dataset: Artefact) -> dict[str, int]:
    return {key: report.done for key, report in unfinished_benchmarks(space).items() if report.dataset == dataset.id}


def _show_awaited(known: dict[str, Chosen]) -> None:
    """Turn to the benchmark that was started here as soon as it is there."""
    awaited = st.session_state.get(AWAITED)
    found = next((key for key, one in known.items() if one.report.config.model_dump(mode="json") == awaited), None)
    if awaited is not None and found is not None:
        del st.session_state[AWAITED]
        session.select(benchmark=found)


def _spoken_cell(label: str) -> str:
    """ "lmmrec, plain, seed 3" with the model as people write it."""
    model, comma, rest = label.partition(",")
    return f"{spoken(model)}{comma}{rest}"


def _choose_other(known: tuple[str, ...]) -> None:
    """Take the choice over. An entry whose words have changed since it was drawn comes back as its old words: that is no choice."""
    if (chosen := st.session_state[_PICKED]) in known:
        session.select(benchmark=chosen)
