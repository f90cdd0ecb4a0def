"""install.sh brings a whole van into a folder, twice alike, and takes away exactly that again."""

import re
import subprocess

import pytest

from appliance.sources import load
from tests.provisioning.van.checkout import (
    PARTS,
    ROOT,
    SCRIPT,
    SETTINGS,
    UNITS,
    install,
    make_wheel,
    snapshot,
)

pytestmark = pytest.mark.timeout(300)


# -- What it makes


def test_every_unit_rule_and_configuration_is_there_as_it_is_in_the_project(made):
    _, root, _ = made
    for file in (ROOT / "systemd").rglob("*"):
        if file.suffix != ".conf" and file.is_file():
            assert (root / UNITS / file.name).read_bytes() == file.read_bytes()
    for source, target in {
        "systemd/lfr-.service.d/10-sandbox.conf": f"{UNITS}/lfr-.service.d/10-sandbox.conf",
        "systemd/lfr.sysusers.conf": "usr/lib/sysusers.d/lfr.conf",
        "systemd/lfr.tmpfiles.conf": "usr/lib/tmpfiles.d/lfr.conf",
        "udev/99-lfr.rules": "usr/lib/udev/rules.d/99-lfr.rules",
        "provisioning/mosquitto/lfr.conf": "etc/mosquitto/conf.d/lfr.conf",
        "systemd/mosquitto.service.d/lfr.conf": f"{UNITS}/mosquitto.service.d/lfr.conf",
        "systemd/nginx.service.d/lfr.conf": f"{UNITS}/nginx.service.d/lfr.conf",
        "provisioning/nginx/lfr.conf": "etc/nginx/conf.d/lfr.conf",
    }.items():
        assert (root / target).read_bytes() == (ROOT / source).read_bytes()
        assert (root / target).stat().st_mode & 0o777 == 0o644


def test_the_van_starts_it_and_a_person_finds_it(made):
    _, root, _ = made
    wanted = root / "etc/systemd/system/multi-user.target.wants/lfr.target"
    assert str(wanted.readlink()) == f"/{UNITS}/lfr.target"
    closes = root / "etc/systemd/system/timers.target.wants/lfr-close.timer"
    assert str(closes.readlink()) == f"/{UNITS}/lfr-close.timer"
    command = root / "usr/local/bin/lfr"
    assert command.stat().st_mode & 0o777 == 0o755
    assert "exec /opt/lfr/bin/lfr" in command.read_text()


def test_the_programs_are_from_the_lock_and_know_no_folder_but_their_own(made):
    _, root, _ = made
    home = root / "opt/lfr"
    (packages,) = home.glob("lib/python3.*/site-packages")
    for module in ("lfr_test_base.py", "lfr_test_pins.py", "appliance/__main__.py"):
        assert (packages / module).is_file()
    assert not list(packages.glob("pycuda*"))
    assert "/opt/lfr/bin/python" in (home / "bin/lfr").read_text()
    assert "include-system-site-packages = true" in (home / "pyvenv.cfg").read_text()
    for file in [*(home / "bin").iterdir(), home / "pyvenv.cfg"]:
        assert str(root).encode() not in file.read_bytes(), file
    compiled = (packages / "__pycache__").glob("lfr_test_base.*.pyc")
    assert all(str(root).encode() not in file.read_bytes() for file in compiled)


def test_the_programs_run_where_they_are_to_be(made):
    _, root, _ = made
    there = 'mount -t tmpfs none /opt; mkdir /opt/lfr; mount --bind "$0/opt/lfr" /opt/lfr'
    look = "import lfr_test_base, sys; print(lfr_test_base.VERSION, sys.prefix)"
    command = ["unshare", "-rm", "sh", "-ec", f'{there}; /opt/lfr/bin/python -c "$1"', root, look]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == ["1.0", "/opt/lfr"]


def test_the_settings_are_a_vans_and_can_be_read(made):
    _, root, _ = made
    settings = load(root / SETTINGS)
    assert settings.machine == "jetson"
    assert (settings.panel.process, settings.panel.factory) == ("own", "jetson")
    assert (settings.panel.red, settings.panel.blue) == ("BOARD29", "BOARD33")
    assert (root / SETTINGS).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("what", ["checks", "users", "bridge", "page", "systemd"])
def test_what_is_left_out_for_a_folder_is_said(made, what):
    _, _, said = made
    assert re.search(rf"^skipped for --root: .*{what}", said, re.MULTILINE)
    assert "commissioning.md" in said


def test_what_a_missing_cuda_leaves_out_is_said(made):
    assert "skipped: pycuda" in made[2]


# -- Twice, and without doing it


def test_a_second_run_changes_nothing(made, root):
    before = snapshot(root)
    done = install(made[0], "--root", root)
    assert done.code == 0, done.said
    assert snapshot(root) == before


def test_a_dry_run_changes_nothing_and_names_everything(made, empty, root):
    checkout, _, _ = made
    done = install(checkout, "--root", empty, "--dry-run")
    assert done.code == 0, done.said
    assert list(empty.iterdir()) == []
    for name in re.findall(
        r"^file (.*)$", (root / "usr/share/lfr/manifest").read_text(), re.MULTILINE
    ):
        assert f"would write: {name}\n" in done.said
    assert done.said.endswith("Nothing was changed.\n")
    assert "Installed." not in done.said


def test_a_dry_run_of_the_removal_changes_nothing(made, root):
    before = snapshot(root)
    done = install(made[0], "--root", root, "--uninstall", "--purge", "--dry-run")
    assert done.code == 0, done.said
    assert snapshot(root) == before


# -- A newer version


def test_a_newer_version_replaces_what_changed_and_removes_what_is_no_more(checkout, root):
    (checkout / "systemd/lfr.target").write_text("# newer\n")
    installer = checkout / "provisioning/install.sh"
    kept = [
        line
        for line in installer.read_text().splitlines()
        if "systemd/lfr-update.timer" not in line
    ]
    installer.write_text("\n".join(kept) + "\n")
    _, line = make_wheel(checkout.parent / "the wheels", "lfr_test_base", "2.0")
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(r"lfr_test_base==(.|\n)*", line, lock.read_text()))
    done = install(checkout, "--root", root)
    assert done.code == 0, done.said
    assert (root / UNITS / "lfr.target").read_text() == "# newer\n"
    assert not (root / UNITS / "lfr-update.timer").exists()
    assert "lfr-update.timer" not in (root / "usr/share/lfr/manifest").read_text()
    (module,) = (root / "opt/lfr").glob("lib/python3.*/site-packages/lfr_test_base.py")
    assert "2.0" in module.read_text()
    assert sorted(path.name for path in (root / "opt").iterdir()) == ["lfr"]


def test_a_link_that_has_become_a_file_stays(made, root):
    command, manifest = root / "usr/local/bin/lfr", root / "usr/share/lfr/manifest"
    command.unlink()
    command.symlink_to("/opt/lfr/bin/lfr")
    manifest.write_text(manifest.read_text().replace("file /usr/local", "link /usr/local"))
    assert install(made[0], "--root", root).code == 0
    assert not command.is_symlink()
    assert "exec" in command.read_text()


def test_lists_of_an_older_version_go_and_what_a_person_must_mend_is_said(made, root):
    folder, inbox = root / "var/lib/lfr/watchlist", root / "var/lib/lfr-update/inbox"
    for place in (folder, inbox):
        place.mkdir(parents=True)
        (place / "watchlist.dsse.json").write_text("people")
    (folder / "generations").mkdir()
    (root / "etc/lfr/keys.json").write_text("{}")
    (root / SETTINGS).write_text('[watchlist]\nkeys = "/etc/lfr/keys.json"\n')
    said = install(made[0], "--root", root).said
    assert [path.name for path in folder.iterdir()] == ["generations"]
    assert not inbox.parent.exists()
    assert f"Mend /{SETTINGS}" in said
    assert "root.json instead" in said
    assert "Mend" not in install(made[0], "--root", root, "--uninstall").said


def test_settings_that_are_there_stay(made, root):
    (root / SETTINGS).write_text("mine")
    assert install(made[0], "--root", root).code == 0
    assert (root / SETTINGS).read_text() == "mine"


def test_a_file_that_somebody_has_changed_is_mended(made, root):
    (root / UNITS / "lfr-panel.service").write_text("other")
    (root / UNITS / "lfr.target").chmod(0o666)
    assert install(made[0], "--root", root).code == 0
    before = (ROOT / "systemd/lfr-panel.service").read_text()
    assert (root / UNITS / "lfr-panel.service").read_text() == before
    assert (root / UNITS / "lfr.target").stat().st_mode & 0o777 == 0o644


# -- The script itself


def test_the_shells_checker_finds_nothing():
    command = ["shellcheck", str(SCRIPT), str(SCRIPT.with_name("lfr.sh"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_file_of_the_units_is_installed():
    text = SCRIPT.read_text()
    for part in ("systemd", "udev"):
        for file in (ROOT / part).rglob("*"):
            assert file.is_dir() or f"\n{file.relative_to(ROOT)} " in text, file


def test_the_bridge_is_compiled_as_its_own_head_says():
    head = (ROOT / "appliance/jetson/nvmm.c").read_text().partition("#include")[0]
    said = re.search(r"^//   (cc .*?)^// Needs", head, re.MULTILINE | re.DOTALL)[1]
    done = re.search(r"run (cc .*?)\n    run mv", SCRIPT.read_text(), re.DOTALL)[1]

    def options(text):
        text = re.sub(r"\$\(pkg-config --(\w+)[^)]*\)", r" pkg-config-\1 ", text)
        text = text.replace("$CUDA", "/usr/local/cuda").replace('"', " ").replace("-c1-16).so", "")
        return sorted(w for w in text.split() if w[0] == "-" or w.startswith(("/", "pkg")))

    assert options(said.replace("//", " ")) == options(done.replace("\\\n", " "))


def test_the_parts_of_the_checkout_are_all_there():
    assert all((ROOT / part).is_dir() for part in PARTS)
