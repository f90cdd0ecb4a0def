"""`lfr update` over the drop folder of a van that is ready: lines, JSON and exit codes."""

import json
import os
import subprocess
import sys

import pytest

from appliance.app import now
from appliance.settings import Appliance, VisionSettings
from appliance.update import model_id
from appliance.watchlist.store import AUTHORITY_FILE, WATCHLIST_FILE, Store
from engines.packs import load_packs

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def inbox(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return inbox


@pytest.fixture
def update(van, inbox):
    def run(*options, **environment):
        environment = {"LFR_WATCHLIST__INBOX": str(inbox), **environment}
        return subprocess.run(
            [sys.executable, "-m", "appliance", "update", "--settings", van.file, *options],
            capture_output=True, text=True, check=False, env={**os.environ, **environment},
        )  # fmt: skip

    return run


@pytest.fixture
def held(van):
    """The signed files that the van holds."""
    folder = van.settings.watchlist.folder
    return {name: (folder / name).read_bytes() for name in (WATCHLIST_FILE, AUTHORITY_FILE)}


def test_nothing_to_do_is_a_line_and_no_fault(update):
    done = update()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing to do")
    assert done.stdout.count("\n") == 1


def test_what_is_installed_is_one_line_each(update, inbox, held, van):
    for name, data in held.items():
        (inbox / name).write_bytes(data)
    done = update()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [WATCHLIST_FILE, AUTHORITY_FILE]
    assert all("Installed" in line for line in lines)
    assert not any(inbox.iterdir())
    store = Store(van.settings.watchlist.folder, van.settings.watchlist.keys)
    assert store.load(now(), model_id(van.settings)).id == "demo"


def test_a_refusal_is_a_line_with_its_mend_and_its_family_s_exit_code(update, inbox, held):
    spoilt = held[AUTHORITY_FILE].replace(b'"sig": "', b'"sig": "AAAA', 1)
    (inbox / AUTHORITY_FILE).write_bytes(spoilt)
    done = update()
    assert done.returncode == 77
    assert done.stdout.count("\n") == 1
    assert "signatures" in done.stdout
    assert (inbox / AUTHORITY_FILE).exists()


def test_json_says_the_same(update, inbox):
    assert json.loads(update("--json").stdout) == []
    os.mkfifo(inbox / WATCHLIST_FILE)
    done = update("--json")
    (said,) = json.loads(done.stdout)
    assert done.returncode == said["exit_code"] == 65
    assert said["installed"] is False
    assert said["file"] == WATCHLIST_FILE
    assert said["mend"]


def test_a_drop_folder_that_is_missing_is_a_fault_of_the_settings(update, tmp_path):
    done = update(LFR_WATCHLIST__INBOX=str(tmp_path / "nowhere"))
    assert done.returncode == 78
    assert "watchlist.inbox" in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_needs_neither_camera_nor_gpu_nor_network():
    code = (
        "import sys, appliance.update;"
        "print(sorted({'av', 'cv2', 'onnxruntime', 'paho', 'pycuda', 'tensorrt'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_encoder_is_the_one_of_the_pack_that_the_van_runs(van):
    name = van.settings.vision.pack
    assert model_id(van.settings) == load_packs()[name].model_id
    assert model_id(Appliance(vision=VisionSettings(pack=name))) == load_packs()[name].model_id
