"""Whatever fades is gone when its time is over, however often it was put."""

from datetime import timedelta

import pytest

from appliance.tablets.fading import Fading
from tests.tablets.conftest import NOON


@pytest.fixture
def fading():
    return Fading()


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def test_it_is_there_until_its_moment_and_the_others_stay(fading):
    fading.put("later", 1, at(20))
    fading.put("sooner", 2, at(10))
    fading.forget(at(9.9))
    assert len(fading) == 2
    fading.forget(at(10))
    assert "sooner" not in fading
    assert fading.get("sooner") is None
    assert fading.get("later") == 1


def test_what_is_put_again_is_the_newest_and_has_its_new_moment(fading):
    for name in ("a", "b"):
        fading.put(name, name, at(10))
    fading.put("a", "anew", at(30))
    fading.put("a", "anew", at(30))
    assert fading.values() == ["b", "anew"]
    assert list(fading.newest()) == ["a", "b"]
    fading.forget(at(10))
    assert fading.values() == ["anew"]
    fading.forget(at(30))
    assert len(fading) == 0


def test_a_moment_may_come_nearer(fading):
    fading.put("a", 1, at(30))
    fading.put("a", 2, at(10))
    fading.forget(at(10))
    assert len(fading) == 0
    fading.put("a", 3, at(50))
    fading.forget(at(30))
    assert fading.get("a") == 3


def test_all_can_be_let_go_at_once(fading):
    fading.put("a", 1, at(10))
    fading.clear()
    fading.put("a", 2, at(20))
    fading.forget(at(10))
    assert fading.values() == [2]


def test_one_can_be_let_go_and_put_again(fading):
    fading.put("a", 1, at(10))
    fading.drop("a")
    fading.drop("a")
    assert fading.values() == []
    fading.put("a", 2, at(20))
    fading.forget(at(10))
    assert fading.values() == [2]
