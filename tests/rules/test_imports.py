"""The import contracts hold, and they do catch what they forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
PARTS = ("appliance", "engines", "provisioning")
SABOTAGE = {
    "One way down": ("appliance/domain/tally.py", "import appliance.settings"),
    "What leaves the van never sees a face": (
        "appliance/tablets/outbox.py", "from appliance.domain.face import Faces",
    ),
    "Only the wiring knows which machine runs": (
        "appliance/pipeline.py", "from appliance.jetson.compute import Compute",
    ),
    "CUDA stays in jetson": ("appliance/vision/encoder.py", "import pycuda.driver"),
    "ONNX Runtime and FFmpeg stay in host": ("appliance/vision/detector.py", "import onnxruntime"),
    "The desk and the engines stand beside the appliance": (
        "provisioning/trial.py", "from appliance.pipeline import Pipeline",
    ),
    "Only the wiring knows the desk and the engines": (
        "appliance/watchlist/store.py", "from provisioning.keys import make_signers",
    ),
}  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(root, tmp_path):
    """The project's source, to be spoilt."""
    for part in PARTS:
        ignore = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(root / part, tmp_path / part, ignore=ignore)
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "spoilt"), SABOTAGE.items(), ids=SABOTAGE)
def test_what_a_contract_forbids_is_caught(copy, contract, spoilt):
    name, line = spoilt
    file = copy / name
    file.write_text(file.read_text("utf-8") + f"\n\n{line}\n", "utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_a_new_room_must_be_given_its_floor(copy):
    (copy / "appliance" / "attic.py").write_text('"""A room that nobody has planned."""\n', "utf-8")
    done = lint(copy)
    assert done.returncode == 1
    assert "attic" in done.stdout
