"""A tablet's pen: signs events as the page does, with no code of ours but the desk's authority."""

import json
from base64 import b64encode, urlsafe_b64encode
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

VERDICT = {"stage": "verdict", "verdict": "not_viable"}
VIABLE = {"stage": "verdict", "verdict": "viable"}
SAME = {"stage": "engagement", "engagement": "same_person"}
NOT_THE_PERSON = {"stage": "engagement", "engagement": "not_the_person"}
LOST = {"stage": "engagement", "engagement": "lost"}
OUTCOME = {
    "stage": "outcome",
    "disposal": "no_action",
    "minutes": 5,
    "force_used": False,
    "leaflet_given": True,
    "ethnicity": None,
}


def undo(decision_id):
    return {"stage": "undo", "undoes": decision_id}


class Pen:
    """Holds a tablet's signing key.

    Args:
        tablet: Its name.
        issued: Certificate and key, from `provisioning.desk.certificates`.
    """

    def __init__(self, tablet, issued):
        self.tablet, self.issued = tablet, issued

    def sign(self, event):
        """Give an event its certificate and its signature."""
        whole = {**event, "certificate": b64encode(self.issued.der).decode()}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        numbers = decode_dss_signature(self.issued.key.sign(text.encode(), ec.ECDSA(SHA256())))
        raw = b"".join(number.to_bytes(32, "big") for number in numbers)
        return {**whole, "signature": urlsafe_b64encode(raw).decode().rstrip("=")}

    def decide(self, answer=VERDICT, alert_id="alert-1", at_s=0, **changes):
        """Say and sign what an officer made of an alert, so many seconds after noon."""
        data = {
            "alert_id": alert_id,
            "officer": "PC 456",
            "decided_at": f"2026-06-01T13:{at_s // 60:02d}:{at_s % 60:02d}.000+01:00",
            "answer": dict(answer),
        }
        event = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"lfr/tablet/{self.tablet}",
            "type": "uk.police.lfr.decision.v1",
            "time": "2026-06-01T12:00:05.000Z",
            "datacontenttype": "application/json",
            "data": data,
        }
        return self.sign({**event, **changes})
