"""What an installation took away again: programs, keys and lists, and nothing of others."""

import pytest

from tests.provisioning.van.checkout import SETTINGS, UNITS, install

pytestmark = pytest.mark.timeout(300)


# -- The way back


def test_after_the_removal_only_settings_and_the_forces_keys_are_left(made, root):
    (root / "etc/lfr/root.json").write_text("{}")
    done = install(made[0], "--root", root, "--uninstall")
    assert done.code == 0, done.said
    left = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    assert left == {"etc", "etc/lfr", SETTINGS, "etc/lfr/root.json"}
    assert "--purge" in done.said


def test_after_a_purge_nothing_is_left(made, root):
    done = install(made[0], "--root", root, "--uninstall", "--purge")
    assert done.code == 0, done.said
    assert list(root.iterdir()) == []


def test_lists_and_what_was_built_never_outlive_the_appliance(made, root):
    for name in ("var/lib/lfr/watchlist/generations/000001/watchlist.age",
                 "var/lib/lfr/watchlist/incoming/x.part", "var/lib/lfr/public/van.keys.json",
                 "var/lib/lfr-update/inbox/x", "var/cache/lfr/engines/a.plan"):  # fmt: skip
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("people")
    assert install(made[0], "--root", root, "--uninstall").code == 0
    assert not [path for path in root.rglob("*") if path.is_file() and path.read_text() == "people"]


def test_a_key_is_overwritten_and_not_only_forgotten(made, root, tmp_path):
    keyring = root / "var/lib/lfr/keyring"
    keyring.mkdir(parents=True)
    (keyring / "0123456789abcdef").write_text("AGE-SECRET-KEY-1")
    seen = tmp_path / "the same blocks"
    seen.hardlink_to(keyring / "0123456789abcdef")
    done = install(made[0], "--root", root, "--uninstall")
    assert done.code == 0, done.said
    assert not keyring.exists()
    assert b"SECRET" not in seen.read_bytes()
    assert "destroyed: /var/lib/lfr/keyring" in done.said


def test_what_others_put_there_stays(made, root):
    others = [
        "etc/mosquitto/conf.d/site.conf",
        f"{UNITS}/other.service",
        "opt/other/x",
        "usr/share/x",
    ]
    for name in others:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("mine")
    assert install(made[0], "--root", root, "--uninstall", "--purge").code == 0
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert files == set(others)


def test_a_removal_where_nothing_is_installed_is_no_error(made, empty):
    assert install(made[0], "--root", empty, "--uninstall", "--purge").code == 0
    assert list(empty.iterdir()) == []
