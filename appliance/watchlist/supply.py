"""Where the force's files come from: a web server, or a folder such as a stick. Neither is trusted.

Both give what is asked for by name, never more of it than was asked for, never from elsewhere, and
not for ever. A bundle is resumed where it broke off: its name is its hash, so it has not changed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from appliance.errors import SettingsError
from appliance.watchlist.refusals import UnreachableError
from appliance.watchlist.server import Pace, Server
from appliance.watchlist.stick import Stick

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from urllib3.util import Url

    from appliance.watchlist.landing import Progress

LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]", "localhost"})
"""Nobody is on the way to these, so that no encryption is needed."""
PATIENT: Final = Pace()


class Supply(Protocol):
    """A place with a force's files."""

    def fetch(self, path: str, most_bytes: int) -> bytes | None:
        """Give a small file whole, or None where there is none.

        Raises:
            UnreachableError: nobody answers, or too slowly.
            TrustError, InputError: it is too long, or comes in an odd way.
        """
        ...

    def download(self, path: str, length: int, into: Path, progress: Progress) -> None:
        """Append to a file what it lacks of a long one; errors as for `fetch`.

        Raises:
            MissingError: it is not there.
            SpaceError, MachineError: the disk refuses.
        """
        ...


@contextmanager
def open_supply(place: str, ca_file: Path | None = None, pace: Pace = PATIENT) -> Generator[Supply]:
    """Open a place.

    Args:
        place: `https://...`, `http://` on this computer, or a folder.
        ca_file: Whose certificates count, where not those of the system.
        pace: How slow a server may be.

    Raises:
        SettingsError: it names nothing that can be used.
        UnreachableError: the folder is not there.
    """
    if "://" in place:
        url = _url(place)
        with _pool(url, ca_file, pace) as pool:
            yield Server(url.path or "", pool, pace)
        return
    try:
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UnreachableError(
            f"The folder with the force's files cannot be opened: {error.strerror}.",
            mend="Put in the stick, or name another folder.",
        ) from None
    try:
        yield Stick(handle)
    finally:
        os.close(handle)


def _url(place: str) -> Url:
    try:
        found = parse_url(place.rstrip("/"))
    except HTTPError:
        found = None
    if found is None or not found.host or found.auth or found.query or found.fragment:
        raise SettingsError("The source is no address.", mend="Name one, such as https://a.b/lfr.")
    if found.scheme != "https" and not (found.scheme == "http" and found.host in LOOPBACK):
        raise SettingsError("The source is not encrypted.", mend="Name one that is: https://.")
    return found


def _pool(url: Url, ca_file: Path | None, pace: Pace) -> HTTPConnectionPool:
    if ca_file is not None and not ca_file.is_file():
        raise SettingsError("watchlist.ca_file names no file.", mend="Name the certificates' file.")
    timeout = Timeout(connect=pace.gap_s, read=pace.gap_s)
    host = url.host or ""
    if url.scheme == "http":
        return HTTPConnectionPool(host, url.port, timeout, retries=False)
    return HTTPSConnectionPool(
        host,
        url.port,
        timeout,
        retries=False,
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(ca_file) if ca_file else None,
    )
