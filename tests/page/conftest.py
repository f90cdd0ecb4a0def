"""A real broker, a real browser, and the van's side of the talk."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

from provisioning.desk.certificates import Authority
from provisioning.page import Trial, open_page, page_files
from tests.page.cast import TABLET, WAIT_S, Broker, Tablet, Van
from tests.page.said import VAN, make_alert

JPEG = ("/9j/", "data:image/jpeg;base64,/9j/")
"""How a picture begins, as it comes and as it is shown."""
CONTEXT = {"viewport": {"width": 1280, "height": 800}, "service_workers": "block"}
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=WAIT_S * 1000)


@pytest.fixture
def draft():
    """Make an alert that is not sent."""
    return make_alert


@pytest.fixture(scope="session")
def files(pytestconfig):
    return page_files(pytestconfig.cache.mkdir("page"))


@pytest.fixture(scope="session")
def engine():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(engine):
    binary = shutil.which("chromium")
    assert binary, "Install chromium."
    browser = engine.chromium.launch(executable_path=binary, args=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def van(broker):
    van = Van(broker.port)
    yield van
    van.close()


@pytest.fixture(scope="session")
def signing():
    """What the tablet signs with: its certificate and its key."""
    return Authority.create().issue_signing(TABLET)


@pytest.fixture
def trial(signing):
    """What the page is told beside the van; tests that want something else say so."""
    return Trial(TABLET, {TABLET: signing}, "https://redress.example/")


@pytest.fixture
def url(files, broker, trial):
    with open_page(files, broker.web_port, VAN, trial) as url:
        yield url


@pytest.fixture
def open_tablet(chromium, url):
    """Open another tablet: give its page before it is loaded, or load it at once."""
    with ExitStack() as stack:

        @contextmanager
        def page(**options):
            context = chromium.new_context(**CONTEXT | options)
            yield Tablet(context.new_page())
            context.close()

        yield lambda **options: stack.enter_context(page(**options))


@pytest.fixture
def tablet(open_tablet, url):
    tablet = open_tablet()
    tablet.open(url)
    return tablet
