"""A web server as a source: nobody has to trust it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as WaitError

from appliance.watchlist.landing import landing
from appliance.watchlist.refusals import (
    OversizeError,
    PlaceError,
    SlowError,
    UnreachableError,
    missing,
    require_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

    from appliance.watchlist.landing import Landing, Progress

PIECE_BYTES: Final = 256 * 1024
FOUND, REST, NOTHING, BEYOND = 200, 206, (403, 404, 410), 416
REDIRECTS: Final = range(300, 400)
AGENT: Final = {"User-Agent": "lfr-update", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Pace:
    """How slow a server may be."""

    gap_s: float = 20.0
    """Between two pieces."""
    small_s: float = 60.0
    """For a small file."""
    least_bytes_s: float = 4096.0
    """For a long one on average, from `small_s` on."""


class Server:
    """A web server.

    Args:
        path: Where the files begin on it, without a slash at its end.
        pool: Its connection.
        pace: How slow it may be.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        path: str,
        pool: HTTPConnectionPool,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._pool, self._pace, self._clock = path, pool, pace, clock

    def fetch(self, path: str, most_bytes: int) -> bytes | None:
        """See `Supply`."""
        until = self._clock() + self._pace.small_s
        with closing(self._open(path, {})) as response:
            if response.status in NOTHING:
                return None
            _require(response.status == FOUND, response)
            data = b""
            while piece := _piece(response):
                data += piece
                if len(data) > most_bytes:
                    raise OversizeError(
                        f"{path} is longer than {most_bytes} bytes.", mend="Publish it again."
                    )
                if self._clock() > until:
                    raise _slow()
            return data

    def download(self, path: str, length: int, into: Path, progress: Progress) -> None:
        """See `Supply`."""
        since = self._clock()
        with landing(into, length, progress) as part:
            while part.at < length:
                before = part.at
                try:
                    self._append(path, part, since)
                except SlowError:
                    raise
                except UnreachableError:
                    # Whoever breaks off again and again at the same place is not waited for.
                    if part.at <= before:
                        raise

    def _append(self, path: str, part: Landing, since: float) -> None:
        wanted = {"Range": f"bytes={part.at}-"} if part.at else {}
        with closing(self._open(path, wanted)) as response:
            if response.status in NOTHING:
                raise missing("The bundle")
            if wanted and response.status in (FOUND, BEYOND):
                part.restart()
            if wanted and response.status == BEYOND:
                return self._append(path, part, since)
            if response.status == REST:
                begins = response.headers.get("Content-Range", "").startswith(f"bytes {part.at}-")
                _require(bool(wanted) and begins, response)
            else:
                _require(response.status == FOUND, response)
            while piece := _piece(response):
                part.add(piece)
                self._require_pace(self._clock() - since, part.received)
        if part.at < part.length:
            raise _broken()
        return None

    def _open(self, path: str, headers: dict[str, str]) -> BaseHTTPResponse:
        require_path(path)
        try:
            return self._pool.request(
                "GET",
                f"{self._path}/{path}",
                headers={**AGENT, **headers},
                preload_content=False,
                decode_content=False,
                redirect=False,
            )
        except SSLError:
            raise UnreachableError(
                "The server's certificate does not count.",
                mend="Name the right server, or its certificates as watchlist.ca_file.",
            ) from None
        except NewConnectionError:
            raise _broken() from None
        except WaitError:
            raise _slow() from None
        except HTTPError:
            raise _broken() from None

    def _require_pace(self, elapsed_s: float, received: int) -> None:
        late = elapsed_s > self._pace.small_s
        if late and received < elapsed_s * self._pace.least_bytes_s:
            raise _slow()


def _piece(response: BaseHTTPResponse) -> bytes:
    try:
        return response.read1(PIECE_BYTES, decode_content=False)
    except WaitError:
        raise _slow() from None
    except HTTPError:
        raise _broken() from None


def _require(holds: bool, response: BaseHTTPResponse) -> None:
    if holds:
        return
    if response.status in REDIRECTS:
        raise PlaceError(
            "The server sends the van elsewhere.", mend="Name the place itself as the source."
        )
    raise UnreachableError(
        f"The server answers with {response.status}.", mend="Look at the server; try again later."
    )


def _slow() -> SlowError:
    return SlowError("The server is too slow.", mend="Try again, or use a stick.")


def _broken() -> UnreachableError:
    return UnreachableError(
        "The server cannot be reached, or breaks off.", mend="Try again, or use a stick."
    )
