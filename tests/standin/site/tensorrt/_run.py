"""A loaded plan, and its runs."""

from functools import cache

import numpy as np
import onnxruntime as ort

from tensorrt._device import DEFAULT_STREAMS, Device
from tensorrt._plan import unpack
from tensorrt._shapes import output_shapes
from tensorrt._words import (
    DataType,
    Dims,
    ExecutionContextAllocationStrategy,
    ILogger,
    TensorIOMode,
    TensorLocation,
    __version__,
    begun,
    demand,
)

GARBAGE = 0xA5
"""What a run leaves in the scratch: on a true GPU it would be pictures."""
GRAIN = 256
KINDS = {"tensor(float)": DataType.FLOAT, "tensor(float16)": DataType.HALF}
BYTES = {DataType.FLOAT: np.float32, DataType.HALF: np.float16}


class Runtime:
    def __init__(self, logger):
        demand(ILogger, logger=logger)
        self._logger = begun(logger)

    def deserialize_cuda_engine(self, serialized_engine):
        demand(bytes, serialized_engine=serialized_engine)
        try:
            plan = unpack(serialized_engine)
        except ValueError:
            self._logger.log(
                ILogger.ERROR, "Serialization assertion magicTagRead == kMAGIC_TAG failed"
            )
            return None
        if plan.version != __version__:
            self._logger.log(ILogger.ERROR, "The engine plan file is of another version")
            return None
        return ICudaEngine(plan, self._logger)


@cache
def _session(onnx: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it would keep faces
    return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


class ICudaEngine:
    def __init__(self, plan, logger):
        self._logger = logger
        self._onnx = plan.onnx
        self._session = _session(plan.onnx)
        self._profiles = {
            name: tuple(tuple(shape) for shape in shapes) for name, shapes in plan.profiles.items()
        }
        ports = (*self._session.get_inputs(), *self._session.get_outputs())
        self._ports = {port.name: port for port in ports}

    @property
    def num_io_tensors(self):
        return len(self._ports)

    @property
    def device_memory_size_v2(self):
        """Twice the largest input: enough to see whether it is erased."""
        return 2 * sum(4 * int(np.prod(most)) for _, _, most in self._profiles.values())

    def get_tensor_name(self, index):
        return list(self._ports)[index]

    def get_tensor_mode(self, name):
        # OUTPUT is a name that the appliance does not use.
        return TensorIOMode.INPUT if name in self._profiles else None

    def get_tensor_dtype(self, name):
        return KINDS.get(self._ports[name].type)

    def get_tensor_location(self, name):
        return TensorLocation.DEVICE if name in self._ports else None

    def get_tensor_profile_shape(self, name, profile_index):
        if profile_index != 0:
            raise IndexError(profile_index)
        return [Dims(shape) for shape in self._profiles[name]]

    def create_execution_context(self, strategy=None):
        if strategy is not ExecutionContextAllocationStrategy.USER_MANAGED:
            self._logger.log(ILogger.ERROR, "This stand-in has no memory of its own")
            return None
        return IExecutionContext(self)


class IExecutionContext:
    def __init__(self, engine):
        self._engine = engine
        self._device = Device()
        self._shapes = {}
        self._outputs = {}
        self._addresses = {}
        self._scratch = None

    def _refuse(self, words):
        self._engine._logger.log(ILogger.ERROR, words)
        return False

    def set_device_memory(self, memory, size):
        demand(int, memory=memory, size=size)
        right = memory % GRAIN == 0 and size >= self._engine.device_memory_size_v2
        self._scratch = (memory, size) if right else None
        if not right:
            self._refuse("Device memory is misaligned or too small")

    def set_input_shape(self, name, shape):
        demand(tuple, shape=shape)
        least, _, most = self._engine._profiles.get(name, ((), (), ()))
        inside = len(shape) == len(most) and all(
            low <= n <= high for low, n, high in zip(least, shape, most, strict=True)
        )
        if not inside:
            return self._refuse(f"Supplied shape {shape} is outside the profile of {name}")
        self._shapes[name] = shape
        self._outputs = {}
        return True

    def infer_shapes(self):
        missing = [name for name in self._engine._profiles if name not in self._shapes]
        if not missing:
            self._outputs = output_shapes(self._engine._onnx, tuple(self._shapes.items()))
        return missing

    def get_tensor_shape(self, name):
        if name in self._shapes:
            return Dims(self._shapes[name])
        if not self._outputs:
            self.infer_shapes()
        return Dims(self._outputs.get(name, (-1,)))

    def set_tensor_address(self, name, memory):
        demand(int, memory=memory)
        if name not in self._engine._ports:
            return self._refuse(f"No tensor is called {name}")
        if memory == 0:
            return self._refuse(f"The address of {name} is null")
        self._addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle):
        demand(int, stream_handle=stream_handle)
        words = self._fault(stream_handle)
        if words:
            return self._refuse(words)
        run = _Run(self._engine, self._device, self._shapes, self._addresses, self._scratch)
        return self._device.enqueue(stream_handle, run) or self._refuse("The stream takes no work")

    def _fault(self, stream):
        """Say why it cannot run, or nothing."""
        if stream in DEFAULT_STREAMS:
            return "The default stream waits for every other"
        if self._scratch is None:
            return "No device memory has been set"
        if self.infer_shapes():
            return "Not all input shapes are specified"
        unset = self._engine._ports.keys() - self._addresses.keys()
        if unset:
            return f"Address is not set for {min(unset)}"
        for name, shape in {**self._shapes, **self._outputs}.items():
            size = (
                int(np.prod(shape)) * np.dtype(BYTES[self._engine.get_tensor_dtype(name)]).itemsize
            )
            if not self._device.reachable(self._addresses[name], size):
                return f"Memory of {name} is too small or is not there"
        return "" if self._device.reachable(*self._scratch) else "The device memory is not there"


class _Run:
    """One run, with everything as it was when it was enqueued; a graph does it again."""

    def __init__(self, engine, device, shapes, addresses, scratch):
        self._engine, self._device = engine, device
        self._shapes, self._addresses, self._scratch = dict(shapes), dict(addresses), scratch

    def __call__(self):
        read, session = self._device.read, self._engine._session
        fed = {}
        for name, shape in self._shapes.items():
            kind = BYTES[self._engine.get_tensor_dtype(name)]
            fed[name] = read(self._addresses[name], shape, kind)
        names = [port.name for port in session.get_outputs()]
        self._device.fill(*self._scratch, GARBAGE)
        for name, array in zip(names, session.run(names, fed), strict=True):
            self._device.write(self._addresses[name], array)
