"""The appliance in the van: one frame's story, from the mast to an officer's tablet."""

import os

# BLAS threads spin and fight with ONNX Runtime's for the same cores; one is faster than two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# ONNX Runtime (seen in 1.32) writes a device id and reports home over HTTPS unless it is told not
# to before it is imported. Nothing of ours reports to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
