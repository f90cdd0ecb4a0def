"""A checkout that installs in seconds, and what its installation makes of an empty folder."""

import shutil

import pytest

from tests.provisioning.van.checkout import install, make_checkout


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
    shutil.copytree(made[0].parent / "wheels", tmp_path / "wheels")
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
