"""The power may go at any moment, and the disk keep what it likes of what was not brought to it."""

from __future__ import annotations

import os
import random

import pytest

from appliance.domain.ending import End
from tests.watchlist.power import Disk
from tests.watchlist.test_kill import SEED, STORIES, Scene, world

__all__ = ["world"]
IMAGES, AFTERWARDS = 2, 8
"""Of each moment, and of the last."""


def images(scene, act, folder, chance, monkeypatch):
    """Go through a story, and keep what the disk may hold at each of its moments, and after it."""
    folder.mkdir()
    (folder / "graves").mkdir()
    disk = Disk(scene.folder, folder / "graves", chance)
    made, really = [], os.fsync

    def sync(handle):
        for _ in range(IMAGES):
            made.append(folder / f"image-{len(made)}")
            disk.image(made[-1])
        really(handle)
        disk.sync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    close, swap = lambda: scene.van.finish(End.BUTTON), scene.van.supersede
    acts = {"update": scene.next, "swap": swap, "close": close, "sweep": scene.van.sweep}
    acts[act]()
    monkeypatch.undo()
    done = [folder / f"done-{number}" for number in range(AFTERWARDS)]
    for place in done:
        disk.image(place)
    disk.close()
    return made, done


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", STORIES)
def test_a_loss_of_power_leaves_the_old_list_or_the_new_one_or_none(
    world, tmp_path, monkeypatch, name
):
    sticks, act, later, after = STORIES[name]
    scene = Scene(world, tmp_path / "van", sticks)
    scene.van.pass_by(**later)
    chance = random.Random(f"{SEED} {name}")
    made, done = images(scene, act, tmp_path / "disk", chance, monkeypatch)
    assert len(made) > 2 * IMAGES
    for folder in made:
        after(scene.at(folder))
    for folder in done:
        if act in ("update", "swap"):
            assert scene.at(folder).whole(f"list-{sticks + (act == 'update')}")
        else:
            scene.at(folder).nothing()
