"""What `lfr bench gpu` needs of a machine beyond its verbs: a clock that the GPU itself keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from appliance.domain.frame import A_co

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt


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
