"""From ONNX to the stand-in's plan."""

import hashlib

import onnx
import onnxruntime as ort

from tensorrt._plan import Plan
from tensorrt._words import (
    BuilderFlag,
    IHostMemory,
    ILogger,
    IProgressMonitor,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
    __version__,
    begun,
    demand,
)

TIMINGS = f"STANDIN-TIMINGS {__version__}\n".encode()
PHASES = ("Building Engine", "Timing Graph Nodes")
STEPS = 4


class ITensor:
    def __init__(self, name, shape):
        self.name = name
        self._shape = shape


class INetworkDefinition:
    def __init__(self):
        self._inputs = []
        self._onnx = b""

    @property
    def num_inputs(self):
        return len(self._inputs)

    def get_input(self, index):
        return self._inputs[index]


class ParserError:
    def __init__(self, desc, node=None):
        self._desc, self._node = desc, node

    def desc(self):
        return self._desc

    def node_name(self):
        return self._node.name if self._node else ""

    def node_operator(self):
        return self._node.op_type if self._node else ""


class OnnxParser:
    def __init__(self, network, logger):
        demand(INetworkDefinition, network=network)
        demand(ILogger, logger=logger)
        self._network = network
        self._errors = []

    @property
    def num_errors(self):
        return len(self._errors)

    def get_error(self, index):
        return self._errors[index]

    def parse(self, model, path=None):
        demand(bytes, model=model)
        try:
            read = onnx.load_model_from_string(model)
            onnx.checker.check_model(read)
        except Exception as error:  # noqa: BLE001 - protobuf and ONNX share no base
            self._errors.append(ParserError(f"Failed to parse ONNX model: {error}"))
            return False
        known = {(domain, name) for domain, name in _operators(read)}
        strange = [n for n in read.graph.node if (n.domain, n.op_type) not in known]
        self._errors += [
            ParserError(f"No importer registered for op: {n.op_type}", n) for n in strange
        ]
        if strange:
            return False
        fed = {tensor.name for tensor in read.graph.initializer}
        self._network._inputs = [
            ITensor(value.name, _shape(value))
            for value in read.graph.input
            if value.name not in fed
        ]
        self._network._onnx = model
        return True


def _operators(model):
    schemas = onnx.defs.get_all_schemas()
    return {(schema.domain, schema.name) for schema in schemas if schema.domain == ""}


def _shape(value):
    return tuple(d.dim_value or -1 for d in value.type.tensor_type.shape.dim)


class IOptimizationProfile:
    def __init__(self):
        self._shapes = {}

    def set_shape(self, input, min, opt, max):  # noqa: A002 - the real one's names
        if not len(min) == len(opt) == len(max):
            raise ValueError("Shape provided for min is inconsistent with other shapes.")
        self._shapes[input] = (tuple(min), tuple(opt), tuple(max))


class ITimingCache:
    def __init__(self, data):
        self._data = data

    def serialize(self):
        return IHostMemory(self._data)


class IBuilderConfig:
    def __init__(self, logger):
        self._logger = logger
        self._profiles = []
        self._timings = None
        self._monitor = None
        self._limits = {}
        self._flags = set(BuilderFlag)
        self.max_aux_streams = -1

    @property
    def progress_monitor(self):
        return self._monitor

    @progress_monitor.setter
    def progress_monitor(self, monitor):
        demand(IProgressMonitor, monitor=monitor)
        self._monitor = begun(monitor)

    def set_memory_pool_limit(self, pool, pool_size):
        demand(MemoryPoolType, pool=pool)
        demand(int, pool_size=pool_size)
        self._limits[pool] = pool_size

    def clear_flag(self, flag):
        demand(BuilderFlag, flag=flag)
        self._flags.discard(flag)

    def create_timing_cache(self, serialized_timing_cache):
        demand(bytes, serialized_timing_cache=serialized_timing_cache)
        if serialized_timing_cache and not serialized_timing_cache.startswith(b"STANDIN-TIMINGS"):
            self._logger.log(ILogger.ERROR, "Timing cache cannot be deserialized")
            return None
        return ITimingCache(serialized_timing_cache or TIMINGS)

    def set_timing_cache(self, cache, ignore_mismatch):
        demand(ITimingCache, cache=cache)
        if not ignore_mismatch and not cache._data.startswith(TIMINGS):
            self._logger.log(ILogger.ERROR, "Timing cache is of another version")
            return False
        self._timings = cache
        return True

    def get_timing_cache(self):
        return self._timings

    def add_optimization_profile(self, profile):
        demand(IOptimizationProfile, profile=profile)
        if not all(_rises(shapes) for shapes in profile._shapes.values()):
            self._logger.log(ILogger.ERROR, "Profile is not valid: min <= opt <= max does not hold")
            return -1
        self._profiles.append(profile)
        return len(self._profiles) - 1


def _rises(shapes):
    return all(0 < low <= best <= high for low, best, high in zip(*shapes, strict=True))


class Builder:
    def __init__(self, logger):
        demand(ILogger, logger=logger)
        self._logger = begun(logger)

    def create_network(self, flags=0):
        if not flags >> int(NetworkDefinitionCreationFlag.STRONGLY_TYPED) & 1:
            self._logger.log(ILogger.ERROR, "This stand-in takes strongly typed networks only")
            return None
        return INetworkDefinition()

    def create_builder_config(self):
        return IBuilderConfig(self._logger)

    def create_optimization_profile(self):
        return IOptimizationProfile()

    def build_serialized_network(self, network, config):
        fault = _fault(network, config)
        if fault:
            self._logger.log(ILogger.ERROR, fault)
            return None
        if not _proceed(config.progress_monitor):
            self._logger.log(ILogger.ERROR, "Build was cancelled")
            return None
        if config._timings is not None:
            config._timings._data += hashlib.sha256(network._onnx).hexdigest().encode() + b"\n"
        (profile,) = config._profiles
        return IHostMemory(Plan(network._onnx, __version__, profile._shapes).pack())


def _fault(network, config):
    """Say why it cannot be built, or nothing."""
    if not network._onnx:
        return "Network has no layers"
    if len(config._profiles) != 1:
        return "Network has dynamic inputs, but no optimization profile has been defined"
    shapes = config._profiles[0]._shapes
    for tensor in network._inputs:
        for shape in shapes.get(tensor.name, ((),)):
            if len(shape) != len(tensor._shape) or any(
                known not in {-1, n} for known, n in zip(tensor._shape, shape, strict=True)
            ):
                return f"Profile does not fit the input {tensor.name}"
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        ort.InferenceSession(network._onnx, options, providers=["CPUExecutionProvider"])
    except Exception:  # noqa: BLE001 - ONNX Runtime's errors share no base
        return "Could not find any implementation for a node"
    return ""


def _proceed(monitor):
    """Go through the phases of a build; whether nobody has stopped it."""
    if monitor is None:
        return True
    outer, inner = PHASES
    monitor.phase_start(outer, None, STEPS)
    for step in range(STEPS):
        if step == 1:
            monitor.phase_start(inner, outer, STEPS)
            for part in range(STEPS):
                if not monitor.step_complete(inner, part):
                    return False
            monitor.phase_finish(inner)
        if not monitor.step_complete(outer, step):
            return False
    monitor.phase_finish(outer)
    return True
