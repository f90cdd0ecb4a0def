"""Makes the README's picture of a public record: `python tests/page/record.py OUT.png`.

The day is the one of `lfr bench record`, which is made up.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from appliance.bench.day import MORNING, Day, lines
from appliance.oversight import keys
from appliance.oversight.log import open_log
from appliance.oversight.proof import Proof
from appliance.oversight.record.press import publish
from appliance.oversight.record.source import draw

SIZE = {"width": 960, "height": 1240}


def photograph(out):
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        pen = keys.own(place / "keys", "lfr/van-1")
        with open_log(place / "log", pen) as log:
            log.append([*lines(Day("day-1", 20_000, 50, seed=1, starts_at=MORNING))])
        page = publish(draw(Proof(place / "log", pen.key)), place)[0]
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        view = browser.new_page(viewport=SIZE)
        view.goto(page.as_uri())
        view.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    photograph(sys.argv[1])
