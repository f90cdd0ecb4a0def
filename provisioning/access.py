"""`python -m provisioning.access FOLDER`: write who may say and hear what on this van's broker.

Under the van's own name alone: a tablet that could speak below any van's name could have the broker
keep a message for each, until its memory is full.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from appliance.errors import ApplianceError
from appliance.sources import load

PATTERNS: Final = Path(__file__).with_name("mosquitto")
VAN: Final = "@VAN@"
"""Stands for the van's name. No van is called so: without a name, nobody may anything."""
SERVICES: Final = "lfr.acl"
TABLETS: Final = "lfr-tablets.acl"


def write_access(folder: Path, van: str) -> None:
    """Write Mosquitto's two lists, `SERVICES` and `TABLETS`, for all to read.

    Args:
        folder: Is made where it is not there.
        van: The van's name.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SERVICES, TABLETS):
        text = (PATTERNS / name).read_text("utf-8").replace(VAN, van)
        new = folder / f".{name}.new"
        new.write_text(text, "utf-8")
        new.chmod(0o644)
        new.replace(folder / name)


def main(words: list[str]) -> None:
    """Do it for the van of the settings; leaves with a line where they are wrong."""
    try:
        van = load().van
    except ApplianceError as error:
        sys.stderr.write(f"{error.advice()}\n")
        sys.exit(error.exit_code)
    write_access(Path(words[0]), van)


if __name__ == "__main__":
    main(sys.argv[1:])
