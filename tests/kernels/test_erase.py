"""What held faces is zero afterwards, to the last byte and not one more."""

import numpy as np
import pytest

from appliance.jetson import launch


@pytest.fixture
def erase(kernels):
    """Erase (address, bytes) pairs in one launch."""

    def run(*ranges, plan=None, count=None):
        every = np.zeros((), launch.RANGES)
        every["address"][: len(ranges)] = [address for address, _ in ranges]
        every["bytes"][: len(ranges)] = [size for _, size in ranges]
        plan = plan or launch.erase(len(ranges))
        counted = len(ranges) if count is None else count
        kernels.launch("erase", *plan, every[()], np.int32(counted))

    return run


def full(size):
    return np.full(size, 255, np.uint8)


@pytest.mark.parametrize("shift", [0, 1, 7, 15, 16, 17])
@pytest.mark.parametrize("size", [0, 1, 3, 15, 16, 17, 31, 33, 1000, 4096])
def test_every_byte_of_a_range_and_none_beside_it(erase, shift, size):
    memory = full(size + 64)
    erase((memory.ctypes.data + shift, size))
    assert not memory[shift : shift + size].any()
    assert (memory[:shift] == 255).all()
    assert (memory[shift + size :] == 255).all()


def test_64_places_in_one_launch(erase):
    places = [full(100 + 13 * i) for i in range(64)]
    erase(*((place.ctypes.data, place.nbytes) for place in places))
    assert not any(place.any() for place in places)


def test_places_that_are_not_counted_stay(erase):
    first, second = full(50), full(50)
    erase((first.ctypes.data, 50), (second.ctypes.data, 50), count=1)
    assert not first.any()
    assert (second == 255).all()


@pytest.mark.parametrize("plan", [((1, 1, 1), (1, 1, 1)), ((3, 1, 1), (5, 1, 1))])
def test_any_grid_erases_everything(erase, plan):
    memory = full(777)
    erase((memory.ctypes.data + 1, 775), plan=plan)
    assert not memory[1:-1].any()
    assert memory[0] == memory[-1] == 255
