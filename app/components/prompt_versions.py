"""The versions of a prompt: list, difference of any two, going back to an old one, and files for a team's repository."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from app import session
from app.components.export import export_document, table
from app.components.page import literal, moment
from app.components.prompt_editor import KINDS, pick_prompt
from core.errors import StudioError
from core.extraction.prompts.files import file_name, file_text, import_prompts
from core.extraction.prompts.store import PromptStore, PromptVersion

_ENDED = "prompts imported"


def versions_view(store: PromptStore, domain: str) -> None:
    """Everything about the versions of the prompt that is chosen."""
    chosen = pick_prompt(store, domain)
    versions = store.versions(chosen.name)
    kind = KINDS[chosen.template.kind]
    table(version_rows(versions), f"versions-{chosen.name}", f"**Versions of {chosen.name}**, which reads {kind}; none ever changes")
    with st.container(horizontal=True, vertical_alignment="center"):
        export_document(file_text(chosen), file_name(chosen), label=f"File of {chosen.label}", mime="application/toml")
        if chosen.number != versions[0].number and st.button(
            f"Make {chosen.label} the newest again", icon=":material/history:", key="restore"
        ):
            restored = store.restore(chosen.label)
            session.select(prompt=restored.label)
            st.toast(f"{restored.label} says what {chosen.label} said", icon=":material/check:")
            st.rerun()
    st.divider()
    _difference(store, chosen, versions)
    st.divider()
    _import(store)


def version_rows(versions: list[PromptVersion]) -> pd.DataFrame:
    """One row a version, newest first."""
    return pd.DataFrame(
        [
            {
                "version": version.number,
                "note": version.note,
                "made of": version.parent or "",
                "saved": moment(version.created_at),
                "hash": version.hash,
                "system (characters)": len(version.template.system),
                "user (characters)": len(version.template.user),
            }
            for version in versions
        ]
    )


def _difference(store: PromptStore, chosen: PromptVersion, versions: list[PromptVersion]) -> None:
    st.markdown("**Difference** between any two versions")
    labels = [version.label for name in store.names(chosen.template.kind) for version in store.versions(name)]
    labels.sort(key=lambda label: label.partition("@")[0] != chosen.name)
    before = versions[min(1, len(versions) - 1)].label if chosen.number == versions[0].number else versions[0].label
    left, right = st.columns(2)
    old = left.selectbox("From", labels, index=labels.index(before), key=f"diff-from-{chosen.label}")
    new = right.selectbox("To", labels, index=labels.index(chosen.label), key=f"diff-to-{chosen.label}")
    if old == new:
        st.caption("Choose two different versions. A prompt has a second one when you change it in the editor and save it.")
        return
    difference = store.diff(old, new)
    added, removed = (sum(line.startswith(sign) and not line.startswith(sign * 3) for line in difference.split("\n")) for sign in "+-")
    st.caption(f"Lines added: {added}, removed: {removed}." if difference else "They say the same.")
    if difference:
        st.code(difference, language="diff", wrap_lines=True)


def _import(store: PromptStore) -> None:
    st.markdown("**Import** prompt files (TOML), as exported here or by `lmmrec prompts export`")
    with st.form("import-prompts", clear_on_submit=True, border=False):
        uploaded = st.file_uploader(
            "Prompt files", type="toml", accept_multiple_files=True, key="prompt-files", label_visibility="collapsed"
        )
        renumber = st.toggle("Give a taken number the next one", key="prompt-renumber", help="Else a file whose number is taken is refused")
        if st.form_submit_button("Import", icon=":material/upload:") and uploaded:
            st.session_state[_ENDED] = _imported(store, {file.name: file.getvalue() for file in uploaded}, bool(renumber))
            st.rerun()
    if ended := st.session_state.pop(_ENDED, None):
        worked, words = ended
        (st.success if worked else st.error)(literal(words))


def _imported(store: PromptStore, files: dict[str, bytes], renumber: bool) -> tuple[bool, str]:
    """Whether it worked, and one line on how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        try:
            versions = import_prompts(store, Path(folder), renumber=renumber)
        except StudioError as error:
            return False, str(error).replace(f"{folder}/", "")
    session.select(prompt=versions[-1].label)
    return True, f"Here now: {', '.join(version.label for version in versions)}."
