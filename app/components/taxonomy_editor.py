"""The taxonomy editor: what each motivation holds, what a change of it would do to coverage, and the change as a new version."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import artefacts
from app.charts.taxonomy import coverage_change
from app.components.errors import shown_errors
from app.components.export import chart
from app.components.extraction_list import taxonomy_label
from app.components.job_progress import launch_button
from app.components.legend import names_of
from app.components.page import literal
from app.components.taxonomy_cards import candidates, motivation_cards
from app.components.taxonomy_discovery import discovery_form
from app.components.taxonomy_forms import ACTIONS, edit_form
from app.components.taxonomy_versions import versions_view
from core.extraction.taxonomy import reference_of
from core.motivations.coverage import Coverage
from core.motivations.relabel import EditEffect, coverage_of, original, preview_edit, relabelled
from core.motivations.taxonomy_clusters import TaxonomyClusters, clusters_of
from core.motivations.taxonomy_edits import Imported, TaxonomyEdit, describe
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions
from core.storage import content_hash, read_tensors
from core.workspace import Artefact, Workspace

PICK, _PENDING, _OF = "taxonomy", "taxonomy to show", "taxonomy of"
DISCOVER = "discover"


def taxonomy_view(space: Workspace, dataset: Artefact, extraction: Artefact) -> None:
    """Everything about the taxonomy of an extraction and the versions that could take its place."""
    versions = TaxonomyVersions(space)
    own = own_version(versions, extraction)
    if own is None:
        _without_version(versions, extraction)
        return
    version = _pick(versions, own, extraction)
    base = original(space, extraction)
    clusters = _clusters(space, dataset, base, version)
    _apply(space, dataset, extraction, base, own, version)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        st.markdown(f"**{len(version.taxonomy)} motivations of {version.label}**, by their statements in the training reviews")
        motivation_cards(clusters)
        st.markdown("**Worth a look**", help="By the vectors of the statements: centroids that lie close, and motivations that fall in two")
        candidates(clusters, version)
    with right:
        _editor(space, dataset, base, versions, version)
    versions_view(versions, version, show_next)


def own_version(versions: TaxonomyVersions, extraction: Artefact) -> TaxonomyVersion | None:
    """The version an extraction was made with; None where its taxonomy came from a file."""
    reference = reference_of(extraction)
    if not reference.get("version") or reference["name"] not in versions.names():
        return None
    found = versions.get(f"{reference['name']}@{reference['version']}")
    return found if found.hash == reference["hash"] else None


def show_next(label: str) -> None:
    """Show this version in the next run of the page."""
    st.session_state[_PENDING] = label


def _without_version(versions: TaxonomyVersions, extraction: Artefact) -> None:
    taxonomy = artefacts.own_taxonomy(extraction)
    st.info(
        f"The taxonomy of this extraction, “{literal(taxonomy.name)}”, came from a file and is no version of this workspace yet. "
        "Keep it as one to edit it.",
        icon=":material/inventory_2:",
    )
    if st.button("Keep it as a version", type="primary", key="keep-taxonomy"):
        versions.save(taxonomy.name, taxonomy, note=f"of {extraction.id}", edit=Imported(file=f"{extraction.id}/taxonomy.json"))
        st.rerun()


def _pick(versions: TaxonomyVersions, own: TaxonomyVersion, extraction: Artefact) -> TaxonomyVersion:
    """The version that is shown: the extraction's, or another one chosen; the choice goes into the URL."""
    known = {version.label: version for name in versions.names() for version in reversed(versions.versions(name))}
    labels = [own.label, *(label for label in known if label != own.label)]
    if pending := st.session_state.pop(_PENDING, None):
        st.session_state[PICK] = pending
    elif st.session_state.get(_OF, extraction.id) != extraction.id:
        st.session_state[PICK] = own.label
    st.session_state[_OF] = extraction.id
    if st.session_state.get(PICK, own.label) not in known:
        st.session_state[PICK] = own.label
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    chosen = known.get(str(left.selectbox("Version of the taxonomy", labels, key=PICK, bind="query-params")), own)
    right.caption(" · ".join(filter(None, ("this extraction's" if chosen.label == own.label else "", describe(chosen.edit), chosen.note))))
    return chosen


def _apply(
    space: Workspace, dataset: Artefact, extraction: Artefact, base: Artefact, own: TaxonomyVersion, version: TaxonomyVersion
) -> None:
    """What is changed by another version than the extraction's, and the button that names its statements with it."""
    tried = extraction.manifest.byproduct  # what a discovery leaves: it is in use only once it is applied
    if version.label == own.label and not tried:
        return
    present, taxonomy = (base, artefacts.own_taxonomy(base)) if tried else (extraction, own.taxonomy)
    named = _named(space, base, version)
    with st.container(border=True):
        st.markdown(f"**{version.label} in place of {taxonomy_label(present)}**: the same statements, named anew; no review is read again.")
        effect_view(coverage_of(present), named, names_of(taxonomy), names_of(version.taxonomy), "apply")
        with st.container(horizontal=True, vertical_alignment="center"):
            arguments: dict[str, object] = {"dataset": dataset.id, "taxonomy": version.label, "extraction": base.id}
            launch_button(space, f"Apply {version.label}", "relabel", arguments, key="apply-taxonomy")
            st.caption("Makes an extraction of its own and its profiles, which trainings then take. The present one stays.")


def effect_view(before: Coverage, after: Coverage, names_before: Mapping[str, str], names_after: Mapping[str, str], key: str) -> None:
    """Coverage before and after a change: reviews with a motivation, statements without, and each motivation's share."""
    left, right = st.columns(2)
    for column, label, old, new, inverse in (
        (left, "Reviews with a motivation", before.covered, after.covered, False),
        (right, "Statements of none (Other)", before.share_other, after.share_other, True),
    ):
        if old is None or new is None:
            continue
        change = f"{100 * (new - old):+.1f} points" if abs(new - old) >= 0.0005 else None
        column.metric(
            label, f"{100 * new:.1f} %", change, delta_color="inverse" if inverse else "normal", help=f"Before: {100 * old:.1f} %"
        )
    figure = coverage_change(before.shares, after.shares, names_before, names_after)
    chart(figure, f"coverage-{key}", "Share of the statements by motivation, before and after the change", "**Coverage, before and after**")


def _editor(space: Workspace, dataset: Artefact, base: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion) -> None:
    st.markdown("**Change it**: every change is a new version")
    action = st.segmented_control(
        "Change",
        [*ACTIONS, DISCOVER],
        default="rename",
        required=True,
        format_func=lambda one: ACTIONS.get(one, "Discover"),
        key="edit-action",
        label_visibility="collapsed",
    )
    if action == DISCOVER:
        discovery_form(space, dataset, base)
        return
    with shown_errors():
        edit = edit_form(action or "rename", base, versions, version)
        if edit is None:
            return
        effect = _preview(space, base, versions, version, edit)
        effect_view(effect.before, effect.after, names_of(version.taxonomy), names_of(effect.taxonomy), "edit")
        _save(versions, version, edit)


def _save(versions: TaxonomyVersions, version: TaxonomyVersion, edit: TaxonomyEdit) -> None:
    number = len(versions.versions(version.name)) + 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input("Note", key=f"edit-note-{version.label}", placeholder="Why, for whoever reads the versions")
        if not st.button(f"Save as {version.name}@{number}", type="primary", icon=":material/save:", key="save-taxonomy"):
            return
    saved = versions.edit(version.label, edit, note=str(note or "").strip())
    show_next(saved.label)
    st.toast(f"Saved {saved.label}: {describe(edit)}", icon=":material/check:")
    st.rerun()


def _clusters(space: Workspace, dataset: Artefact, base: Artefact, version: TaxonomyVersion) -> TaxonomyClusters:
    return _clusters_of(base.id, version.label, version.hash, _space=space, _dataset=dataset, _base=base, _version=version)


@st.cache_resource(max_entries=12, show_spinner="Looking at the statements of each motivation")
def _clusters_of(
    base: str, label: str, digest: str, _space: Workspace, _dataset: Artefact, _base: Artefact, _version: TaxonomyVersion
) -> TaxonomyClusters:
    del base, label, digest
    named = relabelled(_base, TaxonomyVersions(_space), _version)
    embeddings = read_tensors(_base.path / "embeddings.safetensors")["embeddings"]
    return clusters_of(named.statements, named.taxonomy, embeddings, artefacts.dataset(_dataset))


def _named(space: Workspace, base: Artefact, version: TaxonomyVersion) -> Coverage:
    return _coverage_of(base.id, version.label, version.hash, _space=space, _base=base, _version=version)


@st.cache_resource(max_entries=64, show_spinner="Naming the statements")
def _coverage_of(base: str, label: str, digest: str, _space: Workspace, _base: Artefact, _version: TaxonomyVersion) -> Coverage:
    del base, label, digest
    from core.motivations.coverage import coverage

    named = relabelled(_base, TaxonomyVersions(_space), _version)
    return coverage(named.statements, named.taxonomy, _base.manifest.summary.get("n_reviews"))


def _preview(space: Workspace, base: Artefact, versions: TaxonomyVersions, version: TaxonomyVersion, edit: TaxonomyEdit) -> EditEffect:
    """What an edit would do.

    Raises:
        StudioError: it makes no taxonomy, or the encoder it needs is not at hand.
    """
    key = content_hash(base.id, version.label, version.hash, edit.model_dump(mode="json"))
    return _effect(str(space.root), key, _base=base, _versions=versions, _version=version, _edit=edit)


@st.cache_resource(max_entries=32, show_spinner="Trying the change")
def _effect(
    root: str, key: str, _base: Artefact, _versions: TaxonomyVersions, _version: TaxonomyVersion, _edit: TaxonomyEdit
) -> EditEffect:
    del root, key
    return preview_edit(_base, _versions, _version, _edit)
