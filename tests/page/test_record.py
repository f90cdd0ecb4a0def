"""The public record in a browser: nothing runs, nothing is fetched, everybody can read it."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from appliance.bench.day import MORNING, Day, lines
from appliance.oversight.record import paper
from appliance.oversight.record.series import merge
from tests.oversight.record.conftest import keep, told


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("record")
    days = [
        Day(f"day-{number}", seed=number, starts_at=MORNING + timedelta(number))
        for number in (1, 2)
    ]
    log = keep(folder / "log", *map(lines, days))
    records = [told(log, day.deployment_id) for day in days]
    files = [folder / "record.html", folder / "series.html"]
    files[0].write_text(paper.page(records[0]), "utf-8")
    files[1].write_text(paper.series_page(merge(records)), "utf-8")
    return files


@pytest.fixture
def look(chromium):
    """Open a page, and note what it asks for and complains of."""
    contexts = []

    def open_page(file, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_nothing_is_fetched_and_nothing_is_amiss(pages, look):
    for file in pages:
        page = look(file)
        assert page.asked == [file.as_uri()]
        assert page.said == []


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_to_mend_and_it_fits(pages, look, width):
    for file in pages:
        # axe is put into the page from outside, which the page's own policy forbids.
        page = look(file, bypass_csp=True, viewport={"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_a_few_sheets_without_a_rim_of_links(pages, look, tmp_path):
    page = look(pages[0])
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    printed = page.pdf(format="A4", print_background=False)
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type/Page\n") <= 8
