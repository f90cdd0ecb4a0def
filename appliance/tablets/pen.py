"""What a tablet signs with, and what it writes down: for one without a screen."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from appliance.tablets.proof import NUMBER_BYTES, signed_form

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

END = b"\n"


class Signer:
    """A tablet's key, and the certificate that says whose it is.

    Args:
        certificate: DER.
        key: On P-256.
    """

    def __init__(self, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate, self._key = b64encode(certificate).decode("ascii"), key

    def sign(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Add certificate and signature to an event, as a browser makes them."""
        named = {**event, "certificate": self._certificate}
        signed = self._key.sign(signed_form(json.dumps(named).encode()), ec.ECDSA(SHA256()))
        halves = [number.to_bytes(NUMBER_BYTES, "big") for number in decode_dss_signature(signed)]
        signature = urlsafe_b64encode(b"".join(halves)).decode("ascii").rstrip("=")
        return {**named, "signature": signature}


class Notebook:
    """What a tablet knows again after its death: ids of alerts, and answers on their way.

    Args:
        file: Where each line is kept at once; None where nothing outlives the process.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.known: set[str] = set()
        """Alerts that were shown as new."""
        self.pending: dict[str, dict[str, Any]] = {}
        """Signed answers that the van has neither confirmed nor refused for good, by id."""
        if file is not None and file.exists():
            *lines, torn = file.read_bytes().split(END)
            for line in lines:
                # Whoever wrote half a line died before it counted.
                with suppress(ValueError):
                    self._take(json.loads(line))
            if torn:
                self._write(END)

    def note(self, what: str, value: object) -> None:
        """Keep that an alert was shown (`new`), or an answer is `given`, `confirmed` or `lost`."""
        entry = {what: value}
        self._write(json.dumps(entry).encode() + END)
        self._take(entry)

    def _write(self, line: bytes) -> None:
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(line)

    def _take(self, entry: Mapping[str, Any]) -> None:
        for what, value in entry.items():
            if what == "new":
                self.known.add(value)
            elif what == "given":
                self.pending[value["id"]] = value
            else:
                self.pending.pop(value, None)
