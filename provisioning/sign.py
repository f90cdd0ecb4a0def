"""Signatures of the desk: each document in a DSSE envelope, its type under the signature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from securesystemslib.dsse import Envelope

from appliance.watchlist.bundle import pack, unpack
from appliance.watchlist.trust import AUTHORITY_TYPE, WATCHLIST_TYPE

if TYPE_CHECKING:
    from appliance.domain.deployment import Authority
    from appliance.domain.watchlist import Watchlist
    from provisioning.keys import Signers


def sign_watchlist(watchlist: Watchlist, signers: Signers) -> bytes:
    """Seal a list.

    Raises:
        InputError: the van would refuse it.
    """
    payload = pack(watchlist)
    unpack(payload)
    return seal(payload, WATCHLIST_TYPE, signers)


def sign_authority(authority: Authority, signers: Signers) -> bytes:
    """Seal an authority."""
    return seal(authority.model_dump_json().encode(), AUTHORITY_TYPE, signers)


def seal(payload: bytes, payload_type: str, signers: Signers) -> bytes:
    """Sign bytes of a type with every signer, and write the envelope as JSON."""
    envelope = Envelope(payload, payload_type, {})
    for signer in signers:
        envelope.sign(signer)
    return json.dumps(envelope.to_dict()).encode()
