"""What the stand-in is made of, built once into the user's cache: a driver, and the real pycuda."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import MachineError
from engines.embedded import LOCKS as ENGINES_LOCKS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

HERE = Path(__file__).parent
SOURCES = sorted((HERE / "libcuda").iterdir())
HEADERS = HERE / "locks/headers.lock"
PYCUDA = HERE / "locks/pycuda.lock"
INCLUDES = ("nvidia/cuda_runtime/include", "nvidia/cuda_profiler_api/include")
SONAME = "libcuda.so.1"
COMPILER = (
    *("gcc", "-std=c11", "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden"),
    *("-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-U_FORTIFY_SOURCE"),
    *(f"-Wl,-soname,{SONAME}", "-Wl,--no-undefined"),
)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
LOCKED = ("--require-hashes", "--no-deps", "--no-input")
RECIPE = "1"
"""Raise it where a build would come out otherwise from the same sources."""


def driver(home: Path) -> Path:
    """Build the stand-in of libcuda.so.1, unless it is there.

    Raises:
        MachineError: there is no compiler, or NVIDIA's headers cannot be fetched.
    """
    headers = _headers(home)
    include = [f"-I{headers / folder}" for folder in INCLUDES]
    code = [str(file) for file in SOURCES if file.suffix == ".c"]

    def build(folder: Path) -> None:
        library = folder / SONAME
        _run([*COMPILER, *include, *code, "-o", str(library), "-lpthread", "-ldl"], "gcc")
        (folder / "libcuda.so").symlink_to(SONAME)  # what a linker looks for

    return _made(home, "libcuda", [*SOURCES, HEADERS], build) / SONAME


def pycuda(home: Path) -> Path:
    """Build the real pycuda, unless it is there; gives the folder to import it from.

    It is linked to libcuda.so.1 by name, so it runs on the stand-in, or on a true GPU.

    Raises:
        MachineError: there is no compiler, or it cannot be fetched.
    """
    tag = sys.implementation.cache_tag
    headers, library = _headers(home), driver(home)

    def build(folder: Path) -> None:
        sys.stderr.write("stand-in: building pycuda, once; this takes a minute or two\n")
        with tempfile.TemporaryDirectory(dir=home) as work:
            _build_pycuda(Path(work), folder, headers, library.parent)

    return _made(home, f"pycuda-{tag}", [PYCUDA, HEADERS], build)


def _build_pycuda(work: Path, target: Path, headers: Path, library: Path) -> None:
    tools, path = work / "tools", {"PYTHONPATH": str(work / "tools")}
    _pip("install", *LOCKED, "--target", str(tools), "-r", str(ENGINES_LOCKS / "build.lock"))
    lock = ("--no-build-isolation", "--no-binary=:all:", "-r", str(PYCUDA))
    _pip("download", *LOCKED, *lock, "--dest", str(work), **path)
    (archive,) = work.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(work, filter="data")
    tree = work / archive.name.removesuffix(".tar.gz")
    settings = {
        "CUDA_ENABLE_CURAND": False,
        "CUDA_ROOT": str(headers),
        "CUDA_INC_DIR": [str(headers / folder) for folder in INCLUDES],
        "CUDADRV_LIB_DIR": [str(library)],
    }
    lines = (f"{name} = {value!r}\n" for name, value in settings.items())
    (tree / "siteconf.py").write_text("".join(lines))
    flags = ("--no-deps", "--no-build-isolation", "--target", str(target))
    _pip("install", *flags, str(tree), CFLAGS="-O1 -g0", **path)


def _headers(home: Path) -> Path:
    """Fetch cuda.h of the oldest CUDA that a van has: newer drivers run what was made with it."""

    def fetch(folder: Path) -> None:
        _pip("install", *LOCKED, "--only-binary=:all:", "--target", str(folder), "-r", str(HEADERS))

    return _made(home, "headers", [HEADERS], fetch)


def _made(home: Path, name: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """Give the folder of these sources; it is there whole or not at all."""
    digest = hashlib.sha256(RECIPE.encode())
    for file in sources:
        digest.update(file.read_bytes())
    folder = home / f"{name}-{digest.hexdigest()[:16]}"
    if not folder.exists():
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / f"{name}.lock"):
            if not folder.exists():
                _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        make(fresh)
        fresh.chmod(0o755)
        fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _alone(file: Path) -> Generator[None]:
    """Let other processes wait instead of building the same."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _pip(*words: str, **variables: str) -> None:
    _run([*PIP, *words], "pip", {**os.environ, **variables})


def _run(command: list[str], tool: str, env: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise failed(tool) from error


def failed(tool: str) -> MachineError:
    """Say what did not work; the tool itself has said why, if it is there."""
    return MachineError(
        f"The stand-in of a GPU cannot be built: {tool} failed or is not there.",
        mend="Install gcc, g++ and Python's headers, and connect to the internet once.",
    )
