"""Screenshots of every page, light and dark: `python tests/browser/screenshots.py [--workspace DIR] [--out DIR]`.

Without ``--out`` they go to assets/screenshots, where the README shows them from.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.browser.studio import CHROMIUM, FLAGS, PAGES, ROOT, running_studio, wait_until_still

NAMES = {path or "overview": path for path in PAGES.values()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=ROOT / "workspace")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "screenshots")
    parser.add_argument("--widths", type=int, nargs="+", default=[1440])
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"])
    parser.add_argument("--pages", nargs="+", default=list(NAMES))
    parser.add_argument("--query", default="", help="query parameters, e.g. user=u1&item=i2")
    parser.add_argument("--whole", action="store_true", help="the whole page, not only what fits the window")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with running_studio(options.workspace) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in options.schemes:
            for width in options.widths:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                for name in options.pages:
                    page = context.new_page()
                    page.set_default_timeout(180_000)
                    began = time.monotonic()
                    page.goto(f"{address}/{NAMES[name]}?{options.query}")
                    wait_until_still(page)
                    took = time.monotonic() - began
                    if options.whole:
                        height = page.evaluate("document.querySelector('[data-testid=\"stMainBlockContainer\"]').scrollHeight")
                        page.set_viewport_size({"width": width, "height": max(900, int(height) + 40)})
                        page.wait_for_timeout(900)
                    sideways = page.evaluate(
                        "() => { const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth }"
                    )
                    suffix = "" if options.widths == [1440] else f"-{width}"
                    page.screenshot(path=options.out / f"{name}-{scheme}{suffix}.png")
                    sys.stdout.write(f"{name} {scheme} {width}: {took:.1f} s, sideways {sideways} px\n")
                    page.close()
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
