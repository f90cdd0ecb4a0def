"""A picture in a list harms no tablet that will show it."""

from __future__ import annotations

import pytest

from appliance.domain.watchlist import MAX_JPEG_BYTES
from appliance.errors import InputError
from tests.watchlist.bundles import JPEG, examine, with_pictures


def test_pictures_of_every_kind_that_a_browser_shows_are_taken():
    progressive = JPEG.replace(b"\xff\xc0", b"\xff\xc2", 1)
    commented = JPEG[:2] + b"\xff\xfe\x00\x07hello" + JPEG[2:]
    examine(with_pictures(JPEG, progressive, commented))


def frame(height, width):
    """Say of the lawful picture that it is as large as that."""
    at = JPEG.index(b"\xff\xc0")
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return JPEG[: at + 5] + size + JPEG[at + 9 :]


def test_a_picture_of_one_megapixel_is_taken():
    examine(with_pictures(frame(1000, 1000), JPEG, JPEG))


FRAME = JPEG[JPEG.index(b"\xff\xc0") : JPEG.index(b"\xff\xc0") + 19]
SCAN = JPEG.index(b"\xff\xda")


@pytest.mark.parametrize(
    ("jpeg", "fault"),
    [
        (frame(1001, 1000), "too large a picture"),
        (frame(65_535, 65_535), "too large a picture"),
        (frame(0, 24), "too large a picture"),
        (JPEG + bytes(MAX_JPEG_BYTES), "one is too large"),
        (b"\xff", "not a JPEG"),
        (b"GIF89a", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "not a JPEG"),
        (JPEG[:2] + b"\xff", "not a JPEG"),
        (JPEG[: JPEG.index(b"\xff\xc0") + 7], "not a JPEG"),
        (JPEG[:SCAN], "not a JPEG"),
        (JPEG[:2] + JPEG[SCAN:], "not a JPEG"),
        (JPEG[:SCAN] + FRAME + JPEG[SCAN:], "not a JPEG"),
        (JPEG[:2] + b"\x00" + JPEG[3:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xc9" + JPEG[4:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xfe\x00\x01" + JPEG[2:], "not a JPEG"),
        (JPEG[:2] + b"\xff\xfe\x00\x02" * 80 + JPEG[2:], "not a JPEG"),
    ],
)
def test_a_picture_that_could_harm_a_tablet_is_refused(jpeg, fault):
    with pytest.raises(InputError, match=fault):
        examine(with_pictures(JPEG, jpeg, JPEG))
