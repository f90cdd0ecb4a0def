"""gpsd, as its manual has it and as Debian has it: who says where a van stands."""

import json
import shutil
import socket
import socketserver
import subprocess
import threading
from contextlib import contextmanager
from datetime import datetime, timezone

VERSION = {"class": "VERSION", "release": "3.22", "proto_major": 3, "proto_minor": 14}
TELL_S = 0.2
"""How often a receiver has a new position."""


def fix(at=None, lat=51.5, lon=-0.1, **changes):
    """Make a report of a position."""
    at = at or datetime.now(timezone.utc)
    time = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"class": "TPV", "device": "/dev/ttyACM0", "mode": 3, "time": time, "lat": lat,
            "lon": lon, "eph": 4.2, **changes}  # fmt: skip


class Speaker:
    """A stand-in that says to whoever watches it what a test has put down."""

    def __init__(self, *reports):
        self.reports, self.lines = [*reports], []
        speaker = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(json.dumps(VERSION).encode() + b"\r\n")
                if self.rfile.readline().startswith(b"?WATCH="):
                    speaker.lines.append(self.wfile)
                    for report in speaker.reports:
                        speaker._write(self.wfile, report)
                    self.rfile.read()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def say(self, report):
        """Tell everybody who watches."""
        for line in self.lines:
            self._write(line, report)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _write(line, report):
        data = report if isinstance(report, bytes) else json.dumps(report).encode()
        line.write(data + b"\r\n")
        line.flush()


@contextmanager
def real_gpsd(lat=51.5, lon=-0.1):
    """Debian's own, with a receiver that says by NMEA 0183 where it is; gives the port."""
    program = shutil.which("gpsd", path="/usr/sbin:/usr/bin")
    assert program, "apt-get install gpsd"
    port, source = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    stop = threading.Event()
    command = [program, "-N", "-n", "-S", str(port), f"udp://127.0.0.1:{source}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
        teller = threading.Thread(target=tell, args=(source, lat, lon, stop))
        teller.start()
        try:
            yield port
        finally:
            stop.set()
            teller.join()
            daemon.terminate()


def tell(source, lat, lon, stop):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        while not stop.wait(TELL_S):
            receiver.sendto(sentences(lat, lon), ("127.0.0.1", source))


def sentences(lat, lon):
    """Say a position in the two sentences that every receiver has."""
    now = datetime.now(timezone.utc)
    north, east = degrees(lat, 2, "NS"), degrees(lon, 3, "EW")
    rmc = f"GPRMC,{now:%H%M%S}.00,A,{north},{east},0.0,0.0,{now:%d%m%y},,,A"
    gga = f"GPGGA,{now:%H%M%S}.00,{north},{east},1,08,0.9,10.0,M,47.0,M,,"
    return b"".join(f"${said}*{checksum(said):02X}\r\n".encode() for said in (gga, rmc))


def degrees(value, digits, sides):
    whole = int(abs(value))
    minutes = (abs(value) - whole) * 60
    return f"{whole:0{digits}}{minutes:07.4f},{sides[value < 0]}"


def checksum(said):
    total = 0
    for sign in said.encode():
        total ^= sign
    return total


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
