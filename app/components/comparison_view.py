"""What a comparison found: the change with its interval, the quality of both extractions, both maps, and what it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import artefacts, session
from app.charts.comparison import ChangeBar, comparison_chart
from app.charts.motivation_map import motivation_map
from app.charts.motivation_map_colours import COLOURINGS
from app.components.export import chart, export_document, table
from app.components.legend import names_of
from app.components.page import literal
from core.jobs.comparison_result import Comparison, Outcome, sentence
from core.maps.alignment import aligned
from core.maps.build import read_map
from core.maps.members import display_sample
from core.workspace import Artefact, Workspace

METRIC_NAMES = {"ndcg@20": "NDCG@20", "recall@20": "Recall@20"}
_COLOURINGS = ("motivation", "distinctive", "side", "activity", "trust")
_MAP_HEIGHT_PX = 440
_MOST_SHOWN = 12_000


def comparison_view(space: Workspace, artefact: Artefact, found: Comparison) -> None:
    """The whole result."""
    a, b = found.outcomes
    st.markdown(f"**A** {literal(a.label)} &ensp; **B** {literal(b.label)}")
    for metric in found.changes:
        icon = (
            ":material/check:" if found.changes[metric].excludes_zero != "no" and found.changes[metric].seeds_agree else ":material/remove:"
        )
        st.markdown(f"{icon} {literal(sentence(found, metric))}")
    left, right = st.columns([1.25, 1])
    with left:
        _changes(artefact, found)
    with right:
        table(figure_rows(found), f"figures-{artefact.id}", f"**Figures on {found.config.split}**, mean over {found.n_users:,} users")
    st.caption(literal(found.note))
    left, right = st.columns([1.25, 1])
    with left:
        table(quality_rows(found), f"quality-{artefact.id}", f"**What each made of the same {found.n_reviews:,} reviews**")
    with right:
        table(named_rows(found), f"named-{artefact.id}", "**Motivations named**")
    if found.agreement is not None:
        st.caption(
            f"They agree by {found.agreement:.2f}: mean over the reviews both could read of the motivations named by both, of those named "
            "by either (Jaccard; 1 = the same motivations everywhere)."
        )
    _maps(space, artefact, found)
    _made_of(artefact, found)


def _changes(artefact: Artefact, found: Comparison) -> None:
    bars = {
        METRIC_NAMES.get(metric, metric): ChangeBar(one.change, one.low, one.high, one.level, one.by_seed)
        for metric, one in found.changes.items()
    }
    level = next(iter(found.changes.values())).level
    chart(
        comparison_chart(bars, "A", "B"),
        f"changes-{artefact.id}",
        "Change of each figure from A to B with its interval; " + " ".join(sentence(found, metric) for metric in found.changes),
        "**Change from A to B**",
    )
    st.caption(f"Line: {100 * level:.0f} % interval over users, in colour where it excludes zero. Dot: mean. Thin marks: the seeds.")


def figure_rows(found: Comparison) -> pd.DataFrame:
    """One row a figure and seed, then the mean over seeds with its spread."""
    rows = []
    for metric, change in found.changes.items():
        name = METRIC_NAMES.get(metric, metric)
        for seed, by_seed in enumerate(change.by_seed):
            a, b = (outcome.figures[metric][seed] for outcome in found.outcomes)
            rows.append({"figure": name, "seed": str(seed), "A": f"{a:.4f}", "B": f"{b:.4f}", "change": f"{by_seed:+.4f}"})
        spread = "" if change.seed_sd is None else f" ± {change.seed_sd:.4f}"
        mean = {"A": f"{change.mean_a:.4f}", "B": f"{change.mean_b:.4f}", "change": f"{change.change:+.4f}{spread}"}
        rows.append({"figure": name, "seed": "mean ± sd", **mean})
    return pd.DataFrame(rows)


def quality_rows(found: Comparison) -> pd.DataFrame:
    """One row a figure of the extractions, A beside B; what there is nothing of is "n/a"."""

    def share(value: float | None) -> str:
        return "n/a" if value is None else f"{100 * value:.1f} %"

    def of(outcome: Outcome) -> dict[str, str]:
        one = outcome.quality
        asked = one.answer_tokens > 0
        return {
            "reviews": f"{one.n_reviews:,}",
            "reviews with a usable answer": share(one.valid_share),
            "motivations a review": "n/a" if one.per_review is None else f"{one.per_review:.2f}",
            "motivations whose quote stands in the review": share(one.grounded_share),
            "reviews with a motivation of the taxonomy": share(one.coverage),
            "motivations named “other”": share(one.share_other),
            "prompts cut at the context": f"{one.n_truncated:,}" if asked else "n/a",
            "tokens read": f"{one.prompt_tokens:,}" if asked else "n/a",
            "tokens written": f"{one.answer_tokens:,}" if asked else "n/a",
            "seconds of answers": f"{one.answer_seconds:,.1f}" if asked else "n/a",
        }

    a, b = (of(outcome) for outcome in found.outcomes)
    return pd.DataFrame([{"figure": name, "A": a[name], "B": b[name]} for name in a])


def named_rows(found: Comparison) -> pd.DataFrame:
    """How often each motivation is named, A beside B."""
    a, b = (outcome.quality.motivations for outcome in found.outcomes)
    return pd.DataFrame([{"motivation": key.replace("_", " "), "A": a.get(key, 0), "B": b.get(key, 0)} for key in dict.fromkeys([*a, *b])])


def _maps(space: Workspace, artefact: Artefact, found: Comparison) -> None:
    drawn = [space.find("map", outcome.map) for outcome in found.outcomes]
    extraction = space.find("extraction", found.a.extraction)
    if drawn[0] is None or drawn[1] is None or extraction is None:
        st.caption("The maps of this comparison, or its extractions, are no longer in the workspace.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.markdown("**The two maps**: circles are users, diamonds are items; of the first seed of each", width="content")
        colour_by = st.selectbox("Colour by", _COLOURINGS, format_func=COLOURINGS.__getitem__, key="compare-colour", width=220)
    points = [_nodes(one) for one in (drawn[0], drawn[1])]
    points[1] = laid_over(points[1], points[0])
    names = names_of(artefacts.own_taxonomy(extraction))
    for letter, column, one, own, outcome in zip("AB", st.columns(2), drawn, points, found.outcomes, strict=True):
        assert one is not None
        with column:
            _one_map(letter, artefact, one, own, outcome, names, str(colour_by or "motivation"))
    st.caption(
        "B is turned, mirrored, moved and scaled as a whole so that it lies over A as well as it can (Procrustes); nothing is bent. "
        "Axes have no unit."
    )


def _nodes(drawn: Artefact) -> pd.DataFrame:
    """Users and items of a map, with what the chart says of them."""
    made = read_map(drawn)
    names = dict(zip(made.clusters["cluster"], made.clusters["name"], strict=True))
    nodes = made.nodes.reset_index(drop=True)
    return nodes.assign(shown_id=nodes["id"], cluster_name=nodes["cluster"].map(names).fillna(""), quote="")


def _one_map(
    letter: str, artefact: Artefact, drawn: Artefact, points: pd.DataFrame, outcome: Outcome, names: Mapping[str, str], colour_by: str
) -> None:
    figure = motivation_map(
        points.iloc[display_sample(points, _MOST_SHOWN)],
        names,
        artefacts.table(drawn, "clusters.parquet"),
        colour_by=colour_by,
        label_clusters=False,
        revision=drawn.id,
        height=_MAP_HEIGHT_PX,
    )
    summary = drawn.manifest.summary
    trust = f"trustworthiness {summary['trustworthiness']:.3f}" if "trustworthiness" in summary else ""
    chart(figure, f"map-{letter}-{artefact.id}", f"Map of users and items with {outcome.label}", f"**{letter}** {literal(outcome.label)}")
    st.caption(f"{len(points):,} points, {trust}.")


def laid_over(points: pd.DataFrame, onto: pd.DataFrame) -> pd.DataFrame:
    """The points of a map turned onto another of the same users and items; as they are where the two hold different ones."""
    if len(points) != len(onto) or list(points["id"]) != list(onto["id"]) or list(points["side"]) != list(onto["side"]):
        return points
    turned = aligned(points[["x", "y"]].to_numpy(), onto[["x", "y"]].to_numpy())
    return points.assign(x=turned[:, 0], y=turned[:, 1])


def _made_of(artefact: Artefact, found: Comparison) -> None:
    with st.expander("What it was made of"):
        rows = []
        for letter, outcome in zip("AB", found.outcomes, strict=True):
            rows += [(letter, "extraction", outcome.extraction), (letter, "profiles", outcome.profiles)]
            rows += [(letter, f"run, seed {seed}", run) for seed, run in enumerate(outcome.runs)]
            rows.append((letter, "map", outcome.map))
        table(pd.DataFrame(rows, columns=["variant", "what", "id"]), f"made-{artefact.id}")
        st.json(found.config.model_dump(mode="json"), expanded=False)
    with st.container(horizontal=True):
        for letter, outcome in zip("AB", found.outcomes, strict=True):
            if st.button(f"Recommendations with {letter}", key=f"compare-open-{letter}", icon=":material/lists:"):
                session.open_page("recommendations", run=outcome.runs[0])
            if st.button(f"Map with {letter}", key=f"compare-map-{letter}", icon=":material/scatter_plot:"):
                session.open_page("motivation_map", run=outcome.runs[0])
        export_document(json.dumps(found.model_dump(mode="json"), indent=2, ensure_ascii=False), f"{artefact.id}.json")
