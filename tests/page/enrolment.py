"""Makes the README's picture of the desk's report: `python tests/page/enrolment.py OUT.png`.

The portraits are those of the demo (NASA and US Navy, public domain) and a cat (CC0), each as it is
and spoilt on purpose; they are really enrolled, with the networks that this machine has.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from playwright.sync_api import sync_playwright
from pyrage import x25519
from rich.console import Console

from appliance.command.draft import Look
from appliance.demo.portraits import find_portrait
from appliance.desk import enrol
from appliance.domain.watchlist import Ground, Head
from provisioning.enrol.gate import TRIAL
from provisioning.enrol.terms import Terms
from provisioning.report.compare import NOBODY, People
from provisioning.report.review import Comparison, review

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=timezone.utc)
COLUMNS = "reference,ground,reason,power,source,image_date,reviewer,born,expires,pictures"
TERMS = "volunteer,Takes part in a recall test,None: a volunteer is thanked,given for the test"
EYES_PX = 40
"""The astronaut's are 44 apart."""
WIDTH_PX, HEIGHT_PX = 1240, 1330
COLOURS = 128
"""Few colours make a small file; the eye hardly sees it."""


def portraits():
    """Read what comes inside the packages."""
    astronaut = Image.open(find_portrait("skimage", "data/astronaut.png")).convert("RGB")
    hopper = find_portrait("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")
    cat = Image.open(find_portrait("skimage", "data/chelsea.png")).convert("RGB")
    return astronaut.crop((60, 0, 400, 425)), Image.open(hopper).convert("RGB"), cat


def tiny(picture):
    return ImageOps.contain(picture, (130, 130))


def dark(picture):
    return ImageEnhance.Brightness(picture).enhance(0.13)


def blurred(picture):
    return picture.filter(ImageFilter.GaussianBlur(9))


def again(picture):
    """Make another print of the same picture: mirrored, paler, cut differently."""
    paler = ImageEnhance.Color(ImageOps.mirror(picture)).enhance(0.35)
    return ImageEnhance.Brightness(paler).enhance(1.1).crop((10, 15, 320, 400))


def glasses(picture):
    shaded = picture.copy()
    draw = ImageDraw.Draw(shaded)
    for left in (182, 268):
        draw.ellipse((left, 178, left + 74, 232), fill=(12, 12, 14))
    draw.line((250, 196, 272, 196), fill=(12, 12, 14), width=7)
    return shaded


def together(one, other):
    height = 420
    pair = [ImageOps.contain(each, (1000, height)) for each in (one, other)]
    both = Image.new("RGB", (sum(each.width for each in pair), height))
    both.paste(pair[0], (0, 0))
    both.paste(pair[1], (pair[0].width, 0))
    return both


def people(folder):
    """Write the pictures and the table."""
    collins, hopper, cat = portraits()
    entries = [
        ("V-101", "2024-05-02", [("portrait", collins), ("from-a-film", blurred(collins))]),
        ("V-102", "2019-06-11", [("navy", hopper), ("evening", dark(hopper))]),
        ("V-103", "2025-02-20", [("old-print", again(collins))]),
        ("V-104", "2025-02-20", [("thumbnail", tiny(collins))]),
        ("V-105", "2023-09-01", [("group", together(collins, hopper))]),
        ("V-106", "2025-10-30", [("chelsea", cat)]),
        ("V-107", "2025-01-15", [("sunglasses", glasses(hopper))]),
        ("V-108", "2012-03-09", [("archive", ImageOps.mirror(hopper))]),
    ]
    lines = [COLUMNS]
    for reference, day, pictures in entries:
        names = []
        for name, picture in pictures:
            names.append(f"{name}.jpg")
            picture.save(folder / names[-1], quality=92)
        lines.append(f"{reference},{TERMS},{day},PC 7,adult,2027-01-01,{';'.join(names)}")
    lines.append(
        f"V-109,{TERMS.replace('volunteer', 'associate', 1)},unknown,PC 7,adult,2027-01-01,"
    )
    (folder / "people.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "people.csv"


def written(options, folder):
    """Enrol, compare, and write the report."""
    identity = x25519.Identity.generate()
    look = Look(options.pack, options.models, EYES_PX, thumbnails="large", workers=0)
    console = Console(stderr=True)

    def run(source, name, **changes):
        terms = Terms(Ground.VOLUNTEER, "-", "-", "-", "-", NOW + timedelta(days=99))
        wishes = look.wishes(source, terms, (folder / name, str(identity.to_public())))
        return enrol(replace(wishes, **changes), str(identity), console)

    table = people(folder)
    enrolled = run(table, "shards")
    head = Head(
        watchlist_id="recall-test-27-november",
        model_id=enrolled.model_id,
        made_at=NOW,
        expires_at=NOW + timedelta(hours=10),
    )
    comparison = Comparison(
        look.rules(), lambda _done, _of: None, strangers(options.strangers, run)
    )
    return review(enrolled, head, comparison, folder / "report").written.pages[0]


def strangers(folder, run):
    """Enrol people who are not listed, as poor as they are; none of them is in the picture."""
    if folder is None:
        return NOBODY
    enrolled = run(folder, "others", gate=TRIAL)
    return People(enrolled.templates, enrolled.owners)


def photograph(page, out):
    """Take the picture, in few colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        view = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        view.goto(page.as_uri())
        taken = view.screenshot(full_page=True)
        browser.close()
    picture = Image.open(BytesIO(taken)).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(out, optimize=True)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pack", default="auto")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--strangers", type=Path, help="a folder of people who are not listed")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        photograph(written(options, Path(folder)), options.out)


if __name__ == "__main__":
    main(sys.argv[1:])
