"""Arrays in the memory that CPU and GPU of a Jetson share, and what is still to be written."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.errors import MachineError


@dataclass(frozen=True)
class DeviceArray:
    """An address that the GPU can read, borrowed or owned."""

    address: int
    shape: tuple[int, ...]


def unwritten(what: str) -> MachineError:
    """Make the error of a body that comes with the Jetson work."""
    return MachineError(
        f"The Jetson's {what} is not written yet.", mend="Set machine to host in the settings."
    )
