"""Killed at any point, a van holds the old list or the new one, whole, or none, and goes on."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.domain.ending import End
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.refusals import StaleError
from tests.watchlist.repository import Repository
from tests.watchlist.van import Van

SEED = int(os.environ.get("LFR_KILL_SEED", "20260504"))
KILLS = int(os.environ.get("LFR_KILLS", "210"))
TIMED = 0.2
"""This part of them is killed from outside after a while, wherever it is then."""
BIG = bytes(range(256)) * 3000
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three states of a repository as sticks, and a keyring with three keys."""
    folder = tmp_path_factory.mktemp("world")
    ring = Keyring(folder / "keys")
    ring.make(3)
    keys = sorted(ring.ids())
    repository = Repository()
    for number, key_id in enumerate(keys, 1):
        name = f"list-{number}"
        repository.put_list(BIG + name.encode(), watchlist_id=name, key_id=key_id)
        repository.put_authority(watchlist_id=name)
        repository.withdraw(bytes([number]) * 32)
        repository.release().publish(folder / f"stick-{number}")
    (folder / "root.json").write_bytes(repository.pinned)
    return SimpleNamespace(folder=folder, keys=keys, pinned=repository.pinned)


class Scene:
    """A van, in a folder of its own, that has taken the first so many sticks."""

    def __init__(self, world, folder, sticks):
        folder.mkdir()
        self.world, self.folder, self.sticks = world, folder, sticks
        shutil.copytree(world.folder / "keys", folder / "keys")
        self.ring = Keyring(folder / "keys")
        self.van = Van(folder / "held", world)
        self.van.destroyed = SimpleNamespace(append=self.ring.destroy)
        for number in range(sticks):
            self.update(number + 1)

    def update(self, number):
        return self.van.update(self.world.folder / f"stick-{number}")

    def next(self):
        return self.update(self.sticks + 1)

    def copy(self, folder):
        shutil.copytree(self.folder, folder)
        return self.at(folder)

    def at(self, folder):
        """Give the same van, as it lies in another folder."""
        twin = Scene.__new__(Scene)
        twin.__dict__ = {**self.__dict__, "folder": folder, "ring": Keyring(folder / "keys")}
        twin.van = Van(folder / "held", self.world)
        twin.van.now = self.van.now
        twin.van.destroyed = SimpleNamespace(append=twin.ring.destroy)
        return twin

    def order(self, act, **how):
        return {
            "act": act,
            "folder": str(self.van.folder),
            "keyring": str(self.folder / "keys"),
            "root": str(self.world.folder / "root.json"),
            "stick": str(self.world.folder / f"stick-{self.sticks + 1}"),
            "now": self.van.now.isoformat(),
            **how,
        }

    def whole(self, *allowed):
        """See that it is one of these lists, and that its key is still there to open it."""
        held = self.van.held()
        assert held in allowed
        assert all(self.van.trusted(generation) for generation in self.van.store.generations())
        if held:
            assert self.world.keys[int(held[-1]) - 1] in self.ring.ids()
        return held

    def nothing(self):
        """See that no list and no key to one is left, and that none will come back."""
        assert self.van.held() is None
        assert not [name for name in self.van.left() if name.endswith((".age", ".part"))]
        assert not {*self.world.keys[: self.sticks]} & {*self.ring.ids()}
        assert self.van.store.closed("d-1")
        with suppress(StaleError):
            self.update(3)
        assert self.van.held() is None

    def clean(self):
        """See that nothing is left of what was cut off."""
        odd = [n for n in self.van.left() if "/." in n or n.startswith(".") or ".part" in n]
        assert odd == []


def updated(scene):
    """After a kill in an update: one of the two, and the next update brings the new one."""
    old = f"list-{scene.sticks}" if scene.sticks else None
    new = f"list-{scene.sticks + 1}"
    scene.whole(old, new)
    scene.van.sweep()
    scene.whole(old, new)
    scene.update(scene.sticks + 1)
    assert scene.whole(new)
    scene.van.sweep()
    scene.clean()
    kept = {*scene.world.keys} - {*scene.world.keys[: max(0, scene.sticks - 1)]}
    assert {*scene.ring.ids()} == kept


def closed(scene):
    """After a kill in a close: the list, or none; once it is marked, never again."""
    held = scene.whole(f"list-{scene.sticks}", None)
    if scene.van.store.closed("d-1") is None:
        assert held
        scene.van.finish(End.BUTTON)
    scene.van.sweep()
    scene.nothing()
    scene.clean()


def over(scene):
    """After a kill in the clearing away of what is past its end: none, whatever is left."""
    assert scene.van.held() is None
    scene.van.sweep()
    scene.nothing()
    scene.clean()


def swapped(scene):
    """After a kill when a newer list is searched: that one, and no older one for long."""
    scene.whole("list-2")
    scene.van.supersede()
    assert scene.whole("list-2")
    assert len(scene.van.store.generations()) == 1
    assert {*scene.ring.ids()} == {*scene.world.keys[1:]}
    scene.van.sweep()
    scene.clean()


STORIES = {
    "the first update": (0, "update", {}, updated),
    "an update": (1, "update", {}, updated),
    "the third generation": (2, "update", {}, updated),
    "a swap": (2, "swap", {}, swapped),
    "a close": (2, "close", {}, closed),
    "the end": (2, "sweep", {"hours": 6}, over),
    "contact lost": (1, "sweep", {"hours": 24}, over),
}


@contextmanager
def mortals():
    """A server of children that die."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.watchlist.mortal"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment, text=True,
    ) as server:  # fmt: skip

        def ask(order):
            server.stdin.write(json.dumps(order) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        yield ask


class Killer:
    """Tells one story again and again, and kills it each time somewhere else."""

    def __init__(self, ask, name, scene):
        _, self.act, later, self.after = STORIES[name]
        self.ask, self.scene = ask, scene
        self.chance = random.Random(f"{SEED} {name}")
        scene.van.pass_by(**later)
        code, self.points = self.tell("whole", {})
        assert code == 0

    def kill(self, number):
        if self.chance.random() < TIMED:
            how = {"after_s": self.chance.uniform(0, 0.1)}
        else:
            how = {"at": self.chance.randint(1, self.points)}
        code, _ = self.tell(number, how)
        assert code == -9 or ("after_s" in how and code == 0), how
        return code

    def tell(self, number, how):
        twin = self.scene.copy(self.scene.folder.with_name(f"{self.scene.folder.name}-{number}"))
        answer = self.ask(twin.order(self.act, **how))
        self.after(twin)
        shutil.rmtree(twin.folder)
        return answer["code"], answer["points"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", STORIES)
def test_two_hundred_kills_leave_the_old_list_or_the_new_one_or_none(world, tmp_path, name):
    scene = Scene(world, tmp_path / "van", STORIES[name][0])
    with mortals() as ask:
        killer = Killer(ask, name, scene)
        codes = [killer.kill(number) for number in range(-(-KILLS // len(STORIES)))]
    assert codes.count(-9) > KILLS // len(STORIES) // 2
