"""A cinema of painted people: films are lists of scenes, and the van's own stages watch them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.evaluation.film.labels import Labels, Pass, Portrait
from appliance.evaluation.film.theatre import Theatre
from appliance.host.compute import Compute, Net
from appliance.host.gallery import Gallery
from appliance.machine import Machine
from appliance.settings import Appliance, MatchingSettings, VisionSettings
from appliance.vision.eyes import Eyes
from engines import packs
from tests.painted import DIMENSION, Sighting, template_of

FILMS = packs.SHARED.parent / "media" / "video"
HERE = FILMS.is_dir() and packs.SHARED.is_dir()
# A skipped test would claim a promise that nobody has looked at.
collect_ignore = [] if HERE else ["test_wired.py"]


@dataclass
class Projector:
    """A camera that shows the scenes of a painted film."""

    film: object
    scenes: list
    name: str = "film"

    @property
    def size(self):
        return self.film.width, self.film.height

    @property
    def ended(self):
        return not self.scenes

    def read(self, wait_s):
        return self.film.frame(*self.scenes.pop(0), camera=self.name)


@dataclass
class Cinema:
    """The theatre, and what is on."""

    theatre: Theatre
    reels: dict = field(default_factory=dict)

    def bring(self, file, *scenes):
        self.reels[str(file.absolute())] = list(scenes)
        return file


@pytest.fixture
def cinema(film, pack, lamp):
    compute, reels = Compute(), {}
    nets = [Net(run, pack.model_id, compute._lent) for run in (film.find, film.describe)]

    @contextmanager
    def open_camera(settings, lit):
        assert lit.shining
        assert not settings.paced
        yield Projector(film, list(reels[settings.uri]))

    vision = VisionSettings()
    settings = Appliance(vision=vision, matching=MatchingSettings(cooldown_s=0))
    machine = Machine("painted", compute, Gallery(), open_camera, lambda: None, "cpu")
    eyes = Eyes(compute, pack, *nets, vision)
    return Cinema(Theatre(settings, machine, eyes, lamp), reels)


def still(name, times=12, left=100.0, **how):
    """Somebody stands there for some pictures."""
    return [[Sighting(name, left, 150.0, **how)] for _ in range(times)]


def nobody(times=12):
    return [[] for _ in range(times)]


def labelled(*passes, films=1, listed=(0,), subjects=None):
    """Labels of films that lie nowhere."""
    portraits = tuple(Portrait(None, subject) for subject in listed)
    people = len({one.subject for one in passes} | set(listed)) if subjects is None else subjects
    return Labels((None,) * films, portraits, passes, people)


def row(name):
    """What a painted person is enrolled with."""
    return template_of(name)[None]


NO_PADDING = np.zeros((0, DIMENSION), np.float32)
__all__ = ["NO_PADDING", "Pass", "labelled", "nobody", "row", "still"]
