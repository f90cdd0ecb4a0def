"""The appliance in the van: one frame's story, from the mast to an officer's tablet."""

import os

# BLAS threads spin and fight with ONNX Runtime's for the same cores; one is faster than two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
