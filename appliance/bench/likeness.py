"""Alerts about nobody, with real JPEG pictures of the size that is wanted."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.bench.nobody import alert_about
from appliance.domain.watchlist import Ground, ListImage, Subject

if TYPE_CHECKING:
    from appliance.domain.alert import Alert

SIDE = 192
QUALITIES = (90, 75, 60, 45, 30, 15, 5)
COMMENT = b"\xff\xfe"
"""A segment of a JPEG file that every reader passes over."""
LONGEST_COMMENT_BYTES = 65_533
BASE64 = 4 / 3
WORDS_BYTES = 900
"""Of an alert, beside its pictures."""
SEPARATOR = "-"
CAMERA = "camera "
DAY = timedelta(hours=12)


def picture(size_bytes: int, seed: int = 1) -> bytes:
    """Draw a picture of nobody: so many bytes as a JPEG, or as few as it can be."""
    soft = np.random.default_rng(seed).integers(40, 216, (12, 12, 3), np.uint8)
    drawn = cv2.resize(soft, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(seed).integers(0, 24, drawn.shape, np.uint8)
    coded = b""
    for quality in QUALITIES:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        coded = cv2.imencode(".jpg", drawn + grain, options)[1].tobytes()
        if len(coded) <= size_bytes:
            break
    return _padded(coded, size_bytes)


def _padded(jpeg: bytes, size_bytes: int) -> bytes:
    head, rest = jpeg[:2], jpeg[2:]
    while (lacking := size_bytes - len(head) - len(rest)) > len(COMMENT) + 2:
        length = min(lacking - len(COMMENT), LONGEST_COMMENT_BYTES)
        head += COMMENT + length.to_bytes(2, "big") + bytes(length - 2)
    return head + rest


@dataclass(frozen=True)
class Maker:
    """Makes alerts whose message has about so many bytes: a crop, and one list photograph."""

    crop: bytes
    first: Alert

    @classmethod
    def of(cls, size_bytes: int) -> Maker:
        """Draw the pictures once."""
        each = max(0, int((size_bytes - WORDS_BYTES) / 2 / BASE64))
        subject = Subject(
            reference="B-001",
            ground=Ground.VOLUNTEER,
            reason="Nobody: this is a bench",
            power="None: nobody is stopped",
            reviewer="Nobody: this is a bench",
            images=(ListImage(jpeg=picture(each, 2), source="None"),),
            expires_at=datetime.now(timezone.utc) + DAY,
        )
        return cls(picture(each), alert_about(subject))

    def __call__(self, number: int, life_s: float) -> Alert:
        """Make an alert that a camera has seen just now; its id holds the moment."""
        taken_ns, taken_at = time.monotonic_ns(), datetime.now(timezone.utc)
        alert_id = f"{number}{SEPARATOR}{taken_ns}"
        return replace(
            self.first,
            id=alert_id,
            crop_jpeg=self.crop,
            # The page says it aloud where the alert is new, and so tells which one it is.
            camera=f"{CAMERA}{alert_id}",
            taken_at=taken_at,
            expires_at=taken_at + timedelta(seconds=life_s),
            taken_ns=taken_ns,
        )


def taken_ns(alert_id: str) -> int:
    """Read on the monotonic clock, which all processes of a machine share, when it was seen."""
    return int(alert_id.rpartition(SEPARATOR)[2])
