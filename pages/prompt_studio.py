"""Prompt studio: edit a prompt, see what it makes of real reviews beside other prompts and models, keep what works."""

from __future__ import annotations

import streamlit as st

from app import artefacts
from app.components.legend import motivation_legend, names_of
from app.components.ollama_models import model_view, ollama_state, server_line
from app.components.prompt_comparison import prompt_comparison
from app.components.prompt_trial import reviews_domain, try_view
from app.components.prompt_versions import versions_view
from app.components.subject import dataset_page
from core.extraction.prompts.store import PromptStore

VIEWS = ["Try", "Effect on recommendations", "Versions", "Models"]


def main() -> None:
    subject = dataset_page(
        "Prompt studio",
        "Edit a prompt, see at once what it makes of real training reviews, side by side with other prompts and models.",
    )
    if subject is None:
        return
    space, dataset = subject.space, subject.dataset
    taxonomy = artefacts.taxonomy(space, dataset)
    motivation_legend(names_of(taxonomy), taxonomy)
    state = ollama_state()
    tabs = dict(zip(VIEWS, st.tabs(VIEWS, key="view", bind="query-params", on_change="rerun"), strict=True))
    if tabs["Try"].open:
        with tabs["Try"]:
            server_line(state)
            try_view(space, dataset, state)
    if tabs["Effect on recommendations"].open:
        with tabs["Effect on recommendations"]:
            prompt_comparison(space, dataset)
    if tabs["Versions"].open:
        with tabs["Versions"]:
            versions_view(PromptStore(space), reviews_domain(dataset))
    if tabs["Models"].open:
        with tabs["Models"]:
            model_view(state)


main()
