"""People who are to be enrolled: the terms that hold for them, and their pictures' files."""

from datetime import datetime, timedelta, timezone

from appliance.domain.watchlist import Ground
from provisioning.enrol.rows import Row
from provisioning.enrol.terms import Terms

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
TERMS = Terms(
    ground=Ground.VOLUNTEER,
    reason="takes part",
    power="none",
    source="given for it",
    reviewer="PC 1",
    expires_at=NOW + timedelta(hours=8),
)


def refused(rows):
    """Take the only row, which refuses somebody; give the reason."""
    (row,) = rows
    assert isinstance(row, Row), row
    assert row.verdict == "refused"
    assert row.mend
    return row.reason


def touch(*files):
    """Make files that look like pictures by their names."""
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"a picture")
