"""What the appliance tells systemd about itself (the protocol of sd_notify(3))."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def ready() -> None:
    """Say that the start is over."""
    _send("READY=1")


def alive() -> None:
    """Feed the watchdog; to be called by whoever counts frames, never by a timer."""
    _send("WATCHDOG=1")


def stopping() -> None:
    """Say that the end has begun."""
    _send("STOPPING=1")


def status(text: str) -> None:
    """Say in one line how it goes, for `systemctl status`."""
    _send("STATUS=" + " ".join(text.split()))


def _send(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    # A word that does not arrive is for systemd's watchdog to judge: it must not stop a frame.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.sendto(message.encode(), socket.MSG_DONTWAIT, address)
