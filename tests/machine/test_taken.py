"""All memory that the van takes for its GPU is looked through after each step, byte by byte."""

import numpy as np
import pytest

from appliance.jetson.gpu import Gpu

BOX = np.array([[100, 80, 200, 180]], np.float32)
FIRST = np.zeros(1, np.int32)
MAP = np.array([[[1.2, 0.1, 40], [-0.1, 1.2, 30]]], np.float32)
ROWS, DIMENSION = 300, 512


@pytest.fixture(params=["standin", pytest.param("jetson", marks=pytest.mark.jetson)])
def kind(request):
    """An ordinary computer takes none."""
    return request.param


class Taken:
    """Every piece that was taken, as somebody would find it who reads the memory itself."""

    def __init__(self):
        self.arrays, self.pinned, self.gpu = [], [], None

    def read(self, but=()):
        """Give the bytes of each, apart from what belongs to somebody else."""
        for array in self.arrays:
            if array.address not in but:
                place = np.empty(array.nbytes, np.uint8)
                self.gpu.to_host(place, array.view((array.nbytes,), np.uint8))
                self.gpu.wait()
                yield place.tobytes()
        for piece in self.pinned:
            yield piece.host.tobytes()


@pytest.fixture
def taken(monkeypatch):
    found, allocate, pinned = Taken(), Gpu.allocate, Gpu.pinned

    def note_array(gpu, shape, kind):
        found.gpu = gpu
        found.arrays.append(allocate(gpu, shape, kind))
        return found.arrays[-1]

    def note_pinned(gpu, shape, kind):
        found.pinned.append(pinned(gpu, shape, kind))
        return found.pinned[-1]

    monkeypatch.setattr(Gpu, "allocate", note_array)
    monkeypatch.setattr(Gpu, "pinned", note_pinned)
    return found


@pytest.mark.parametrize("layout", ["rgb", "i420"])
def test_after_a_step_no_byte_of_a_frame_is_in_anything_that_was_taken(
    taken, compute, lens, soft, plain, layout
):
    frame = getattr(lens, layout)(soft((240, 320)))
    theirs = {frame.pixels.address}
    for _ in range(3):
        compute.letterbox([frame], (160, 128), plain)
        compute.warp([frame], FIRST, MAP, 64, plain)
        compute.gauge([frame], FIRST, BOX)
        compute.jpeg(frame, np.array([90, 70, 210, 190]), BOX.astype(np.int32))
        assert any(any(piece) for piece in taken.read(theirs))
        compute.erase()
        assert not any(any(piece) for piece in taken.read(theirs))


def test_after_a_step_no_template_of_a_passer_by_is_in_anything_that_was_taken(
    taken, machine, compute
):
    dice = np.random.default_rng(4)
    listed = dice.normal(size=(ROWS, DIMENSION)).astype(np.float16)
    probe = dice.normal(size=(1, DIMENSION)).astype(np.float32)
    probe /= np.linalg.norm(probe)
    machine.gallery.load(listed)
    machine.gallery.search(probe)
    compute.erase()
    whole = b"".join(taken.read())
    assert listed[7].tobytes() in whole  # whoever is listed is found, so a passer-by would be
    for form in (np.float32, np.float16):
        assert not any(part.tobytes() in whole for part in probe.astype(form)[0].reshape(-1, 16))
