"""What is stored, and what a refused plan says."""

import hashlib

import pytest

from appliance.errors import MachineError
from appliance.jetson.plans import (
    find_plan,
)

ONNX = hashlib.sha256(b"a network").hexdigest()
DATA = b"machine code"
ABOUT = {
    "network": "yunet", "form_sha256": "1" * 64, "shapes": ((1, 3, 32, 32),) * 3,
}  # fmt: skip


def refusal(folder, gpu, **how):
    """Why it is not loaded; and that one line says so, and what to do."""
    with pytest.raises(MachineError) as refused:
        find_plan(folder, ONNX, "fp16", gpu, **how).read_bytes()
    advice = refused.value.advice()
    assert "\n" not in advice
    assert "lfr engines" in advice or "build" in advice
    return advice
