"""Graphs are recorded after a real run, bounded, given back, and never a silent fall-back."""

import ctypes
import gc

import pytest

from appliance.errors import MachineError
from appliance.jetson import graphs as room
from appliance.jetson.gpu import open_gpu
from appliance.jetson.graphs import Graphs

KEY = ((1, 3, 16, 16), 4096)


class Driver:
    """A CUDA driver that notes its calls, and fails at one of them."""

    def __init__(self, failing=""):
        self.failing = failing
        self.calls = []
        self.capturing = False

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append(name)
            if name == self.failing:
                return 900
            if name == "cuStreamBeginCapture_v2":
                _, mode = arguments
                assert mode.value == 1
                self.capturing = True
            if name == "cuStreamEndCapture":
                self.capturing = False
            return 0

        return call


def recorded(driver, runs=2, key=KEY):
    """Graphs after some real runs of one batch."""
    graphs = Graphs(7, driver)
    for _ in range(runs):
        if not graphs.launch(key):
            graphs.offer(key, lambda: None)
    return graphs


def test_the_first_run_records_nothing():
    driver = Driver()
    assert not recorded(driver, runs=1).launch(KEY)
    assert driver.calls == []


def test_after_the_second_the_run_is_there_to_be_replayed():
    driver = Driver()
    graphs = recorded(driver)
    assert driver.calls == [
        "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags",
        "cuGraphDestroy",
    ]  # fmt: skip
    driver.calls.clear()
    assert graphs.launch(KEY)
    assert driver.calls == ["cuGraphLaunch"]


def test_other_shapes_and_addresses_have_none():
    graphs = recorded(Driver())
    assert not graphs.launch(((2, 3, 16, 16), 4096))
    assert not graphs.launch(((1, 3, 16, 16), 8192))


@pytest.mark.parametrize(
    "failing",
    [
        "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags",
        "cuGraphDestroy", "cuGraphLaunch",
    ],
)  # fmt: skip
def test_what_the_driver_refuses_says_how_to_do_without(failing):
    with pytest.raises(MachineError, match=f"{failing}: 900") as refused:
        recorded(Driver(failing), runs=3)
    assert "gpu.graphs to false" in refused.value.mend


def test_where_tensorrt_refuses_to_be_recorded_the_stream_is_free_again():
    driver = Driver()
    graphs = recorded(driver, runs=1)

    def refuse():
        assert driver.capturing
        raise MachineError("TensorRT did not run the network.", mend="Look.")

    with pytest.raises(MachineError, match="did not run"):
        graphs.offer(KEY, refuse)
    assert not driver.capturing
    assert not graphs.launch(KEY)


def test_graphs_are_given_back_with_the_network():
    driver = Driver()
    graphs = recorded(driver)
    driver.calls.clear()
    del graphs
    gc.collect()
    assert driver.calls == ["cuGraphExecDestroy"]


def test_there_are_never_more_than_a_bound(monkeypatch):
    monkeypatch.setattr(room, "MOST", 2)
    driver = Driver()
    graphs = Graphs(7, driver)
    for address in range(4):
        for _ in range(3):
            graphs.offer((KEY[0], address), lambda: None)
    assert [graphs.launch((KEY[0], address)) for address in range(4)] == [True, True, False, False]


def test_the_driver_that_is_loaded_already_is_asked(standin):
    """The van's own by the same name; here the stand-in."""
    gpu = open_gpu(standin)
    graphs = Graphs(gpu.stream.handle)
    assert hasattr(ctypes.CDLL(room.DRIVER), "standin_enqueue")
    for _ in range(2):
        graphs.offer(KEY, lambda: None)
    assert graphs.launch(KEY)
    gpu.wait()
