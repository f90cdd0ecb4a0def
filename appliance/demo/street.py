"""The street of the generated film: what stands still, and what drives and drifts by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.demo.figure import paint, shift

if TYPE_CHECKING:
    from appliance.demo.figure import Colour, Pixels

WIDTH, HEIGHT = 1280, 720
HORIZON = 150
ROOF = 40
"""Row of the picture where the sky ends."""
CURB: Colour = (170, 175, 178)
FOCAL = 2000.0
"""In pixels: a lens that sees 4.8 m of street at 7.5 m."""
EYE_M = 1.7
"""Height of the camera over the ground."""
CORNER_M = 7.5
"""How far away the walls end and the cross street begins."""
CORNERS = (260, 1020)
"""Where they end in the picture, left and right."""
FAR_SIDE_M = 20.0
KERB_M = 13.0
CAR_M = 16.0
CAR_LENGTH, CAR_HEIGHT = 526, 182
CAR_SPEED = 420
"""Pixels in a second."""
CARS: tuple[tuple[float, Colour], ...] = (
    (0.5, (120, 60, 40)), (4.4, (210, 210, 205)), (7.0, (50, 50, 140)), (11.5, (70, 90, 60)),
    (15.2, (150, 150, 155)),
)  # fmt: skip
"""When each comes into the picture, in seconds, and its colour."""
UMBRELLA_S, UMBRELLA_SPEED = 16.0, 620
POST_X, POST_WIDTH = 1004, 52


def ground(distance_m: float) -> int:
    """Find the row of the picture where the ground is so far away."""
    return round(HORIZON + FOCAL * EYE_M / distance_m)


class Street:
    """A street that looks the same whenever it is drawn."""

    def __init__(self) -> None:
        random = np.random.default_rng(7)
        self._still = _still(random)
        self._clouds = _clouds(random)
        self._cars = [(start_s, [_car(colour)]) for start_s, colour in CARS]
        self._umbrella, self._post = [_umbrella()], [_post()]

    def background(self, seconds: float) -> Pixels:
        """Draw what is behind everybody: sky, the house across, cars. Walls come later."""
        picture = self._still.copy()
        offset = int(12 * seconds)
        picture[:ROOF, CORNERS[0] : CORNERS[1]] = self._clouds[:, offset : offset + _opening()]
        for start_s, car in self._cars:
            left = CORNERS[0] - CAR_LENGTH + CAR_SPEED * (seconds - start_s)
            if CORNERS[0] - CAR_LENGTH <= left < CORNERS[1]:
                paint(picture, car, shift(left, ground(CAR_M) - CAR_HEIGHT), blur_px=9)
        return picture

    def walls(self, picture: Pixels) -> None:
        """Draw the near walls over everything that is still in the cross street."""
        left, right = CORNERS
        foot = ground(CORNER_M)
        picture[:foot, :left] = self._still[:foot, :left]
        picture[:foot, right:] = self._still[:foot, right:]

    def front(self, picture: Pixels, seconds: float) -> None:
        """Draw what is close to the camera: a post, and somebody under an umbrella."""
        paint(picture, self._post, shift(POST_X - POST_WIDTH / 2, 0))
        left = WIDTH - UMBRELLA_SPEED * (seconds - UMBRELLA_S)
        paint(picture, self._umbrella, shift(left, 40), blur_px=25)


def _opening() -> int:
    return CORNERS[1] - CORNERS[0]


def _still(random: np.random.Generator) -> Pixels:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    _pavement(picture)
    _house(picture)
    for side in (-1, 1):
        _wall(picture, side)
    coarse = random.normal(0, 5, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    rough = cv2.resize(coarse, (WIDTH, HEIGHT))[:, :, None]
    still: Pixels = np.clip(picture + rough, 0, 255).astype(np.uint8)
    return still


def _clouds(random: np.random.Generator) -> Pixels:
    coarse = random.uniform(-0.3, 1.2, (3, 24)).astype(np.float32)
    soft = cv2.resize(coarse, (_opening() + 400, ROOF), interpolation=cv2.INTER_CUBIC)
    sky, cloud = np.array([225.0, 190, 150]), np.array([240.0, 238, 235])
    strip: Pixels = (sky + (cloud - sky) * np.clip(soft, 0, 1)[:, :, None]).astype(np.uint8)
    return strip


def _house(picture: Pixels) -> None:
    """Draw the house on the far side of the cross street."""
    foot = ground(FAR_SIDE_M)
    picture[ROOF:foot] = (128, 150, 168)
    for top in range(ROOF + 18, foot - 90, 88):
        for left in range(CORNERS[0] - 20, CORNERS[1], 94):
            cv2.rectangle(picture, (left, top), (left + 46, top + 62), (190, 196, 200), -1)
            cv2.rectangle(picture, (left + 4, top + 4), (left + 42, top + 58), (104, 92, 82), -1)
    picture[foot - 78 : foot] = (96, 100, 104)


def _pavement(picture: Pixels) -> None:
    """Draw the road across, then slabs that grow towards the camera."""
    far, kerb = ground(FAR_SIDE_M), ground(KERB_M)
    picture[far:kerb] = (92, 92, 92)
    picture[kerb:] = (142, 148, 150)
    vanishing = (WIDTH // 2, HORIZON)
    for foot in range(-1400, WIDTH + 1401, 180):
        cv2.line(picture, vanishing, (foot, HEIGHT), (126, 132, 134), 1, cv2.LINE_AA)
    for metres in np.arange(5.0, KERB_M, 0.6):
        cv2.line(picture, (0, ground(metres)), (WIDTH, ground(metres)), (126, 132, 134), 1)
    picture[far - 4 : kerb - 10, CORNERS[0] : CORNERS[1]] = (92, 92, 92)
    picture[kerb - 10 : kerb] = CURB


def _wall(picture: Pixels, side: int) -> None:
    """Draw the near wall on the left (-1) or the right (1), courses running to the horizon."""
    corner = CORNERS[side > 0]
    edge = WIDTH // 2 + side * WIDTH
    corner_foot, edge_foot = ground(CORNER_M), _along(corner, ground(CORNER_M), edge)
    outline = [(corner, 0), (edge, 0), (edge, edge_foot), (corner, corner_foot)]
    cv2.fillPoly(picture, [np.array(outline, np.int32)], (104, 118, 148))
    for row in range(-900, corner_foot, 26):
        joint = (edge, _along(corner, row, edge))
        cv2.line(picture, (corner, row), joint, (96, 108, 134), 1, cv2.LINE_AA)
    for near, far in ((60, 150), (180, 230)):
        _window(picture, side, corner, (near, far))


def _window(picture: Pixels, side: int, corner: int, columns: tuple[int, int]) -> None:
    x = [corner + side * (CORNERS[0] - column) for column in columns]
    for grow, colour in ((8, (170, 176, 180)), (0, (84, 78, 70))):
        rows = (220 - grow, 430 + grow)
        pane = [(x[i], _along(corner, rows[j], x[i])) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
        cv2.fillPoly(picture, [np.array(pane, np.int32)], colour, cv2.LINE_AA)


def _along(corner: int, row: int, column: int) -> int:
    """Follow a line from the corner at `row`, away from the vanishing point, to `column`."""
    middle = WIDTH // 2
    return round(HORIZON + (row - HORIZON) * (column - middle) / (corner - middle))


def _car(colour: Colour) -> Pixels:
    """Draw a car from its side."""
    car = np.zeros((CAR_HEIGHT, CAR_LENGTH, 4), np.uint8)
    body = [(6, 150), (10, 95), (110, 78), (185, 18), (375, 18), (460, 80), (515, 98), (520, 150)]
    glass = [(135, 78), (195, 30), (368, 30), (432, 80)]
    for points, paint_of in ((body, colour), (glass, (70, 64, 58))):
        cv2.fillPoly(car, [np.array(points, np.int32)], (*paint_of, 255), cv2.LINE_AA)
    cv2.rectangle(car, (276, 24), (290, 82), (*colour, 255), -1)
    for middle in (105, 420):
        cv2.circle(car, (middle, 146), 33, (30, 30, 30, 255), -1, cv2.LINE_AA)
    return car


def _umbrella() -> Pixels:
    """Draw somebody in a long coat who walks across under an umbrella."""
    person = np.zeros((HEIGHT, 460, 4), np.uint8)
    cv2.rectangle(person, (110, 300), (350, HEIGHT), (58, 66, 62, 255), -1)
    cv2.ellipse(person, (230, 330), (120, 90), 0, 180, 360, (58, 66, 62, 255), -1)
    cv2.ellipse(person, (230, 260), (215, 200), 0, 180, 360, (70, 40, 120, 255), -1)
    for x in (90, 230, 370):
        cv2.line(person, (230, 62), (x, 258), (58, 30, 104, 255), 3, cv2.LINE_AA)
    return _soft(person, 4)


def _post() -> Pixels:
    """Draw a post that is too close to be sharp."""
    post = np.zeros((HEIGHT, POST_WIDTH, 4), np.uint8)
    post[:, 8:-8] = (74, 80, 78, 255)
    post[:, 14:20] = (104, 110, 108, 255)
    return _soft(post, 3)


def _soft(sprite: Pixels, sigma_px: float) -> Pixels:
    return cv2.GaussianBlur(sprite, (0, 0), sigma_px).astype(np.uint8)
