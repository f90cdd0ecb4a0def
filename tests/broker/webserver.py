"""The van's nginx as it is installed, with other places, and the gate behind it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

from provisioning.gate.service import announcing, open_gate
from tests.broker.voices import free_port

CONFIGURATION = Path(__file__).parents[2] / "provisioning" / "nginx" / "lfr.conf"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def settle(folder, roster):
    """Write the installed configuration with other places; gives the port."""
    port, text = free_port(), CONFIGURATION.read_text()
    for old, new in {
        "listen 443 ssl default_server;": f"listen 127.0.0.1:{port} ssl default_server;",
        "    listen [::]:443 ssl default_server;\n": "",
        "/etc/lfr/tablets/": f"{roster}/", "/usr/share/lfr/page": f"{folder}/page",
        "/run/lfr-gate.sock": f"{folder}/gate.sock", "/var/log/nginx/": f"{folder}/",
    }.items():  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (folder / "lfr.conf").write_text(text)
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        # Its workers may else not enter the tests' folder, which pytest keeps for its user alone.
        f"user {getuser()}; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ {scratch} include {folder}/lfr.conf; }}\n"
    )
    return port


@contextmanager
def serving(folder, port):
    """Run nginx until the context ends."""
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], check=True, capture_output=True, text=True)
    # It names the file wherever it has a remark on it.
    assert f"{folder}/lfr.conf" not in tried.stderr, tried.stderr
    with subprocess.Popen(command) as process:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None
            yield process
        finally:
            process.terminate()


@contextmanager
def guarding(folder, van, broker, url):
    """Run the gate as the van does, where `settle` lets nginx look for it."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "gate.sock"))
    with open_gate(listening, announcing(van, broker, url)):
        yield
