"""The auditor's page: one printed page, whose every command and option is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from html import unescape
from pathlib import Path

import pytest
import typer.main

from appliance import __main__ as command
from appliance.bench.day import Day
from appliance.bench.day import lines as lines_of
from appliance.traces import Traces
from tests.oversight.log.conftest import make_pen
from tests.oversight.record.conftest import keep

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "provisioning" / "auditors.html"
GO = ROOT / "tests" / "oversight" / "log" / "verify.go"
CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer",
)  # fmt: skip
PAGES = re.compile(rb"/Type\s*/Page(?!s)")
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text("utf-8")


def words(page):
    """Give what somebody reads on it."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.partition("<body>")[2])).split())


def lines(page):
    """Give each line that somebody is to type, without what is said about it."""
    blocks = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    typed = [line for block in blocks for line in unescape(block).splitlines()]
    return [line.partition("  #")[0].strip() for line in typed]


def unknown(line):
    """Give the first word of a command of ours that is neither a command, an option nor given."""
    here = typer.main.get_command(command.app)
    # As whom it is typed may be called so, too: sudo -u lfr lfr check.
    rest = re.split(r"\blfr (?!lfr )|\./run ", line, maxsplit=1)[-1].split()
    while rest and hasattr(here, "commands"):
        if rest[0] not in here.commands:
            return rest[0]
        here = here.commands[rest.pop(0)]
    options = {name for one in here.params for name in one.opts}
    return next((word for word in rest if word.startswith("--") and word not in options), None)


def test_every_command_and_option_on_it_is_there(page):
    ours = [
        line for line in lines(page) if not line.startswith(("GO111MODULE", "mkdir", "./run test"))
    ]
    assert len(ours) >= 12
    assert {line: unknown(line) for line in ours if unknown(line)} == {}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("lfr log prove LOG", "prove"),
        ("sudo -u lfr lfr log verify LOG --keys KEY", "--keys"),
        ("lfr inquest", "inquest"),
        ("lfr log verify LOG --key KEY", None),
    ],
)
def test_a_command_that_is_none_would_be_found(line, word):
    assert unknown(line) == word


FAR = ("lfr log ", "lfr record ", "lfr deployment record ", "GO111MODULE=off ", "mkdir ")
"""What somebody types far from the van, who has nothing but its log and its key."""


@pytest.fixture
def auditor(page, tmp_path):
    """Somebody with a copy of a day's log, an older checkpoint of it, and this project."""
    log = keep(tmp_path / "log", [*lines_of(Day(faces=3_000))])
    older = tmp_path / "older"
    older.write_bytes((log / "checkpoint").read_bytes())
    _, size, root = older.read_text().splitlines()[:3]
    means = {
        "LOG": log, "KEY": make_pen().key.text, "OLDER": older, "SIZE": size, "ROOT": root,
        "PRINTED": f"{size}:{b64decode(root).hex()}", "ID": "day-1", "N": size,
        "tests/oversight/log/verify.go": GO,
    }  # fmt: skip

    def walk():
        """Type every such line of the page, and give each with how it ended."""
        ended = {}
        for line in lines(page):
            if line.startswith(FAR):
                typed = " ".join(str(means.get(word, word)) for word in line.split())
                typed = re.sub(r"^lfr ", f"{sys.executable} -m appliance ", typed)
                done = subprocess.run(
                    ["bash", "-c", typed], cwd=tmp_path, capture_output=True, check=False,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                )  # fmt: skip
                ended[line] = (done.returncode, done.stdout + done.stderr)
        return ended

    return walk


def test_every_line_that_is_typed_far_from_the_van_does_what_it_says(auditor, tmp_path):
    ended = auditor()
    assert len(ended) == 10
    assert {line: said for line, (code, said) in ended.items() if code} == {}
    assert (tmp_path / "again" / "record-day-1.html").exists()
    assert list((tmp_path / "all").glob("*.html"))


def test_of_a_log_that_somebody_has_touched_not_one_of_them_is_satisfied(auditor, tmp_path):
    bundle = tmp_path / "log" / "tile" / "entries" / "000"
    bundle.write_bytes(bundle.read_bytes().replace(b'"van"', b'"vam"', 1))
    for line, (code, _) in auditor().items():
        assert code or line.startswith(("lfr log key ", "mkdir ")), line


def test_whatever_else_it_names_is_in_the_project(page):
    told = words(page)
    for name in re.findall(r"\b(?:tests|provisioning)/[\w./-]+\w", told):
        assert (ROOT / name).exists(), name
    rules = [line for line in lines(page) if line.startswith("./run test ")]
    assert rules
    assert all((ROOT / line.split()[-1]).exists() for line in rules)


def test_what_the_audit_of_deletion_says_is_called_so(page):
    verdict = (ROOT / "appliance" / "audit" / "verdict.py").read_text("utf-8")
    for key in ("planted", "found_while_in_view", "residues"):
        assert f"<code>{key}</code>" in page
        assert f'"{key}"' in verdict


def test_the_lines_of_the_check_are_called_so(page, tmp_path):
    told = words(page)
    assert "cores, locked, freed" in told
    for name in Traces(tmp_path).probes:
        assert re.search(rf"\b{name}\b", told), name


def test_it_says_what_it_cannot_prove(page):
    told = words(page)
    assert "What none of this proves" in told
    assert "anything on a Jetson" in told


def test_it_runs_nothing_and_fetches_nothing(page):
    assert not re.findall(r"<script|<link|<img|<iframe|@import|url\(|\bon\w+=|\bsrc=|\bhref=", page)
    assert "default-src 'none'" in page


def printed(page, folder):
    """Print as the browser does; gives the PDF."""
    browser = shutil.which(CHROMIUM[0])
    assert browser, "this test needs Chromium"
    out, home = folder / "page.pdf", folder / "profile"
    ordered = [browser, *CHROMIUM[1:], f"--user-data-dir={home}", f"--print-to-pdf={out}"]
    subprocess.run([*ordered, page.as_uri()], check=True, capture_output=True)
    return out.read_bytes()


def test_it_is_one_page_of_a4(tmp_path):
    pdf = printed(PAGE, tmp_path)
    assert len(PAGES.findall(pdf)) == 1
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert tuple(round(float(side)) for side in box) == A4_POINTS


def test_a_longer_page_would_be_noticed(tmp_path, page):
    longer = tmp_path / "longer.html"
    longer.write_text(page.replace("</main>", "<p>More.</p>" * 60 + "</main>"), "utf-8")
    assert len(PAGES.findall(printed(longer, tmp_path))) == 2
