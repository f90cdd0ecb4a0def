"""The tally as a document: stable keys, numbers only, nobody in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.domain.tally import Tally

OUTPUT = Path("-")
"""Stands for the standard output."""


def record(tally: Tally) -> Mapping[str, object]:
    """Write down what was counted.

    Returns:
        `frames, dropped_frames, bad_frames, faces_seen, erased, unencoded, overflow, shots,
        bad_templates, alerts, seen_to_tablet_ms, deletion_ms`; the last two with `p50, p95, p99,
        p999, max`.
    """
    return {
        "frames": tally.frames,
        "dropped_frames": tally.dropped_frames,
        "bad_frames": tally.bad_frames,
        "faces_seen": tally.faces_seen,
        "erased": tally.erased,
        "unencoded": tally.unencoded,
        "overflow": tally.overflow,
        "shots": tally.shots,
        "bad_templates": tally.bad_templates,
        "alerts": tally.alerts,
        "seen_to_tablet_ms": tally.seen_to_tablet_ms.summary(),
        "deletion_ms": tally.deletion_ms.summary(),
    }


def claim(file: Path) -> None:
    """See that a file can be written, before long work whose result it is to hold.

    Raises:
        InputError: it cannot.
    """
    if file == OUTPUT:
        return
    try:
        file.open("a", encoding="utf-8").close()
    except OSError as error:
        raise _refusal(file, error) from None


def write(file: Path, document: Mapping[str, object]) -> None:
    """Write a document as JSON, or print it where the file is `OUTPUT`.

    Raises:
        InputError: the file cannot be written.
    """
    text = json.dumps(document, indent=2) + "\n"
    if file == OUTPUT:
        sys.stdout.write(text)
        return
    write_text(file, text)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless they are there.

    Raises:
        InputError: they cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(folder, error) from None


def write_text(file: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(file)
    except OSError as error:
        raise _refusal(file, error) from None


def _refusal(file: Path, error: OSError) -> InputError:
    return InputError(
        f"{file.name} cannot be written: {error.strerror}.", mend="Name another file."
    )
