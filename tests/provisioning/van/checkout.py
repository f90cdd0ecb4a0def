"""A checkout of the project that installs in seconds: all of it, but its locks are short."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "provisioning" / "install.sh"
UNITS = "usr/lib/systemd/system"
SETTINGS = "etc/lfr/appliance.toml"
PARTS = ("appliance", "engines", "provisioning", "systemd", "udev")
FILES = ("pyproject.toml", "README.md", "LICENSE")
SETUPTOOLS = re.compile(r"^setuptools==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
PYCUDA = f"pycuda==2026.1 \\\n    --hash=sha256:{'0' * 64}\n"
"""Nobody can have it: an installer that tries to fails."""


def make_wheel(folder: Path, name: str, version: str = "1.0") -> tuple[Path, str]:
    """Make a package with one module that tells its version; gives its line for a lock."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    parts = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(file, "w") as wheel:
        for part, text in parts.items():
            wheel.writestr(part, text)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return file, f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def make_checkout(folder: Path) -> Path:
    """Copy the project, with locks of its own and the wheels that they name beside it."""
    copy, wheels = folder / "checkout", folder / "the wheels"
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=ignore)
    for file in FILES:
        shutil.copy(ROOT / file, copy)
    wheels.mkdir()
    setuptools = SETUPTOOLS.search((ROOT / "requirements.lock").read_text())[0]
    _, base = make_wheel(wheels, "lfr_test_base")
    _, pins = make_wheel(wheels, "lfr_test_pins")
    (copy / "requirements.lock").write_text(setuptools + base)
    (copy / "provisioning" / "locks" / "jetson.lock").write_text(pins + PYCUDA)
    lock = folder / "setuptools.lock"
    lock.write_text(setuptools)
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "-r", lock, "-d", wheels], check=True, capture_output=True)
    return copy


@dataclass(frozen=True)
class Done:
    """What an installation said, and how it left."""

    code: int
    said: str


def install(checkout: Path, *arguments: object, around: str = "", **environment: str) -> Done:
    """Run the installer of a checkout, with its own wheels.

    Args:
        checkout: From `make_checkout`.
        arguments: For the installer.
        around: What a shell with mounts of its own does instead; "$@" in it is the installer.
        environment: Variables.
    """
    wheels = checkout.parent / "the wheels"
    words = ["sh", str(checkout / "provisioning" / "install.sh"), *map(str, arguments)]
    if "--uninstall" not in arguments:
        words += ["--wheelhouse", str(wheels)]
    if around:
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
        words = [*apart, "sh", "-ec", around, "sh", *words]
    variables = {**os.environ, "CUDA": "/nowhere", **environment}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=280, env=variables,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr)


def snapshot(folder: Path) -> dict[str, tuple[str, ...]]:
    """Tell everything below a folder apart: kind, mode, time, and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = ""
        mode = stat.filemode(status.st_mode)
        time = "" if path.is_dir() and not path.is_symlink() else str(status.st_mtime_ns)
        found[path.relative_to(folder).as_posix()] = (mode, time, content)
    return found
