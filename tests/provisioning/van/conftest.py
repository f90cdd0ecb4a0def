"""A checkout that installs in seconds; computers on which the real one is installed."""

import itertools
import shutil
from contextlib import contextmanager

import pytest

from tests.provisioning.van.checkout import install, make_checkout
from tests.provisioning.van.computer import computer
from tests.provisioning.van.force import Force
from tests.provisioning.van.given import JETPACK, give


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A checkout, and what its installation makes of an empty folder."""
    checkout = make_checkout(tmp_path_factory.mktemp("made"))
    root = checkout.parent / "root"
    root.mkdir()
    done = install(checkout, "--root", root)
    assert done.code == 0, done.said
    return checkout, root, done.said


@pytest.fixture
def checkout(made, tmp_path):
    """A checkout of one's own, to be spoilt."""
    shutil.copytree(made[0].parent / "the wheels", tmp_path / "the wheels")
    return shutil.copytree(made[0], tmp_path / "checkout", symlinks=True)


@pytest.fixture
def root(made, tmp_path):
    """An installation of one's own."""
    return shutil.copytree(made[1], tmp_path / "root", symlinks=True)


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def given(tmp_path_factory):
    """What computers see as /run/given, and the id of the encoder's model."""
    folder = tmp_path_factory.mktemp("given")
    return folder, give(folder)


@pytest.fixture(scope="session")
def start(given, tmp_path_factory):
    """Start computers; each is gone when its block ends."""
    folder, _ = given

    @contextmanager
    def start(*, jetson):
        with computer(tmp_path_factory.mktemp("computer"), folder / "root" / "opt", folder) as van:
            if jetson:
                van.shell(JETPACK)
            yield van

    return start


@pytest.fixture(scope="session")
def raise_force(given, tmp_path_factory):
    """Make forces, each with a folder of its own that computers see."""
    folder, model_id = given
    numbers = itertools.count()

    def make():
        name = f"force-{next(numbers)}"
        (folder / name).mkdir()
        return Force(folder / name, f"/run/given/{name}", tmp_path_factory.mktemp(name), model_id)

    return make


@pytest.fixture
def jetson(start):
    """One on which nothing is installed."""
    with start(jetson=True) as van:
        yield van


@pytest.fixture(scope="module")
def force(raise_force):
    """The force of the van on duty."""
    return raise_force()


@pytest.fixture(scope="module")
def duty(start, force):
    """A van on duty. Tests leave it so."""
    with start(jetson=True) as van:
        force.equip(van)
        force.serve(van)
        force.deploy("list-1", hours=8)
        van.fetch()
        with van.hears("lfr-panel", '"lamp": "looking"'):
            van("systemctl", "start", "lfr.target")
        yield van
