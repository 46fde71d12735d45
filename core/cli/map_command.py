"""`lmmrec map`: lay a run out, on a map or on one a training epoch, and write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from core.cli.console import answer, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, RunArgument, SetOption, WorkspaceOption, existing
from core.errors import InputError
from core.workspace import Artefact, Workspace


def build_map(
    run: RunArgument,
    space: Annotated[Literal["joint", "slot"] | None, typer.Option(help="All slots, or one motivation's.  [default: joint]")] = None,
    motivation: Annotated[str | None, typer.Option(metavar="KEY", help="The motivation whose slot is drawn.")] = None,
    statements: Annotated[int | None, typer.Option(min=0, help="Most statements drawn.  [default: 1500]")] = None,
    views: Annotated[bool | None, typer.Option("--views/--no-views", help="Place text and interaction view too.  [default: yes]")] = None,
    method: Annotated[Literal["k-means", "hdbscan"] | None, typer.Option(help="What finds clusters.  [default: k-means]")] = None,
    epochs: Annotated[bool, typer.Option("--epochs", help="One map for each epoch of which the run kept a snapshot.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it: .csv, .parquet or .html.")] = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Lay a run out on a map with named clusters.

    Names and merges made on the page are those of the file too.
    """
    from core.jobs.settings import assignments
    from core.maps.export import checked_format

    said: dict[str, Any] = {"space": space, "motivation": motivation, "statements": statements, "views": views, "method": method}
    config = {name: value for name, value in said.items() if value is not None} | assignments(settings or [], "--set")
    if motivation is not None and space is None:
        config["space"] = "slot"
    if output is not None:
        checked_format(output, page=not epochs)
    place = existing(workspace)
    if epochs:
        _over_epochs(place, run, config, output, json)
        return
    from core.jobs import steps
    from core.maps.build import map_document

    with working() as (progress, stop):
        layout = steps.build_map(place, run, config, progress, stop)
        if output is not None:
            _write(place, layout, output.expanduser())
    document = map_document(layout) | ({"file": str(output)} if output else {})
    answer(document, json, lambda: _plain(document))


def _over_epochs(place: Workspace, run: str, config: dict[str, Any], output: Path | None, json: bool) -> None:
    import pandas as pd

    from core.jobs import steps
    from core.maps.epochs import EpochMapConfig, read_epoch_maps
    from core.maps.export import points_table, write_table

    if unknown := [name for name in config if name not in EpochMapConfig.model_fields]:
        raise InputError("Maps over epochs are of the joint space, as the default map", where=", ".join(unknown), hint="Leave this out")
    with working() as (progress, stop):
        layout = steps.build_epoch_maps(place, run, config, progress, stop)
        made = read_epoch_maps(layout)
        if output is not None:
            frames = [points_table(made.points(epoch), made.clusters).assign(epoch=epoch) for epoch in made.epochs]
            write_table(pd.concat(frames, ignore_index=True), output.expanduser())
    figures = made.figures.to_dict(orient="records")
    document = {"map": layout.id, "run": layout.manifest.sources["run"], "points": len(made.nodes), "epochs": figures}
    document |= {"file": str(output)} if output else {}
    head = f"Maps {layout.id}: {len(made.nodes):,} points at {len(made.epochs)} epochs"
    rows = [[one["epoch"], f"{one['trustworthiness']:.3f}", f"{one['moved']:.3f}"] for one in figures]
    written = f"\n\nWritten to {output}" if output else ""
    answer(document, json, lambda: f"{head}\n\n{table(['epoch', 'trustworthiness', 'moved'], rows)}{written}")


def _write(place: Workspace, layout: Artefact, path: Path) -> None:
    from core.maps.cluster_edits import edited
    from core.maps.export import checked_format, points_table, write_page, write_table
    from core.motivations.colours import motivation_colours
    from core.training.opened import OpenedRun

    made = edited(layout)
    if checked_format(path) != ".html":
        write_table(points_table(made.points, made.clusters), path)
        return
    run = OpenedRun.open(place, layout.manifest.sources["run"])
    keys = run.vectors.motivations or (tuple(run.profiles.taxonomy.keys) if run.profiles else ())
    colours = motivation_colours(keys)
    write_page(made, path, f"Motivation map of {run.name}", {key: (run.motivation_names.get(key, key), colours[key]) for key in keys})


def _plain(document: dict[str, Any]) -> str:
    counted = [f"{document['points']:,} points"]
    counted += [f"{document[what]:,} {what}" for what in ("statements", "views") if document[what]]
    head = f"Map {document['map']}: {', '.join(counted)}, trustworthiness {document['trustworthiness']:.3f}"
    written = f"\n\nWritten to {document['file']}" if "file" in document else ""
    clusters = table(["cluster", "points"], [[one["name"], one["size"]] for one in document["clusters"]])
    return f"{head}{_aligned(document)}\n\n{clusters}{written}"


def _aligned(document: dict[str, Any]) -> str:
    """How well text view and interaction view find each other, a line a side."""
    found = document["figures"].get("alignment", {})
    return "".join(
        f"\n  text view of {side}s: own interaction view at median place {one['median_rank']:,.0f} (chance: {one['chance_rank']:,.0f})"
        for side, one in found.items()
    )
