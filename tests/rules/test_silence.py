"""Nothing that the appliance loads writes a trace of itself, or calls anybody."""

import os
import shutil
import subprocess
import sys

LOAD = "import appliance.host.machine as m; m.open_machine()"


def traced(tmp_path, environment):
    log = tmp_path / "strace"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [
        shutil.which("strace") or "strace", "-f", "-qq", "-e", "trace=connect", "-o", log,
        sys.executable, "-c", LOAD,
    ]  # fmt: skip
    subprocess.run(command, check=True, env={**environment, "TMPDIR": str(scratch)})
    return log.read_text(), list(scratch.iterdir())


def test_loading_the_machine_calls_nobody_and_leaves_no_file(tmp_path):
    """ONNX Runtime writes a session id and uploads telemetry unless it is forbidden."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ORT_")}
    calls, files = traced(tmp_path, environment)
    assert "AF_INET" not in calls
    assert files == []
