"""Where a mast's camera is, and what looks through it."""

WAIT_S = 20.0
PASSWORD = "hunter2"
MAST = f"rtsp://officer:{PASSWORD}@mast/1"


def look(camera, reads=40):
    """Read on until something is lent again."""
    for _ in range(reads):
        frame = camera.read(WAIT_S)
        if frame:
            return frame
    return None
