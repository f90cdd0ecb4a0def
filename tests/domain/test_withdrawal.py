"""What a force takes back names nobody, and nobody but the van that holds the list finds it."""

from datetime import datetime, timezone

import pytest
from pydantic import ValidationError

from appliance.domain.withdrawal import Revoked, Withdrawals, Withdrawn

AT = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)


def test_entries_are_named_by_their_commitments():
    given = Withdrawals(made_at=AT, entries=(Withdrawn(commitment="ab" * 32, at=AT),))
    assert given.commitments() == (b"\xab" * 32,)
    assert "abab" not in repr(given)


def test_an_authority_is_taken_back_by_its_name():
    given = Withdrawals(made_at=AT, revoked=(Revoked(deployment_id="d-1", at=AT),))
    assert given.revokes("d-1")
    assert not given.revokes("d-2")


@pytest.mark.parametrize("commitment", ["", "ab" * 31, "AB" * 32, "V-001", "ab" * 33])
def test_a_reference_is_no_commitment(commitment):
    with pytest.raises(ValidationError):
        Withdrawn(commitment=commitment, at=AT)
