"""What the stand-in calls a plan: the ONNX, and what a real plan knows besides."""

import json
from dataclasses import asdict, dataclass

MAGIC = b"STANDIN-PLAN\n"


@dataclass(frozen=True)
class Plan:
    onnx: bytes
    version: str
    profiles: dict

    def pack(self) -> bytes:
        head = {name: value for name, value in asdict(self).items() if name != "onnx"}
        return MAGIC + json.dumps(head).encode() + b"\n" + self.onnx


def unpack(data: bytes) -> Plan:
    """Read a plan.

    Raises:
        ValueError: it is none.
    """
    if not data.startswith(MAGIC):
        raise ValueError("no plan")
    head, _, onnx = data[len(MAGIC) :].partition(b"\n")
    return Plan(onnx, **json.loads(head))
