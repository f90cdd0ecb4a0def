"""How a lamp's colours look to those whose eyes lack one kind of cone.

The matrices are those of Machado, Oliveira and Fernandes (2009) for a complete lack, over linear
light; what is told apart is measured in CIELAB.
"""

from __future__ import annotations

import numpy as np

SIGHTS = {
    "protanopia": [
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ],
    "deuteranopia": [
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ],
    "tritanopia": [
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ],
}
XYZ = np.array([(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)])
"""From the light of a screen (sRGB, D65) to that of the CIE's observer."""
WHITE = XYZ.sum(axis=1)


def seen(light, sight=None):
    """Give the light that would look the same to everybody, each part from 0 to 1."""
    return np.clip(np.array(SIGHTS[sight]) @ light, 0, 1) if sight else np.asarray(light, float)


def distance(one, other, sight=None):
    """How far apart two lights look; 2.3 is what is just noticed side by side (CIE 1976)."""
    return float(np.linalg.norm(_lab(seen(one, sight)) - _lab(seen(other, sight))))


def hexed(light):
    """Write a light as a screen wants it."""
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in curve)


def _lab(light):
    parts = XYZ @ light / WHITE
    bent = np.where(parts > 216 / 24389, np.cbrt(parts), (24389 / 27 * parts + 16) / 116)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])
