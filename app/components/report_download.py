"""The button that downloads a report: one HTML file about a user, an item or a segment, made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from app import artefacts, session
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from core.reports.item_report import item_report
from core.reports.segment_report import segment_report
from core.reports.source import Faithfulness, ReportSource, measured
from core.reports.user_report import user_report
from core.workspace import Artefact, Workspace

_UNSAFE = re.compile(r"[^\w.-]+")
_HELP = "One HTML file that opens offline, in light and dark, and prints"


def report_download(
    space: Workspace,
    run: Artefact,
    *,
    user: str | None = None,
    item: str | None = None,
    segments: Segments | None = None,
    segment: int | None = None,
    label: str = "Report",
) -> None:
    """A button for the report about a user (with the reasons for ``item``, where one is given), an item, or a segment.

    With pseudonyms on, the report and its file's name hold no name and no id of a user.
    """
    recommender, hidden = artefacts.recommender(space, run), session.users_hidden()
    named = ""
    if user is not None:
        dataset = space.get("dataset", run.manifest.sources["dataset"])
        named = session.names_of_users(space, dataset).identifier(user)
    named = named or item or (f"segment-{segment}" if segment is not None else "")
    kind = "user" if user is not None else "item" if item is not None else "segment"
    st.download_button(
        label,
        _made(space, run, recommender, hidden, user, item, segments, segment),
        f"report-{_UNSAFE.sub('-', named)[:60]}.html",
        "text/html",
        key=f"report-{kind}-{named}",
        on_click="ignore",
        icon=":material/description:",
        help=_HELP,
    )


def _made(
    space: Workspace,
    run: Artefact,
    recommender: Recommender,
    hidden: bool,
    user: str | None,
    item: str | None,
    segments: Segments | None,
    segment: int | None,
) -> Callable[[], bytes]:
    def make() -> bytes:
        faithfulness = _faithfulness(run.id, run.manifest.created_at, _recommender=recommender)
        source = ReportSource.open(space, run.id, hidden=hidden, recommender=recommender, faithfulness=faithfulness)
        if user is not None:
            return user_report(source, user, item=item).encode("utf-8")
        if item is not None:
            return item_report(source, item).encode("utf-8")
        assert segments is not None
        assert segment is not None
        return segment_report(source, segments, segment).encode("utf-8")

    return make


@st.cache_resource(max_entries=16, show_spinner=False)
def _faithfulness(run: str, created_at: str, _recommender: Recommender) -> Faithfulness | None:
    del run, created_at
    return measured(_recommender)
