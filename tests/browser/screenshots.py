"""Screenshots of every page, light and dark: `python tests/browser/screenshots.py [--workspace DIR] [--out DIR]`.

Without ``--out`` they go to assets/screenshots. With ``--readme`` they are the few that the README shows, of the demo as it ships.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.jobs.demo import build_demo
from core.workspace import Workspace
from tests.browser.studio import CHROMIUM, FLAGS, PAGES, ROOT, running_studio, wait_until_still

NAMES = {path or "overview": path for path in PAGES.values()}


@dataclass(frozen=True)
class Scene:
    """One view: a page with its query parameters, in a theme, in a window of a size (pixels)."""

    page: str
    scheme: str
    query: str = ""
    width: int = 1440
    height: int = 900
    whole: bool = False
    """The whole page, not only what fits the window."""


README = (
    Scene("recommendations", "light", "user=u110", height=1460),  # somebody whom several motivations move
    Scene("motivation_map", "dark", height=1060),
    Scene("profiles", "light", "user=u136", height=1120),
    Scene("training", "light", height=1120),
    Scene("extraction", "light"),
)
"""What the README shows, all of the demo."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="what the README shows, and nothing else")
    parser.add_argument("--workspace", type=Path, default=ROOT / "workspace")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshots")
    parser.add_argument("--widths", type=int, nargs="+", default=[1440])
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"])
    parser.add_argument("--pages", nargs="+", default=list(NAMES))
    parser.add_argument("--query", default="", help="query parameters, e.g. user=u1&item=i2")
    parser.add_argument("--whole", action="store_true", help="the whole page, not only what fits the window")
    options = parser.parse_args()
    if options.readme:
        with tempfile.TemporaryDirectory() as folder:
            build_demo(Workspace(Path(folder) / "workspace"))
            shoot(README, Path(folder) / "workspace", options.out)
        return
    scenes = [
        Scene(name, scheme, options.query, width, whole=options.whole)
        for scheme in options.schemes
        for width in options.widths
        for name in options.pages
    ]
    shoot(scenes, options.workspace, options.out)


def shoot(scenes: Sequence[Scene], workspace: Path, out: Path) -> None:
    """Write one picture a scene, PAGE-SCHEME.png (with the width where it is not 1440), and say how long each page took."""
    out.mkdir(parents=True, exist_ok=True)
    with running_studio(workspace) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scene in scenes:
            context = browser.new_context(viewport={"width": scene.width, "height": scene.height}, color_scheme=scene.scheme)
            suffix = "" if scene.width == 1440 else f"-{scene.width}"
            _picture(context.new_page(), address, scene, out / f"{scene.page}-{scene.scheme}{suffix}.png")
            context.close()
        browser.close()


def _picture(page: Any, address: str, scene: Scene, path: Path) -> None:
    page.set_default_timeout(180_000)
    began = time.monotonic()
    page.goto(f"{address}/{NAMES[scene.page]}?{scene.query}")
    wait_until_still(page)
    took = time.monotonic() - began
    if scene.whole:
        height = page.evaluate("document.querySelector('[data-testid=\"stMainBlockContainer\"]').scrollHeight")
        page.set_viewport_size({"width": scene.width, "height": max(900, int(height) + 40)})
        page.wait_for_timeout(900)
    sideways = page.evaluate("() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }")
    page.screenshot(path=path)
    sys.stdout.write(f"{path.name}: {took:.1f} s, sideways {sideways} px\n")


if __name__ == "__main__":
    main()
