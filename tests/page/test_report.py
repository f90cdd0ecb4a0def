"""The desk's report in a browser: nothing runs, nothing is fetched, and everybody can read it."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from appliance.domain.watchlist import Ground
from provisioning.enrol.rows import Row
from provisioning.report import report
from provisioning.report.likeness import Likeness, Outcome, Rules
from provisioning.report.report import About, Compared, write

NOW = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
RULES = Rules(threshold=0.3, same=0.5, floor=0.2, rate=1e-5, likely=0.4)
HOSTILE = "\"><img src=x onerror='document.title=1'><script>document.title=2</script>"
MEASURES = {"eyes_px": 110.0, "sharpness": 0.1, "turn": 0.1, "score": 0.9, "age_years": 2.0}


def portrait(shade):
    picture = Image.new("RGB", (160, 200), (70, 90, 110))
    ImageDraw.Draw(picture).ellipse((40, 40, 120, 150), fill=(shade, shade - 30, shade - 50))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG")
    return jpeg.getvalue()


def taken(number, **changes):
    fields = {"verdict": "taken", "measures": MEASURES, "thumbnail": portrait(150 + 20 * number)}
    return Row(f"R-{number}", f"{number}.jpg", **{**fields, **changes})


ROWS = (
    taken(1),
    taken(2, verdict="review", reason="It is 8 years old: look for a newer one."),
    taken(3),
    Row("R-4", HOSTILE, "refused", HOSTILE, HOSTILE, thumbnail=portrait(90)),
    Row("R-4", "", "refused", "No picture can be used.", "Add a better one."),
    Row("R-5", "5.jpg", "refused", "No face was found.", "Choose a frontal picture."),
)
FOUND = (
    Likeness("duplicate", "quarantined", 0, 0, 2, 2, 0.8, 1),
    Likeness("lamb", "review", 1, 1, outlying=7.0),
)


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Write a report of two pages that has some of everything."""
    monkeypatch.setattr(report, "PAGE_CARDS", 1)
    references, owners = ["R-1", "R-2", "R-3"], np.arange(3, dtype=np.int32)
    grounds = {Ground.COURT: 2, Ground.VOLUNTEER: 1}
    end = NOW + timedelta(hours=12)
    about = About("list-1", NOW, end, references, owners, grounds, minors=1)
    compared = Compared(Outcome(FOUND, 0), RULES, 1000)
    return write(ROWS, about, compared, tmp_path / "report").pages


@pytest.fixture
def look(chromium):
    """Open a page from the disk; what the browser complains of and asks for is kept."""
    with ExitStack() as stack:

        def look(file, **options):
            context = stack.enter_context(chromium.new_context(**options))
            page = context.new_page()
            page.said, page.asked = [], []
            page.on("console", lambda message: page.said.append(message.text))
            page.on("pageerror", lambda error: page.said.append(str(error)))
            page.on("request", lambda request: page.asked.append(request.url))
            page.goto(file.as_uri())
            return page

        yield look


def test_nothing_is_fetched_and_nothing_runs(pages, look):
    page = look(pages[0])
    others = [url for url in page.asked if not url.startswith("data:image/jpeg")]
    assert others == [pages[0].as_uri()]
    assert page.said == []
    assert page.title() == "Enrolment of list-1"
    expect(page.get_by_text(HOSTILE, exact=True).first).to_be_visible()


def test_every_picture_is_shown(pages, look):
    page = look(pages[0])
    widths = page.eval_on_selector_all("img", "found => found.map(one => one.naturalWidth)")
    assert widths == [160] * 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_to_mend(pages, look, scheme, width):
    for file in pages:
        # axe is put into the page from outside, which the page's own policy forbids.
        options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
        page = look(file, bypass_csp=True, **options)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_it_fits_a_narrow_screen(pages, look):
    page = look(pages[0], viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_first_key_leads_past_the_head(pages, look):
    page = look(pages[0])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#main$"))


def test_the_pages_lead_to_each_other(pages, look):
    page = look(pages[0])
    page.get_by_role("link", name="Page 2").click()
    expect(page.get_by_role("heading", name="Refused, continued")).to_be_visible()
    assert page.said == []


def test_no_card_is_cut_by_the_printer(pages, look):
    page = look(pages[0])
    page.emulate_media(media="print")
    cut = page.eval_on_selector_all(
        ".card", "found => found.filter(one => getComputedStyle(one).breakInside != 'avoid').length"
    )
    assert cut == 0
    assert page.pdf()[:4] == b"%PDF"
