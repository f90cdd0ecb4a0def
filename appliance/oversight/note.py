"""Signed notes (C2SP signed-note): a text, and under it who stands by it, with Ed25519."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from appliance.errors import InputError, TrustError

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN: Final = 1
"""Signs the text itself."""
WITNESS: Final = 4
"""Signs the text and the time at which it was seen (C2SP tlog-cosignature)."""
ID_BYTES, TIME_BYTES = 4, 8
MOST_BYTES: Final = 64_000
LINE: Final = re.compile("\u2014 ([^ +]+) ([A-Za-z0-9+/]+={0,2})")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]{0,99}")
ODD: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Key:
    """The public half of somebody's key, and what it is for."""

    name: str
    public: bytes = field(repr=False)
    kind: int = PLAIN

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature names it."""
        said = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(said).digest()[:ID_BYTES]

    @property
    def text(self) -> str:
        """As it is handed on: NAME+ID+KEY (a "vkey")."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def read(cls, text: str) -> Key:
        """Read what somebody has handed on.

        Raises:
            InputError: it is no key, or does not fit its own id.
        """
        name, _, rest = text.strip().partition("+")
        number, _, said = rest.partition("+")
        try:
            data = base64.b64decode(said, validate=True)
            key = cls(name, data[1:], data[0])
            Ed25519PublicKey.from_public_bytes(key.public)
        except (ValueError, IndexError):
            raise _keyless() from None
        if key.id.hex() != number or key.kind not in {PLAIN, WITNESS} or not NAME.fullmatch(name):
            raise _keyless()
        return key


@dataclass(frozen=True)
class Pen:
    """Somebody's key, whole."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)
    kind: int = PLAIN

    @property
    def key(self) -> Key:
        """Its public half."""
        return Key(self.name, self.private.public_key().public_bytes_raw(), self.kind)

    def sign(self, text: str, at_s: int = 0) -> str:
        """Write the line that goes under a text.

        Args:
            text: With the end of its last line.
            at_s: When a witness has seen it, in seconds since 1970.
        """
        time = at_s.to_bytes(TIME_BYTES, "big") if self.kind == WITNESS else b""
        signature = self.private.sign(_said(self.kind, text, at_s))
        return f"\u2014 {self.name} {_base64(self.key.id + time + signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text with the lines under it. Nothing of it is to be believed before `require`."""

    text: str
    lines: tuple[tuple[str, bytes], ...]
    """By whom, and what each has written."""

    @classmethod
    def read(cls, data: bytes) -> Note:
        """Take a note apart.

        Raises:
            InputError: it is none.
        """
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise _noteless() from None
        text, gap, under = whole.rpartition("\n\n")
        if not gap or not under.endswith("\n") or len(data) > MOST_BYTES or ODD.search(whole):
            raise _noteless()
        return cls(text + "\n", tuple(_line(line) for line in under.split("\n")[:-1]))

    def require(self, key: Key) -> int:
        """See that somebody has signed this.

        Returns:
            When a witness saw it, in seconds since 1970; 0 for any other.

        Raises:
            TrustError: they have not, or their signature is wrong.
        """
        found = [said[ID_BYTES:] for by, said in self.lines if (by, said[:ID_BYTES]) == _of(key)]
        if not found:
            raise TrustError(f"{key.name} has not signed this.", mend="Ask them for their copy.")
        return max(_verified(key, self.text, said) for said in found)

    def line(self, key: Key) -> str:
        """Give somebody's line, for another note with this text; empty where there is none."""
        found = [said for by, said in self.lines if (by, said[:ID_BYTES]) == _of(key)]
        return f"\u2014 {key.name} {_base64(found[0])}\n" if found else ""


def write(text: str, lines: Sequence[str]) -> bytes:
    """Put a text and the lines of its signers together."""
    return f"{text}\n{''.join(lines)}".encode()


def _said(kind: int, text: str, at_s: int) -> bytes:
    return (f"cosignature/v1\ntime {at_s}\n{text}" if kind == WITNESS else text).encode()


def _of(key: Key) -> tuple[str, bytes]:
    return key.name, key.id


def _verified(key: Key, text: str, said: bytes) -> int:
    size = TIME_BYTES if key.kind == WITNESS else 0
    at_s = int.from_bytes(said[:size], "big")
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public)
        public.verify(said[size:], _said(key.kind, text, at_s))
    except InvalidSignature:
        raise TrustError(
            f"What stands there as signed by {key.name} is not.", mend="Trust nothing of it."
        ) from None
    return at_s


def _line(line: str) -> tuple[str, bytes]:
    found = LINE.fullmatch(line)
    if found is None:
        raise _noteless()
    try:
        said = base64.b64decode(found[2], validate=True)
    except ValueError:
        raise _noteless() from None
    # Two spellings of one signature would be two notes.
    if len(said) <= ID_BYTES or _base64(said) != found[2]:
        raise _noteless()
    return found[1], said


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _keyless() -> InputError:
    return InputError("This is no public key of a log.", mend="Give NAME+ID+KEY as it was made.")


def _noteless() -> InputError:
    return InputError("This is no signed note.", mend="Get the checkpoint again.")
