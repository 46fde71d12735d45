"""Correcting a user's profile by hand on the page, as a what-if: what is stored stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app.charts.profile_bars import view_comparison
from app.components.errors import live_fragment
from app.components.export import chart, table
from app.components.page import literal
from app.components.profile_kept import corrector
from core.encoding.encoder import TextEncoder
from core.errors import InputError
from core.extraction.run import encoder_of
from core.recommend.correction import Corrected, Correction, Corrector, Encode, OwnSentence
from core.recommend.recommender import Recommender
from core.workspace import Artefact, Workspace

_K = 10


def correction(space: Workspace, run: Artefact, recommender: Recommender, user_id: str, names: Mapping[str, str]) -> None:
    """Sliders, statements and an own sentence, and what follows from them.

    Args:
        names: key of a motivation -> its name, in the order of the taxonomy, "other" last.
    """
    try:
        answers = corrector(recommender)
    except InputError as error:
        st.info(f"{literal(str(error))}")
        return
    st.markdown("Change what this user says, and the run's own text encoders read it anew. It is a what-if: nothing is stored.")
    _panel(space, run, recommender, answers, user_id, names)


@live_fragment()
def _panel(space: Workspace, run: Artefact, recommender: Recommender, answers: Corrector, user_id: str, names: Mapping[str, str]) -> None:
    """Controls to the left, consequences to the right; a fragment, so that a slider does not run the whole page again."""
    prefix = f"correct-{run.id}-{user_id}"
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.button("Take all changes back", on_click=_reset, args=(prefix,), key="take-back", icon=":material/undo:")
        factors = _factors(answers, user_id, names, prefix)
        off = _statements(recommender, answers, user_id, names, prefix)
        own = _own_sentence(recommender, names, prefix)
    wanted = Correction(factors=factors, off=off, sentences=own)
    encode = _encoder(space, recommender) if own else None
    found = answers.correct(user_id, wanted, encode, _K)
    with right:
        _consequences(found, wanted, names)


def _factors(answers: Corrector, user_id: str, names: Mapping[str, str], prefix: str) -> dict[str, float]:
    st.markdown("**How strongly each motivation is spoken of**")
    plain = answers.correct(user_id, Correction(), k=1).motivations
    spoken = [one for one in plain if one.n]
    factors = {}
    for one in sorted(spoken, key=lambda one: -one.share):
        factors[one.motivation] = st.slider(
            f"{literal(names.get(one.motivation, one.name))} ({one.n} statement{'' if one.n == 1 else 's'})",
            0.0,
            5.0,
            1.0,
            0.25,
            format="× %.2f",
            key=f"{prefix}-factor-{one.motivation}",
        )
    silent = [names.get(one.motivation, one.name) for one in plain if not one.n]
    if silent:
        st.caption(f"Never spoken of, so there is nothing to strengthen: {literal(', '.join(silent))}. Add a sentence below instead.")
    return factors


def _statements(recommender: Recommender, answers: Corrector, user_id: str, names: Mapping[str, str], prefix: str) -> tuple[int, ...]:
    rows = answers.statements(user_id)
    evidence = recommender.evidence
    if not rows or evidence is None:
        return ()
    said = evidence.statements.iloc[rows]
    motivations = list(names.values())
    listed = pd.DataFrame(
        {
            "counts": True,
            "statement": said["statement"].to_numpy(),
            "motivation": [motivations[int(one)] for one in said["motivation"]],
            "tone": ["praise" if one == "positive" else "complaint" for one in said["polarity"]],
            "strength": said["strength"].to_numpy(),
        }
    )
    with st.expander(f"Switch off single statements ({len(rows)})"):
        edited = st.data_editor(
            listed,
            hide_index=True,
            disabled=["statement", "motivation", "tone", "strength"],
            column_config={
                "counts": st.column_config.CheckboxColumn("counts", width=60),
                "statement": st.column_config.TextColumn("statement", width="medium"),
                "strength": st.column_config.NumberColumn("strength", format="%.2f"),
            },
            height=min(330, 38 + 35 * len(listed)),
            key=f"{prefix}-off-{st.session_state.get(f'{prefix}-round', 0)}",
        )
    return tuple(row for row, counts in zip(rows, edited["counts"], strict=True) if not counts)


def _own_sentence(recommender: Recommender, names: Mapping[str, str], prefix: str) -> tuple[OwnSentence, ...]:
    with st.expander("Add a sentence of your own", expanded=bool(st.session_state.get(f"{prefix}-sentence"))):
        text = st.text_input("What else the user might say", key=f"{prefix}-sentence", max_chars=500, placeholder="I love a quiet table")
        known = [key for key in names if key in recommender.motivations]
        motivation = st.selectbox("It is about", known, format_func=lambda key: names[key], key=f"{prefix}-about")
        tone = st.segmented_control("Tone", ["praise", "complaint"], default="praise", required=True, key=f"{prefix}-tone")
        strength = st.slider("Strength", 0.1, 1.0, 1.0, 0.1, key=f"{prefix}-strength", help="Statements of reviews lie between 0 and 1")
    plain = " ".join((text or "").split())
    if not plain or motivation is None:
        return ()
    if len(plain) < 3:
        st.caption("A sentence needs at least three letters.")
        return ()
    return (OwnSentence(text=plain, motivation=motivation, polarity="negative" if tone == "complaint" else "positive", strength=strength),)


def _consequences(found: Corrected, wanted: Correction, names: Mapping[str, str]) -> None:
    before = {names.get(one.motivation, one.name): one.share_before for one in found.motivations}
    after = {names.get(one.motivation, one.name): one.share for one in found.motivations}
    figure = view_comparison(before, after, list(names.values()), labels=("as it is", "as corrected"))
    chart(
        figure, "corrected", "Share of each motivation in the profile before and after the correction", "**The profile, before and after**"
    )
    st.caption(_gates(found))
    moved = [one.rank_before - one.rank for one in found.items]
    listed = pd.DataFrame(
        {
            "place": [one.rank for one in found.items] + [one.rank for one in found.left],
            "before": [one.rank_before for one in found.items] + [one.rank_before for one in found.left],
            "moved": [_moved(one.moved) for one in (*found.items, *found.left)],
            "item": [one.title for one in (*found.items, *found.left)],
            "score": [one.score for one in (*found.items, *found.left)],
            "score before": [one.score_before for one in (*found.items, *found.left)],
        }
    )
    formats = {
        "score": st.column_config.NumberColumn("score", format="%.3f"),
        "score before": st.column_config.NumberColumn("was", format="%.3f", help="The score before the correction"),
        "item": st.column_config.TextColumn("item", width=170),
    }
    table(listed, "corrected-list", "**Recommendations after the correction**", column_config=formats, height=38 + 35 * len(listed))
    st.caption(_gist(wanted, moved, len(found.left)))


def _gates(found: Corrected) -> str:
    shifted = max(found.motivations, key=lambda one: abs(one.gate - one.gate_before))
    if abs(shifted.gate - shifted.gate_before) < 0.005:
        return "The motivation gate, which weighs a user's motivations in every score, stays as it is."
    return (
        f"The motivation gate, which weighs a user's motivations in every score, changes most for {literal(shifted.name)}: "
        f"from {shifted.gate_before:.2f} to {shifted.gate:.2f} (1 = as much as everybody)."
    )


def _gist(wanted: Correction, moved: Sequence[int], left: int) -> str:
    if wanted.empty:
        return "Nothing is changed yet, so this is the list as it is."
    others = int(np.count_nonzero(moved))
    if not others and not left:
        return "The first ten stay in their places: behaviour and what else is said outweigh this change."
    plural = "s" if left != 1 else ""
    last = f" The last {left} row{plural} of the table left the first {_K}." if left else ""
    return f"{others} of the first {len(moved)} changed their place.{last}"


def _moved(places: int) -> str:
    return f"▲ {places}" if places > 0 else f"▼ {-places}" if places < 0 else "="


def _encoder(space: Workspace, recommender: Recommender) -> Encode:
    """Sentences -> vectors, by the encoder the run's statements were embedded with."""
    profiles = recommender.run.profiles
    assert profiles is not None
    made = space.get("profiles", profiles.id)
    extraction = space.get("extraction", made.manifest.sources["extraction"])
    return _kept_encoder(str(extraction.path), _extraction=extraction).encode


@st.cache_resource(max_entries=2, show_spinner="Opening the sentence encoder")
def _kept_encoder(path: str, _extraction: Artefact) -> TextEncoder:
    del path
    return encoder_of(_extraction)


def _reset(prefix: str) -> None:
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}-") and not str(key).endswith("-round")]:
        del st.session_state[key]
    st.session_state[f"{prefix}-round"] = st.session_state.get(f"{prefix}-round", 0) + 1
