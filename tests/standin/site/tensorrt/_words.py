"""TensorRT's enumerations and small classes."""

from enum import Enum

__version__ = "10.3.0"


class Word(Enum):
    """pybind11's enumerations turn into a number only where they are asked to."""

    def __int__(self) -> int:
        return self.value


class DataType(Word):
    FLOAT = 0
    HALF = 1


class TensorIOMode(Word):
    INPUT = 1


class TensorLocation(Word):
    DEVICE = 0


class ExecutionContextAllocationStrategy(Word):
    USER_MANAGED = 2


class NetworkDefinitionCreationFlag(Word):
    STRONGLY_TYPED = 1


class MemoryPoolType(Word):
    WORKSPACE = 0


class BuilderFlag(Word):
    TF32 = 7


class Dims:
    """Not a tuple, as the real one is none; it can be made into one."""

    def __init__(self, shape):
        self._shape = tuple(shape)

    def __len__(self):
        return len(self._shape)

    def __getitem__(self, index):
        return self._shape[index]


class ILogger:
    class Severity(Word):
        INTERNAL_ERROR = 0
        ERROR = 1

    INTERNAL_ERROR = Severity.INTERNAL_ERROR
    ERROR = Severity.ERROR

    def __init__(self):
        self._begun = True

    def log(self, severity, msg):
        raise NotImplementedError


class IProgressMonitor:
    def __init__(self):
        self._begun = True

    def phase_start(self, phase_name, parent_phase, num_steps):
        raise NotImplementedError

    def step_complete(self, phase_name, step):
        raise NotImplementedError

    def phase_finish(self, phase_name):
        raise NotImplementedError


class IHostMemory:
    def __init__(self, data: bytes):
        self._data = data

    def __bytes__(self) -> bytes:
        return self._data

    @property
    def nbytes(self) -> int:
        return len(self._data)


def demand(kind: type, **given: object) -> None:
    """Refuse what pybind11 would refuse: an argument of another type.

    Raises:
        TypeError: as pybind11 raises it.
    """
    for name, value in given.items():
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"incompatible function arguments: {name} is no {kind.__name__}")


def begun(listener: object) -> object:
    """Refuse a listener whose class has not called the real constructor: pybind11 does.

    Raises:
        TypeError: as pybind11 raises it.
    """
    if not getattr(listener, "_begun", False):
        raise TypeError("__init__() must be called when overriding __init__")
    return listener
