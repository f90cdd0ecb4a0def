"""The stand-in is built once, whole or not at all."""

import threading

import pytest

from appliance.errors import MachineError
from engines.packs import cache_folder
from tests.standin import build


@pytest.fixture
def home(standin, tmp_path):
    """A cache that has nothing but NVIDIA's headers."""
    (headers,) = (cache_folder() / "standin").glob("headers-*")
    (tmp_path / headers.name).symlink_to(headers)
    return tmp_path


def built(home):
    return [folder for folder in home.iterdir() if "libcuda-" in folder.name]


def test_it_is_built_and_then_taken_as_it_is(home, monkeypatch):
    library = build.driver(home)
    monkeypatch.setattr(build, "COMPILER", ("no-such-compiler",))
    assert build.driver(home) == library
    assert library.name == "libcuda.so.1"


def test_without_a_compiler_it_says_so_in_one_line(home, monkeypatch):
    monkeypatch.setattr(build, "COMPILER", ("no-such-compiler",))
    with pytest.raises(MachineError, match="gcc failed or is not there") as refused:
        build.driver(home)
    assert "\n" not in refused.value.advice()
    assert built(home) == []


def test_what_does_not_compile_leaves_nothing_behind(home, monkeypatch):
    monkeypatch.setattr(build, "COMPILER", (*build.COMPILER, "-DRECENT=none"))
    with pytest.raises(MachineError, match="gcc failed"):
        build.driver(home)
    assert built(home) == []
    monkeypatch.undo()
    assert build.driver(home).exists()


def test_who_comes_second_waits_for_the_first(home, monkeypatch):
    runs, real = [], build._run
    monkeypatch.setattr(build, "_run", lambda *given: (runs.append(given), real(*given)))
    both = [threading.Thread(target=build.driver, args=(home,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(runs) == 1
    assert len(built(home)) == 1
