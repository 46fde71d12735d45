"""Motivation map: users, items and statements drawn by what moves them, to look for segments and open what is behind a point."""

from __future__ import annotations

from app import artefacts
from app.components.job_progress import job_panels
from app.components.legend import motivation_legend, names_of
from app.components.map_choice import choose_map
from app.components.map_epochs import epochs_view
from app.components.map_points import Setting, shown_map
from app.components.map_view import map_view
from app.components.subject import run_page


def main() -> None:
    subject = run_page(
        "Motivation map",
        "Users (circles), items (diamonds) and statements (small dots), near each other where the same motivations move them. "
        "The axes have no unit.",
    )
    if subject is None:
        return
    taxonomy = artefacts.taxonomy(subject.space, subject.dataset)
    names = names_of(taxonomy)
    motivation_legend(names, taxonomy)
    job_panels(subject.space, "map", "epoch-map")
    setting = Setting(subject.space, subject.dataset, subject.run, names, subject.names)
    choice = choose_map(setting)
    if choice is None:
        return
    if choice.kind == "epochs":
        epochs_view(setting, choice.drawn)
    else:
        map_view(setting, shown_map(setting, choice.drawn), choice.kind)


main()
