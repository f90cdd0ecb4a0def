"""The planted pictures: so many faces of nobody, each in its own place, none twice."""

import io

import numpy as np
import pytest
from PIL import Image

from appliance.audit import plants
from appliance.audit.plants import MOST, TILE_PX, draw, draw_blank


@pytest.mark.parametrize("passings", [1, MOST, MOST + 1])
def test_every_face_has_a_number_and_a_place(passings):
    pictures = list(draw(passings))
    numbers = [n for one in pictures for n in range(one.first, one.first + one.faces)]
    assert numbers == list(range(passings))
    for one in pictures:
        for number in range(one.first, one.first + one.faces):
            x, y = one.corner(number)
            assert one.number(x + TILE_PX / 2, y + TILE_PX / 2) == number


def test_the_place_of_the_listed_person_and_the_rest_belong_to_nobody_planted():
    (picture,) = draw(2)
    x, y = picture.corner(1)
    assert picture.number(TILE_PX / 2, TILE_PX / 2) is None
    assert picture.number(x + 1.5 * TILE_PX, y + TILE_PX / 2) is None
    assert picture.number(plants.WIDTH - 1, TILE_PX / 2) is None


def test_no_two_faces_are_alike_and_no_two_audits():
    first, second = (np.array(Image.open(io.BytesIO(next(draw(3)).data))) for _ in range(2))
    places = [first[:TILE_PX, i * TILE_PX : (i + 1) * TILE_PX] for i in (1, 2, 3)]
    assert all((places[i] != places[j]).any() for i in range(3) for j in range(i))
    assert (first[:TILE_PX, TILE_PX : 2 * TILE_PX] != second[:TILE_PX, TILE_PX : 2 * TILE_PX]).any()


def test_the_blank_shows_nobody():
    assert np.ptp(np.array(Image.open(io.BytesIO(draw_blank())))) == 0
