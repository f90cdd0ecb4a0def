"""dlib and its networks, for a machine that has no other: installed when needed, once."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCKS = Path(__file__).with_name("locks")
PIP = (sys.executable, "-m", "pip")
# The networks come as source: their build sees the locked setuptools, and nothing else. A server
# that is silent for five seconds is taken as not there.
OPTIONS = (
    *("install", "--require-hashes", "--no-deps", "--no-build-isolation", "--use-pep517"),
    *("--no-input", "--retries", "0", "--timeout", "5"),
)


def dlib_folder(home: Path) -> Path:
    """Say where dlib is kept for this version of Python."""
    return home / "dlib" / str(sys.implementation.cache_tag)


def weights(home: Path) -> Path | None:
    """Make dlib importable, from this environment or from where `install` has put it.

    Args:
        home: The appliance's cache folder.

    Returns:
        The folder of its network files; None where it is not installed.
    """
    folder = str(dlib_folder(home))
    if folder not in sys.path:
        sys.path.append(folder)
        importlib.invalidate_caches()
    # Not imported: its own code needs pkg_resources, which new environments lack.
    models = importlib.util.find_spec("face_recognition_models")
    if models is None or models.origin is None or importlib.util.find_spec("dlib") is None:
        return None
    return Path(models.origin).with_name("models")


def install(home: Path, pip: Sequence[str] = PIP) -> None:
    """Install dlib into the cache folder, from its own hash lock. Shows pip's progress.

    Raises:
        MachineError: it cannot be downloaded or written.
    """
    target = dlib_folder(home)
    mend = f"Make {target.parent} writable, or empty it."
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            build, packages = Path(work, "build"), Path(work, "packages")
            _install(pip, "build.lock", build, build)
            _install(pip, "dlib.lock", packages, build)
            packages.replace(target)
    except OSError as error:
        raise MachineError("dlib cannot be installed.", mend=mend) from error
    importlib.invalidate_caches()


def _install(pip: Sequence[str], lock: str, target: Path, path: Path) -> None:
    command = [*pip, *OPTIONS, "--target", str(target), "-r", str(LOCKS / lock)]
    done = subprocess.run(  # noqa: S603 (our own words, no shell)
        command,
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=sys.__stderr__,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise MachineError(
            "dlib cannot be downloaded.",
            mend="Connect to the internet once, or name a folder of networks in $LFR_MODELS.",
        )
