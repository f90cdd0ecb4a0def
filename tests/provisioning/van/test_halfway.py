"""An installation that fails, or is misused, changes nothing and says so in a line."""

import re
import subprocess

import pytest

from tests.provisioning.van.checkout import (
    SCRIPT,
    UNITS,
    install,
    make_wheel,
    snapshot,
)

pytestmark = pytest.mark.timeout(300)


# -- Half way


def broken(done, root, before):
    """It failed, said so in one line, and everything is as it was."""
    assert done.code == 70, done.said
    assert re.search(
        r"install\.sh: could not .* left on the disk\)\. What worked before still works", done.said
    )
    after = snapshot(root)
    after.pop("usr/share/lfr/manifest", None)
    before.pop("usr/share/lfr/manifest", None)
    assert after == before


def test_a_package_that_is_not_the_locked_one_changes_nothing(checkout, root):
    wheel, _ = make_wheel(checkout.parent / "the wheels", "lfr_test_pins")
    wheel.write_bytes(wheel.read_bytes() + b"!")
    lock = checkout / "provisioning/locks/jetson.lock"
    lock.write_text(lock.read_text() + "\n")
    before = snapshot(root)
    done = install(checkout, "--root", root)
    broken(done, root, before)
    assert "lfr_test_pins" in done.said.replace("-", "_")
    assert len(done.said.splitlines()) < 30


FULL = """
    mkdir {0}/disk
    mount -t tmpfs -o size=400m none {0}/disk
    cp -a {0}/root {0}/disk
    dd if=/dev/zero of={0}/disk/ballast bs=1M 2>/dev/null || true
    truncate -s -12M {0}/disk/ballast
    code=0
    "$@" || code=$?
    cp -a {0}/disk/root {0}/after
    exit $code
"""


def test_a_full_disk_changes_nothing_and_the_next_try_succeeds(checkout, root, tmp_path):
    with (checkout / "pyproject.toml").open("a") as project:
        project.write("\n")
    before = snapshot(root)
    there = tmp_path / "disk" / "root"
    done = install(checkout, "--root", there, around=FULL.format(tmp_path))
    assert int(re.search(r"\((\d+) MB left on the disk", done.said)[1]) < 12
    broken(done, tmp_path / "after", before)
    done = install(checkout, "--root", tmp_path / "after")
    assert done.code == 0, done.said


def test_a_checkout_that_is_not_whole_changes_nothing(checkout, empty):
    (checkout / "systemd/lfr-panel.service").unlink()
    done = install(checkout, "--root", empty)
    assert done.code == 69
    assert "systemd/lfr-panel.service is missing" in done.said
    assert list(empty.iterdir()) == []


def test_half_an_installation_can_be_removed(checkout, empty):
    """As if the power had gone between two files."""
    installer = checkout / "provisioning/install.sh"
    text = installer.read_text()
    installer.write_text(text.replace('\n  link "$UNITS', '\n  exit 9\n  link "$UNITS'))
    done = install(checkout, "--root", empty)
    assert done.code == 70
    assert (empty / UNITS / "lfr-update.service").exists()
    installer.write_text(text)
    assert install(checkout, "--root", empty, "--uninstall", "--purge").code == 0
    assert list(empty.iterdir()) == []


def test_programs_that_a_loss_of_power_left_aside_come_back(made, root):
    before = snapshot(root)
    (root / "opt/lfr").rename(root / "opt/lfr.old")
    assert install(made[0], "--root", root).code == 0
    assert snapshot(root) == before


# -- Misuse


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rooot", "x"], "I do not know --rooot"),
        (["--purge"], "--purge goes with --uninstall"),
        (["--root", "/nowhere/at/all"], "The folder of --root is not there"),
        (["--root"], "--root needs a folder"),
    ],
)
def test_misuse_is_told(made, words, said):
    command = ["sh", str(SCRIPT), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_folder_that_could_confuse_it_is_refused(made, tmp_path):
    strange = tmp_path / "a|b"
    strange.mkdir()
    done = install(made[0], "--root", strange)
    assert done.code == 64
    assert list(strange.iterdir()) == []


def test_two_at_once_are_one_too_many(made, empty):
    checkout = made[0]
    held = f'exec 8<{checkout}/provisioning/install.sh; flock 8; exec "$@"'
    done = install(checkout, "--root", empty, around=held)
    assert done.code == 75
    assert "Another install.sh" in done.said


def test_help_tells_what_it_knows(made):
    done = install(made[0], "--help")
    assert done.code == 0
    for word in ("--wheelhouse", "--dry-run", "--root", "--uninstall", "--purge", "Not yet run on"):
        assert word in done.said
