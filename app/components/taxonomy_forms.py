"""The forms of the edits of a taxonomy: each gives the edit, or None as long as there is nothing to do."""

from __future__ import annotations

import streamlit as st

from app.components.page import literal, shortened
from core.extraction.taxonomy import TaxonomyEntry
from core.motivations.naming import free_key
from core.motivations.taxonomy_edits import Add, Merge, Remove, Rename, Split, TaxonomyEdit
from core.motivations.taxonomy_split import MAX_PARTS, propose_split
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.workspace import Artefact

ACTIONS = {"rename": "Rename", "merge": "Merge", "split": "Split", "add": "Add", "remove": "Remove"}


def edit_form(action: str, base: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion) -> TaxonomyEdit | None:
    """The form of an action on a version.

    Args:
        base: the extraction whose statements a split is proposed from.

    Raises:
        StudioError: the edit cannot be made.
    """
    match action:
        case "merge":
            return _merge(version)
        case "split":
            return _split(base, versions, version)
        case "add":
            return _add(version)
        case "remove":
            return _remove(version)
        case _:
            return _rename(version)


def _entry(version: TaxonomyVersion, label: str, key: str) -> TaxonomyEntry:
    entries = {entry.key: entry for entry in version.taxonomy.motivations}
    chosen = st.selectbox(label, list(entries), format_func=lambda one: entries[one].name, key=f"{key}-{version.label}")
    return entries.get(str(chosen), version.taxonomy.motivations[0])


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in str(text or "").splitlines() if line.strip())


def _rename(version: TaxonomyVersion) -> Rename | None:
    entry = _entry(version, "Motivation", "rename-key")
    own = f"{version.label}-{entry.key}"
    name = str(st.text_input("Name", entry.name, key=f"rename-name-{own}") or "").strip()
    description = str(st.text_area("Description", entry.description, key=f"rename-description-{own}", height=90) or "").strip()
    examples = _lines(st.text_area("Examples, one a line", "\n".join(entry.examples), key=f"rename-examples-{own}", height=150))
    edit = Rename(
        key=entry.key,
        name=name if name != entry.name else None,
        description=description if description != entry.description else None,
        examples=examples if examples != entry.examples else None,
    )
    if (edit.name, edit.description, edit.examples) == (None, None, None):
        st.caption("Change a field to see what follows. A model's prompt shows name and description; the examples guide the embedded one.")
        return None
    st.caption("Statements stay where they are: wording alone moves none. It counts in the next extraction.")
    return edit


def _merge(version: TaxonomyVersion) -> Merge | None:
    names = {entry.key: entry.name for entry in version.taxonomy.motivations}
    keys = st.multiselect(
        "Motivations that become one",
        list(names),
        format_func=names.__getitem__,
        key=f"merge-keys-{version.label}",
        placeholder="Two or more",
    )
    if len(keys) < 2:
        st.caption("Choose two or more. Their statements and examples come together.")
        return None
    left, right = st.columns(2)
    into = left.selectbox(
        "Into the place of",
        keys,
        format_func=names.__getitem__,
        key=f"merge-into-{version.label}",
        help="It keeps its key and its place among the colours",
    )
    into = into if into in keys else keys[0]
    name = str(right.text_input("Name", names[into], key=f"merge-name-{version.label}-{into}") or "").strip()
    return Merge(keys=tuple(keys), into=into, name=name if name and name != names[into] else None)


def _split(base: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion) -> Split:
    left, right = st.columns([2, 1])
    with left:
        entry = _entry(version, "Motivation to split", "split-key")
    n_parts = int(right.number_input("Parts", 2, MAX_PARTS, 2, key=f"split-parts-{version.label}"))
    proposed = _proposed(base.id, version.label, version.hash, entry.key, n_parts, (), _base=base, _versions=versions, _version=version)
    names = []
    for number, part in enumerate(proposed.parts, 1):
        own = f"split-name-{version.label}-{entry.key}-{n_parts}-{number}"
        names.append(str(st.text_input(f"Name of part {number}", part.entry.name, key=own) or "").strip())
        st.caption(" · ".join(f"“{literal(shortened(example, 90))}”" for example in part.entry.examples[:3]))
    if names == [part.entry.name for part in proposed.parts]:
        return proposed
    return _proposed(
        base.id, version.label, version.hash, entry.key, n_parts, tuple(names), _base=base, _versions=versions, _version=version
    )


@st.cache_resource(max_entries=32, show_spinner="Looking for the parts")
def _proposed(
    base: str,
    label: str,
    digest: str,
    key: str,
    n_parts: int,
    names: tuple[str, ...],
    _base: Artefact,
    _versions: TaxonomyVersions,
    _version: TaxonomyVersion,
) -> Split:
    del base, label, digest
    return propose_split(_base, _versions, _version, key, n_parts=n_parts, names=names)


def _add(version: TaxonomyVersion) -> Add | None:
    with st.form(f"add-{version.label}", border=False):
        name = str(st.text_input("Name", key=f"add-name-{version.label}", placeholder="What people would call it") or "").strip()
        description = str(st.text_area("Description", key=f"add-description-{version.label}", height=80) or "").strip()
        examples = _lines(
            st.text_area(
                "Examples, one a line", key=f"add-examples-{version.label}", height=120, placeholder="Sentences people would write"
            )
        )
        st.form_submit_button("See what it takes", icon=":material/visibility:")
    if not (name and description and examples):
        st.caption("It takes those statements of Other that fit it; none of another motivation. All three fields are needed.")
        return None
    key = free_key(name, set(version.taxonomy.keys))
    return Add(entry=TaxonomyEntry(key=key, name=name, description=description, examples=examples))


def _remove(version: TaxonomyVersion) -> Remove:
    entry = _entry(version, "Motivation to remove", "remove-key")
    st.caption("Its statements become Other.")
    return Remove(key=entry.key)
