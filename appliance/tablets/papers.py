"""The van's folder of certificates, as `lfr check` looks at it: is it whole, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from appliance.errors import SettingsError, TrustError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SOON_DAYS: Final = 14
FOLDER_MEND: Final = "Bring the folder from the desk (lfr desk tablet van)."


def inspect(folder: Path, now: datetime) -> str:
    """Say for how long tablets can come.

    Args:
        folder: With ca.pem, crl.pem and server.pem.
        now: The time, UTC.

    Raises:
        SettingsError: a file is missing or is something else.
        TrustError: one has ended, or is not this authority's: no tablet can come.
    """
    try:
        authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        server = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
        crl = x509.load_pem_x509_crl((folder / "crl.pem").read_bytes())
    except (OSError, ValueError):
        raise SettingsError(
            f"The tablets' certificates in {folder} cannot be read.", mend=FOLDER_MEND
        ) from None
    if {server.issuer, crl.issuer} != {authority.subject}:
        raise TrustError(f"The files in {folder} do not belong together.", mend=FOLDER_MEND)
    ends = {
        "the tablets' authority": authority.not_valid_after_utc,
        "the server's certificate": server.not_valid_after_utc,
        "the list of revoked tablets": crl.next_update_utc or now,
    }
    what, end = min(ends.items(), key=lambda each: each[1])
    if end <= now:
        raise TrustError(f"Over since {end:%Y-%m-%d}: {what}. No tablet comes.", mend=FOLDER_MEND)
    told = f"{len(crl)} revoked, good until {end:%Y-%m-%d} ({what})"
    return told + (": renew it soon" if (end - now).days < SOON_DAYS else "")
