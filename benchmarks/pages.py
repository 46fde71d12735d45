"""How fast the pages answer a click: the app on a workspace, a real Chromium without a window.

    python benchmarks/pages.py [--workspace DIR] [--dataset NAME] [--rounds 5]

Prints the first answer (caches empty) and the median and worst of the others for every page, and writes
`benchmarks/results/pages-DATASET.json`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from core.storage import write_json
from tests.browser.clicks import answer_times
from tests.browser.studio import CHROMIUM, FLAGS, running_studio

RESULTS = Path(__file__).parent / "results"


def main(
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    dataset: str = "demo",
    rounds: int = 5,
) -> None:
    """Click through the pages and print how long they took."""
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


if __name__ == "__main__":
    typer.run(main)
