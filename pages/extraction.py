"""Extraction: read a dataset's reviews for motivations, watch it, look at what was found, and edit the taxonomy behind it."""

from __future__ import annotations

import streamlit as st

from app import artefacts, session
from app.components.dataset_card import has_text
from app.components.extraction_failures import failures_view, n_failed
from app.components.extraction_form import extraction_form
from app.components.extraction_list import extraction_list, extraction_summary
from app.components.extraction_results import results_view
from app.components.job_progress import job_panels
from app.components.legend import motivation_legend, names_of
from app.components.page import empty_state
from app.components.subject import Subject, dataset_page
from app.components.taxonomy_editor import taxonomy_view
from core.workspace import Artefact

VIEWS = {"results": "Results", "failures": "Failures", "taxonomy": "Taxonomy", "new": "New extraction"}
KINDS = ("extract", "relabel", "discover", "profiles", "pipeline", "demo")


def main() -> None:
    subject = dataset_page(
        "Extraction",
        "Read every training review for why it was written: named motivations, each with the quote it stands on. "
        "Validation and test reviews are never read.",
    )
    if subject is None:
        return
    space, dataset = subject.space, subject.dataset
    live = job_panels(space, *KINDS)
    extraction = session.chosen_extraction(space, dataset)
    if extraction is None:
        _first(subject, live=live)
        return
    session.select(extraction=extraction.id)
    extraction_list(space, dataset, extraction)
    extraction_summary(space, dataset, extraction)
    _views(subject, extraction)


def _first(subject: Subject, *, live: bool) -> None:
    reviews = artefacts.dataset(subject.dataset)
    if not has_text(reviews):
        empty_state("This dataset has no texts", "There is nothing to extract from. Import reviews with a text column on the overview.")
        if st.button("Import reviews", type="primary", key="go-import"):
            session.open_page("overview")
        return
    if not live:
        empty_state("Nothing is extracted yet", "Choose what reads the reviews, then start. The embedded extractor needs nothing else.")
    with st.expander("New extraction", expanded=not live, key="new-extraction"):
        extraction_form(subject.space, subject.dataset, artefacts.n_training_texts(subject.dataset))


def _views(subject: Subject, extraction: Artefact) -> None:
    shown = [view for view in VIEWS if view != "failures" or n_failed(extraction)]
    view = st.segmented_control(
        "View",
        shown,
        default="results",
        required=True,
        format_func=VIEWS.__getitem__,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    taxonomy = artefacts.own_taxonomy(extraction)
    motivation_legend(names_of(taxonomy), taxonomy)
    match view:
        case "failures":
            failures_view(subject.space, subject.dataset, extraction)
        case "taxonomy":
            taxonomy_view(subject.space, subject.dataset, extraction)
        case "new":
            with st.container(border=True):
                extraction_form(subject.space, subject.dataset, artefacts.n_training_texts(subject.dataset))
        case _:
            results_view(subject.dataset, extraction)


main()
