"""The ways of three people through one studio over the demo: a researcher, a product manager, and whoever shows it to others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.jobs.demo import build_demo
from core.workspace import Workspace
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import JOB_LIMIT_MS, Watched, choose, exported, offline

pytestmark = pytest.mark.browser
PATIENCE_MS = 180_000
N_EPOCHS = 4
# What somebody sees to be selected: headings, values of boxes and sliders, what is pressed, and the rows a count tells of.
SELECTION = """() => {
  const folded = (one) => one.closest('[data-testid="stExpander"], [data-testid="stDialog"]');
  const seen = (one) => !folded(one) && one.checkVisibility();
  const shown = (selector, read) => [...document.querySelectorAll(selector)].filter(seen).map(read);
  const text = (one) => one.innerText.trim();
  const main = '[data-testid="stMain"] ';
  return {
    headings: shown(main + ':is(h1, h2, h3)', text),
    boxes: shown('input[role="combobox"], [data-testid="stTextInput"] input, [data-testid="stNumberInput"] input', (one) => one.value),
    chosen: shown('[data-testid="stMultiSelectTagsContainer"]', text),
    pressed: shown('[data-testid="stButtonGroup"] :is([aria-checked="true"], [aria-pressed="true"])', text),
    sliders: shown(main + ':is([role="slider"], input[type="range"])', (one) => one.getAttribute('aria-valuenow') ?? one.value),
    charts: document.querySelectorAll('.js-plotly-plot').length,
  };
}"""
LINES = "() => [...document.querySelectorAll('.js-plotly-plot')].map((one) => one._fullData.map((line) => line.name))"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace]]:
    """Address of the running app, and its workspace: the demo as it ships."""
    space = Workspace(tmp_path_factory.mktemp("paths") / "workspace")
    build_demo(space)
    with running_studio(space.root) as address:
        yield address, space


@pytest.fixture
def tab(studio: tuple[str, Workspace], browser: Any) -> Iterator[Watched]:
    """A tab that must stay without an error of the console and a request to another host."""
    watched = patient(browser, studio[0])
    yield watched
    watched.page.close()
    assert watched.complaints == []


def patient(browser: Any, address: str) -> Watched:
    watched = Watched(browser, address)
    watched.page.set_default_timeout(PATIENCE_MS)
    return watched


def test_a_researcher_trains_compares_and_draws_the_map(tab: Watched, browser: Any, studio: tuple[str, Workspace], tmp_path: Path) -> None:
    address, space = studio
    before = {run.id for run in space.list("run")}
    page = tab.open("training")
    page.get_by_text("New training").first.click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill(str(N_EPOCHS))
    epochs.press("Enter")
    page.get_by_text(re.compile(rf"Changed: .*{N_EPOCHS} \(was")).wait_for()
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("button", name="Use this run").click(timeout=JOB_LIMIT_MS)
    page.get_by_role("button", name="Map of this run").wait_for()
    wait_until_still(page)
    (made,) = [run for run in space.list("run") if run.id not in before]
    assert (made.manifest.summary["epochs"], made.manifest.config["model"]) == (N_EPOCHS, "lmmrec")
    assert f"run={made.id}" in page.url

    old = next(run for run in space.list("run") if run.id in before and run.manifest.config["model"] == "lmmrec")
    for run in (old, made):
        choose_by_end(page, "Compare runs", f"({run.id[-6:]})")
    page.get_by_text("Settings that differ").wait_for()
    wait_until_still(page)
    differing = table_of(page, "config-difference", tmp_path).set_index("setting")
    of_old, of_new = (next(column for column in differing if run.id[-6:] in column) for run in (old, made))
    assert differing.loc["Epochs", of_new] == str(N_EPOCHS)
    assert differing.loc["Epochs", of_old] == str(old.manifest.config["epochs"])
    overlaid = [lines for lines in page.evaluate(LINES) if {of_old, of_new} <= set(lines)]
    assert len(overlaid) == 2  # a validation figure and a loss
    reopened(tab, browser, address, "Settings that differ")

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Motivation map").click()
    page.get_by_role("button", name="Build the map").click()
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(timeout=JOB_LIMIT_MS)
    wait_until_still(page)
    choose(page, "Colour by", "Cluster")
    assert f"run={made.id}" in page.url
    assert "colour=" in page.url
    assert [drawn.manifest.sources["run"] for drawn in space.made_from("map", made)] == [made.id]
    if page.get_by_role("button", name="Dismiss").count():
        page.get_by_role("button", name="Dismiss").click()
        wait_until_still(page)
    reopened(tab, browser, address, "near each other where the same motivations move them")


def test_a_product_manager_finds_a_user_reads_them_and_exports_their_segment(
    tab: Watched, browser: Any, studio: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = studio
    page = tab.open("profiles")
    search = page.get_by_role("textbox", name="Or search the words of reviews and statements")
    search.fill("cheap lunch")
    search.press("Enter")
    page.get_by_text(re.compile(r"[\d,]+ users? found")).wait_for()
    wait_until_still(page)
    found = table_of(page, "found-user", tmp_path)
    row(page, "found-user", 0)
    page.get_by_role("heading", name=found["name"][0], exact=True).wait_for()
    wait_until_still(page)
    assert f"user={found['id'][0]}" in page.url
    page.get_by_text("Strongest motivation").wait_for()
    page.get_by_role("heading", name="In their words").wait_for()
    assert page.locator(".js-plotly-plot").count() >= 2  # what the text says, and said against done
    reopened(tab, browser, address, "In their words")

    page.get_by_text("Segments", exact=True).first.click()
    page.get_by_text("a row opens one").wait_for()
    wait_until_still(page)
    first = page.locator('[data-testid="stMain"] h2').first.inner_text()
    row(page, "segments", 1)
    page.wait_for_function("(old) => document.querySelector('[data-testid=\"stMain\"] h2')?.innerText !== old", arg=first)
    page.get_by_text("What they choose more often").wait_for()
    page.get_by_text("Members", exact=True).first.click()
    counted = page.get_by_text(re.compile(r"^[\d,]+ users; a row opens the profile"))
    counted.wait_for()
    wait_until_still(page)
    members = table_of(page, "members-user", tmp_path)
    assert len(members) == int(counted.inner_text().split()[0].replace(",", "")) > 0
    assert members["name"].notna().all()
    for part in ("segment=", "side=", "part="):
        assert part in page.url
    reopened(tab, browser, address, "a row opens the profile")


def test_a_demo_goes_from_a_recommendation_to_a_report_that_opens_without_a_network(
    tab: Watched, browser: Any, studio: tuple[str, Workspace], tmp_path: Path
) -> None:
    address, _ = studio
    page = tab.open("recommendations")
    page.get_by_text(re.compile(r"^Top \d+ of")).wait_for()
    page.locator('[class*="st-key-list-"] canvas').first.wait_for()
    page.locator('[class*="st-key-list-"]').last.click(position={"x": 18, "y": 38 + 35 * 2 + 17})  # the box of the third row
    page.wait_for_url(re.compile("item="))
    why = page.get_by_role("heading", name=re.compile("^Why “"))
    why.first.wait_for()
    wait_until_still(page)
    title = why.first.inner_text()
    page.locator(".st-key-drop button").first.click()  # leave out the first motivation
    page.get_by_text("Without them: place").wait_for()
    wait_until_still(page)
    assert "drop=" in page.url
    reopened(tab, browser, address, "Without them: place")

    page.get_by_text("What if", exact=True).click()
    page.get_by_text("(as it is)").wait_for()
    wait_until_still(page)
    as_it_is = table_of(page, "what-if-list", tmp_path)
    for number in (1, 2):
        page.get_by_role("slider").nth(number - 1).focus()
        page.keyboard.press("Home")
        page.wait_for_url(re.compile("weight_.*" * number))
        wait_until_still(page)
    page.get_by_text(re.compile(r"\d+ of \d+ are new")).wait_for()
    anew = table_of(page, "what-if-list", tmp_path)
    assert anew["item"].tolist() != as_it_is["item"].tolist()
    assert anew["score"].astype(float).is_monotonic_decreasing
    reopened(tab, browser, address, "are new")

    page.get_by_text("Why", exact=True).first.click()
    page.get_by_role("heading", name=title).wait_for()
    wait_until_still(page)
    with page.expect_download() as given:
        page.get_by_role("button", name="Report to show to others").click()
    report = tmp_path / given.value.suggested_filename
    given.value.save_as(report)
    assert report.stat().st_size < 6_000_000
    for scheme in ("light", "dark"):
        alone, complaints = offline(browser, report, scheme)
        alone.locator("h1").wait_for()
        assert title.removeprefix("Why ").strip("“”") in alone.inner_text("body")
        assert alone.locator("svg[role=img]").count() >= 1
        alone.context.close()
        assert complaints == []


def reopened(tab: Watched, browser: Any, address: str, words: str) -> None:
    """The tab's link in a fresh context shows what the tab shows, as quietly."""
    other = patient(browser, address)
    page = other.open(tab.page.url.removeprefix(f"{address}/"))
    page.get_by_text(words).first.wait_for()
    wait_until_still(page)
    wait_until_still(tab.page)
    assert page.evaluate(SELECTION) == tab.page.evaluate(SELECTION)
    page.close()
    assert other.complaints == []


def table_of(page: Any, name: str, folder: Path) -> pd.DataFrame:
    """What the export menu of a table gives as CSV, as text."""
    return pd.read_csv(exported(page, name, folder), dtype=str)


def row(page: Any, name: str, number: int) -> None:
    """Click the box of a row of the table ``name``; the table is drawn on a canvas, so by place."""
    page.locator(f'.st-key-{name} [data-testid="stDataFrame"]').click(position={"x": 18, "y": 38 + 35 * number + 17})


def choose_by_end(page: Any, label: str, end: str) -> None:
    """Add the option whose name ends so to a box of several."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=re.compile(re.escape(end) + "$")).click()
    page.keyboard.press("Escape")
    wait_until_still(page)
