"""A sensor, its pipeline, and how bright a frame of it is."""

from appliance.jetson import nvmm
from tests.jetson.bridge import (
    see,
)

WAIT_S = 20.0
SENSOR = {"uri": "csi://0", "width": 320, "height": 240, "fps": 60}
TAIL = f"nvvidconv ! {nvmm.NV12} ! {nvmm.NEWEST}"


def luma(piece):
    return int(see(piece.pixels)[0, 0])
