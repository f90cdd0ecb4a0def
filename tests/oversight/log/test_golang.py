"""Somebody else's verifier, of another house and in another language, finds our log in order."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.oversight.log.conftest import NAME, keep, make_entries, make_pen

SOURCE = Path(__file__).with_name("verify.go")
LIBRARY = Path("/usr/share/gocode")
SIZES = (1, 255, 256, 257, 70_000)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    """Debian's golang.org/x/mod, built once."""
    go = shutil.which("go")
    if go is None or not (LIBRARY / "src/golang.org/x/mod").is_dir():
        pytest.skip("Install golang-go and golang-golang-x-mod-dev.")
    folder = tmp_path_factory.mktemp("go")
    cache = str(folder / "cache")
    ours = {"GO111MODULE": "off", "GOPATH": str(LIBRARY), "GOCACHE": cache, "CGO_ENABLED": "0"}
    binary = folder / "verify"
    subprocess.run(
        [go, "build", "-o", binary, SOURCE], env={**os.environ, **ours}, check=True, cwd=folder
    )
    return binary


def ask(verifier, folder, key, known):
    root = base64.b64encode(known.root).decode()
    return subprocess.run(
        [verifier, folder, key.text, str(known.size), root],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_an_independent_verifier_finds_every_entry_and_the_older_log_in_it(verifier, folder, size):
    known = keep(folder, make_entries(size // 2 + 1))
    keep(folder, make_entries(size, begin=size // 2 + 1))
    found = ask(verifier, folder, make_pen().key, known)
    assert (found.stdout, found.stderr) == (f"{NAME} {size}\n", "")


def test_an_independent_verifier_finds_what_was_changed(verifier, folder):
    known = keep(folder, make_entries(300))
    good = ask(verifier, folder, make_pen().key, known)
    assert good.returncode == 0
    assert ask(verifier, folder, make_pen(number=2).key, known).returncode != 0
    file = folder / "tile/entries/000"
    file.write_bytes(file.read_bytes().replace(b'"number":0}', b'"number":7}'))
    assert "proof" in ask(verifier, folder, make_pen().key, known).stderr
