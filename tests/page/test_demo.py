"""`lfr demo --tls`: what it says is enough to open the page, in any browser or in its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from playwright.sync_api import expect

from tests.page.visitor import visiting

SAID = re.compile(
    r"Tablet +(?P<url>https://localhost:\d+/)\n"
    r".*: sh (?P<script>\S+/browser\.sh)\n"
    r".*: import (?P<p12>\S+\.p12), password (?P<password>\S+)\n"
)
FAKE = '#!/bin/sh\necho "$HOME" >{told}\nfor word; do echo "$word" >>{told}; done\n'


class Demo:
    """One that runs, and what it has said."""

    def __init__(self, process):
        self.process, self.said = process, ""

    def read_until(self, words):
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return
        pytest.fail(f"It has never said {words!r}: {self.said}")


@contextmanager
def playing(*arguments, **environment):
    """Run a demo until it is interrupted, as by a person with Ctrl-C."""
    command = [sys.executable, "-m", "appliance", "demo", "--headless", "--no-audit", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        demo = Demo(process)
        try:
            yield demo
        finally:
            process.send_signal(signal.SIGINT)
            demo.said += process.stdout.read()


@pytest.fixture
def chromium_there(tmp_path):
    """Put a Chromium on the path that writes down how it was started."""
    folder, told = tmp_path / "bin", tmp_path / "told"
    folder.mkdir()
    (folder / "chromium").write_text(FAKE.format(told=told))
    (folder / "chromium").chmod(0o755)
    return told, f"{folder}:{os.environ['PATH']}"


@pytest.mark.timeout(180)
def test_the_browser_that_it_makes_ready_shows_an_alert_and_answers_it(
    engine, tmp_path, chromium_there
):
    told, path = chromium_there
    with playing("--tls", TMPDIR=str(tmp_path), PATH=path) as demo:
        demo.read_until("Lamp ")
        found = SAID.search(demo.said)
        own = Path(found["p12"]).read_bytes()
        assert Path(found["p12"]).stat().st_mode & 0o777 == 0o600
        held = pkcs12.load_pkcs12(own, found["password"].encode())
        assert held.cert.certificate.subject.rfc4514_string() == "CN=tablet-1"
        subprocess.run(["sh", found["script"]], check=True, env={**os.environ, "PATH": path})
        home, *words = told.read_text().splitlines()
        assert words == [f"--user-data-dir={home}/profile", "--no-first-run", found["url"]]
        with visiting(engine, tmp_path, Path(home), found["url"]) as tablet:
            tablet.open(found["url"])
            expect(tablet.cards.first).to_be_visible()
            tablet.page.get_by_role("button", name="Not viable", exact=True).first.click()
            demo.read_until("DECISION  not viable")
            assert tablet.errors == []
    assert demo.process.returncode == 0
    assert "Closed " in demo.said
    assert not Path(home).exists()


@pytest.mark.timeout(120)
def test_where_no_chromium_can_be_made_ready_the_certificate_is_left_to_import(tmp_path):
    with playing("--tls", PATH=str(tmp_path)) as demo:
        demo.read_until("Lamp ")
    assert "browser.sh" not in demo.said
    assert ".p12, password " in demo.said
