"""Our own TensorRT code on the real bindings, as far as they go without TensorRT.

Run by test_names.py in a process that has those bindings; says `fine` at the end.
"""

import sys

import pytest
import tensorrt as trt

from appliance.errors import MachineError
from appliance.jetson.listen import Ear, Progress
from appliance.jetson.loading import load_tensorrt

assert load_tensorrt() is trt

# A subclass is called by TensorRT in C++, which the bindings' own logger stands in for here.
ear = Ear()
ear.log(trt.ILogger.Severity.WARNING, "only a warning")
assert not ear.heard()
ear.log(trt.ILogger.Severity.INTERNAL_ERROR, "the cause\nof it")
ear.log(trt.ILogger.ERROR, "the consequence")
assert ear.heard() == " (the cause of it)"

# Without a driver TensorRT gives null for each of its objects.
for kind in (trt.Builder, trt.Runtime):
    with pytest.raises(MachineError, match="does not start"):
        ear.start(kind)

shares: list[float] = []
progress = Progress(shares.append)
progress.phase_start("whole", None, 2)
progress.phase_start("part", "whole", 2)
assert progress.step_complete("part", 0) is True
progress.phase_finish("part")
progress.step_complete("whole", 0)
progress.step_complete("whole", 1)
progress.phase_finish("whole")
assert shares == [0.25, 0.5, 1.0]

assert tuple(trt.Dims((4, 3, 384, 640))) == (4, 3, 384, 640)
assert 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) in {1, 2}
assert trt.TensorIOMode.INPUT == trt.TensorIOMode.INPUT
assert trt.DataType.HALF != trt.DataType.FLOAT
sys.stdout.write("fine")
