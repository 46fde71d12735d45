"""Are the explanations of runs faithful? Deleting the top motivation against every other one, and curves of deletion and insertion.

    python benchmarks/faithfulness.py RUN... [--workspace DIR] [--users 500] [--top 1] [--orders 10]

For runs of LMMRec in the slot form. The bar: deleting the top motivation lowers the score further than a random other one for at least
90 % of recommendations. A score is an exact sum of terms and the top motivation its largest, so the score's share checks the sum and is
1 but for ties; what a reader sees is the rank, whose shares stand beside it. Prints Markdown tables and writes
`benchmarks/results/faithfulness.json`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.recommend.faithfulness import Curve, FaithfulnessCurves, faithfulness_curves, single_deletions
from core.recommend.recommender import Recommender
from core.storage import read_json, write_json
from core.workspace import Workspace

RESULTS = Path(__file__).parent / "results" / "faithfulness.json"
BAR = 0.90
CURVES = ("deletion", "insertion")


def curve_of(curve: Curve) -> dict[str, Any]:
    """What is written down of a curve."""
    lists = {name: values.tolist() for name, values in asdict(curve).items()}
    return lists | {"score_area": curve.score_area, "reciprocal_rank_area": curve.reciprocal_rank_area}


def measure(recommender: Recommender, users: int, top: int, orders: int) -> dict[str, Any]:
    """All figures of one run."""
    curves: FaithfulnessCurves = faithfulness_curves(recommender, users, top, orders)
    names = [f"{prefix}{name}" for name in CURVES for prefix in ("", "random_")]
    return {
        "run": recommender.run.id,
        "motivations": list(recommender.motivations),
        "single": asdict(single_deletions(recommender, users, top)),
        "curves": {name: curve_of(getattr(curves, name)) for name in names},
        "settings": {"users": users, "top": top, "orders": orders},
    }


def report(document: dict[str, Any]) -> None:
    """Print what was measured of every run as Markdown."""
    typer.echo(f"\n| run | n | score falls further (bar {BAR:.0%}) | rank falls further / equally far | rank without top / another |")
    typer.echo("| --- | --- | --- | --- | --- |")
    for name, one in document.items():
        single = one["single"]
        verdict = "met" if single["score_share"] >= BAR else "not met"
        shares = f"{single['rank_share']:.1%} / {single['rank_tied']:.1%}"
        ranks = f"{single['top_rank']:.1f} / {single['other_rank']:.1f}"
        typer.echo(f"| {name} | {single['n']} | {single['score_share']:.1%}, {verdict} | {shares} | {ranks} |")
    typer.echo("\n| run | curve | score area, random | reciprocal rank area, random |\n| --- | --- | --- | --- |")
    for name, one in document.items():
        for curve in CURVES:
            own, random = one["curves"][curve], one["curves"][f"random_{curve}"]
            cells = [f"{own[area]:.3f}, {random[area]:.3f}" for area in ("score_area", "reciprocal_rank_area")]
            typer.echo(f"| {name} | {curve} | {' | '.join(cells)} |")


def main(
    runs: list[str],
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    users: Annotated[int, typer.Option(min=1)] = 500,
    top: Annotated[int, typer.Option(min=1, help="Recommendations of each user")] = 1,
    orders: Annotated[int, typer.Option(min=1, help="Random orders the curves are judged beside")] = 10,
) -> None:
    """Measure the runs, print and write down; other runs keep the figures they had."""
    place = Workspace(workspace, create=False)
    document = {name: measure(Recommender.open(place, name), users, top, orders) for name in runs}
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, (read_json(RESULTS) if RESULTS.exists() else {}) | document)
    report(document)


if __name__ == "__main__":
    typer.run(main)
