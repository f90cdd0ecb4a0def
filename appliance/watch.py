"""The vision thread: takes the newest frames of all cameras in turn; nobody else touches pixels."""

from __future__ import annotations

import threading
import time
import traceback
from typing import TYPE_CHECKING, Generic

from appliance.domain.frame import A

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.frame import Frame
    from appliance.machine import Camera
    from appliance.pipeline import Pipeline

WAIT_S = 0.1
"""How long a camera is waited for before passings are looked at that may have ended."""
STUCK_S = 3.0
"""Ten times a slow round: so that the lamp says it within five seconds."""


class Watch(Generic[A]):
    """Runs the pipeline until it is told to stop, every film has ended, or something fails."""

    def __init__(self, pipeline: Pipeline[A], cameras: Sequence[Camera[A]]) -> None:
        self.pipeline = pipeline
        self.cameras = cameras
        self.failure: BaseException | None = None
        """What ended the thread; the main thread raises it again, and the process ends."""
        self._taken_s, self._cycle_s = time.monotonic(), WAIT_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vision")

    @property
    def looking(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    @property
    def lost(self) -> bool:
        """Whether a camera gives nothing."""
        return any(camera.lost for camera in self.cameras)

    @property
    def stuck(self) -> bool:
        """Whether the thread has not come round for three seconds, with or without a frame."""
        return self.looking and time.monotonic() - self._taken_s > STUCK_S

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; every face, passing and template is erased when this returns."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        # Whoever leaves the machine's context held when a thread ends takes the process down.
        with self.pipeline.compute.attend():
            self._look()

    def _look(self) -> None:
        try:
            while not self._stop.is_set() and not all(camera.ended for camera in self.cameras):
                self.turn()
        except BaseException as error:  # noqa: BLE001 - whatever ends looking must be seen
            _let_go(error)
            self.failure = error
        finally:
            self.pipeline.close()

    def turn(self) -> None:
        """Look once at whatever is new, then work on the next list for as long as there is time."""
        frames = self._newest()
        taken_s = time.monotonic()
        if frames:
            self.pipeline.step(frames)
        else:
            self.pipeline.rest(time.monotonic_ns())
        self.pipeline.between(self._due_s(taken_s) - time.monotonic())
        tally = self.pipeline.tally
        tally.dropped_frames = sum(camera.dropped for camera in self.cameras)
        tally.bad_frames = sum(camera.bad for camera in self.cameras)

    def _due_s(self, taken_s: float) -> float:
        """Guess when the next frame comes: as soon as the last two did, whichever was sooner."""
        cycle_s, self._taken_s = taken_s - self._taken_s, taken_s
        # A frame that was taken late makes its own time too long, and the next one's too short.
        due_s = taken_s + min(cycle_s, self._cycle_s)
        self._cycle_s = cycle_s
        return due_s

    def _newest(self) -> list[Frame[A]]:
        wait_s = WAIT_S / len(self.cameras)
        frames = (camera.read(wait_s) for camera in self.cameras)
        return [frame for frame in frames if frame is not None]


def _let_go(error: BaseException | None) -> None:
    # A traceback holds what its functions held: the frame and the templates of the last step.
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
