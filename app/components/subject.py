"""What a page is about: its head, the dataset and the run chosen in the sidebar, or what to do where there is none."""

from __future__ import annotations

from dataclasses import dataclass

from app import session
from app.components.empty import no_dataset, no_run
from app.components.page import page_head
from app.components.pickers import pick_dataset, pick_run
from app.components.pseudonym_toggle import pseudonym_toggle
from app.user_names import UserNames
from core.workspace import Artefact, Workspace


@dataclass(frozen=True)
class Subject:
    """A dataset of the workspace."""

    space: Workspace
    dataset: Artefact


@dataclass(frozen=True)
class RunSubject(Subject):
    """A run on a dataset."""

    run: Artefact

    @property
    def names(self) -> UserNames:
        """How the dataset's users are called on the page, by the toggle."""
        return session.names_of_users(self.space, self.dataset)


def dataset_page(title: str, sentence: str) -> Subject | None:
    """Write a page's head and take the chosen dataset; None where there is none, after the page has said what to do."""
    space = session.workspace()
    dataset = pick_dataset(space)
    page_head(title, sentence, generated=dataset is not None and dataset.manifest.generated)
    if dataset is None:
        no_dataset(space)
        return None
    return Subject(space, dataset)


def run_page(title: str, sentence: str) -> RunSubject | None:
    """The same for a page about a run."""
    subject = dataset_page(title, sentence)
    if subject is None:
        return None
    run = pick_run(subject.space, subject.dataset)
    if run is None:
        no_run(subject.space, subject.dataset)
        return None
    pseudonym_toggle()
    return RunSubject(subject.space, subject.dataset, run)
