"""Are the explanations faithful? The deletion test of one explanation, and the run's own figures."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.charts.faithfulness import deletion_chart
from app.components.export import chart, export_document
from app.components.page import figures, literal
from core.progress import ProgressEvent
from core.recommend.explanation import Explanation
from core.recommend.pair_faithfulness import PairFaithfulness, pair_faithfulness
from core.recommend.recommender import Recommender
from core.recommend.run_faithfulness import USERS, RunFaithfulness, Share, kept_faithfulness, run_faithfulness
from core.workspace import Artefact, Workspace

_SUM = (
    "A score is the exact sum of its terms and the first motivation is the largest, so this checks the sum; only ties keep it below 100 %."
)


def pair_view(recommender: Recommender, why: Explanation, colours: Mapping[str, str]) -> None:
    """The item's place while its motivations are deleted in their order, beside the mean over all orders."""
    found = pair_faithfulness(recommender, why.user, why.item)
    if found is None:
        return
    del colours
    names = recommender.run.motivation_names
    with st.expander("Is this explanation faithful? Its motivations deleted one after the other"):
        steps = ["all motivations count", *(f"without {literal(names[key])} too" for key in found.order)]
        random = "mean over all orders" if found.exact else f"mean over {found.orders} drawn orders"
        left, right = st.columns(2)
        with left:
            figure = deletion_chart(
                found.scores, found.random_scores, steps, title_y="score (no unit)", random_label="mean over all orders"
            )
            chart(figure, "pair-scores", "Score while motivations are deleted", "**Score**")
        with right:
            figure = deletion_chart(
                [float(rank) for rank in found.ranks],
                found.random_ranks,
                steps,
                title_y="place (1 is the best)",
                random_label=random,
                reversed_y=True,
            )
            chart(figure, "pair-ranks", "Place while motivations are deleted", "**Place**")
        st.caption(_verdict(found, names))


def _verdict(found: PairFaithfulness, names: Mapping[str, str]) -> str:
    others = len(found.order) - 1
    beats, ties = round(found.rank_beats * others), round(found.rank_ties * others)
    return (
        f"Deleting {literal(names[found.order[0]])}, which adds most, costs more places than deleting {beats} of the other {others} "
        f"motivations, and as many as deleting {ties}. The faithful line falls sooner than the mean over orders: "
        "what is named first matters most."
    )


def run_view(space: Workspace, run: Artefact, recommender: Recommender) -> None:
    """The run's figures, made when they are first asked for."""
    if len(recommender.motivations) < 2:
        st.info("This run has no named motivations: it gives no explanations whose faithfulness could be measured.")
        return
    found = kept_faithfulness(space, run.id)
    if found is None:
        bar = st.progress(0.0, text="Deleting the motivations of sampled recommendations")

        def show(event: ProgressEvent) -> None:
            bar.progress(event.done / max(1, event.total), text=f"Recommendation {event.done:,} of {event.total:,}")

        found = run_faithfulness(space, recommender, progress=show)
        bar.empty()
    st.markdown(
        f"The first recommendation of {found.n:,} users drawn at random (at most {USERS:,}), each of its {found.n_motivations} motivations "
        "deleted: a faithful explanation names first what hurts most when it is taken away."
    )
    figures(
        {
            "score falls more": _share(found.score_beats),
            "place falls more": _share(found.rank_beats),
            "place falls no less": _share(found.rank_holds),
        },
        {
            "score falls more": f"Share of comparisons in which deleting the first motivation lowers the score more than another. {_SUM}",
            "place falls more": "The same for the place; many items keep their place whatever single motivation is deleted",
            "place falls no less": "It falls more or equally far",
        },
    )
    st.caption("Share of comparisons of the first motivation with each other one, with its 95 % interval (Wilson).")
    _curves(found)
    export_document(found.model_dump_json(indent=2), f"faithfulness-{run.id}.json", label="Figures as JSON")


def _share(share: Share) -> str:
    return f"{100 * share.value:.1f} % ({100 * share.low:.0f} to {100 * share.high:.0f})"


def _curves(found: RunFaithfulness) -> None:
    random = "mean over all orders" if found.exact else "mean over drawn orders"
    left, right = st.columns(2)
    for column, word, own, other in (
        (left, "deletion", found.deletion, found.random_deletion),
        (right, "insertion", found.insertion, found.random_insertion),
    ):
        with column:
            steps = [f"mean score {score:.3f}" for score in own.scores]
            figure = deletion_chart(own.reciprocal_ranks, other.reciprocal_ranks, steps, title_y="mean of 1 / place", random_label=random)
            chart(figure, f"run-{word}", f"Curve of {word}", f"**{word.capitalize()}**, largest first")
            better = "less" if word == "deletion" else "more"
            st.caption(f"Area below: {own.area:.3f}, in random order {other.area:.3f}; {better} is more faithful.")
