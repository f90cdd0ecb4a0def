"""Fetch a network file from its public address, by its sha256."""

from __future__ import annotations

import hashlib
import tempfile
import urllib.error
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from appliance.errors import MachineError

if TYPE_CHECKING:
    import ssl

    from appliance.vision.models import NetworkFile

TIMEOUT_S = 5.0
CHUNK = 65_536
MEND = "Try again later, or name a folder that holds the file in $LFR_MODELS."


def https_opener(context: ssl.SSLContext | None = None) -> OpenerDirector:
    """Open https addresses and no other, not even by a redirect.

    Args:
        context: Whom to trust; the system's authorities by default.
    """
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        HTTPSHandler(context=context),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def fetch_file(file: NetworkFile, folder: Path, opener: OpenerDirector | None = None) -> Path:
    """Download a file and put it into the folder, whole and right or not at all.

    Raises:
        MachineError: it has no address, does not come, or is not the right one.
    """
    if file.url is None:
        raise MachineError(f"{file.name} has no public address.", mend=MEND)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=folder) as work,
            (opener or https_opener()).open(file.url, timeout=TIMEOUT_S) as source,
        ):
            part = Path(work, file.name)
            with part.open("wb") as target:
                _copy(source, target, file)
            return part.replace(folder / file.name)
    except urllib.error.HTTPError as error:
        error.close()
        raise MachineError(f"{file.name}: the server says {error.code}.", mend=MEND) from error
    except (OSError, HTTPException) as error:
        raise MachineError(f"{file.name} cannot be fetched.", mend=MEND) from error


def _copy(source: BinaryIO, target: BinaryIO, file: NetworkFile) -> None:
    digest = hashlib.sha256()
    size = 0
    bar = Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(file.name, total=file.bytes)
        while size <= file.bytes and (chunk := source.read(CHUNK)):
            size += len(chunk)
            digest.update(chunk)
            target.write(chunk)
            bar.update(task, completed=size)
    if size != file.bytes or digest.hexdigest() != file.sha256:
        raise MachineError(f"{file.name} arrived, but it is another file.", mend=MEND)
