"""The page is laid out for nginx whole, and a second time only what is new."""

import subprocess
import sys

import pytest

from provisioning import layout
from provisioning.layout import lay_out, main
from provisioning.page import LIBRARIES, PAGE, TYPES


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in LIBRARIES:
        (folder / name).write_text(f"// {name}")
    return folder


def test_everything_is_there_for_all_to_read_and_nothing_else(tmp_path, shelf):
    main([str(tmp_path / "page"), str(shelf)])
    found = {path.name: path for path in (tmp_path / "page").iterdir()}
    assert set(found) == {*TYPES, *LIBRARIES}
    assert {path.stat().st_mode & 0o777 for path in found.values()} == {0o644}
    assert found["page.js"].read_bytes() == (PAGE / "page.js").read_bytes()


def test_a_second_time_only_what_is_new_is_written_and_what_is_no_more_goes(tmp_path, shelf):
    page = tmp_path / "page"
    lay_out(page, shelf)
    before = {path.name: path.stat().st_mtime_ns for path in page.iterdir()}
    (page / "page.js").write_text("spoilt")
    (page / "old.js").write_text("old")
    lay_out(page, shelf)
    after = {path.name: path.stat().st_mtime_ns for path in page.iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {"page.js"}
    assert (page / "page.js").read_bytes() == (PAGE / "page.js").read_bytes()
    assert set(after) == set(before)


def test_what_npm_has_is_kept_for_the_next_time(tmp_path, shelf, monkeypatch):
    def page_files(home):
        assert home == tmp_path / "cache"
        return {name: shelf / name for name in LIBRARIES}

    monkeypatch.setattr(layout, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(layout, "page_files", page_files)
    lay_out(tmp_path / "page", tmp_path / "nothing")
    assert (tmp_path / "page" / "mqtt.min.js").read_text() == "// mqtt.min.js"


def test_without_a_network_one_line_says_what_to_do(tmp_path):
    code = (
        "from pathlib import Path; from provisioning import layout, page;"
        f"layout.CACHE = Path({str(tmp_path / 'cache')!r}); page._npm = lambda _: ['false'];"
        f"page.LIBRARIES = dict.fromkeys(page.LIBRARIES, Path('nowhere'));"
        f"layout.main([{str(tmp_path / 'page')!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 65
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "page").exists()
