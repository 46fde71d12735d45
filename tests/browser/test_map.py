"""The motivation map in a real browser: outline, table, neighbours, export, names and links."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.maps.cluster_edits import edited
from core.workspace import Workspace
from tests.app.hand_made import fill
from tests.browser.studio import running_studio, wait_until_still
from tests.browser.watched import Watched, exported

pytestmark = pytest.mark.browser
N_POINTS = 100


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace]]:
    """Address of the running app, and its workspace."""
    space = fill(Workspace(tmp_path_factory.mktemp("map") / "workspace"))
    with running_studio(space.root) as address:
        yield address, space


@pytest.fixture
def tab(studio: tuple[str, Workspace], browser: Any) -> Iterator[Watched]:
    watched = Watched(browser, studio[0])
    yield watched
    watched.page.close()
    assert watched.complaints == []


def lasso(page: Any, share: float = 0.48) -> None:
    """Draw around the middle of the map."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    corners = [(x + share * box["width"] * math.cos(step / 4), y + share * box["height"] * math.sin(step / 4)) for step in range(26)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=2)
    page.mouse.up()


def test_a_lasso_leads_to_a_table_its_export_and_a_profile(tab: Watched, tmp_path: Path) -> None:
    page = tab.open("motivation_map")
    lasso(page)
    page.get_by_text("inside your outline").first.wait_for()
    wait_until_still(page)
    listed = pd.read_csv(exported(page, "selected-points", tmp_path))
    assert len(listed) > N_POINTS // 2
    assert {"kind", "name", "id", "cluster", "trust"} <= set(listed.columns)
    page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 38 + 17})
    page.get_by_role("button", name="Open the profile").wait_for()
    wait_until_still(page)
    # The figure has changed, with lines to the neighbours; the outline and its table are still there.
    assert page.get_by_text("inside your outline").count() == 1
    page.get_by_text("Nearest users", exact=True).wait_for()
    page.get_by_role("button", name="Open the profile").click()
    page.get_by_role("heading", name="Profiles").wait_for()


def test_the_map_leaves_as_a_page_that_opens_without_a_network(tab: Watched, browser: Any, tmp_path: Path) -> None:
    page = tab.open("motivation_map")
    path = exported(page, "motivation-map", tmp_path, "HTML, opens offline")
    context = browser.new_context(offline=True)
    asked: list[str] = []
    alone = context.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    alone.locator(".js-plotly-plot .legend").first.wait_for()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_a_click_picks_a_point_where_the_mouse_moves_the_map(tab: Watched) -> None:
    page = tab.open("motivation_map?mouse=Move%2C+pick")
    place = page.evaluate(
        """() => {
          const plot = document.querySelector('.js-plotly-plot'), box = plot.querySelector('.nsewdrag').getBoundingClientRect();
          const trace = plot._fullData.find((one) => one.type === 'scattergl' && one.x.length);
          const axes = plot._fullLayout;
          return [box.x + axes.xaxis.d2p(trace.x[0]), box.y + axes.yaxis.d2p(trace.y[0])];
        }"""
    )
    page.mouse.move(*place)
    page.wait_for_timeout(400)
    page.mouse.click(*place)
    page.get_by_role("button", name="Open the profile").wait_for()
    assert "point=" in page.url


def test_a_link_reopens_map_colour_filter_search_cluster_and_point(tab: Watched) -> None:
    link = (
        "motivation_map?colour=Trust&clusters=0%2C1&find=strap&cluster=1&point=item&item=item-05&trust-regions=true&density=true&show=Items"
    )
    page = tab.open(link)
    page.get_by_role("heading", name="Guitar strap No 5").wait_for()
    page.get_by_text("found for “strap”").first.wait_for()
    for part in (
        "colour=Trust",
        "clusters=0%2C1",
        "find=strap",
        "cluster=1",
        "point=item",
        "trust-regions=true",
        "density=true",
        "show=Items",
    ):
        assert part in page.url
    assert page.locator(".js-plotly-plot .colorbar").count() >= 1
    assert page.locator(".js-plotly-plot .contourlayer path").count() >= 1
    assert page.get_by_role("heading", name="Guitar strap No 5").count() == 1


def test_a_cluster_is_renamed_on_the_page_and_the_name_stands_on_the_map(tab: Watched, studio: tuple[str, Workspace]) -> None:
    page = tab.open("motivation_map?cluster=2")
    page.get_by_text("in the chosen cluster").first.wait_for()
    page.get_by_role("button", name="Rename").first.click()
    page.get_by_label("New name").fill("Presents for others")
    page.get_by_label("New name").press("Enter")
    page.get_by_role("button", name="Undo").wait_for()
    wait_until_still(page)
    assert page.locator(".js-plotly-plot .annotation-text", has_text="Presents for others").count() == 1
    space = studio[1]
    drawn = space.made_from("map", space.get("run", "small-lmmrec-s0"))[0]
    assert edited(drawn).clusters["name"].tolist()[2] == "Presents for others"
    page.get_by_role("button", name="Undo").click()
    page.locator(".js-plotly-plot .annotation-text", has_text="Gifts & family").wait_for()
