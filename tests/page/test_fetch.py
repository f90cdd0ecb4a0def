"""How the page comes by its two libraries."""

from __future__ import annotations

import json
import shutil

import pytest

from appliance.errors import InputError, MachineError
from provisioning import page
from provisioning.page import LIBRARIES, PAGE, page_files
from provisioning.parts import LOCKS

NPM = """#!/bin/sh
echo "$@" > {said}
mkdir -p node_modules/mqtt/dist node_modules/lean-qr
echo "var mqtt;" > node_modules/mqtt/dist/mqtt.min.js
echo "export default 1;" > node_modules/lean-qr/index.mjs
"""


@pytest.fixture
def bare_page(tmp_path, monkeypatch):
    """The page's folder as it is in a fresh clone: nothing from npm in it."""
    folder = tmp_path / "page"
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PAGE / name, folder)
    monkeypatch.setattr(page, "PAGE", folder)
    return folder


@pytest.fixture
def install_npm(tmp_path, monkeypatch):
    """Put a program of that name on the machine, in place of any other."""

    def install(script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "npm").write_text(script)
        (folder / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return install


@pytest.fixture
def no_npm(monkeypatch):
    """A machine without npm and without a network."""

    def remove():
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")

    return remove


def test_what_lies_beside_the_page_is_used(bare_page, no_npm, tmp_path):
    no_npm()
    for place in LIBRARIES.values():
        (bare_page / place).parent.mkdir(parents=True)
        (bare_page / place).touch()
    assert list(page_files(tmp_path / "home").values()) == [
        bare_page / place for place in LIBRARIES.values()
    ]
    assert not (tmp_path / "home").exists()


@pytest.mark.usefixtures("bare_page")
def test_they_are_fetched_once_by_the_lock_and_kept(install_npm, no_npm, tmp_path):
    said = tmp_path / "said"
    install_npm(NPM.format(said=said))
    shelf = page_files(tmp_path / "home")
    assert {file.name for file in shelf["lean-qr.js"].parent.iterdir()} == set(LIBRARIES)
    assert said.read_text().startswith("ci --ignore-scripts")
    no_npm()
    assert page_files(tmp_path / "home") == shelf


def test_another_lock_is_fetched_anew(bare_page, install_npm, tmp_path):
    install_npm(NPM.format(said=tmp_path / "said"))
    old = page_files(tmp_path / "home")
    (bare_page / "package-lock.json").write_text("{}")
    assert page_files(tmp_path / "home") != old


@pytest.mark.usefixtures("bare_page")
@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "not a program"])
def test_an_npm_that_fails_leaves_nothing_behind(install_npm, tmp_path, script):
    install_npm(script)
    with pytest.raises(InputError) as refusal:
        page_files(tmp_path / "home")
    assert "network" in refusal.value.advice()
    assert [file for file in (tmp_path / "home").rglob("*") if file.is_file()] == []


@pytest.mark.usefixtures("bare_page")
def test_a_machine_with_neither_npm_nor_network_is_told_what_to_do(no_npm, tmp_path):
    no_npm()
    with pytest.raises(InputError) as refusal:
        page_files(tmp_path / "home")
    assert "network" in refusal.value.advice()


@pytest.mark.usefixtures("bare_page")
def test_a_home_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(MachineError) as refusal:
        page_files(tmp_path / "home")
    assert refusal.value.mend


def test_the_locks_name_every_hash_and_no_address():
    for lock in (PAGE / "package-lock.json", LOCKS / "node.lock"):
        assert "://" not in lock.read_text()
    packages = json.loads((PAGE / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert "--hash=sha256:" in (LOCKS / "node.lock").read_text()
