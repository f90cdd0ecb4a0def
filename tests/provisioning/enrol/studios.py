"""A studio without networks, whose pictures say what is to be seen in them."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from appliance.domain.face import Faces
from appliance.errors import MachineError
from appliance.vision.encoder import Templates
from appliance.vision.models import Landmarks
from provisioning.enrol.gate import TRIAL, Fault
from provisioning.enrol.pictures import STAMPS
from provisioning.enrol.studio import Answer, Studio

DIMENSION = 8
PR_GET_DUMPABLE = 3
POINTS = Landmarks(
    template=((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)),
    left_eye=(0,),
    right_eye=(1,),
    nose=(2,),
)
PLACES = np.array(POINTS.template, np.float32)


def draw(file, faces=1, width=400, person=0, kind=None):
    """Draw so many faces of a person: the red of a picture counts them, its green names who."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, width), (faces * 20, person * 20, 0)).save(file, kind)
    return file


@dataclass
class Painted:
    """Networks that read colours."""

    model_id: str = "an-encoder"
    dimension: int = DIMENSION
    points: Landmarks = POINTS
    enough_px: int = 300
    sound: bool = True
    spoilt: str = ""
    share: float = 1.0
    """How much of the picture a face fills."""
    shown: list[tuple[int, ...]] = field(default_factory=list)

    def find(self, picture):
        height, width, _ = picture.shape
        self.shown.append(picture.shape)
        faces = round(int(picture[height // 2, width // 2, 0]) / 20)
        box = np.array([[0, 0, width, height]] * faces, np.float32).reshape(faces, 4)
        middle = np.array([width, height], np.float32)
        points = ((PLACES - 0.5) * self.share + 0.5) * middle
        landmarks = np.array([points] * faces, np.float32).reshape(faces, 5, 2)
        found = Faces(box, landmarks, np.full(faces, 0.9, np.float32))
        if self.spoilt:
            getattr(found, self.spoilt).fill(np.nan)
        return found

    def encode(self, picture, faces):
        height, width, _ = picture.shape
        person = round(int(picture[height // 2, width // 2, 1]) / 20)
        vectors = np.eye(DIMENSION, dtype=np.float32)[[person] * len(faces)]
        sound = np.full(len(faces), self.sound)
        return Templates(vectors, np.ones(len(faces), np.float32), sound)


def open_painted(today, gate=TRIAL):
    return Studio(Painted(), gate, STAMPS["large"], today)


def take_over():
    """Write what the parent should not unpickle into every pipe there is."""
    for handle in range(3, 64):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(handle).st_mode):
                os.write(handle, b"\0\0\0\x0fcos\nsystem\n(S''")
    time.sleep(600)


def core():
    dumpable = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
    most_bytes, _ = resource.getrlimit(resource.RLIMIT_CORE)
    return f"dumpable {dumpable}, core {most_bytes}"


SAYS = {"core": core, "environment": lambda: " ".join(os.environ)}
"""What a worker says about itself."""


def look_by_name(task):
    """Do what the file's name says."""
    match task.file.stem.split("-")[0]:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stick":
            time.sleep(600)
        case "taken":
            take_over()
        case "odd":
            raise ValueError("a reader has lost its head")
        case "lost":
            raise MachineError("The encoder is lost.", mend="Start again.")
        case "core" | "environment" as what:
            return Answer(notice=SAYS[what]())
        case "bad":
            return Answer(Fault(f"{task.file.name} is bad.", "Mend it."))
    return Answer(notice=task.file.name, template=np.zeros(2, np.float32))


def open_by_name():
    return look_by_name


def open_nothing():
    raise MachineError("The network is not here.", mend="Fetch it.")


def die_at_once():
    os._exit(3)
