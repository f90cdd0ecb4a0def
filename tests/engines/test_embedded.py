"""dlib is installed when it is needed: from its hash lock, whole or not at all."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import MachineError
from engines import embedded

PIP = """
import os, sys
from pathlib import Path
asked = sys.argv[1:]
target = Path(asked[asked.index("--target") + 1])
lock = Path(asked[asked.index("-r") + 1]).name
assert "--require-hashes" in asked and "--no-deps" in asked
if lock == {failing!r}:
    sys.exit("Traceback: no network")
if lock == "dlib.lock":
    assert (Path(os.environ["PYTHONPATH"]) / "setuptools.py").exists()
    for package in ("dlib", "face_recognition_models"):
        (target / package).mkdir(parents=True)
        (target / package / "__init__.py").write_text("raise RuntimeError('imported')")
else:
    target.mkdir(parents=True)
    (target / "setuptools.py").touch()
"""


@pytest.fixture
def pip(tmp_path: Path):
    """Something that is called as pip is, and fails at a lock."""

    def make(failing: str = "") -> tuple[str, str]:
        script = tmp_path / "pip.py"
        script.write_text(PIP.format(failing=failing), "utf-8")
        return sys.executable, str(script)

    return make


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    """An environment in which nobody has installed dlib."""
    kept = [place for place in sys.path if not (Path(place) / "dlib").exists()]
    monkeypatch.setattr(sys, "path", kept)
    for name in ("dlib", "face_recognition_models"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_before_it_is_installed_there_are_no_weights(tmp_path: Path):
    assert embedded.weights(tmp_path) is None


def test_once_installed_it_is_found_again_without_being_imported(tmp_path: Path, pip):
    embedded.install(tmp_path, pip())
    expected = embedded.dlib_folder(tmp_path) / "face_recognition_models" / "models"
    assert embedded.weights(tmp_path) == expected
    assert embedded.weights(tmp_path) == expected


@pytest.mark.parametrize("lock", ["build.lock", "dlib.lock"])
def test_a_failed_download_leaves_nothing_and_says_what_to_do(tmp_path: Path, pip, capfd, lock):
    with pytest.raises(MachineError, match="cannot be downloaded") as refused:
        embedded.install(tmp_path, pip(lock))
    assert "$LFR_MODELS" in refused.value.mend
    assert "Traceback" not in "".join(capfd.readouterr())
    assert list((tmp_path / "dlib").iterdir()) == []
    assert embedded.weights(tmp_path) is None


def test_a_home_that_cannot_be_written_gives_one_line(tmp_path: Path, pip):
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="cannot be installed"):
        embedded.install(tmp_path / "file", pip())


def test_an_environment_without_pip_gives_one_line(tmp_path: Path):
    with pytest.raises(MachineError, match="cannot be downloaded"):
        embedded.install(tmp_path, (sys.executable, "-m", "no_such_pip"))


@pytest.mark.parametrize("name", ["build.lock", "dlib.lock"])
def test_a_lock_pins_every_package_by_hash_and_names_no_address(name: str):
    text = (embedded.LOCKS / name).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all(re.match(r"[\w.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", e) for e in entries)
    assert "://" not in text


def test_pip_itself_understands_every_word_that_it_is_told(tmp_path: Path):
    nothing = tmp_path / "empty.lock"
    nothing.touch()
    done = subprocess.run(
        [*embedded.PIP, *embedded.OPTIONS, "--target", tmp_path / "new", "-r", nothing],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Requirements file [" in done.stderr + done.stdout or done.returncode == 0
