"""The clusters of a map: a table, their members, and people's own names and merges, which can be taken back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.components.export import table
from app.components.map_points import Setting, ShownMap
from app.components.map_state import link, seed
from app.components.page import literal
from core.errors import StudioError
from core.maps import cluster_edits
from core.maps.build import UNCLUSTERED

_SELECTED = "cluster"


def chosen_cluster(shown: ShownMap) -> int | None:
    """The cluster whose members are asked for, of the URL; None where none is."""
    known = [int(number) for number in shown.clusters["cluster"]]
    seed(_SELECTED, known)
    chosen = st.session_state.get(_SELECTED)
    return chosen if chosen in known else None


def cluster_section(setting: Setting, shown: ShownMap) -> None:
    """All clusters, the choice of one, and what people may change."""
    st.subheader("Clusters", anchor=False)
    names = {int(number): str(name) for number, name in zip(shown.clusters["cluster"], shown.clusters["name"], strict=True)}
    listed = shown.clusters.assign(
        words=[", ".join(words) for words in shown.clusters["words"]],
        motivation=[setting.names.get(key, "none") for key in shown.clusters["motivation"]],
    )
    table(
        listed[["name", "size", "users", "items", "motivation", "words"]],
        "clusters",
        "Groups in the original space, named by their motivation and their members' own words.",
        exported=listed,
        height=min(320, 38 + 35 * len(listed)),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Show the members of",
            list(names),
            index=None,
            format_func=lambda number: names.get(number, str(number)),
            key=_SELECTED,
            on_change=link,
            args=(_SELECTED,),
            placeholder="a cluster",
            width=320,
        )
        real = {number: name for number, name in names.items() if number != UNCLUSTERED}
        _rename(shown, real)
        _merge(shown, real)
        _undo(shown)


def _rename(shown: ShownMap, names: dict[int, str]) -> None:
    with st.popover("Rename", icon=":material/edit:"), st.form("rename-cluster", border=False):
        preset = chosen_cluster(shown)
        options = list(names)
        number = st.selectbox(
            "Cluster", options, index=options.index(preset) if preset in names else 0, format_func=names.__getitem__, key="rename-which"
        )
        name = st.text_input("New name", key="rename-to", max_chars=80)
        if st.form_submit_button("Rename", type="primary"):
            _edit(lambda: cluster_edits.rename(shown.drawn, number, name))


def _merge(shown: ShownMap, names: dict[int, str]) -> None:
    with st.popover("Merge", icon=":material/merge:"), st.form("merge-clusters", border=False):
        numbers = st.multiselect("Clusters", list(names), format_func=names.__getitem__, key="merge-which", placeholder="two or more")
        name = st.text_input("Name of the whole", key="merge-to", max_chars=80, placeholder="theirs joined")
        if st.form_submit_button("Merge", type="primary"):
            _edit(lambda: cluster_edits.merge(shown.drawn, numbers, name.strip() or None))


def _undo(shown: ShownMap) -> None:
    edits = cluster_edits.history(shown.drawn)
    if not edits:
        return
    last = edits[-1]
    what = f"{'renamed to' if last.action == 'rename' else 'merged into'} “{last.name}”"
    if st.button("Undo", key="undo-cluster", icon=":material/undo:", help=f"Last: {literal(what)}. {len(edits)} in all."):
        _edit(lambda: cluster_edits.undo(shown.drawn))


def _edit(change: Callable[[], object]) -> None:
    """Make a change and draw the page anew; what cannot be is said where it was asked for."""
    try:
        change()
    except StudioError as error:
        st.error(literal(str(error)))
        return
    st.rerun()
