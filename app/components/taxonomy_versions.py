"""The versions of a taxonomy: what each changed and why, the difference of any two, an older one again, files in and out."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from app.components.export import export_document, table
from app.components.page import literal, moment
from core.errors import StudioError
from core.extraction.taxonomy import Taxonomy
from core.motivations.taxonomy_edits import Imported, describe
from core.motivations.taxonomy_files import difference
from core.motivations.taxonomy_store import TaxonomyVersion, TaxonomyVersions


def versions_view(versions: TaxonomyVersions, version: TaxonomyVersion, show: Callable[[str], None]) -> None:
    """The history of the version's name.

    Args:
        show: is told the label of a version made here, to show it next.
    """
    known = versions.versions(version.name)
    with st.expander(f"Versions of {version.name} ({len(known)}), differences, files", key="taxonomy-versions"):
        table(version_rows(known), "taxonomy-versions-table", f"**Versions of {version.name}**")
        if len(known) > 1:
            _difference(known, version)
        with st.container(horizontal=True, vertical_alignment="center"):
            if version.label != known[-1].label and st.button(f"Make {version.label} the newest again", key="restore-taxonomy"):
                show(versions.restore(version.label).label)
                st.rerun()
            export_document(version.taxonomy.model_dump_json(indent=2), f"{version.label}.json", label=f"{version.label} as JSON")
        _import(versions, show)


def version_rows(known: list[TaxonomyVersion]) -> pd.DataFrame:
    """One row a version, newest first."""
    return pd.DataFrame(
        [
            {
                "version": one.label,
                "made": moment(one.created_at) if one.created_at else "ships with the program",
                "made of": one.parent or "",
                "change": describe(one.edit),
                "note": one.note,
                "motivations": len(one.taxonomy),
            }
            for one in reversed(known)
        ]
    )


def _difference(known: list[TaxonomyVersion], version: TaxonomyVersion) -> None:
    labels = {one.label: one for one in known}
    place = list(labels).index(version.label)
    left, right = st.columns(2)
    first = left.selectbox("From", list(labels), index=max(0, place - 1), key=f"diff-from-{version.label}")
    second = right.selectbox("To", list(labels), index=place if place else 1, key=f"diff-to-{version.label}")
    text = difference(labels[str(first)], labels[str(second)])
    if text:
        st.code(text, language="diff", wrap_lines=True)
    else:
        st.caption("They say the same.")


def _import(versions: TaxonomyVersions, show: Callable[[str], None]) -> None:
    upload = st.file_uploader("Bring in a taxonomy (JSON, as exported here)", type="json", key="import-taxonomy")
    if upload is None or not st.button("Keep it as a version", key="keep-import"):
        return
    try:
        taxonomy = Taxonomy.model_validate_json(upload.getvalue())
        show(versions.save(taxonomy.name, taxonomy, edit=Imported(file=upload.name)).label)
    except ValidationError as error:
        first = error.errors()[0]
        st.error(f"Not a taxonomy: {literal(first['msg'])} ({literal('.'.join(map(str, first['loc'])))}).")
        return
    except StudioError as error:
        st.error(literal(str(error)))
        return
    st.rerun()
