"""What a log says of itself: whose it is, how long, and the hash of all of it (tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from appliance.errors import InputError
from appliance.oversight.merkle import HASH_BYTES
from appliance.oversight.note import NAME, Note

SIZE: Final = re.compile(r"0|[1-9][0-9]{0,17}")
PRINTED: Final = re.compile(rf"({SIZE.pattern}):([0-9a-f]{{64}})")


@dataclass(frozen=True)
class Checkpoint:
    """A log at one moment."""

    origin: str
    """Whose log, as its key is named."""
    size: int
    """Entries."""
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def root_hex(self) -> str:
        """As people compare it."""
        return self.root.hex()


def read(note: Note) -> Checkpoint:
    """Read what a note says; who has signed it is another question.

    Raises:
        InputError: it is no checkpoint of ours.
    """
    lines = note.text.split("\n")[:-1]
    if len(lines) == 3 and NAME.fullmatch(lines[0]) and SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - as C2SP has it
        try:
            root = base64.b64decode(lines[2], validate=True)
        except ValueError:
            root = b""
        found = Checkpoint(lines[0], int(lines[1]), root)
        if len(root) == HASH_BYTES and found.text == note.text:
            return found
    raise InputError("This is no checkpoint of a log.", mend="Get the log's checkpoint again.")


def printed(origin: str, text: str) -> Checkpoint:
    """Read what a public record prints of a log, as somebody has typed it: ENTRIES:ROOT.

    Raises:
        InputError: it is none.
    """
    found = PRINTED.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(
            "This is no root as a record prints it.", mend="Give entries and root, as 590:c98c54..."
        )
    return Checkpoint(origin, int(found[1]), bytes.fromhex(found[2]))
