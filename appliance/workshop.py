"""What engineers ask of a machine beyond its verbs: to build plans, and to time what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from appliance.domain.frame import A_co

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt


Precision = Literal["fp16", "int8"]


@dataclass(frozen=True)
class Recipe:
    """From which network, and in which form, a plan is made."""

    name: str
    """Of the network's file, for the person who waits."""
    onnx: bytes = field(repr=False)
    """In the form that is built: fp16, or quantised."""
    source_sha256: str
    """Of the file that is listed in the register; a plan is looked up by it."""
    precision: Precision
    shapes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    """Least, usual and largest shape of its one input."""


class Builder(Protocol):
    """Makes plans: machine code of a network for the very GPU that it was made on."""

    @property
    def kernels(self) -> str:
        """How this GPU's kernels were built, in one line; empty where they were there already."""
        ...

    def build(self, recipe: Recipe, tell: Callable[[str, float], None]) -> Path:
        """Make a plan, which may take minutes.

        Args:
            recipe: What to build.
            tell: Is given the step and the share that is done, 0 to 1.

        Raises:
            MachineError: the network does not parse or cannot be built here.
        """
        ...

    def ready(self, source_sha256: str, precision: Precision) -> bool:
        """Tell whether there is a plan of a network that has been checked and may go live."""
        ...

    def record(
        self, source_sha256: str, precision: Precision, verdict: Mapping[str, object]
    ) -> Path:
        """Put what a check has found beside the plan; `passed` in it lets the plan go live.

        Raises:
            MachineError: there is no such plan, or the cache cannot be written.
        """
        ...


class Meter(Protocol[A_co]):
    """Times what the ordinary verbs make the GPU do, while they are called as ever."""

    @property
    def held(self) -> bool:
        """Whether, in the last `time`, all was enqueued before the GPU began with any of it.

        Else the GPU has waited for the computer, and the times contain that.
        """
        ...

    def facts(self) -> Mapping[str, str]:
        """Say what machine this is, as far as it tells; `name` is always there."""
        ...

    def lend(self, array: npt.NDArray[Any]) -> A_co:
        """Bring an array to the machine, to stay there; `Compute.erase` leaves it alone."""
        ...

    def copy(self, runs: int) -> list[float]:
        """Copy within the GPU's memory, far more than its cache holds.

        Returns:
            Bytes read and written in a second, of each run.
        """
        ...

    def time(
        self, work: Callable[[], object], runs: int, prepare: Callable[[], object] | None = None
    ) -> list[float]:
        """Time the GPU at work, by events in its own stream.

        What is timed lies between the first that is enqueued and the first wait; what follows a
        wait is added. Caches are cold: something larger has passed through them before.

        Args:
            work: Calls verbs.
            runs: How often.
            prepare: Is called before each run, and not timed.

        Returns:
            Seconds of each run.
        """
        ...

    def wait(self) -> None:
        """Wait until everything that was enqueued is done."""
        ...
