"""How users are called on the pages: by their names and ids, or, with the toggle on, by pseudonyms and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from app import artefacts
from core.recommend.pseudonyms import pseudonyms, workspace_key
from core.workspace import Artefact, Workspace


@dataclass(frozen=True)
class UserNames:
    """What stands on a page, in an export or in a link in place of a user.

    Args:
        hidden: pseudonyms stand in place of names and of ids.
        pseudonyms: user_id -> pseudonym, of all users; empty where they are not hidden.
        names: user_id -> name, of all users.
    """

    hidden: bool
    names: Mapping[str, str]
    pseudonyms: Mapping[str, str] = field(default_factory=dict)

    def name(self, user_id: str) -> str:
        """What people read: the pseudonym, or the name (the id where there is none)."""
        return self.pseudonyms.get(user_id, "a person") if self.hidden else self.names.get(user_id, user_id)

    def identifier(self, user_id: str) -> str:
        """What stands in an id's place, in tables, files and links: the pseudonym, or the id."""
        return self.pseudonyms.get(user_id, "a person") if self.hidden else user_id


def user_names(space: Workspace, dataset: Artefact, *, hidden: bool) -> UserNames:
    """The names of a dataset's users as they stand on the pages; shared, so never changed."""
    return UserNames(hidden, _names(dataset), _pseudonyms(space, dataset) if hidden else {})


def user_behind(space: Workspace, dataset: Artefact, pseudonym: str) -> str | None:
    """The id of the user with this pseudonym; None where nobody of the dataset has it."""
    return _users(str(dataset.path), dataset.manifest.created_at, _space=space, _dataset=dataset).get(pseudonym)


def _names(dataset: Artefact) -> Mapping[str, str]:
    return _known_names(str(dataset.path), dataset.manifest.created_at, _dataset=dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known_names(path: str, created_at: str, _dataset: Artefact) -> dict[str, str]:
    del path, created_at
    users = artefacts.dataset(_dataset).users
    return dict(zip(users["user_id"].astype(str), users["name"].astype(str), strict=True))


def _pseudonyms(space: Workspace, dataset: Artefact) -> Mapping[str, str]:
    return _known_pseudonyms(str(dataset.path), dataset.manifest.created_at, _space=space, _dataset=dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def _known_pseudonyms(path: str, created_at: str, _space: Workspace, _dataset: Artefact) -> dict[str, str]:
    del path, created_at
    return pseudonyms(artefacts.dataset(_dataset), workspace_key(_space))


@st.cache_resource(max_entries=4, show_spinner=False)
def _users(path: str, created_at: str, _space: Workspace, _dataset: Artefact) -> dict[str, str]:
    del path, created_at
    return {pseudonym: user for user, pseudonym in _pseudonyms(_space, _dataset).items()}
