"""What a dataset is: counts, coverage, how active its users and items are, and what the import dropped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.charts.distributions import histogram
from app.charts.palette import ITEM_COLOUR, NEUTRAL, USER_COLOUR
from app.components.export import chart, table
from app.components.page import figures
from core.data.dataset import SPLITS, ReviewDataset
from core.data.report import ImportReport


def text_coverage(dataset: ReviewDataset) -> float:
    """Share of the interactions that have a review text, 0..1."""
    return float((dataset.interactions["text"] != "").mean()) if len(dataset.interactions) else 0.0


def has_text(dataset: ReviewDataset) -> bool:
    """Whether any review or profile of the dataset holds words."""
    profiles = (dataset.users["profile_text"] != "").any() or (dataset.items["profile_text"] != "").any()
    return bool(profiles or (dataset.interactions["text"] != "").any())


def profile_coverage(dataset: ReviewDataset) -> tuple[float, float]:
    """Shares of the users and of the items that came with a profile text, 0..1 each."""
    users, items = ((side["profile_text"] != "").mean() if len(side) else 0.0 for side in (dataset.users, dataset.items))
    return float(users), float(items)


def dataset_card(dataset: ReviewDataset) -> None:
    """Counts and three histograms."""
    n = len(dataset.interactions)
    lengths = dataset.interactions["text"].str.len().to_numpy()
    profiled = profile_coverage(dataset)
    figures(
        {
            "Users": f"{dataset.n_users:,}",
            "Items": f"{dataset.n_items:,}",
            "Interactions": f"{n:,}",
            "Density": f"{100 * n / max(1, dataset.n_users * dataset.n_items):.2f} %",
            "With a text": f"{100 * text_coverage(dataset):.1f} %",
            **({"With a profile": f"{100 * profiled[0]:.0f} / {100 * profiled[1]:.0f} %"} if any(profiled) else {}),
            "Train / valid. / test": " / ".join(f"{100 * len(dataset.rows(split)) / max(1, n):.0f}" for split in SPLITS) + " %",
        },
        {
            "Density": "Interactions there are, of all pairs of a user and an item.",
            "With a text": "Share of the interactions that come with a review text.",
            "With a profile": "Share of the users, and of the items, that came with a text about them.",
            "Train / valid. / test": "Training, validation and test split. Only training reviews ever reach a profile or an explanation.",
        },
    )
    left, middle, right = st.columns(3)
    users = np.bincount(dataset.interactions["user_idx"], minlength=dataset.n_users)
    items = np.bincount(dataset.interactions["item_idx"], minlength=dataset.n_items)
    with left:
        chart(
            histogram(users, x_title="interactions", y_title="users", colour=USER_COLOUR),
            "user-activity",
            "Histogram of interactions per user",
            "**Activity of users**",
        )
    with middle:
        chart(
            histogram(items, x_title="interactions", y_title="items", colour=ITEM_COLOUR),
            "item-popularity",
            "Histogram of interactions per item",
            "**Popularity of items**",
        )
    with right:
        if lengths.max(initial=0) > 0:
            chart(
                histogram(lengths, x_title="characters", y_title="reviews", colour=NEUTRAL),
                "review-length",
                "Histogram of the length of reviews",
                "**Length of reviews**",
            )
        else:
            _profile_lengths(dataset)


def _profile_lengths(dataset: ReviewDataset) -> None:
    """Where no review has a text: how long the profiles are that came with users and items."""
    texts = pd.concat([dataset.users["profile_text"], dataset.items["profile_text"]])
    lengths = texts.str.len().to_numpy()
    if lengths.max(initial=0) == 0:
        st.markdown("**Length of reviews**")
        st.caption("No review has a text, and no user or item has a profile: only models that read none can be trained.")
        return
    chart(
        histogram(lengths, x_title="characters", y_title="users and items", colour=NEUTRAL),
        "profile-length",
        "Histogram of the length of profile texts",
        "**Length of profile texts**",
    )


def import_summary(dataset: ReviewDataset) -> str:
    """The import in one line: read, kept, dropped; "" where the dataset was not imported."""
    if not dataset.report.get("lines_read"):
        return ""
    report = ImportReport.model_validate(dataset.report)
    dropped = sum(entry.count for entry in report.dropped.values())
    largest = max(report.dropped.items(), key=lambda pair: pair[1].count, default=None)
    why = f", most of them for “{largest[0]}”" if largest and len(report.dropped) > 1 else f" for “{largest[0]}”" if largest else ""
    return (
        f"The import read {report.lines_read:,} lines, kept {report.interactions:,} interactions and dropped "
        f"{f'{dropped:,} rows{why}' if dropped else 'nothing'}."
    )


def import_report(dataset: ReviewDataset) -> None:
    """What was read, what was dropped and why, as the import wrote it down."""
    if not dataset.report.get("lines_read"):
        st.caption("This dataset was not made by an import, so there is no report.")
        return
    report = ImportReport.model_validate(dataset.report)
    st.markdown(
        f"Read **{report.lines_read:,}** lines of {', '.join(report.files) or 'a table'} ({report.format}); "
        f"kept **{report.interactions:,}** interactions of {report.users:,} users with {report.items:,} items."
    )
    for note in report.notes:
        st.markdown(f"- {note}")
    dropped = pd.DataFrame(
        [(reason, entry.count, ", ".join(map(str, entry.lines))) for reason, entry in report.dropped.items()],
        columns=["why", "rows dropped", "first at line"],
    ).sort_values("rows dropped", ascending=False)
    if dropped.empty:
        st.caption("Nothing was dropped.")
        return
    table(dropped, f"{dataset.name}-dropped")
