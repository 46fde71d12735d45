"""Do the slots mean anything? Probes to the planted motivation (demo) and to the stated occasion (rent-the-runway).

    python benchmarks/disentanglement.py [--workspace DIR] [--real-data DIR] [--only demo|rentals] [--seeds 5]

For each seed, LMMRec in the slot form and LightGCN of the same width are trained with default settings; LightGCN's vector is cut into
as many slices as there are slots. Rentals are split anew for each seed; the demo keeps its split. Linear probes learn the motive from
the training interactions and are tested on those of the test split, which no model saw; on the demo they are also cross-validated over
the held-out interactions with users kept in one fold. Prints Markdown tables and writes `benchmarks/results/disentanglement.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from probes import KEYS, OneSeed, aucs, cross_validated, held_out, labelled, over_seeds, references, train_both
from rentals import FILE, NAME, OCCASIONS, rentals, stated_occasions, write_without_occasions

from core.data.dataset import ReviewDataset
from core.data.importing import ImportRequest
from core.errors import InputError
from core.evaluation.disentanglement import FEATURES
from core.evaluation.planted import Planted
from core.jobs import steps
from core.jobs.resplits import resplit
from core.motivations.taxonomy_store import TaxonomyVersions
from core.storage import read_json, write_json
from core.workspace import Workspace

RESULTS = Path(__file__).parent / "results" / "disentanglement.json"
FIGURES = ("accuracy", "macro_f1")


def demo(workspace: Workspace, seeds: int) -> dict[str, Any]:
    """The planted dominant motivation of each interaction of the demo."""
    if workspace.find("dataset", "demo") is None:
        steps.build_demo(workspace)
    artefact = workspace.get("dataset", "demo")
    dataset, planted = ReviewDataset.load(artefact), Planted.load(artefact)
    truth = planted.reviews.drop_duplicates(KEYS).set_index(KEYS)[["dominant"]]
    learnt, unseen, tested = (labelled(dataset, truth, split) for split in ("train", "validation", "test"))
    profiles = steps.ensure_profiles(workspace, artefact.id)
    byproducts = workspace.for_byproducts()

    def measured(seed: int) -> OneSeed:
        models, keys, figures = train_both(byproducts, artefact.id, profiles.id, seed)
        figures["held_out"], right = held_out(models, learnt, tested, "dominant")
        figures["cross_validated"] = cross_validated(models, pd.concat([unseen, tested], ignore_index=True), "dominant")
        figures["slot_aucs"] = aucs(models, keys, tested, "dominant")
        return OneSeed(figures, {"held_out": right})

    return over_seeds([measured(seed) for seed in range(seeds)])


def occasions(workspace: Workspace, folder: Path, seeds: int) -> dict[str, Any]:
    """The stated occasion of each rental."""
    frame = rentals(folder)
    workspace.cache.mkdir(exist_ok=True)
    table = workspace.cache / f"{NAME}.parquet"
    write_without_occasions(frame, table)
    source = steps.import_dataset(workspace, ImportRequest(path=table, format="table", name=NAME))
    taxonomy = TaxonomyVersions(workspace).save(OCCASIONS.name, OCCASIONS)
    truth = stated_occasions(frame)
    byproducts = workspace.for_byproducts()
    return over_seeds([_of_split(byproducts, resplit(workspace, source.id, seed).id, taxonomy.label, truth, seed) for seed in range(seeds)])


def _of_split(workspace: Workspace, name: str, taxonomy: str, truth: pd.DataFrame, seed: int) -> OneSeed:
    dataset = ReviewDataset.open(workspace, name)
    profiles = steps.extract(workspace, name, {"taxonomy": taxonomy}).profiles
    models, keys, figures = train_both(workspace, name, profiles.id, seed)
    learnt, seen, tested = (labelled(dataset, truth, split) for split in ("train", "validation", "test"))
    right = {}
    for part, rows in (("held_out", learnt), ("held_out_from_validation", seen)):
        figures[part], right[part] = held_out(models, rows, tested, "occasion")
    figures["references"] = references(models, learnt, tested)
    figures["slot_aucs"] = aucs(models, keys, tested, "occasion")
    figures |= {"users": dataset.n_users, "items": dataset.n_items, "interactions": len(dataset.interactions)}
    return OneSeed(figures, right, overlap=len(dataset.rows("test")) / len(dataset.rows("train")))


def report(title: str, document: dict[str, Any], part: str) -> None:
    """Print one part as a Markdown table."""
    table = document[part]
    heading = f"{title}: {part.replace('_', ' ')}, {document['seeds']} seeds"
    typer.echo(f"\n{heading}\n\n| features | model | accuracy | macro-F1 |\n| --- | --- | --- | --- |")
    for kind in FEATURES:
        for name, probes in table["probes"].items():
            typer.echo(f"| {kind} | {name} | {' | '.join(shown(probes[kind][figure]) for figure in FIGURES)} |")
    chance = table["guesses"]
    typer.echo(f"| none | majority | {shown(chance['majority'])} | {shown(chance['majority_macro_f1'])} |")
    typer.echo(f"| none | in proportion / uniform | {shown(chance['proportional'])} / {shown(chance['uniform'])} | |")
    for kind, test in table.get("difference", {}).items():
        users, splits = test["users"], test["splits"]
        interval = f"{users['change']:+.3f} [{users['low']:+.3f}, {users['high']:+.3f}]"
        p = f"p = {users['p']:.2g} over {users['n_users']} users, {splits['p_corrected']:.2g} over {splits['n_splits']} seeds"
        typer.echo(f"\n{kind}, LMMRec - LightGCN: {interval}, {p}")


def shown(figure: dict[str, float]) -> str:
    """Mean and spread."""
    return f"{figure['mean']:.3f} ± {figure['sd']:.3f}"


def listed(figures: dict[str, Any], name: str = "") -> None:
    """Print nested figures, one a line."""
    if "mean" in figures:
        typer.echo(f"{name}: {shown(figures)}")
        return
    for key, value in figures.items():
        listed(value, f"{name}, {key}" if name else key)


def main(
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    real_data: Annotated[Path | None, typer.Option(envvar="LMMREC_REAL_DATA")] = None,
    only: Annotated[Literal["demo", "rentals"] | None, typer.Option()] = None,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    """Train, probe, print and write down; a part that is not asked for keeps the figures it had."""
    place = Workspace(workspace)
    if only in (None, "demo"):
        document = demo(place, seeds)
        keep("demo", document)
        for part in ("held_out", "cross_validated"):
            report("demo, planted motivation", document, part)
        listed({"slots alone (AUC)": document["slot_aucs"]})
    if only in (None, "rentals"):
        if real_data is None or not (real_data / FILE).exists():
            raise InputError("No rentals to probe", where=str(FILE), hint="Name the folder with --real-data, or use --only demo")
        document = occasions(place, real_data, seeds)
        keep("rentals", document)
        for part in ("held_out", "held_out_from_validation"):
            report("rent-the-runway, stated occasion", document, part)
        listed({"references": document["references"], "slots alone (AUC)": document["slot_aucs"]})


def keep(name: str, document: dict[str, Any]) -> None:
    """Write one part down beside the other."""
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, (read_json(RESULTS) if RESULTS.exists() else {}) | {name: document})


if __name__ == "__main__":
    typer.run(main)
