"""What a training will take, shown before its start: measured in a process of its own while the form is being filled in."""

from __future__ import annotations

import subprocess

import streamlit as st

from app.components.errors import live_fragment
from app.components.page import literal
from core.errors import InputError
from core.jobs.benchmark_workers import default_workers
from core.jobs.preflight import Plan, Preflight, forget_preflight, is_measured, known_preflight, plan_of, start_measuring, too_large
from core.training.config import TrainingConfig
from core.workspace import Artefact, Workspace

_MEASURING = "preflight under way"
_FAILED = "preflights that failed"


def preflight(space: Workspace, dataset: Artefact, config: TrainingConfig, profiles: str | None, n_trainings: int = 1) -> None:
    """One line with time and memory, and a warning where the memory does not suffice; nothing is measured that cannot fit."""
    plan = plan_of(space, dataset, config, profiles)
    if plan is None:
        st.caption(
            ":material/timer: This training begins with reading the reviews (extraction). How long the training itself takes is "
            "measured here as soon as there are profiles."
        )
        return
    large = too_large(plan)
    if large is not None:
        st.warning(
            f"This training does not fit into memory: its vectors alone take {size_words(large[0])}, and {size_words(large[1])} are free. "
            "Lower the dimensions or the batch size, or choose another model."
        )
        return
    failed: dict[str, str] = st.session_state.setdefault(_FAILED, {})
    if plan.key in failed:
        st.caption(f":material/timer_off: Time and memory could not be measured: {literal(failed[plan.key])}")
        return
    found = _known(space, plan, failed)
    if found is not None:
        _show(space, plan, found, n_trainings)
    elif plan.key not in failed:
        _measure(space, plan)


def _known(space: Workspace, plan: Plan, failed: dict[str, str]) -> Preflight | None:
    try:
        return known_preflight(space, plan)
    except InputError as error:
        failed[plan.key] = str(error)
        st.caption(f":material/timer_off: Time and memory could not be measured: {literal(str(error))}")
        return None


def _measure(space: Workspace, plan: Plan) -> None:
    """Have it measured, one at a time: what was asked before is of settings that have changed since."""
    key, process = st.session_state.get(_MEASURING, (None, None))
    if key != plan.key:
        if process is not None and process.poll() is None:
            process.terminate()
        st.session_state[_MEASURING] = (plan.key, start_measuring(space, plan))
    _waiting(space, plan)


@live_fragment(run_every=1.0)
def _waiting(space: Workspace, plan: Plan) -> None:
    process: subprocess.Popen[bytes] | None = st.session_state.get(_MEASURING, (None, None))[1]
    ended = process.poll() if process is not None else None
    if is_measured(space, plan):
        st.rerun(scope="app")
    if ended:  # it neither measured nor said why: killed, or out of memory
        st.session_state[_FAILED][plan.key] = f"the process that measures ended with status {ended}; perhaps the memory does not suffice."
        st.rerun(scope="app")
    st.caption(":material/timer: Measuring a few steps of this training on this machine. It can be started meanwhile.")


def _show(space: Workspace, plan: Plan, found: Preflight, n_trainings: int) -> None:
    workers = min(default_workers(plan.config.device), n_trainings)
    rounds = -(-n_trainings // workers)
    memory = found.cost.memory_bytes * workers
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(headline(found, n_trainings, workers, rounds), width="stretch")
        if st.button("Measure again", key="preflight-again", type="tertiary", icon=":material/refresh:", help="If the machine was busy"):
            forget_preflight(space, plan)
            st.session_state.pop(_MEASURING, None)
            st.rerun()
    st.caption(how(found))
    if memory > found.free_bytes:
        st.warning(
            f"The memory may not suffice: about {size_words(memory)} are needed"
            f"{f' by {workers} trainings at once' if workers > 1 else ''}, and {size_words(found.free_bytes)} are "
            "free. End other programs, or lower the dimensions or the batch size."
        )
    elif found.free_device_bytes is not None and found.cost.device_bytes * workers > found.free_device_bytes:
        st.warning(
            f"The accelerator's memory may not suffice: about {size_words(found.cost.device_bytes * workers)} are needed, and "
            f"{size_words(found.free_device_bytes)} are free. Lower the dimensions or the batch size, or choose the device cpu."
        )


def headline(found: Preflight, n_trainings: int, workers: int, rounds: int) -> str:
    """The estimate in one line: "About 3-5 min, 0.6 GB on cpu"."""
    one = range_words(found.least_s, found.most_s)
    on = f"{size_words(found.cost.memory_bytes)} on {found.cost.device}"
    if found.cost.device_bytes:
        on = f"{size_words(found.cost.memory_bytes)}, and {size_words(found.cost.device_bytes)} of the {found.cost.device} device"
    if n_trainings == 1:
        return f":material/timer: **About {one}, {on}**"
    whole = range_words(rounds * found.least_s, rounds * found.most_s)
    beside = f", {workers} at once" if workers > 1 else ", one after another"
    return f":material/timer: **{n_trainings} trainings: about {whole} together**{beside}; each about {one} and {on}"


def how(found: Preflight) -> str:
    """What the estimate is made of."""
    if not found.cost.steps:
        return f"Solved at once, without epochs. {size_words(found.free_bytes)} of memory are free."
    low, high = found.epochs
    epochs = f"{low}" if low == high else f"{low} to {high}"
    source = (
        f"as {'the run' if found.earlier == 1 else f'{found.earlier} runs'} of this model here suggest{'s' if found.earlier == 1 else ''}"
        if found.earlier
        else "since it stops by itself once the validation figure no longer rises"
    )
    return (
        f"Measured on this machine: {milliseconds(found.cost.step_s)} a step, {found.cost.steps:,} steps an epoch, "
        f"{milliseconds(found.cost.validation_s)} a validation; {epochs} epochs, {source}. "
        f"{size_words(found.free_bytes)} of memory are free."
    )


def range_words(least_s: float, most_s: float) -> str:
    """A range of time as people say it: "3-5 min", "40 s to 5 min", "less than 1 s"."""
    if most_s < 1:
        return "less than 1 s"
    low, high = _amount(least_s), _amount(most_s)
    if low == high:
        return f"{high[0]} {high[1]}"
    return f"{low[0]}-{high[0]} {high[1]}" if low[1] == high[1] else f"{low[0]} {low[1]} to {high[0]} {high[1]}"


def _amount(seconds: float) -> tuple[str, str]:
    """A rounded number and its unit."""
    if seconds < 90:
        return f"{max(1, round(seconds)) if seconds < 20 else 5 * round(seconds / 5)}", "s"
    if seconds < 5400:
        return f"{round(seconds / 60)}", "min"
    return f"{seconds / 3600:.1f}", "h"


def milliseconds(seconds: float) -> str:
    """A short time with its unit."""
    return f"{1000 * seconds:.2g} ms" if seconds < 0.1 else f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def size_words(size_bytes: float) -> str:
    """Memory with its unit."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 0.95e8 else f"{max(1, round(size_bytes / 1e6))} MB"
