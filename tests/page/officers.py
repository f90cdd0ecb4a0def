"""Makes the README's pictures of the officers' page: `python tests/page/officers.py OUT_DIR`.

The portrait is the one of the demo's film (NASA, public domain), as it is and as a van's camera
would see it. `--every` takes a picture of each state of the page, for whoever changes its looks.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageEnhance, ImageFilter
from playwright.sync_api import expect, sync_playwright

from appliance.demo.portraits import find_portrait
from engines.packs import cache_folder
from provisioning.desk.certificates import Authority
from provisioning.page import Trial, open_page, page_files
from tests.page.cast import TABLET, Broker, Tablet, Van
from tests.page.said import VAN

TABLETS = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FACTS = {
    "subject": "V-012",
    "ground": "volunteer",
    "reason": "Takes part in today's recall test",
    "power": "Nothing: thank them for taking part",
    "band": "strong",
    "camera": "mast-2",
    "place": {"left": 0.58, "top": 0.3, "width": 0.07, "height": 0.2},
}


def jpeg(picture):
    data = BytesIO()
    picture.save(data, "JPEG", quality=88)
    return base64.b64encode(data.getvalue()).decode()


def portraits():
    """Cut the face as the van would see it, and three pictures of a list."""
    astronaut = Image.open(find_portrait("skimage", "data/astronaut.png")).convert("RGB")
    street = astronaut.crop((140, 12, 316, 232)).resize((176, 220)).filter(
        ImageFilter.GaussianBlur(0.8)
    )  # fmt: skip
    street = ImageEnhance.Brightness(street).enhance(0.72)
    listed = astronaut.crop((80, 0, 368, 360))
    paler = ImageEnhance.Color(listed.crop((30, 0, 270, 300))).enhance(0.3)
    return jpeg(street), [
        {"jpeg": jpeg(listed), "taken_on": "2025-03-09"},
        {"jpeg": jpeg(paler), "taken_on": "2022-06-02"},
        {"jpeg": jpeg(listed.crop((40, 20, 248, 280))), "taken_on": None},
    ]


class Studio:
    """A broker, a van and a browser; gives a page with an alert on it."""

    def __init__(self, stack, folder):
        self._stack = stack
        broker = Broker(folder)
        broker.start()
        stack.callback(broker.stop)
        self.van = Van(broker.port)
        stack.callback(self.van.close)
        key = Authority.create().issue_signing(TABLET)
        trial = Trial(TABLET, {TABLET: key}, "https://redress.example/?code=")
        files = page_files(cache_folder() / "page")
        self._url = stack.enter_context(open_page(files, broker.web_port, VAN, trial))
        playwright = stack.enter_context(sync_playwright())
        self._browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        stack.callback(self._browser.close)
        self.van.state(watchlist_id="list-27-november", subjects=412)

    @contextmanager
    def tablet(self, scheme="light", viewport=None):
        context = self._browser.new_context(
            viewport=viewport or TABLETS, color_scheme=scheme, service_workers="block"
        )
        tablet = Tablet(context.new_page())
        tablet.open(f"{self._url}?officer=PC 1234")
        tablet.page.locator("h1").click(force=True)
        crop, images = portraits()
        tablet.alert = self.van.alert(crop=crop, images=images, **FACTS)
        expect(tablet.cards.first.locator(".live img")).to_be_visible()
        yield tablet
        context.close()


def quiet(tablet):
    """Touch the screen, so that the alarm is over, and let what moves come to rest."""
    tablet.page.keyboard.press("Shift")
    expect(tablet.page.locator("body")).not_to_have_class("settling")


def photograph(tablet, file):
    """Take the picture in all its colours: a portrait in few of them has spots."""
    picture = Image.open(BytesIO(tablet.page.screenshot())).convert("RGB")
    picture.save(file, optimize=True)


def readme(studio, out):
    for name, scheme in (("tablet", "light"), ("tablet-night", "dark")):
        with studio.tablet(scheme) as tablet:
            quiet(tablet)
            photograph(tablet, out / f"{name}.png")


def every(studio, out):
    """Take each state, by day on a tablet and on a phone."""
    for name, viewport in (
        ("day", None),
        ("phone", PHONE),
        ("upright", {"width": 800, "height": 1280}),
    ):
        with studio.tablet(viewport=viewport) as tablet:
            photograph(tablet, out / f"{name}-alarm.png")
            quiet(tablet)
            photograph(tablet, out / f"{name}-open.png")
            for step, tap in (("viable", "Viable"), ("engaged", "Same person")):
                tablet.tap(tap)
                quiet(tablet)
                photograph(tablet, out / f"{name}-{step}.png")
            tablet.tap("Redress slip")
            photograph(tablet, out / f"{name}-slip.png")
            tablet.tap("Close")
            for choice in ("Arrest", "5 to 15 min", "No", "Yes", "White"):
                tablet.page.get_by_role("radio", name=choice, exact=True).last.check()
            tablet.tap("Record")
            expect(tablet.page.locator(".missing")).to_be_visible()
            photograph(tablet, out / f"{name}-missing.png")
            tablet.page.locator(".force_used").get_by_role("radio", name="No").check()
            tablet.tap("Record")
            quiet(tablet)
            photograph(tablet, out / f"{name}-done.png")
    others(studio, out)


def others(studio, out):
    with studio.tablet() as tablet:
        quiet(tablet)
        studio.van.withdraw(tablet.alert, answer="viable")
        expect(tablet.page.get_by_text("In hand")).to_be_visible()
        photograph(tablet, out / "day-taken.png")
        tablet.tap("Assess it myself")
        tablet.tap("Viable")
        studio.van.withdraw(tablet.alert, answer="not_the_person")
        expect(tablet.page.locator(".notice")).to_be_visible()
        photograph(tablet, out / "day-decided.png")
        tablet.page.locator(".sky:visible").click()
        studio.van.alert(**FACTS)
        tablet.page.locator(".shift-open:visible").click()
        photograph(tablet, out / "sun-shift.png")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", action="store_true")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        studio = Studio(stack, Path(stack.enter_context(TemporaryDirectory())))
        (every if options.every else readme)(studio, options.out)


if __name__ == "__main__":
    main(sys.argv[1:])
