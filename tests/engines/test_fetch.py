"""What comes from the network is whole and right, or it is not there."""

import datetime as dt
import hashlib
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.errors import MachineError
from appliance.vision.models import NetworkFile
from engines.fetch import fetch_file, https_opener

DATA = bytes(range(256)) * 1000


class Answers(BaseHTTPRequestHandler):
    """Each path is one way in which a server can behave."""

    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
        elif self.path == "/redirected":
            self._move(f"https://127.0.0.1:{self.server.server_port}/right")
        elif self.path == "/downgraded":
            self._move(f"http://127.0.0.1:{self.server.server_port}/right")
        else:
            self._send()

    def _move(self, where: str):
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self):
        body = {
            "/right": DATA,
            "/truncated": DATA[:-1],
            "/cut": DATA[:-1],
            "/long": DATA * 20,
            "/wrong": DATA[::-1],
            "/empty": b"",
        }[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA) if self.path == "/cut" else len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            assert self.path == "/long", "only a file that is too long may be left unread"

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return file


@pytest.fixture(scope="module")
def server(certificate: Path):
    """A server on loopback that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def opener(certificate: Path):
    return https_opener(ssl.create_default_context(cafile=str(certificate)))


def network(url: str | None) -> NetworkFile:
    return NetworkFile(
        name="net.onnx", sha256=hashlib.sha256(DATA).hexdigest(), bytes=len(DATA), url=url
    )


@pytest.mark.parametrize("path", ["right", "redirected"])
def test_the_right_file_arrives(server: str, opener, tmp_path: Path, path: str):
    file = fetch_file(network(f"{server}/{path}"), tmp_path / "new" / "models", opener)
    assert file == tmp_path / "new" / "models" / "net.onnx"
    assert file.read_bytes() == DATA


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("truncated", "another file"),
        ("cut", "net.onnx"),
        ("long", "another file"),
        ("wrong", "another file"),
        ("empty", "another file"),
        ("missing", "404"),
        ("downgraded", "cannot be fetched"),
    ],
)
def test_nothing_else_is_ever_put_there(server: str, opener, tmp_path: Path, path: str, why: str):
    held = tmp_path / "net.onnx"
    held.write_bytes(b"held already")
    with pytest.raises(MachineError, match=why) as refused:
        fetch_file(network(f"{server}/{path}"), tmp_path, opener)
    assert "$LFR_MODELS" in refused.value.advice()
    assert "\n" not in refused.value.advice()
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
    assert held.read_bytes() == b"held already"


def test_a_server_that_nobody_vouches_for_is_not_believed(server: str, tmp_path: Path):
    with pytest.raises(MachineError, match="cannot be fetched"):
        fetch_file(network(f"{server}/right"), tmp_path)


def test_a_server_that_is_not_there_gives_one_line(opener, tmp_path: Path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as gone:
        port = gone.server_port
    with pytest.raises(MachineError, match="cannot be fetched"):
        fetch_file(network(f"https://127.0.0.1:{port}/right"), tmp_path, opener)


def test_a_file_without_an_address_is_not_guessed(tmp_path: Path):
    with pytest.raises(MachineError, match="no public address"):
        fetch_file(network(None), tmp_path)


def test_a_folder_that_cannot_be_written_gives_one_line(server: str, opener, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MachineError, match="cannot be fetched"):
        fetch_file(network(f"{server}/right"), tmp_path / "file" / "models", opener)


def test_an_address_without_tls_cannot_be_written_down():
    with pytest.raises(ValueError, match="url"):
        network("http://127.0.0.1/right")
