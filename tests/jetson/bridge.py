"""nvmm.c over a Jetson that is none: compiled with stubs/world.c, over the real GStreamer."""

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from appliance.jetson.array import DeviceArray
from appliance.jetson.nvmm import SOURCE, library_name, load_bridge
from appliance.jetson.piece import Gone

STUBS = Path(__file__).with_name("stubs")
PACKAGES = ("gstreamer-app-1.0", "gstreamer-video-1.0", "gstreamer-base-1.0")
STRICT = ("-std=c11", "-g", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
OWN = "-Wl,-Bsymbolic"
"""CUDA's names mean the stand-ins inside, even where another driver is loaded already."""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
SANITIZE = "NVMM_SANITIZE"
"""Set in a process of its own, which has the sanitizer's library loaded first."""
LAYOUTS = ("in blocks", "with gaps", "packed", "memory of CUDA")
FOREIGN_FORMAT, ODD = 4, 5
FAULTS = {"map": 1, "register": 2, "frame": 3, "copy": 4, "event": 5}


@cache
def built():
    """Compile nvmm.c with the stand-ins of what it calls; gives the folder in which it lies.

    Once in a process: GStreamer takes each element from whoever brings it first.
    """
    folder = Path(tempfile.mkdtemp(prefix="lfr-nvmm-"))
    atexit.register(shutil.rmtree, folder)
    flags = _ask("--cflags").replace("-I", "-isystem ").split()
    extra = SANITIZERS if SANITIZE in os.environ else ()
    code = [str(SOURCE), str(STUBS / "world.c"), "-o", str(folder / library_name())]
    command = ["gcc", *STRICT, OWN, *extra, "-isystem", str(STUBS), *flags, *code]
    subprocess.run([*command, *_ask("--libs").split()], check=True)
    return folder


def _ask(what):
    command = ["pkg-config", what, *PACKAGES]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sanitized_environment():
    """The environment of a process in which the compiled bridge may be a sanitized one."""
    command = ["gcc", "-print-file-name=libasan.so"]
    asan = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    # Python and GStreamer leave memory behind when they end, on purpose.
    return os.environ | {SANITIZE: "1", "LD_PRELOAD": asan, "ASAN_OPTIONS": "detect_leaks=0"}


class World:
    """The Jetson that nvmm.c sees."""

    def __init__(self):
        self.code = load_bridge(built())
        self.code.world_begin()
        self.set(layout=2, fault=0, flip=0, waits=0, wiped=0)

    def set(self, **values):
        for name, value in values.items():
            ctypes.c_int.in_dll(self.code, f"world_{name}").value = value

    def get(self, name):
        return ctypes.c_int.in_dll(self.code, f"world_{name}").value

    @property
    def undone(self):
        """Whether every mapping was undone, and every frame is the camera's again."""
        return not any(map(self.get, ("images", "resources", "events", "frames")))


class Stream:
    handle = 0


class Gpu:
    """Memory that is everybody's, and a stream in which everything is done at once."""

    stream = Stream()

    def __init__(self):
        self.waits = 0

    def allocate(self, shape, kind):
        owner = np.zeros(shape, kind)
        return DeviceArray(owner.ctypes.data, shape, owner.dtype, owner=owner)

    def zero(self, views):
        for view in views:
            ctypes.memset(view.address, 0, view.nbytes)

    def wait(self):
        self.waits += 1


def see(pixels):
    """Look at pixels where they are."""
    data = (ctypes.c_uint8 * pixels.nbytes).from_address(pixels.address)
    return np.ctypeslib.as_array(data).reshape(pixels.shape)


def every(source, look, wait_s=20.0):
    """Look at each picture of a film."""
    found = []
    try:
        while True:
            piece = source.next(wait_s)
            if piece is not None:
                found.append(look(piece))
            source.give_back()
    except Gone:
        return found
