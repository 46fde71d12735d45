"""The template editor: both parts of a prompt, the variables they may use, what is wrong with them and where, and how to keep them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from app import session
from app.components.page import literal, moment
from core.errors import InputError, NotFoundError, StudioError
from core.extraction.prompts.defaults import default_name
from core.extraction.prompts.store import PromptStore, PromptVersion
from core.extraction.prompts.template import VARIABLES, PromptTemplate

_LINE = re.compile(r"(system|user) part, line (\d+)")
KINDS = {"review": "one review", "user": "all reviews of a user", "item": "all reviews of an item", "merge": "statements, to merge them"}


@dataclass(frozen=True)
class Edited:
    """What stands in the editor: the version it began from, the template now, and what is wrong with it ("" where nothing is)."""

    base: PromptVersion
    template: PromptTemplate
    problem: str

    @property
    def changed(self) -> bool:
        """Whether it differs from the version it began from."""
        return self.template != self.base.template

    @property
    def title(self) -> str:
        """What it is called where it is chosen."""
        return f"{self.base.label}, changed (not saved)" if self.changed else self.base.label


def pick_prompt(store: PromptStore, domain: str) -> PromptVersion:
    """The version in the editor, chosen by name and number; the choice goes into the URL."""
    names = store.names()
    first = [name for kind in KINDS for name in (default_name(kind, domain),) if name in names]  # type: ignore[arg-type]
    chosen = _chosen(store, default_name("review", domain))
    session.select(prompt=chosen.label)
    versions = {version.number: version for version in store.versions(chosen.name)}
    left, right = st.columns(2)
    st.session_state["pick-prompt"], st.session_state["pick-version"] = chosen.name, chosen.number
    left.selectbox(
        "Prompt",
        [*first, *(name for name in names if name not in first)],
        key="pick-prompt",
        on_change=_choose_name,
        help="Names hold versions of one kind of prompt. Those that ship are called after what they read and the domain.",
    )
    right.selectbox(
        "Version",
        list(versions),
        format_func=lambda number: _version_label(versions[number]),
        key="pick-version",
        on_change=_choose_version,
        args=(chosen.name,),
    )
    return chosen


def _chosen(store: PromptStore, default: str) -> PromptVersion:
    wanted = session.selected("prompt")
    try:
        return store.get(wanted or default)
    except (NotFoundError, InputError):
        st.warning(f"The link names the prompt “{literal(wanted or '')}”, which this workspace does not hold. Choose another.")
        return store.get(default)


def _choose_name() -> None:
    session.select(prompt=str(st.session_state["pick-prompt"]))


def _choose_version(name: str) -> None:
    session.select(prompt=f"{name}@{st.session_state['pick-version']}")


def _version_label(version: PromptVersion) -> str:
    note = f" · {version.note}" if version.note else ""
    return f"{version.number}{note}"


def prompt_editor(store: PromptStore, domain: str) -> Edited:
    """Choose a version, edit it, see at once what is wrong, save it."""
    base = pick_prompt(store, domain)
    texts = {}
    for part, height in (("system", 330), ("user", 190)):
        key = _key(base, part)
        st.session_state.setdefault(key, getattr(base.template, part))
        texts[part] = st.text_area(f"{part.capitalize()} part", key=key, height=height, persist_state="session")
    template = base.template.model_copy(update={part: _plain(text or "") for part, text in texts.items()})
    edited = Edited(base, template, _problem(template))
    _verdict(edited)
    with st.container(horizontal=True, vertical_alignment="center"):
        _save_form(store, edited)
        if edited.changed:
            st.button("Discard changes", icon=":material/undo:", key="discard", on_click=load_into_editor, args=(base, base.template))
            st.caption(f"Not saved: differs from {base.label}")
        else:
            st.caption(f"{base.label}, {moment(base.created_at)}: reads {KINDS[template.kind]}")
    _variables(template)
    return edited


def _key(base: PromptVersion, part: str) -> str:
    return f"prompt-{part}-{base.label}-{base.hash}"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _problem(template: PromptTemplate) -> str:
    try:
        template.check()
    except InputError as error:
        return str(error)
    return ""


def _verdict(edited: Edited) -> None:
    """What is wrong, with the line it is in; or what is seldom meant."""
    if not edited.problem:
        for remark in edited.template.remarks:
            st.caption(f":material/info: {literal(remark)}")
        return
    st.error(literal(edited.problem), icon=":material/error:")
    if found := wrong_line(edited.template, edited.problem):
        number, text = found
        st.code(f"{number:>4} | {text}", language=None, wrap_lines=True)


def wrong_line(template: PromptTemplate, problem: str) -> tuple[int, str] | None:
    """Number and text of the line an error names; None where it names none."""
    found = _LINE.search(problem)
    if found is None:
        return None
    lines = getattr(template, found[1]).split("\n")
    number = int(found[2])
    return (number, lines[number - 1]) if 0 < number <= len(lines) else None


def _variables(template: PromptTemplate) -> None:
    known = VARIABLES[template.kind]
    try:
        used = template.variables
    except InputError:
        used = frozenset()
    with st.expander(f"Variables it may use ({len(known)})"):
        lines = [f"- `{{{{ {name} }}}}`{' (used)' if name in used else ''}: {literal(meaning)}" for name, meaning in known.items()]
        st.markdown("\n".join(lines))
        st.caption(
            "Also `{% for %}`, `{% if %}`, filters such as `{{ review[:2000] }}` and comments `{# #}`. Texts of reviews come in fenced, "
            "as material: whatever a review says is no instruction to the model."
        )


def _save_form(store: PromptStore, edited: Edited) -> None:
    with st.popover("Save as a version", icon=":material/save:", type="primary" if edited.changed else "secondary", key="save-version"):
        name = st.text_input("Name", edited.base.name, key=f"save-name-{edited.base.name}", help="Small letters, digits, '.', '_' and '-'")
        note = st.text_input("Note", key="save-note", placeholder="What changed, and why")
        if st.button("Save", type="primary", key="save", disabled=bool(edited.problem), help="Versions never change once saved."):
            try:
                saved = store.save(str(name).strip(), edited.template, note=str(note or "").strip(), parent=edited.base.label)
            except StudioError as error:
                st.error(literal(str(error)))
                return
            _discard_later(edited.base)
            session.select(prompt=saved.label)
            st.toast(f"Saved as {saved.label}", icon=":material/check:")
            st.rerun()


def load_into_editor(base: PromptVersion, template: PromptTemplate) -> None:
    """Put another text into the editor, as a change of the version that is open there."""
    for part in ("system", "user"):
        st.session_state[_key(base, part)] = getattr(template, part)


def _discard_later(base: PromptVersion) -> None:
    """Forget the changes: they are the new version now."""
    for part in ("system", "user"):
        st.session_state.pop(_key(base, part), None)
