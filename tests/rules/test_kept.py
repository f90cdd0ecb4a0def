"""Nothing of a passer-by is kept: what a step has made is zero when the step is over."""

import ctypes
import gc
import weakref
from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.domain.face import Faces
from appliance.domain.frame import Layout
from appliance.errors import LapsedError
from appliance.settings import VisionSettings


@dataclass
class Witness:
    """Keeps every array that the stages make and hand on, as no stage may."""

    faces: list = field(default_factory=list)
    pixels: list = field(default_factory=list)
    """Letterboxed frames, crops, and what the networks made of them."""
    templates: list = field(default_factory=list)
    probes: list = field(default_factory=list)

    def arrays(self) -> list[np.ndarray]:
        kept = [a for f in self.faces for a in (f.boxes, f.landmarks, f.scores)]
        kept += [a for t in self.templates for a in (t.vectors, t.norms)]
        return [*kept, *self.pixels, *self.probes]

    def saw_all(self) -> bool:
        return all((self.faces, self.pixels, self.templates, self.probes))


def overheard(function, keep):
    """The same function, whose answer somebody else keeps too."""

    def call(*given):
        answer = function(*given)
        keep(answer)
        return answer

    return call


@pytest.fixture
def witness(film, monkeypatch):
    """Listen to the networks and to every copy of a face."""
    witness = Witness()
    for name in ("find", "describe"):
        heard = overheard(getattr(film, name), lambda out: witness.pixels.extend(out.values()))
        setattr(film, name, heard)
    monkeypatch.setattr(Faces, "take", overheard(Faces.take, witness.faces.append))
    return witness


@pytest.fixture
def watched(witness, open_stage):
    """A pipeline with a witness at every stage, and Ann on the list."""
    stage = open_stage("ann")
    compute, pipeline, gallery = stage.compute, stage.pipeline, stage.pipeline.match.gallery
    compute.letterbox = overheard(compute.letterbox, witness.pixels.append)
    compute.warp = overheard(compute.warp, witness.pixels.append)
    pipeline.detect = overheard(pipeline.detect, witness.faces.extend)
    pipeline.encode = overheard(pipeline.encode, witness.templates.append)
    pipeline.passes.follow = overheard(
        pipeline.passes.follow, lambda s: witness.faces.append(s.faces)
    )
    search = gallery.search
    gallery.search = lambda probes: witness.probes.append(probes) or search(probes)
    return stage


def left_over(stage, witness) -> list[np.ndarray]:
    """What is not zero though it must be."""
    buffers = [*witness.arrays(), *stage.compute._scratch.values(), *stage.compute._lent]
    return [array for array in buffers if array.any()]


def test_after_a_step_everything_is_zero(watched, witness, person):
    watched.show(person("ann", 100, 100), person("bob", 300, 100))
    assert witness.saw_all()
    assert len(watched.alerts) == 1
    assert not left_over(watched, witness)


def test_after_every_step_of_a_walk_everything_is_zero(watched, witness, person):
    for x in range(100, 300, 20):
        watched.show(person("bob", x, 100), person("dee", 500 - x, 300))
        assert not left_over(watched, witness)


def test_when_the_law_ends_in_the_middle_of_a_step_everything_is_zero(
    watched, witness, clock, person
):
    encode = watched.pipeline.encode
    watched.pipeline.encode = lambda *given: clock.pass_by(hours=6) or encode(*given)
    with pytest.raises(LapsedError):
        watched.show(person("ann", 100, 100))
    assert witness.templates
    assert not left_over(watched, witness)


@pytest.mark.parametrize("stage", ["search", "send"])
def test_when_a_stage_fails_everything_is_zero(watched, witness, person, stage):
    def fail(*given):
        witness.probes.extend(one for one in given if isinstance(one, np.ndarray))
        raise RuntimeError("something broke")

    if stage == "search":
        watched.pipeline.match.gallery.search = fail
    else:
        watched.pipeline.report.send = fail
    with pytest.raises(RuntimeError):
        watched.show(person("ann", 100, 100))
    assert witness.saw_all()
    assert not left_over(watched, witness)


def test_while_a_face_is_in_view_its_passing_has_one_template_and_nothing_else(stage, person):
    stage.show(person("bob", 100, 100), times=10)
    passes = stage.pipeline.passes
    assert np.abs(passes._sum).any(axis=1).sum() == 1
    assert passes._sum.shape[1] == 8


def test_when_a_passing_ends_its_template_is_zero(stage, person):
    stage.show(person("bob", 100, 100), times=5)
    stage.show(times=15)
    arrays = [a for a in vars(stage.pipeline.passes).values() if isinstance(a, np.ndarray)]
    assert not any(array.any() for array in arrays)


def test_when_a_passing_ends_numpy_keeps_nothing_of_small_arrays(stage, person):
    stage.show(person("bob", 100, 100), times=5)
    arrays = [np.full(84, 77, np.uint8) for _ in range(7)]
    places = [array.ctypes.data for array in arrays]
    del arrays
    stage.show(times=15)
    assert stage.pipeline.tally.erased == 1
    assert not any(77 in ctypes.string_at(place, 84) for place in places)


def test_after_the_end_nothing_is_left_of_passers_by_or_of_the_list(watched, witness, person):
    watched.show(person("ann", 100, 100), person("bob", 300, 100))
    match, passes = watched.pipeline.match, watched.pipeline.passes
    rows = match.gallery._rows
    assert rows.any()
    watched.pipeline.close()
    assert not rows.any()
    assert not watched.watchlist.templates.any()
    assert not match._evidence
    assert not passes.number.any()
    assert not passes._sum.any()
    assert not left_over(watched, witness)


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_nobody_holds_a_frame(stage, film, person, name):
    frame = film.frame(person(name, 100, 100))
    held = [weakref.ref(frame), weakref.ref(frame.pixels)]
    stage.pipeline.step([frame])
    del frame
    gc.collect()
    assert [ref() for ref in held] == [None, None]


def test_nobody_holds_a_still_of_the_desk(film, person, open_eyes):
    film.layout = Layout.RGB8
    frame = film.frame(person("ann", 100, 100))
    eyes = open_eyes(VisionSettings())
    picture = frame.pixels
    held = weakref.ref(picture)
    eyes.look(picture)
    assert not any(buffer.any() for buffer in eyes.compute._scratch.values())
    del frame, picture
    gc.collect()
    assert held() is None
