"""The appliance's own command on the stand-in: `python -m tests.standin demo --machine jetson`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.__main__ import main
from appliance.errors import ApplianceError
from tests.standin import enter
from tests.standin.board import lay_board


def wait_for_looks() -> None:
    """Let a film wait for whoever looks at it; the real jetson-utils plays in real time, always."""
    from jetson_utils_python import scene  # noqa: PLC0415 - the stand-in, once it was entered

    scene.films = "whole"


if __name__ == "__main__":
    with TemporaryDirectory(prefix="lfr-board-") as folder:
        try:
            os.environ["LFR_GPU__CACHE"] = str(enter())
            lay_board(Path(folder))
            if "--every-frame" in sys.argv:
                wait_for_looks()
        except ApplianceError as error:
            sys.stderr.write(f"lfr: {error.advice()}\n")
            sys.exit(error.exit_code)
        main()
