"""Where the stand-in of jetson-utils has its pictures from: films and RTSP cameras, by PyAV."""

import threading
import time
from collections import deque

import av
import numpy as np

SECOND_NS = 1_000_000_000
PATIENCE_S = (5.0, 3.0)
QUEUE = 16


class RealTime:
    """The computer's own time."""

    def __init__(self):
        self._never = threading.Event()

    def now_ns(self):
        return time.monotonic_ns()

    def wait(self, pause_ns):
        self._never.wait(pause_ns / SECOND_NS)


class Picture:
    """A decoded picture, as whichever format is wanted; its rows packed."""

    def __init__(self, frame):
        if frame.format.name not in {"yuv420p", "yuvj420p"}:
            frame = frame.reformat(format="yuv420p")
        self.width, self.height = frame.width, frame.height
        self._planes = [plane(part, frame) for part in frame.planes]

    def bytes(self, wanted):
        luma, u, v = self._planes
        if wanted == "i420":
            return np.concatenate([luma.ravel(), u.ravel(), v.ravel()])
        if wanted == "nv12":
            return np.concatenate([luma.ravel(), np.stack([u, v], -1).ravel()])
        pairs = luma.reshape(self.height, -1, 2)
        u, v = (part.repeat(2, 0)[: self.height] for part in (u, v))
        return np.stack([pairs[..., 0], u, pairs[..., 1], v], -1).ravel()


def plane(part, frame):
    lines = np.frombuffer(part, np.uint8).reshape(-1, part.line_size)
    return lines[: part.height, : part.width].copy()


class Show:
    """Pictures that come by themselves."""

    rate = 25
    over = False

    def due(self, now_ns, *, asked):
        """Give what has come since the last call, each with its stamp."""
        raise NotImplementedError

    def wait(self, clock, longest_ns):
        """Wait for the next picture, or so long."""

    def hurry(self):
        """Make the next picture come at once."""

    def close(self):
        pass


class Film(Show):
    """A film. If `paced` it keeps time from when it is first asked; else it waits to be asked.

    A camera's stamps go on where the film that it shows begins again; a film's begin again too.
    """

    def __init__(self, path, *, loop, paced, camera=False):
        self._path, self._loop, self._paced = str(path), loop, paced
        with av.open(self._path) as container:
            stream = container.streams.video[0]
            self.rate = stream.average_rate or stream.guessed_rate or 25
        self._camera = camera
        self._start_ns = None
        self._ahead_ns = self._lap_ns = 0
        self._pictures = self._decode()
        self._next = next(self._pictures, None)
        if self._next is None:
            raise ValueError("no picture")

    def _decode(self):
        again = True
        while again:
            last = None
            with av.open(self._path) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    tick = frame.time if frame.time is not None else number / float(self.rate)
                    last = round(tick * SECOND_NS)
                    yield last, Picture(frame)
            again = self._loop and last is not None
            if again:
                yield last + round(SECOND_NS / self.rate), None

    def due(self, now_ns, *, asked):
        if not self._paced:
            return self._take() if asked else []
        self._start_ns = self._start_ns or now_ns
        found = []
        passed_ns = now_ns + self._ahead_ns - self._start_ns
        while not self.over and passed_ns >= self._lap_ns + self._next[0]:
            found += self._take()
        return found

    def _take(self):
        found, self._next = self._next, next(self._pictures, None)
        stamp, picture = found[0] + self._lap_ns * self._camera, found[1]
        if self._next is not None and self._next[1] is None:  # the film begins again
            self._lap_ns += self._next[0]
            self._next = next(self._pictures, None)
        self.over = self._next is None
        return [(stamp, picture)]

    def hurry(self):
        if self._paced and not self.over:
            self._ahead_ns += round(SECOND_NS / self.rate)

    def wait(self, clock, longest_ns):
        due_ns = (self._start_ns or 0) + self._lap_ns + self._next[0] - self._ahead_ns
        clock.wait(max(min(longest_ns, due_ns - clock.now_ns()), 0) if self._paced else longest_ns)

    def close(self):
        self._pictures.close()
        self.over = True


class Network(Show):
    """An RTSP camera, decoded in a thread."""

    def __init__(self, uri):
        options = {"rtsp_transport": "tcp", "analyzeduration": "500000", "fpsprobesize": "0"}
        self._container = av.open(uri, options=options, timeout=PATIENCE_S)
        self._come = deque(maxlen=QUEUE)
        self._news = threading.Event()
        self._stop = False
        self.lost = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            for frame in self._container.decode(video=0):
                self._come.append((round((frame.time or 0) * SECOND_NS), Picture(frame)))
                self._news.set()
                if self._stop:
                    break
        except (av.error.FFmpegError, OSError):
            pass
        finally:
            self.over = True
            self._news.set()
            self._container.close()

    def due(self, now_ns, *, asked):
        self._news.clear()
        found = []
        while self._come:
            found.append(self._come.popleft())
        return found

    def wait(self, clock, longest_ns):
        self._news.wait(longest_ns / SECOND_NS)

    def close(self):
        self._stop = True
        self._thread.join()
