from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.dataset import ReviewDataset
from core.errors import InputError, NotFoundError
from core.recommend.evidence import EvidenceIndex
from core.recommend.recommender import Recommender
from core.recommend.segments import Segments
from core.reports.item_report import item_report
from core.reports.segment_report import segment_report
from core.reports.source import ReportSource, measured
from core.reports.user_report import user_report
from core.reports.written import Request, report, segments_of, write_report
from core.workspace import Workspace
from tests.recommend.made_up_map import halves
from tests.reports.read import Read, outside

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}</style><a href="https://example.org/">&amp;'
RUN = "small-lmmrec-s0-lm00"


def source_of(recommender: Recommender, **names: dict[str, str]) -> ReportSource:
    return ReportSource(recommender, "small", "run-0", "lmmrec", {"recall@20": 0.25}, "2026-01-02T03:04:05+00:00", **names)


@pytest.fixture(scope="module")
def documents(recommender: Recommender) -> dict[str, str]:
    source = replace(source_of(recommender), faithfulness=measured(recommender))
    segments = Segments(recommender, halves(recommender))
    return {
        "user": user_report(source, "u3"),
        "item": item_report(source, "i3"),
        "segment": segment_report(source, segments, 1),
        "profile": user_report(source, "u0", recommendations=False),
    }


@pytest.fixture(scope="module")
def hostile(make_recommender: Callable[..., Recommender]) -> Recommender:
    """A run over a dataset whose every text tries to break out of the page."""
    plain = make_recommender(behaviour=True)
    dataset, profiles = plain.dataset, plain.run.profiles
    assert profiles is not None
    named = replace(
        dataset,
        name=HOSTILE,
        interactions=dataset.interactions.assign(text=HOSTILE, summary=HOSTILE),
        users=dataset.users.assign(name=HOSTILE, user_id=[f"{HOSTILE}{n}" for n in range(dataset.n_users)]),
        items=dataset.items.assign(title=HOSTILE),
    )
    said = profiles.statements
    statements = said.assign(statement=[f"{HOSTILE} {n}" for n in range(len(said))], quote=[f"{HOSTILE} {n}" for n in range(len(said))])
    run = replace(plain.run, dataset=named, profiles=replace(profiles, statements=statements))
    assert EvidenceIndex.of_run(run) is not None
    return Recommender(run)


@pytest.mark.parametrize("kind", ["user", "item", "segment", "profile"])
def test_a_report_needs_nothing_from_outside(documents: dict[str, str], kind: str) -> None:
    read = Read(documents[kind])
    assert outside(read) == []
    assert "script" not in read.tags
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    assert len(documents[kind].encode()) < 500_000


@pytest.mark.parametrize("kind", ["user", "item", "segment", "profile"])
def test_a_report_is_whole_html_that_says_what_it_is_of(documents: dict[str, str], kind: str) -> None:
    read = Read(documents[kind])
    assert read.unbalanced == []
    assert read.tags.count("h1") == read.tags.count("main") == read.tags.count("title") == 1
    levels = [int(tag[1]) for tag in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(later - earlier <= 2 for earlier, later in itertools.pairwise(levels))
    assert all(part in read.styles[0] for part in ("prefers-color-scheme: dark", "@media print", "@page"))
    for said in ("Dataset small", "run run-0", "2026-01-02", "What is measured", "recall@20 0.2500"):
        assert said in read.text
    for anchor in read.fetched:
        assert anchor[1:] in read.values("id")


def test_the_terms_in_the_file_sum_to_its_scores(documents: dict[str, str], recommender: Recommender) -> None:
    charts = re.findall(r"<svg[^>]*role=\"img\".*?</svg>", documents["user"], re.DOTALL)
    sums = 0
    for chart in charts:
        read = Read(chart)
        if scores := read.values("data-score"):
            assert math.fsum(float(term) for term in read.values("data-term")) == pytest.approx(float(scores[0]), abs=1e-9)
            sums += 1
    assert sums == 3
    first = recommender.recommend("u3", 1).items[0]
    why = recommender.explain("u3", first.item)
    assert repr(why.score) in documents["user"]
    assert all(repr(part.value) in documents["user"] for part in why.contributions)


def test_claims_point_to_what_they_rest_on(documents: dict[str, str], recommender: Recommender) -> None:
    first = recommender.recommend("u3", 1).items[0]
    read = Read(documents["user"])
    for claim in recommender.explain("u3", first.item, evidence=2).claims:
        assert " ".join(claim.text.split()).strip("; (),.") in read.text
    assert any(anchor.startswith("#sum-") for anchor in read.fetched)
    assert any(anchor.startswith("#quote-") for anchor in read.fetched)


def test_every_quote_is_of_the_training_split(documents: dict[str, str]) -> None:
    assert not any("held out" in Read(document).text for document in documents.values())


@pytest.mark.parametrize("kind", ["user", "item", "segment"])
def test_hostile_text_stays_text(hostile: Recommender, kind: str) -> None:
    source = replace(source_of(hostile), dataset=HOSTILE)
    made = {
        "user": lambda: user_report(source, f"{HOSTILE}3"),
        "item": lambda: item_report(source, "i3"),
        "segment": lambda: segment_report(source, Segments(hostile, replace(drawn, clusters=drawn.clusters.assign(name=HOSTILE))), 1),
    }
    drawn = halves(hostile)
    read = Read(made[kind]())
    assert outside(read) == []
    assert read.unbalanced == []
    assert not {"script", "img", "iframe", "object", "link", "base", "form"} & set(read.tags)
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in read.text  # as words to read
    assert "49" not in re.sub(r"[\d.,:%·-]*\d{3,}[\d.,]*", "", read.text).split()  # nothing of theirs was computed


def test_under_pseudonyms_no_name_and_no_id_is_in_any_report(recommender: Recommender) -> None:
    users = recommender.dataset.users
    secret = users.assign(name=[f"Zebulon-{n}" for n in range(len(users))])
    run = replace(recommender.run, dataset=replace(recommender.dataset, users=secret))
    hidden = source_of(Recommender(run), names={f"u{n}": f"Calm Owl {1000 + n}" for n in range(len(users))})
    made = [
        user_report(hidden, "u3"),
        item_report(hidden, "i3"),
        segment_report(hidden, Segments(hidden.recommender, halves(hidden.recommender)), 1),
    ]
    for document in made:
        text = re.sub(r"“[^”]*”", "", Read(document).text)  # the made-up quotes of this dataset name users themselves
        assert "Zebulon" not in document
        assert not re.search(r"\bu\d+\b", text)
    assert "Calm Owl 1003" in made[0]
    assert "pseudonyms" in made[0]


def test_a_run_without_named_motivations_says_that_it_has_no_reasons(make_recommender: Callable[..., Recommender]) -> None:
    plain = make_recommender(named=False)
    assert measured(plain) is None
    document = user_report(source_of(plain), "u3")
    assert "does not split" in Read(document).text
    assert "data-score" not in document


def test_a_run_without_text_makes_reports_of_behaviour(make_recommender: Callable[..., Recommender]) -> None:
    silent = make_recommender(profiles=False)
    for document in (user_report(source_of(silent), "u3"), item_report(source_of(silent), "i3")):
        assert "behaviour alone" in document
        assert Read(document).unbalanced == []


def test_missing_ratings_and_days_are_left_out(make_recommender: Callable[..., Recommender], small_dataset: ReviewDataset) -> None:
    bare = replace(small_dataset, interactions=small_dataset.interactions.assign(rating=float("nan"), timestamp=-1, text=""))
    recommender = Recommender(replace(make_recommender().run, dataset=bare))
    for document in (user_report(source_of(recommender), "u3"), item_report(source_of(recommender), "i3")):
        assert not re.search(r"\bnan\b|NaT|1969|1970|None\b", Read(document).text)


def test_an_item_somebody_asked_about_is_explained_though_it_is_not_listed(recommender: Recommender) -> None:
    last = recommender.recommend("u3", 11).items[-1]
    document = user_report(source_of(recommender), "u3", k=2, explained=1, item=last.item)
    assert f"Why “{last.title}”" in document
    assert "not among the first 2" in document


def test_reports_of_a_workspace(filled_copy: Workspace) -> None:
    for request in (Request(user="user-03"), Request(item="item-05"), Request(segment=1)):
        document = report(filled_copy, RUN, request)
        assert RUN in document
        assert "Generated data" in document
    hidden = report(filled_copy, RUN, Request(user="user-03", hidden=True))
    assert "Ada" not in hidden
    assert "user-03" not in hidden


def test_what_cannot_be_reported_is_said(filled: Workspace) -> None:
    with pytest.raises(InputError, match="one user, one item or one segment"):
        Request()
    with pytest.raises(InputError, match="one user, one item or one segment"):
        Request(user="u", item="i")
    with pytest.raises(NotFoundError, match="No segment 9"):
        report(filled, RUN, Request(segment=9))
    with pytest.raises(InputError, match="no map"):
        report(filled, "small-lightgcn-s0-li00", Request(segment=0))
    assert segments_of(filled, Recommender.open(filled, "small-lightgcn-s0-li00")) is None


def test_a_report_is_written_into_a_file(tmp_path: Path) -> None:
    folder = tmp_path
    assert write_report("<p>ü</p>", folder / "new" / "report.html") == 9
    assert (folder / "new" / "report.html").read_text(encoding="utf-8") == "<p>ü</p>"
    with pytest.raises(InputError, match="name of a file"):
        write_report("x", folder)
