"""TensorRT's real Python bindings of three releases, without TensorRT: to compare names with.

`python -m tests.jetson.api.bindings` writes what they offer into the files beside this one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engines.packs import cache_folder

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
STUBS = HERE / "stubs.c"
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")
SHIM = "from tensorrt_bindings import *\nfrom tensorrt_bindings import __version__\n"
"""The package `tensorrt` of a release is these two lines and a search for its libraries."""


@dataclass(frozen=True)
class Release:
    """One release of TensorRT."""

    name: str

    @property
    def lock(self) -> Path:
        return HERE / "locks" / f"tensorrt-{self.name}.lock"

    @property
    def names(self) -> Path:
        """The committed file of what it offers."""
        return HERE / f"tensorrt-{self.name}.txt"

    def folder(self) -> Path:
        """Give the folder of its bindings with stubs of their libraries; fetched once."""
        digest = hashlib.sha256(self.lock.read_bytes() + STUBS.read_bytes()).hexdigest()[:16]
        tag = sys.implementation.cache_tag
        folder = cache_folder() / "bindings" / f"tensorrt-{self.name}-{tag}-{digest}"
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                self._make(Path(work, "whole"))
                try:
                    Path(work, "whole").rename(folder)
                except OSError:
                    assert folder.exists()  # another run was faster
        return folder

    def _make(self, folder: Path) -> None:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        locked = ("--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(self.lock))
        subprocess.run([*pip, *locked, "--target", str(folder)], check=True)
        (folder / "tensorrt").mkdir()
        (folder / "tensorrt" / "__init__.py").write_text(SHIM)
        (folder / "lib").mkdir()
        major = self.name.partition(".")[0]
        for library in LIBRARIES:
            name = f"lib{library}.so.{major}"
            target = ("-o", str(folder / "lib" / name), f"-Wl,-soname,{name}")
            subprocess.run(["gcc", "-shared", "-fPIC", *target, str(STUBS)], check=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these bindings, and with the appliance."""
        folder = self.folder()
        environment = {
            **os.environ,
            "LD_LIBRARY_PATH": str(folder / "lib"),
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        }
        return subprocess.run(
            [sys.executable, *command],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def survey(self) -> str:
        """Ask the bindings what they offer."""
        done = self.run(str(HERE / "dump.py"))
        assert done.returncode == 0, done.stderr
        return done.stdout


RELEASES = tuple(Release(name) for name in ("10.3", "10.16", "11.4"))

if __name__ == "__main__":
    for release in RELEASES:
        release.names.write_text(release.survey())
