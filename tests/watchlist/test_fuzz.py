"""Whatever bytes come: an error of ours or a lawful list, soon, and in little memory.

LFR_FUZZ_CASES=10000000 tries more than the hundred thousand of every run, LFR_FUZZ_SEED others.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import tracemalloc
from contextlib import suppress
from datetime import timezone
from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from appliance.domain.deployment import Authority, Position
from appliance.domain.withdrawal import Withdrawals
from appliance.errors import ApplianceError, InputError, LapsedError
from appliance.watchlist.bundle import check, view
from appliance.watchlist.pictures import MOST_PX
from appliance.watchlist.refusals import parse
from tests.watchlist.bundles import JPEG, a_list, a_promise, a_subject
from tests.watchlist.mutations import VALUES, Bundles, bend, holders, spoil, text
from tests.watchlist.repository import MOMENT, an_authority

CASES = int(os.environ.get("LFR_FUZZ_CASES", "100000"))
SEED = int(os.environ.get("LFR_FUZZ_SEED", "4"))
LOTS = max(20, CASES // 5_000)
"""So that no test lasts too long, and any of them can be run alone."""
MOST_S = 1.0
HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)
SMALL = Bundles(a_list(dimension=8))
SPOILT = {"bundle": SMALL.spoilt, "record": SMALL.record}
CORNERS = [
    {"latitude_deg": 51.5 + north, "longitude_deg": -0.1 + east}
    for north, east in ((-0.001, -0.001), (-0.001, 0.001), (0.001, 0.001), (0.001, -0.001))
]
OUTLINED = an_authority(place={"name": "Market", "corners": CORNERS})
TAKEN_BACK = {
    "made_at": MOMENT.isoformat(),
    "entries": [{"commitment": "0" * 64, "at": MOMENT.isoformat()}],
    "revoked": [{"deployment_id": "d-1", "at": MOMENT.isoformat()}],
}


def share(part):
    """Tell how many cases one lot of a kind has."""
    return range(max(1, int(CASES * part / LOTS)))


def hurry(part, case):
    """Try one lot; a case that takes a second of this process's own time fails."""

    def stop(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        for _ in share(part):
            signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
            case()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def opened(data):
    """Do what the child does; give the list where it is lawful."""
    with suppress(ApplianceError):
        watchlist = view(data)
        promise = promised(watchlist, data)
        if promise:
            check(watchlist, promise)
            return watchlist
    return None


def promised(watchlist, data):
    """Promise a list as it is; what nobody could promise, nobody could have signed."""
    with suppress(ValidationError):
        return a_promise(watchlist, data)
    return None


def require_whole(watchlist):
    lengths = np.linalg.norm(watchlist.templates.astype(np.float32), axis=1)
    assert np.all(np.abs(lengths - 1) < 1e-3)
    counts = np.bincount(watchlist.owners)
    assert [len(subject.images) for subject in watchlist.subjects] == counts.tolist()
    assert len({subject.reference for subject in watchlist.subjects}) == len(counts)
    for subject, ends_s in zip(watchlist.subjects, watchlist.expires, strict=True):
        assert not subject.fault(watchlist.head.made_at)
        assert int(subject.expires_at.timestamp()) == ends_s
        assert all(area_px(image.jpeg) <= MOST_PX for image in subject.images)


def area_px(jpeg):
    """Ask somebody else how large a picture would be; what he cannot read, he unpacks nowhere."""
    assert jpeg.startswith(b"\xff\xd8")
    with suppress(OSError), Image.open(BytesIO(jpeg)) as picture:
        return picture.width * picture.height
    return 0


@pytest.mark.parametrize("lot", range(LOTS))
@pytest.mark.parametrize(("kind", "part"), [("bundle", 0.3), ("record", 0.2)])
def test_a_spoilt_bundle_or_record_is_refused_or_still_lawful(lot, kind, part):
    random, spoilt = Random(f"{SEED} {kind} {lot}"), SPOILT[kind]

    def case():
        watchlist = opened(spoilt(random))
        if watchlist is not None:
            require_whole(watchlist)

    hurry(part, case)


def use(authority):
    # The tablets are told in UTC, and so is whoever runs an update.
    authority.ends_at.astimezone(timezone.utc)
    for now in (MOMENT, authority.starts_at, authority.ends_at):
        with suppress(LapsedError):
            authority.require_unended(now)
    authority.place.holds(HERE)


@pytest.mark.parametrize("lot", range(LOTS))
@pytest.mark.parametrize(
    ("part", "document", "then"),
    [
        (Authority, an_authority(), use),
        (Authority, OUTLINED, use),
        (Withdrawals, TAKEN_BACK, Withdrawals.commitments),
    ],
)
def test_a_spoilt_authority_or_withdrawal_is_refused_or_still_lawful(lot, part, document, then):
    random = Random(f"{SEED} {part.__name__} {lot}")

    def case():
        with suppress(InputError):
            then(parse(part, text(document, random), "The authority"))

    hurry(0.17, case)


def test_bytes_that_are_nothing_are_refused():
    random = Random(f"{SEED} nothing")
    for _ in share(0.01):
        data = random.randbytes(random.choice((0, 1, 7, 8, 9, 100, 3000)))
        assert opened(data) is None


def test_a_spoilt_bundle_takes_no_more_memory_than_itself_again():
    subjects = [a_subject(f"V-{number:04}", 1 + number % 3) for number in range(400)]
    bundles, random = Bundles(a_list(subjects, dimension=128)), Random(f"{SEED} memory")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        for _ in range(max(40, CASES // 2_000)):
            data = bundles.spoilt(random)
            tracemalloc.reset_peak()
            held, _ = tracemalloc.get_traced_memory()
            opened(data)
            assert tracemalloc.get_traced_memory()[1] - held < max(2 * len(data), 100_000)
    finally:
        tracemalloc.stop()
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < 64 * 1024


def reason(data):
    with pytest.raises((ApplianceError, ValueError)) as refusal:
        require_refused(data)
    return str(refusal.value)


def require_refused(data):
    watchlist = view(data)
    check(watchlist, a_promise(watchlist, data))
    raise InputError("It is lawful.", mend="")


def test_the_mutations_do_reach_everything():
    random = Random(1)
    made = [SMALL.spoilt(random) for _ in range(500)]
    assert len(set(made)) > 400
    reasons = " ".join(map(reason, made))
    arrays = ("header", "size", "templates", "owners", "record_ends", "thumbnails", "expires")
    for wanted in (*arrays, "commitments", "head", "a record"):
        assert f"The watchlist, {wanted}" in reasons
    for wanted in ("not in order", "one is not a JPEG", "one is too large", "too large a picture"):
        assert wanted in reasons.partition("thumbnails: ")[2]
    assert {type(value) for value in VALUES} >= {str, int, float, list, dict, bool}
    assert spoil(JPEG, random) != bend([1, 2], random)
    assert len(list(holders(json.loads('{"a": [{"b": 1}]}')))) == 3
