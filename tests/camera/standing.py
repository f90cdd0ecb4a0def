"""A lamp that shines and a clock on which nobody has to wait, for the cameras of both machines."""

from dataclasses import dataclass

from appliance.clock import Clock


@dataclass
class Lit:
    """Shines until a test darkens it."""

    shining: bool = True


class FakeClock(Clock):
    """A clock on which waiting takes no time; it notes how long everybody waited."""

    def __init__(self):
        super().__init__()
        self.time_ns = 1_000_000_000_000
        self.pauses = []
        self.enough = None

    def now_ns(self):
        return self.time_ns

    def wait(self, pause_s):
        if pause_s > 0:
            self.pauses.append(pause_s)
            self.time_ns += round(pause_s * 1e9)
        if self.enough and len(self.pauses) >= self.enough:
            self.stop()
