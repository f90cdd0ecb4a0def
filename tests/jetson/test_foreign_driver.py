"""The stand-in of TensorRT on a driver that is not ours: a true GPU's, played by memory here."""

import ctypes

import numpy as np
import pytest

STREAM = 4096
KNOWN = {
    "cuStreamIsCapturing": "is_capturing", "cuStreamSynchronize": "synchronize",
    "cuMemcpyDtoH_v2": "fetch", "cuMemcpyHtoD_v2": "send", "cuMemsetD8_v2": "fill",
}  # fmt: skip


class TrueDriver:
    """Knows what NVIDIA's knows, by its signatures; its memory is this computer's."""

    def __init__(self):
        self.calls = []
        self.capturing = False
        self.failing = ""

    def __getattr__(self, name):
        if name.startswith("standin_"):
            raise AttributeError(name)

        def call(*given):
            self.calls.append(name)
            return 700 if name == self.failing else getattr(self, KNOWN[name])(*given)

        return call

    def is_capturing(self, stream, captured):
        assert stream.value == STREAM
        captured._obj.value = self.capturing
        return 0

    def synchronize(self, stream):
        return 0 if stream.value == STREAM else 400

    def fetch(self, target, source, size):
        assert isinstance(source, ctypes.c_ulonglong)
        ctypes.memmove(target.value, source.value, size.value)
        return 0

    def send(self, target, source, size):
        assert isinstance(target, ctypes.c_ulonglong)
        ctypes.memmove(target.value, source.value, size.value)
        return 0

    def fill(self, address, value, size):
        ctypes.memset(address.value, value.value, size.value)
        return 0


@pytest.fixture
def driver():
    return TrueDriver()


@pytest.fixture
def device(standin, driver):
    from tensorrt._device import Device  # noqa: PLC0415 - the stand-in must be there first

    return Device(driver)


def test_numbers_go_there_and_back(device):
    memory = np.zeros((4, 5), np.float32)
    sent = np.arange(20, dtype=np.float32).reshape(4, 5)
    device.write(memory.ctypes.data, sent)
    assert np.array_equal(memory, sent)
    assert np.array_equal(device.read(memory.ctypes.data, (4, 5), np.float32), sent)
    device.fill(memory.ctypes.data, memory.nbytes, 0xA5)
    assert (memory.view(np.uint8) == 0xA5).all()


def test_a_run_waits_for_the_stream_and_is_done_at_once(device, driver):
    done = []
    assert device.enqueue(STREAM, lambda: done.append(list(driver.calls)))
    assert done == [["cuStreamIsCapturing", "cuStreamSynchronize"]]


def test_it_cannot_be_recorded_there_and_says_so(device, driver):
    driver.capturing = True
    assert not device.enqueue(STREAM, lambda: None)


@pytest.mark.parametrize("failing", ["cuStreamIsCapturing", "cuStreamSynchronize"])
def test_a_stream_that_fails_takes_no_work(device, driver, failing):
    driver.failing = failing
    done = []
    assert not device.enqueue(STREAM, lambda: done.append(1))
    assert not done


@pytest.mark.parametrize(
    ("failing", "use"),
    [
        ("cuMemcpyDtoH_v2", lambda device, at: device.read(at, (4,), np.float32)),
        ("cuMemcpyHtoD_v2", lambda device, at: device.write(at, np.zeros(4, np.float32))),
        ("cuMemsetD8_v2", lambda device, at: device.fill(at, 16, 0)),
    ],
)
def test_memory_that_fails_is_told(device, driver, failing, use):
    driver.failing = failing
    memory = np.zeros(4, np.float32)
    with pytest.raises(RuntimeError, match=f"{failing}: 700"):
        use(device, memory.ctypes.data)
