"""What tests of the desk, of enrolment and of its report lean on."""

import io

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def jpeg():
    written = io.BytesIO()
    Image.new("RGB", (8, 8), (90, 120, 60)).save(written, "JPEG")
    return written.getvalue()
