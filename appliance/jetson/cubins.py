"""The kernels as machine code for one GPU: where it lies and how it is made; never at run time."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

SOURCES = tuple(
    Path(__file__).with_name(name) for name in ("kernels.cu", "pixels.cuh", "search.cuh")
)


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
