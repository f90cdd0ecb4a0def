"""What a computer of the tests is given: the checkout, what it installs, and a van's own files."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.packs import cache_folder, resolve
from provisioning.desk.trial import HERE
from provisioning.page import page_files
from tests.provisioning.van.checkout import FILES, PARTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

INSTALL = "/run/given/checkout/provisioning/install.sh"
# What a van has and this computer has not: the names of JetPack, of TensorRT and of a daemon.
JETPACK = """
rm -f /etc/os-release
printf 'ID=ubuntu\\nVERSION_ID="22.04"\\n' >/etc/os-release
echo '# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic' >/etc/nv_tegra_release
: >/usr/lib/python3/dist-packages/tensorrt.py
header=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
mkdir -p /usr/local/cuda/bin "$(dirname "$header")"
[ -x /usr/local/cuda/bin/nvcc ] || install -m 755 /bin/true /usr/local/cuda/bin/nvcc
[ -e "$header" ] || : >"$header"
command -v g++ || install -m 755 /bin/true /usr/bin/g++
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/nvargus-daemon.service
/lib/systemd/systemd-udevd --daemon
systemctl daemon-reload
"""
SETTINGS = """
van = "van-1"
machine = "host"
[[camera]]
name = "mast-1"
uri = "/run/given/street.mjpeg"
loop = true
[vision]
pack = "{pack}"
[panel]
process = "own"
[watchlist]
source = ["http://127.0.0.1:8080", "/media/lfr", "/mnt"]
[deployment]
latitude_deg = {place.latitude_deg}
longitude_deg = {place.longitude_deg}
"""


def give(folder: Path) -> str:
    """Fill a folder that computers see as /run/given; gives the id of the encoder's model."""
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / "checkout" / part, ignore=ignore)
    for file in (*FILES, "requirements.lock"):
        shutil.copy(ROOT / file, folder / "checkout")
    (folder / "root").mkdir()
    script = folder / "checkout" / "provisioning" / "install.sh"
    done = subprocess.run(
        ["sh", str(script), "--root", str(folder / "root")], capture_output=True, text=True,
        check=False, timeout=500, env={**os.environ, "CUDA": "/nowhere"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    picture = np.full((480, 640, 3), (90, 120, 60), np.uint8)
    (folder / "street.mjpeg").write_bytes(cv2.imencode(".jpg", picture)[1].tobytes() * 50)
    pack = resolve("dlib", None, fetch=True, notify=lambda _: None).pack
    shutil.copytree(cache_folder() / "dlib", folder / "networks" / "dlib", symlinks=True)
    (folder / "appliance.toml").write_text(SETTINGS.format(pack=pack.name, place=HERE))
    page_files(folder / "page")
    # Whoever is who there, it is for all to read; only the way hither is closed.
    folder.chmod(0o755)
    return pack.model_id
