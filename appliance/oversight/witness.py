"""Somebody outside the van who stands by its log: the force's desk, or an oversight body.

A witness keeps the last checkpoint that it has seen, and stands by the next one only where that
one is the same log, grown. Whoever rewrites the log afterwards would need the witness's key too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from appliance import durable
from appliance.errors import InputError, MachineError, TrustError
from appliance.oversight import note
from appliance.oversight.checkpoint import read
from appliance.oversight.note import Note
from appliance.oversight.proof import Proof

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.oversight.checkpoint import Checkpoint
    from appliance.oversight.note import Key, Pen


def cosign(folder: Path, key: Key, pen: Pen, kept: Path, at_s: int) -> Checkpoint:
    """Look through a whole log, and stand by it.

    Args:
        folder: The log's.
        key: The log's own.
        pen: The witness's.
        kept: What the witness has signed last; its next word takes the place. The first has none.
        at_s: Now, in seconds since 1970.

    Returns:
        What was signed.

    Raises:
        InputError: one of them cannot be read, or the key is no witness's.
        TrustError: the log is not whole, or not the one that was seen before.
        MachineError: what was signed cannot be kept.
    """
    if pen.kind != note.WITNESS:
        raise InputError(
            f"The key of {pen.name} is no witness's.", mend="Make one with `lfr log key`."
        )
    known = [recall(kept, pen.key)] if os.path.lexists(kept) else []
    proof = Proof(folder, key, known)
    for _ in proof.entries():
        pass
    text = proof.checkpoint.text
    lines = [proof.signature, pen.sign(text, at_s)]
    new = kept.with_name(f".{kept.name}.new")
    try:
        new.write_bytes(note.write(text, lines))
        new.replace(kept)
    except OSError as error:
        raise MachineError(
            f"{kept.name} cannot be written: {error.strerror}.", mend="Name another file."
        ) from None
    return proof.checkpoint


def recall(kept: Path, key: Key | None = None) -> Checkpoint:
    """Read a checkpoint that somebody has kept.

    Args:
        kept: Its file.
        key: Who must have signed it; None where whoever kept it is believed.

    Raises:
        InputError: it cannot be read, or is none.
        TrustError: it is not signed.
    """
    try:
        signed = Note.read(durable.read(kept, note.MOST_BYTES))
    except OSError as error:
        raise InputError(
            f"{kept.name} cannot be read: {error.strerror}.", mend="Name another file."
        ) from None
    if key is not None and not signed.line(key):
        raise TrustError(f"{kept.name} is not signed by {key.name}.", mend="Find their own copy.")
    if key is not None:
        signed.require(key)
    return read(signed)
