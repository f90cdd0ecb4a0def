"""The kernels as machine code for one GPU: where it lies and how it is made; never at run time.

nvcc makes it where it is installed, else NVRTC, which needs no other compiler. JetPack 6 has CUDA
12.6, which knows sm_87 alone; JetPack 7 has 13, which knows sm_110 too. Each is to use its own: the
driver of an older one does not load what a newer one made.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = tuple(
    Path(__file__).with_name(name) for name in ("kernels.cu", "pixels.cuh", "search.cuh")
)
CUDA = Path("/usr/local/cuda")
"""Where NVIDIA's own packages put the toolkit."""
OPTIONS = ("--std=c++17", "--ptxas-options=-v")
PATIENCE_S = 600
ELF_CUDA = 190
"""EM_CUDA of the ELF header."""
MEND = "Install NVIDIA's nvcc or nvrtc package of this JetPack, and build again."
USAGE = re.compile(
    r"Compiling entry function '(?P<kernel>\w+)'"
    r"|(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes"
    r"|Used (?P<registers>\d+) registers"
)
"""What ptxas says with -v, by nvcc and by NVRTC alike."""


@cache
def sources_sha256() -> str:
    """Name the kernels by their source, so that an old build is never taken for a new one."""
    digest = hashlib.sha256()
    for file in SOURCES:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def cubin_file(folder: Path, capability: tuple[int, int]) -> Path:
    """Say where the machine code for a GPU lies."""
    major, minor = capability
    return folder / f"kernels-{sources_sha256()[:16]}-sm_{major}{minor}.cubin"


@dataclass(frozen=True)
class Usage:
    """What one kernel takes of a GPU."""

    kernel: str
    registers: int
    """Of each thread."""
    stack_bytes: int
    spilled_bytes: int
    """Stored to and loaded from memory, because there were no registers left."""


@dataclass(frozen=True)
class Report:
    """What was built, and with what."""

    file: Path
    compiler: str
    """Its name and version."""
    usages: tuple[Usage, ...]
    """By the kernels' names."""

    @property
    def spills(self) -> tuple[str, ...]:
        """Kernels that are slower than they could be."""
        return tuple(u.kernel for u in self.usages if u.stack_bytes or u.spilled_bytes)

    def line(self) -> str:
        """Tell it in one line."""
        most = max((usage.registers for usage in self.usages), default=0)
        spills = f"spills in {', '.join(self.spills)}" if self.spills else "no spills"
        return (
            f"{self.file.name}, by {self.compiler}: {len(self.usages)} kernels, "
            f"at most {most} registers, {spills}"
        )


class Compiler(Protocol):
    """Makes machine code of the sources."""

    def compile(self, architecture: str) -> tuple[bytes, str]:
        """Give the cubin and what the compiler said.

        Raises:
            MachineError: it refuses, or does not end well.
        """
        ...

    @property
    def version(self) -> str:
        """Its name and version."""
        ...


@dataclass(frozen=True)
class Nvcc:
    """NVIDIA's compiler driver."""

    program: str = "nvcc"
    patience_s: float = field(default=PATIENCE_S, repr=False)

    @property
    def version(self) -> str:
        """Its name and version."""
        found = re.search(r"V(\d[\d.]*)", self._run("--version"))
        return f"nvcc {found[1] if found else 'of unknown version'}"

    def compile(self, architecture: str) -> tuple[bytes, str]:
        """Give the cubin and what the compiler said."""
        with tempfile.TemporaryDirectory() as work:
            made = Path(work, "kernels.cubin")
            said = self._run(
                *OPTIONS, f"--gpu-architecture={architecture}", "--cubin",
                "--output-file", str(made), str(SOURCES[0]),
            )  # fmt: skip
            return made.read_bytes() if made.exists() else b"", said

    def _run(self, *options: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                [self.program, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", check=False, timeout=self.patience_s,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MachineError(f"nvcc does not run ({type(error).__name__}).", mend=MEND) from error
        if done.returncode:
            raise _refusal("nvcc", done.stdout)
        return done.stdout


@dataclass(frozen=True)
class Nvrtc:
    """NVIDIA's compiler as a library; it brings no headers of its own."""

    nvrtc: Path
    headers: Path

    @property
    def version(self) -> str:
        """Its name and version."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._load().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
        return f"NVRTC {major.value}.{minor.value}"

    def compile(self, architecture: str) -> tuple[bytes, str]:
        """Give the cubin and what the compiler said."""
        nvrtc, program = self._load(), ctypes.c_void_p()
        main, *others = (file.read_bytes() for file in SOURCES)
        names = [file.name.encode() for file in SOURCES]
        failed: int = nvrtc.nvrtcCreateProgram(
            ctypes.byref(program), main, names[0], len(others), _words(others), _words(names[1:])
        )
        options = [*OPTIONS, f"--gpu-architecture={architecture}", f"-I{self.headers}"]
        words = _words([option.encode() for option in options])
        try:
            failed = failed or nvrtc.nvrtcCompileProgram(program, len(options), words)
            said = _taken(nvrtc, program, "ProgramLog").decode(errors="replace").rstrip("\0")
            if failed:
                raise _refusal("NVRTC", said)
            return _taken(nvrtc, program, "CUBIN"), said
        finally:
            nvrtc.nvrtcDestroyProgram(ctypes.byref(program))

    def _load(self) -> Any:  # noqa: ANN401 - a library has no type
        try:
            return ctypes.CDLL(str(self.nvrtc))
        except OSError as error:
            raise MachineError("NVRTC does not load.", mend=MEND) from error


def _words(texts: list[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * len(texts))(*texts)


def _taken(nvrtc: Any, program: ctypes.c_void_p, what: str) -> bytes:  # noqa: ANN401 - a library
    size = ctypes.c_size_t()
    getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
    taken = ctypes.create_string_buffer(size.value)
    getattr(nvrtc, f"nvrtcGet{what}")(program, taken)
    return taken.raw


def _refusal(name: str, said: str) -> MachineError:
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    first = (faults or lines or ["it says nothing"])[0]
    return MachineError(f"{name} does not compile the kernels: {first[:200]}", mend=MEND)


def find_compiler(cuda: Path = CUDA) -> Compiler:
    """Find nvcc, on the path or in the toolkit, else NVRTC there or among Python's packages.

    Raises:
        MachineError: there is neither.
    """
    nvcc = shutil.which("nvcc") or shutil.which(str(cuda / "bin/nvcc"))
    if nvcc:
        return Nvcc(nvcc)
    for library in _libraries(cuda):
        nearby = (library.parents[1], library.parents[2] / "cuda_runtime")
        for headers in (place / "include" for place in nearby):
            if (headers / "cuda_fp16.h").exists():
                return Nvrtc(library, headers)
    raise MachineError("There is no compiler for the GPU's kernels.", mend=MEND)


def _libraries(cuda: Path) -> Iterator[Path]:
    yield from sorted(cuda.glob("lib64/libnvrtc.so*"))
    for entry in sys.path:
        yield from sorted(Path(entry, "nvidia").glob("*/lib/libnvrtc.so*"))


def build_cubin(
    capability: tuple[int, int], folder: Path, compiler: Compiler | None = None
) -> Report:
    """Compile the kernels for one GPU into the folder; what was there is replaced at once.

    Args:
        capability: The GPU's compute capability, such as (8, 7).
        folder: Where `cubin_file` looks; made if it is not there.
        compiler: Which to use; the first that is found, where left out.

    Raises:
        MachineError: there is no compiler, it fails, or the folder cannot be written.
    """
    compiler = compiler or find_compiler()
    cubin, said = compiler.compile("sm_{}{}".format(*capability))
    usages = _usages(said)
    if not usages or not _whole(cubin):
        raise MachineError(f"{compiler.version} gave no whole machine code.", mend=MEND)
    file = cubin_file(folder, capability)
    _write(file, cubin)
    return Report(file, compiler.version, usages)


def _usages(said: str) -> tuple[Usage, ...]:
    usages: list[Usage] = []
    kernel, stack, spilled = "", 0, 0
    for found in USAGE.finditer(said):
        if found["kernel"]:
            kernel, stack, spilled = found["kernel"], 0, 0
        elif found["stack"]:
            stack, spilled = int(found["stack"]), int(found["stores"]) + int(found["loads"])
        elif kernel:
            usages.append(Usage(kernel, int(found["registers"]), stack, spilled))
    return tuple(sorted(usages, key=lambda usage: usage.kernel))


def _whole(cubin: bytes) -> bool:
    """Say whether it is an ELF file for a GPU that ends where its own tables say."""
    if len(cubin) < 64 or not cubin.startswith(b"\x7fELF\2"):  # noqa: PLR2004 - its header's size
        return False
    numbers: tuple[int, ...] = struct.unpack_from("<18xH12xQQ6xHHHH", cubin)
    machine, segments, sections, segment, most, section, count = numbers
    ends = (segments + segment * most, sections + section * count)
    return machine == ELF_CUDA and max(ends) <= len(cubin)


def _write(file: Path, cubin: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as work:
            fresh = Path(work, file.name)
            fresh.write_bytes(cubin)
            fresh.chmod(0o644)
            fresh.replace(file)
    except OSError as error:
        raise MachineError(
            f"The folder {file.parent} cannot be written.",
            mend="Run this as root, or name another folder in gpu.cache.",
        ) from error
