"""`lfr run`, but for one seal where it must be: that its memory may be read by its own user.

An auditor who is root looks into `lfr run` itself; one who is not starts this in its place.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from appliance import log, sealing
from appliance.duty import serve
from appliance.sources import load


def run(file: Path) -> None:
    """Do what `lfr run` does, sealed as far as an auditor can still look into it."""
    settings = load(file)
    log.start(settings.log_level)
    sealing.seal(readable=os.geteuid() != 0)
    serve(settings)


if __name__ == "__main__":
    sealing.begin_anew()
    run(Path(sys.argv[1]))
