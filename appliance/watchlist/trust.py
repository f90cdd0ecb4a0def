"""Whether to believe a list or an authority: bytes in, typed object or error out.

1. The signers' public keys, and how many of them must agree, are on the van: `keys.json`.
2. A document comes in a DSSE envelope (JSON). Its payload type is under the signature, so that
   an authority cannot pass as a list. As many different keys as agreed must have signed it.
3. Only then is the payload read, and its own promises are checked: its age, its model, its law.

No file, no network and no clock: the time is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, StringConstraints, model_validator
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, SSlibKey  # type: ignore[attr-defined]

from appliance.domain.deployment import Authority
from appliance.domain.watchlist import Part
from appliance.errors import InputError, TrustError
from appliance.watchlist.bundle import LIMIT_BYTES as BUNDLE_LIMIT_BYTES
from appliance.watchlist.bundle import MEND, parse, unpack

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.watchlist import Watchlist

WATCHLIST_TYPE = "application/vnd.lfr.watchlist.v1"
AUTHORITY_TYPE = "application/vnd.lfr.authority.v1"
SMALL_BYTES = 64 * 1024
"""Keys or an authority; larger is refused unread."""
LARGE_BYTES = BUNDLE_LIMIT_BYTES // 3 * 4 + SMALL_BYTES
"""The largest bundle in base64, and its signatures."""
MAX_KEYS = 16

PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key in lower-case hexadecimal, so that one key has one spelling."""


class Keys(Part):
    """Whose signatures count, and how many are needed."""

    threshold: int = Field(ge=1)
    public_keys: tuple[PublicKey, ...] = Field(max_length=MAX_KEYS)

    @model_validator(mode="after")
    def _enough(self) -> Keys:
        if len(set(self.public_keys)) != len(self.public_keys):
            raise ValueError("a key stands twice")
        if self.threshold > len(self.public_keys):
            raise ValueError("more signatures are needed than there are keys")
        return self

    def verifiers(self) -> list[Key]:
        """Make the keys; their ids are computed here and never read from a file."""
        raws = (bytes.fromhex(key) for key in self.public_keys)
        return [SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw)) for raw in raws]


class Signature(Part):
    """One signature of an envelope."""

    keyid: str = Field(max_length=128)
    sig: str = Field(max_length=256)


class Sealed(Part):
    """An envelope as it comes in, before anything in it is believed."""

    payload: str = Field(repr=False)
    payload_type: str = Field(alias="payloadType", max_length=128)
    signatures: tuple[Signature, ...] = Field(max_length=MAX_KEYS)


def open_keys(data: bytes) -> Keys:
    """Read `keys.json`.

    Raises:
        InputError: it cannot be used.
    """
    _bound(data, SMALL_BYTES, "keys.json")
    return parse(Keys, data, "keys.json")


def open_watchlist(envelope: bytes, keys: Keys, now: datetime, model_id: str) -> Watchlist:
    """Believe a list, or say why not.

    Args:
        envelope: What was received or stored.
        keys: Whose signatures count.
        now: The van's time.
        model_id: Sha256 of the encoder in force.

    Raises:
        InputError: it is damaged or unlawful.
        TrustError: too few have signed it, or its templates are of another encoder.
        LapsedError: it is not in its time.
    """
    _bound(envelope, LARGE_BYTES, "The watchlist")
    watchlist = unpack(_verify(envelope, WATCHLIST_TYPE, keys, "The watchlist"))
    if watchlist.head.model_id != model_id:
        raise TrustError("The watchlist is for another encoder.", mend="Have it made for this one.")
    watchlist.require_live(now)
    return watchlist


def open_authority(envelope: bytes, keys: Keys, now: datetime) -> Authority:
    """Believe an authority, or say why not. It may still lie in the future.

    Raises:
        InputError: it is damaged.
        TrustError: too few have signed it.
        LapsedError: it has ended.
    """
    _bound(envelope, SMALL_BYTES, "The authority")
    payload = _verify(envelope, AUTHORITY_TYPE, keys, "The authority")
    authority = parse(Authority, payload, "The authority")
    authority.require_unended(now)
    return authority


def _bound(data: bytes, limit_bytes: int, name: str) -> None:
    if len(data) > limit_bytes:
        raise InputError(f"{name} is larger than {limit_bytes} bytes.", mend=MEND)


def _verify(data: bytes, payload_type: str, keys: Keys, name: str) -> bytes:
    envelope = _open_envelope(data, name)
    if envelope.payload_type != payload_type:
        raise TrustError(f"{name} is signed as something else.", mend="Install the right file.")
    try:
        envelope.verify(keys.verifiers(), keys.threshold)
    except VerificationError:
        raise TrustError(
            f"{name} has fewer than {keys.threshold} signatures that count.",
            mend="Have it signed by those whose keys are on this van.",
        ) from None
    return envelope.payload


def _open_envelope(data: bytes, name: str) -> Envelope:
    sealed = parse(Sealed, data, name)
    try:
        return Envelope.from_dict(sealed.model_dump(by_alias=True))
    except ValueError:
        # Not base64, or two signatures of one key.
        raise InputError(f"{name} is not a DSSE envelope.", mend=MEND) from None
