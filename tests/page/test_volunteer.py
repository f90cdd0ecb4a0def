"""A volunteer in a recall test, with a phone and nothing else."""

import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from appliance.command.turnstile import open_server
from appliance.domain import slip
from appliance.oversight.recall.book import Book, utc_now
from appliance.oversight.recall.page import Page
from appliance.oversight.recall.plan import Plan, Volunteer

PHONE = {"width": 360, "height": 640}
CODE = slip.code("a volunteer")


@pytest.fixture
def book():
    plan = Plan(
        deployment_id="d-1",
        began_at=utc_now(),
        before=timedelta(seconds=2),
        window=timedelta(seconds=20),
        volunteers=(Volunteer(code=CODE, reference="V-1"),),
    )
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        book = Book(Path(memory))
        book.begin(plan)
        yield book


@pytest.fixture
def address(book):
    with open_server(Page(book), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scripts", [True, False])
def test_one_tap_is_a_pass_also_where_no_script_runs(chromium, address, book, scripts):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=scripts)
    phone = context.new_page()
    phone.goto(f"{address}/{CODE}")
    phone.get_by_role("button", name="I pass now").click()
    assert phone.get_by_role("status").inner_text().startswith("Pass 1 is noted")
    assert phone.url == f"{address}/{CODE}"
    phone.reload()  # a page that is loaded again is no pass
    phone.get_by_role("button", name="I pass now").click()
    assert phone.get_by_role("status").inner_text().startswith("That was too soon")
    assert len(book.marks()) == 1
    context.close()


def test_whoever_has_only_a_code_types_it_in(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    phone = context.new_page()
    phone.goto(address)
    phone.get_by_label("Your code").fill(CODE.lower())
    phone.get_by_role("button", name="Go on").click()
    assert phone.url == f"{address}/{CODE}"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium, address, scheme):
    # axe is put into the page from outside, which the page's own policy forbids.
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme, bypass_csp=True)
    phone = context.new_page()
    for path in ("/", f"/{CODE}", "/0000000000"):
        phone.goto(address + path)
        found = Axe().run(phone).response["violations"]
        assert [(path, one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.goto(f"{address}/{CODE}")
    box = phone.get_by_role("button").bounding_box()
    assert box["height"] >= PHONE["height"] / 2
    assert box["y"] < PHONE["height"] / 2
    context.close()
