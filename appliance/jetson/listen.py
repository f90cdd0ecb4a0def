"""What TensorRT says while it works: its complaints, and how far a build has come.

Imports TensorRT, so this file is loaded by whoever has just loaded that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import tensorrt as trt
from typing_extensions import override

from appliance.errors import MachineError
from appliance.jetson.loading import plain

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Ear(trt.ILogger):
    """Keeps TensorRT's first complaint since it was asked; prints and logs nothing.

    The first is the cause; what follows is each caller's word for it.
    """

    def __init__(self) -> None:
        trt.ILogger.__init__(self)
        self._first = ""

    @override
    def log(self, severity: trt.ILogger.Severity, msg: str) -> None:
        """Take a message; called by TensorRT, from any of its threads."""
        if severity in {trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR}:
            self._first = self._first or plain(msg)

    def start(self, kind: Callable[[Ear], T]) -> T:
        """Make one of TensorRT's own objects that listens here.

        Raises:
            MachineError: TensorRT gives none.
        """
        try:
            return kind(self)
        except TypeError as error:  # so do its bindings put it
            raise MachineError(
                f"TensorRT does not start{self.heard()}.",
                mend="Look at `dmesg`, and whether JetPack is whole.",
            ) from error

    def require(self, answer: T | None, fault: str, *, mend: str) -> T:
        """Pass an answer of TensorRT on.

        Raises:
            MachineError: it is the None or the False with which TensorRT says that it failed.
        """
        if answer is None or answer is False:
            raise MachineError(f"{fault}{self.heard()}.", mend=mend)
        return answer

    def heard(self) -> str:
        """Give the first complaint as the end of a sentence, and forget it."""
        first, self._first = self._first, ""
        return f" ({first})" if first else ""


@dataclass
class Phase:
    """A part of a build, as a share of the whole."""

    start: float
    step: float
    """Share of one of its steps."""
    done: int = 0

    @property
    def at(self) -> float:
        """Where the whole is, as far as this phase tells."""
        return self.start + self.done * self.step


class Progress(trt.IProgressMonitor):
    """Turns the nested phases of a build into one number that only rises.

    Args:
        tell: Is given the share that is done, 0 to 1.
    """

    def __init__(self, tell: Callable[[float], None]) -> None:
        trt.IProgressMonitor.__init__(self)
        self._tell = tell
        self._phases: dict[str, Phase] = {}
        self._most = 0.0

    @override
    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        """Begin a phase inside the step that its parent is at."""
        parent = self._phases.get(parent_phase or "", Phase(0.0, 1.0))
        self._phases[phase_name] = Phase(parent.at, parent.step / max(num_steps, 1))

    @override
    def step_complete(self, phase_name: str, step: int) -> bool:
        """Note a step, counted from 0; True lets TensorRT go on."""
        phase = self._phases.get(phase_name)
        if phase:
            phase.done = step + 1
            self._most = max(self._most, min(phase.at, 1.0))
            self._tell(self._most)
        return True

    @override
    def phase_finish(self, phase_name: str) -> None:
        """Forget a phase."""
        self._phases.pop(phase_name, None)
