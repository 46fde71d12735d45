"""How fast the pages answer a click: the app on a workspace, a real Chromium without a window.

    python benchmarks/pages.py [--workspace DIR] [--dataset NAME] [--rounds 5]
    python benchmarks/pages.py --map-points 50000 [--rounds 5]
    python benchmarks/pages.py --what-if-items 100000 [--rounds 10]

Prints the first answer (caches empty) and the median and worst of the others for every page, and writes
`benchmarks/results/pages-DATASET.json`. With ``--map-points`` a made-up run of so many users and items is put into `build/` and drawn
once (minutes), and what is measured is its motivation map: until it is painted, until it has another colour or another filter, and until a
lasso around the middle third is answered, each round in a new tab; written to `benchmarks/results/pages-map.json`. With
``--what-if-items`` it is the sliders of a what-if over a made-up catalogue of about so many items, or a few more; written to
`benchmarks/results/pages-what-if.json`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated, Any, TypeAlias

import typer
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from large_workspace import large_workspace
from map_page import map_times
from what_if_page import what_if_times

from core.data.dataset import ReviewDataset
from core.maps.build import MapConfig, build_map
from core.storage import write_json
from core.workspace import Workspace
from tests.browser.clicks import answer_times
from tests.browser.studio import CHROMIUM, FLAGS, running_studio

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
LIMITS_S = {"first paint": 4.0, "colour": 1.5, "filter": 1.5, "lasso": 2.0}
CLUSTERS = 12
Measure: TypeAlias = Callable[[Browser, str, str, int], dict[str, list[float]]]
"""From a browser, the app's address, a query and a number of rounds to the seconds of each step."""


def main(
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    dataset: str = "demo",
    rounds: int = 5,
    map_points: Annotated[int, typer.Option(help="Measure a map of so many points instead")] = 0,
    what_if_items: Annotated[int, typer.Option(help="Measure what-if sliders over so many items instead")] = 0,
) -> None:
    """Click through the pages and print how long they took."""
    if map_points:
        measure_map(map_points, rounds)
        return
    if what_if_items:
        measure_what_if(what_if_items, rounds)
        return
    with running_studio(workspace) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        times = answer_times(page, address, rounds, f"dataset={dataset}")
        browser.close()
    typer.echo(f"\n{dataset}: seconds from click to answer\n\n| page | first | median | worst |\n| --- | --- | --- | --- |")
    for title, taken in times.items():
        later = taken[1:] or taken
        typer.echo(f"| {title} | {taken[0]:.2f} | {median(later):.2f} | {max(later):.2f} |")
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"pages-{dataset}.json", {"dataset": dataset, "seconds": times})


def measure_map(n_points: int, rounds: int) -> None:
    """The motivation map of a large made-up run."""
    n_users = n_points * 7 // 10
    space, run = large_workspace(ROOT / "build" / f"large-{n_points}", n_users, n_points - n_users)
    drawn = build_map(space, run.id, MapConfig(clusters=CLUSTERS))
    figures = {"points": n_points, "drawing_seconds": drawn.manifest.summary["seconds"], "limits": LIMITS_S}
    measured(space, map_times, f"run={run.id}", rounds, f"A map of {n_points:,} points", "pages-map", figures)


def measure_what_if(n_items: int, rounds: int) -> None:
    """The sliders over a large made-up catalogue."""
    # A quarter more items and two reviews for each, so that enough of them are reviewed at all.
    space, run = large_workspace(ROOT / "build" / f"large-catalogue-{n_items}", n_items * 2 // 5, n_items * 5 // 4)
    catalogue = ReviewDataset.load(space.get("dataset", run.manifest.sources["dataset"])).n_items
    measured(space, what_if_times, f"run={run.id}", rounds, f"What-if over {catalogue:,} items", "pages-what-if", {"items": catalogue})


def measured(space: Workspace, times_of: Measure, query: str, rounds: int, title: str, name: str, figures: dict[str, Any]) -> None:
    """Measure a page of a workspace in a browser, print seconds a step, and write them down with the other figures."""
    before = os.getloadavg()[0]
    with running_studio(space.root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        times = times_of(browser, address, query, rounds)
        browser.close()
    typer.echo(f"\n{title}: seconds, {rounds} rounds; load {before:.1f} on {os.cpu_count()} cores before\n")
    typer.echo("| step | median | least | worst | limit |\n| --- | --- | --- | --- | --- |")
    limits = figures.get("limits", {})
    for step, taken in times.items():
        typer.echo(f"| {step} | {median(taken):.2f} | {min(taken):.2f} | {max(taken):.2f} | {limits.get(step, '')} |")
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{name}.json", figures | {"load_before": before, "cores": os.cpu_count(), "seconds": times})


if __name__ == "__main__":
    typer.run(main)
