"""A stand-in for TensorRT's Python module: the same calls, with ONNX Runtime for a GPU.

It has only names that the appliance uses, and the real module's parameters for each
(tests/jetson/api compares both). A "plan" is the ONNX itself under a header. What the real one
answers with False or None, this one does too, and more: the default stream, a weakly typed network
and memory that is not there are refused.
"""

from tensorrt._build import (
    Builder,
    IBuilderConfig,
    INetworkDefinition,
    IOptimizationProfile,
    ITensor,
    ITimingCache,
    OnnxParser,
    ParserError,
)
from tensorrt._run import ICudaEngine, IExecutionContext, Runtime
from tensorrt._words import (
    BuilderFlag,
    DataType,
    Dims,
    ExecutionContextAllocationStrategy,
    IHostMemory,
    ILogger,
    IProgressMonitor,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
    TensorIOMode,
    TensorLocation,
    __version__,
)

__all__ = [
    "Builder",
    "BuilderFlag",
    "DataType",
    "Dims",
    "ExecutionContextAllocationStrategy",
    "IBuilderConfig",
    "ICudaEngine",
    "IExecutionContext",
    "IHostMemory",
    "ILogger",
    "INetworkDefinition",
    "IOptimizationProfile",
    "IProgressMonitor",
    "ITensor",
    "ITimingCache",
    "MemoryPoolType",
    "NetworkDefinitionCreationFlag",
    "OnnxParser",
    "ParserError",
    "Runtime",
    "TensorIOMode",
    "TensorLocation",
    "__version__",
]
