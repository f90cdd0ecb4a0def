"""TensorRT's own module: loaded only when it is needed, and only in versions that we know."""

from __future__ import annotations

import re
from typing import Any

from appliance.errors import MachineError

OLDEST = (10, 3)
"""JetPack 6.1; from here to `UNKNOWN` every name that we use is the same."""
UNKNOWN = (12, 0)
LONGEST = 160
"""Of TensorRT's own words in an error of ours."""


def load_tensorrt() -> Any:  # noqa: ANN401 - TensorRT has no types
    """Load TensorRT's Python module.

    Call it with an open `Gpu` only: without one, TensorRT's runtime crashes the process.

    Raises:
        MachineError: it is not installed, or is a version that nothing here was written for.
    """
    try:
        import tensorrt  # noqa: PLC0415 - where it is missing, that is an answer
    except (ImportError, OSError) as error:
        raise MachineError(
            "TensorRT's Python module is not installed, or does not load.",
            mend="Run provisioning/install.sh on the van: it comes with JetPack.",
        ) from error
    if not OLDEST <= version(tensorrt.__version__) < UNKNOWN:
        raise MachineError(
            f"TensorRT {plain(tensorrt.__version__)} is not known to this appliance.",
            mend="Install JetPack 6.1 to 7.2, which come with TensorRT 10.3 to 10.16.",
        )
    return tensorrt


def version(text: str) -> tuple[int, int]:
    """Read major and minor of a version; (0, 0) where it has none."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def plain(text: str) -> str:
    """Make a library's words fit for one line of ours."""
    words = " ".join(text.split()).encode("ascii", "replace").decode()
    return "".join(filter(str.isprintable, words))[:LONGEST]
