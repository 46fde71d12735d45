"""The button behind which a report is made when it is asked for."""

from __future__ import annotations

import re

import pytest

from app.components import report_download
from app.components.profile_kept import segments
from core.recommend.recommender import Recommender
from core.workspace import Workspace

RUN = "small-lmmrec-s0-lm00"


def made(space: Workspace, **about: object) -> str:
    run = space.get("run", RUN)
    options: dict[str, object] = {"user": None, "item": None, "segments": None, "segment": None, "hidden": False} | about
    return report_download._made(space, run, Recommender.open(space, RUN), **options)().decode("utf-8")  # type: ignore[arg-type]


def test_a_report_is_made_of_what_the_page_is_about(filled: Workspace) -> None:
    run = filled.get("run", RUN)
    known = segments(filled, run, Recommender.open(filled, RUN))
    assert "<h1>Ada 3</h1>" in made(filled, user="user-03")
    assert "Guitar strap No 39" in made(filled, user="user-03", item="item-39")
    assert "<h1>Guitar strap No 5</h1>" in made(filled, item="item-05")
    assert "<h1>Gifts &amp; family</h1>" in made(filled, segments=known, segment=2)


@pytest.mark.parametrize("about", [{"user": "user-03"}, {"item": "item-05"}])
def test_with_pseudonyms_on_the_file_holds_no_name_and_no_id(filled_copy: Workspace, about: dict[str, str]) -> None:
    assert not re.search(r"\bAda \d|user-\d\d", made(filled_copy, hidden=True, **about))
