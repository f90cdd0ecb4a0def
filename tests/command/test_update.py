"""`lfr update` from a stick or a server: lines, JSON and exit codes."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from io import StringIO

import pytest
from rich.console import Console

from appliance.errors import SettingsError, TrustError
from appliance.oversight import entries, keys
from appliance.oversight.entries import Refused
from appliance.oversight.proof import Proof
from appliance.settings import Appliance, OversightSettings, VisionSettings, WatchlistSettings
from appliance.update import model_id, read_root, serve
from appliance.watchlist.refusals import BusyError, UnreachableError
from appliance.watchlist.store import Store
from appliance.watchlist.updater import alone
from engines.packs import load_packs
from tests.watchlist.repository import Repository
from tests.watchlist.web import serving

pytestmark = pytest.mark.timeout(120)
OURS = "0" * 64


@pytest.fixture
def repository(pack):
    now = datetime.now(timezone.utc).replace(microsecond=0)
    repository = Repository(now)
    repository.put_list(bytes(300_000), model_id=load_packs()[pack].model_id)
    repository.put_authority()
    return repository.release()


@pytest.fixture
def settings(tmp_path, repository, pack):
    """The settings of a van that was born today, and whose force has a web server."""
    (tmp_path / "root.json").write_bytes(repository.pinned)
    (tmp_path / "held").mkdir()
    place = WatchlistSettings(root=tmp_path / "root.json", folder=tmp_path / "held")
    account = OversightSettings(folder=tmp_path / "audit")
    return Appliance(vision=VisionSettings(pack=pack), watchlist=place, oversight=account)


def with_sources(settings, *places, **changes):
    place = settings.watchlist.model_copy(update={"source": tuple(map(str, places)), **changes})
    return settings.model_copy(update={"watchlist": place})


@pytest.fixture
def stick(repository, tmp_path):
    return repository.publish(tmp_path / "stick")


@pytest.fixture
def command(settings, tmp_path):
    """Run `lfr update` as systemd or a person would."""
    file = tmp_path / "van.toml"
    file.write_text(f"""
[vision]
pack = "{settings.vision.pack}"
[watchlist]
root = "{settings.watchlist.root}"
folder = "{settings.watchlist.folder}"
[oversight]
folder = "{settings.oversight.folder}"
""")

    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "appliance", "update", "--settings", file, *options],
            capture_output=True, text=True, check=False, env=dict(os.environ),
        )  # fmt: skip

    return run


def told(settings, place=None, *, as_json=False):
    """Serve within this process; give the exit code and what was said."""
    said = StringIO()
    console = Console(file=said, width=400)
    code = serve(settings, console, as_json=as_json, place=place and str(place))
    return code, said.getvalue()


def test_a_stick_is_taken_and_what_is_installed_is_one_line(command, stick, settings):
    done = command("--from", stick)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("Installed: d-1, 2 subjects")
    assert Store(settings.watchlist.folder).current().bundle.stat().st_size == 300_000
    assert command("--from", stick).stdout.startswith("Nothing is newer")


def test_a_refusal_is_advice_and_its_family_s_exit_code(command, stick):
    (stick / "metadata" / "timestamp.json").write_bytes(b"{}")
    done = command("--from", stick)
    assert done.returncode == 77
    assert "timestamp.json" in done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(command("--from", stick, "--json").stdout) == {
        "installed": False,
        "what": "timestamp.json is no document of its kind.",
        "mend": "Publish it again.",
        "exit_code": 77,
    }


def test_json_says_the_same(settings, stick):
    code, said = told(settings, stick, as_json=True)
    assert code == 0
    outcome = json.loads(said)
    assert (outcome["installed"], outcome["exit_code"]) == (True, 0)
    assert "d-1" in outcome["what"]
    (stick / "metadata" / "timestamp.json").unlink()
    code, said = told(settings, stick, as_json=True)
    assert code == json.loads(said)["exit_code"] == 77


def test_a_server_of_the_settings_is_asked_and_progress_is_shown(settings, repository):
    with serving(repository.files) as web:
        said = StringIO()
        console = Console(file=said, width=200, force_terminal=True)
        assert serve(with_sources(settings, web.url), console) == 0
    assert "The watchlist" in said.getvalue()
    assert "300.0/300.0 kB" in said.getvalue()


def test_one_source_after_the_other_is_asked(settings, stick, tmp_path):
    code, said = told(with_sources(settings, tmp_path / "nowhere", stick))
    assert code == 0
    assert said.startswith("Installed")


def test_the_first_source_s_refusal_is_the_one_that_is_said(settings, stick, tmp_path):
    (stick / "metadata" / "timestamp.json").unlink()
    with pytest.raises(UnreachableError, match="folder"):
        told(with_sources(settings, tmp_path / "nowhere", stick))
    with pytest.raises(TrustError, match="has no timestamp"):
        told(with_sources(settings, stick, tmp_path / "nowhere"))


def test_a_clock_that_is_wrong_is_no_source_s_fault(settings, stick):
    store = Store(settings.watchlist.folder)
    store.raise_floor(datetime.now(timezone.utc) + timedelta(hours=1))
    with pytest.raises(TrustError, match="set back"):
        told(with_sources(settings, stick, stick))


def test_another_update_is_waited_for_by_trying_again(settings, stick):
    with alone(settings.watchlist.folder), pytest.raises(BusyError):
        told(settings, stick)


def test_without_a_source_there_is_nothing_to_ask(settings):
    with pytest.raises(SettingsError, match=r"watchlist\.source"):
        told(settings)


@pytest.mark.parametrize("wrong", ["missing", "a folder", "too long"])
def test_a_root_that_cannot_be_read_is_a_fault_of_the_settings(tmp_path, wrong):
    file = tmp_path / "root.json"
    if wrong == "a folder":
        file.mkdir()
    elif wrong == "too long":
        file.write_bytes(bytes(100_000))
    with pytest.raises(SettingsError, match=r"watchlist\.root") as refused:
        read_root(file)
    assert "desk init" in refused.value.mend


def test_a_list_for_another_encoder_is_refused(settings, repository, tmp_path):
    repository.put_list(bytes(9), model_id=OURS)
    with pytest.raises(TrustError, match="encoder"):
        told(settings, repository.release().publish(tmp_path / "other"))


def test_it_needs_neither_camera_nor_gpu_nor_keys():
    code = (
        "import sys, appliance.update;"
        "print(sorted({'av', 'cv2', 'onnxruntime', 'paho', 'pycuda', 'pyrage', 'tensorrt'}"
        " & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_encoder_is_the_one_of_the_pack_that_the_van_runs(pack):
    settings = Appliance(vision=VisionSettings(pack=pack))
    assert model_id(settings) == load_packs()[pack].model_id


def test_what_was_refused_stands_in_the_van_s_log_and_a_silent_source_does_not(
    settings, stick, tmp_path
):
    (stick / "metadata" / "timestamp.json").unlink()
    with pytest.raises(TrustError):
        told(with_sources(settings, stick, tmp_path / "nowhere"))
    with pytest.raises(SettingsError):
        told(with_sources(settings))
    folder = settings.oversight.folder
    said = [*map(entries.read, Proof(folder / "log", keys.public(folder)).entries())]
    assert [one.fact for one in said] == [Refused(of="list"), Refused(of="settings")]
    assert "timestamp" in said[0].why


def test_an_update_goes_on_where_nothing_can_be_left_for_the_log(settings, stick):
    settings.oversight.folder.touch()
    (stick / "metadata" / "timestamp.json").unlink()
    with pytest.raises(TrustError, match="has no timestamp"):
        told(settings, stick)
