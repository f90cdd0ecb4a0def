"""Where the van stands: as its settings declare it, or as a receiver says by way of gpsd.

gpsd is spoken to as its manual has it (gpsd_json(5)): a line of JSON for each report, of which only
TPV counts. A receiver can be deceived from outside; the signed place is no defence against that.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, Field, ValidationError

from appliance.domain.deployment import Position
from appliance.errors import LapsedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.domain.deployment import Place
    from appliance.settings import DeploymentSettings

HOST: Final = "127.0.0.1"
WATCH: Final = b'?WATCH={"enable":true,"json":true};\n'
WAIT_S: Final = 3.0
"""gpsd repeats the last fix to whoever comes, and a receiver has a new one each second."""
STALE: Final = timedelta(seconds=10)
LOST_S: Final = 30.0
"""Under a bridge a fix is soon there again; for so long the last one counts."""
MOST_ERROR_M: Final = 100.0
LINE_BYTES: Final = 65_536
NONE: Final = "The receiver has no position that is new."
MEND: Final = "Give its antenna the sky, see `cgps`, or declare the position in the settings."


class Fix(BaseModel):
    """A report of gpsd's with a position."""

    kind: Literal["TPV"] = Field(alias="class")
    mode: Annotated[int, Field(ge=2, le=3)]
    """In two dimensions or three; without a fix there is none."""
    time: datetime
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    eph: float = 0.0
    """How far off it may be, in metres, with 95 %; 0 where the receiver does not tell."""


class Whereabouts:
    """Tells where the van stands, at the start and while it looks.

    Args:
        settings: Who says so.
        now: Gives the time in UTC.
        monotonic_s: Gives the time since some moment, in seconds.
        wait_s: How long a receiver is waited for.
    """

    def __init__(
        self,
        settings: DeploymentSettings,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float] = time.monotonic,
        wait_s: float = WAIT_S,
    ) -> None:
        self._settings, self._now, self._monotonic_s = settings, now, monotonic_s
        self._wait_s = wait_s
        self._line: socket.socket | None = None
        self._got = b""
        self._told_s = 0.0
        self._fault = LapsedError(NONE, mend=MEND)
        """Why what was said last does not count."""

    @property
    def source(self) -> Literal["declared", "gpsd"]:
        """Say who tells it."""
        return self._settings.position

    def locate(self) -> Position:
        """Tell where the van stands; waits for a receiver.

        Raises:
            LapsedError: gpsd is not there, or has no position that is new and near enough.
        """
        if self.source == "declared":
            return self._settings.declared
        self.close()
        self._fault = LapsedError(NONE, mend=MEND)
        until_s = self._monotonic_s() + self._wait_s
        fix = None
        while fix is None and (left_s := until_s - self._monotonic_s()) > 0:
            fix = self._newest(left_s)
        if fix is None:
            raise self._fault
        self._told_s = self._monotonic_s()
        return Position(latitude_deg=fix.lat, longitude_deg=fix.lon)

    def require_inside(self, place: Place) -> None:
        """See that the van has not been driven away; never waits.

        Raises:
            LapsedError: it is outside, or nobody has known for half a minute where it is.
        """
        if self.source == "declared":
            return
        fix = self._newest(0.0)
        if fix is not None:
            self._told_s = self._monotonic_s()
            if not place.holds(Position(latitude_deg=fix.lat, longitude_deg=fix.lon)):
                raise LapsedError("The van has left the signed place.", mend="Drive back to it.")
        elif self._monotonic_s() - self._told_s > LOST_S:
            raise LapsedError("The receiver has lost its position.", mend=MEND)

    def close(self) -> None:
        """Hang up."""
        line, self._line, self._got = self._line, None, b""
        if line is not None:
            line.close()

    def _newest(self, wait_s: float) -> Fix | None:
        """Read what gpsd has said since; give the last position that counts."""
        found = None
        try:
            line = self._dial(wait_s)
            line.settimeout(wait_s)
            while piece := line.recv(LINE_BYTES):
                self._got += piece
                found = self._fix() or found
                line.settimeout(0.0)
            self.close()
        except (BlockingIOError, TimeoutError):
            return found
        except OSError:
            self.close()
            self._fault = LapsedError(
                f"gpsd does not answer on port {self._settings.gpsd_port}.",
                mend="Start it, or correct deployment.gpsd_port.",
            )
            # Whoever waits does not ask a thousand times a second.
            time.sleep(min(wait_s, 0.2))
        return found

    def _dial(self, wait_s: float) -> socket.socket:
        if self._line is None:
            self._line = socket.create_connection(
                (HOST, self._settings.gpsd_port), max(wait_s, 0.5)
            )
            self._line.sendall(WATCH)
        return self._line

    def _fix(self) -> Fix | None:
        *lines, self._got = self._got.split(b"\n")
        self._got = self._got[-LINE_BYTES:]
        fixes = [fix for fix in map(_read, lines) if fix and self._counts(fix)]
        return fixes[-1] if fixes else None

    def _counts(self, fix: Fix) -> bool:
        """Tell whether a position is new and near enough; else `_fault` says why not."""
        apart = abs(self._now() - fix.time)
        if apart > STALE:
            # A van without a network has a clock that strays, and no receiver mends it.
            self._fault = LapsedError(
                f"The receiver's time and the van's are {apart.total_seconds():,.0f} s apart.",
                mend="Set the van's clock, or wait until the receiver has a new position.",
            )
        elif not fix.eph <= MOST_ERROR_M:
            self._fault = LapsedError(
                f"The receiver may be {fix.eph:,.0f} m off; {MOST_ERROR_M:.0f} m are allowed.",
                mend=MEND,
            )
        else:
            return True
        return False


def _read(line: bytes) -> Fix | None:
    with suppress(ValidationError, OverflowError):
        fix = Fix.model_validate_json(line)
        if fix.time.tzinfo is not None:
            return fix.model_copy(update={"time": fix.time.astimezone(timezone.utc)})
    return None
