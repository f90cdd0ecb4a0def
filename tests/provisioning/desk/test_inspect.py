"""What is in a list: figures, overrides and references; pictures only when somebody asks."""

import json
import stat
from datetime import date, timedelta
from io import BytesIO

import numpy as np
import pytest
from pyrage import x25519

from appliance.domain.watchlist import Ground, ListImage
from appliance.errors import InputError, TrustError
from appliance.watchlist.bundle import pack
from appliance.watchlist.keyring import seal
from provisioning.desk import inspect as inspecting
from provisioning.desk.inspect import Sealed, find, inspect, opened
from provisioning.report.census import Census


@pytest.fixture
def office(desk):
    return desk.office


def test_a_pending_list_is_found_by_its_name_and_counted(office, ready, clock):
    ready("list-1")
    found, pages = inspect(find(office, "list-1"))
    assert (found.census.people, found.census.pictures, found.census.undated) == (3, 3, 3)
    assert found.references == ("R-1", "R-2", "R-3")
    assert found.promised
    assert pages == ()
    ends = found.census.spread()
    assert ends == (clock.now + timedelta(days=3),) * 3


def test_a_published_list_is_found_too(office, desk, ready, out):
    ready("list-1")
    desk.publish(out)
    assert inspect(find(office, "list-1", "van-1"))[0].promise.van == "van-1"


@pytest.mark.parametrize(("name", "van"), [("list-9", None), ("list-1", "van-9")])
def test_what_is_not_here_is_refused(office, ready, name, van):
    ready("list-1")
    with pytest.raises(InputError, match="No such list"):
        find(office, name, van)


def test_after_its_end_nothing_here_opens_it(office, ready, clock):
    ready("list-1")
    clock.now += timedelta(days=2)
    office.drafts.sweep(clock.now)
    with pytest.raises(InputError, match="no key of that list"):
        find(office, "list-1")


def test_a_list_that_was_changed_on_the_disk_is_refused(office, ready):
    ready("list-1")
    file = find(office, "list-1").cipher
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(TrustError):
        find(office, "list-1")


def test_the_figures_as_json_hold_no_picture(office, ready):
    ready("list-1")
    text = json.dumps(inspect(find(office, "list-1"))[0].record())
    told = json.loads(text)
    assert told["kind"] == "lfr.list/1"
    assert told["watchlist_id"] == "list-1"
    assert told["subjects"] == 3
    assert told["references"] == ["R-1", "R-2", "R-3"]
    assert told["age_years"] is None
    assert "jpeg" not in text
    assert "/9j/" not in text


@pytest.fixture
def sealed(tmp_path):
    """Encrypt a list to a key, as a file from elsewhere."""
    identity = x25519.Identity.generate()

    def make(watchlist, name="elsewhere.age"):

        watchlist.commitments[:, 0] = np.arange(len(watchlist.commitments))
        file = tmp_path / name
        with file.open("wb") as into:
            seal(BytesIO(pack(watchlist)), into, [str(identity.to_public())])
        return Sealed(file, identity)

    return make


@pytest.fixture
def varied(subject, listing, jpeg, clock):
    """A list with an under-18 entry, an unusual ground, and pictures of known age."""
    day = clock.now.date()
    image = ListImage(jpeg=jpeg, source="custody suite")
    recent = ListImage(jpeg=jpeg, source="court", taken_on=day - timedelta(days=731))
    young = {
        "born_on": day - timedelta(days=365 * 16),
        "under_age_override": "Superintendent 9: danger to life",
    }
    odd = {"ground": Ground.IMMINENT_HARM, "ground_override": "<b>Superintendent 9</b>"}
    subjects = [
        subject("R-1", images=(image, recent), ground=Ground.COURT),
        subject("R-2", images=(recent,), ground=Ground.COURT, **young),
        subject("R-3", images=(recent,), born_on=date(1980, 2, 29), **odd),
    ]
    return listing(
        np.eye(4, 8),
        subjects=subjects,
        owners=[0, 0, 1, 2],
        made_at=clock.now,
        expires_at=clock.now + timedelta(hours=12),
    )


def test_overrides_are_told_with_their_reasons(sealed, varied):
    found, _ = inspect(sealed(varied))
    census = found.census
    assert (census.minors, census.unusual) == (1, 1)
    assert census.grounds == {Ground.COURT: 2, Ground.IMMINENT_HARM: 1}
    assert [
        (one.reference, one.under_age_override, one.ground_override) for one in census.overrides
    ] == [
        ("R-2", "Superintendent 9: danger to life", None),
        ("R-3", None, "<b>Superintendent 9</b>"),
    ]
    assert census.years().median == pytest.approx(2.0, abs=0.01)
    assert not found.promised
    assert "Superintendent" not in repr(found)


def test_pictures_are_shown_only_when_a_folder_is_named(sealed, varied, tmp_path):
    folder = tmp_path / "look"
    _, (page,) = inspect(sealed(varied), folder)
    text = page.read_text("utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert text.count("data:image/jpeg;base64,") == 4
    assert "faces of people on a watchlist" in text
    assert "Under 18: Superintendent 9: danger to life" in text
    assert "&lt;b&gt;Superintendent 9&lt;/b&gt;" in text
    assert "<b>" not in text


def test_a_long_list_is_shown_on_several_pages(sealed, people, tmp_path, monkeypatch):
    monkeypatch.setattr(inspecting, "PAGE_PEOPLE", 2)
    folder = tmp_path / "look"
    inspect(sealed(people("list-1", [f"R-{i}" for i in range(5)])), folder)
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["list-2.html", "list-3.html", "list.html"]
    assert "R-4" in (folder / "list-3.html").read_text("utf-8")
    inspect(sealed(people("list-1", ["R-1"])), folder)
    assert [file.name for file in folder.iterdir()] == ["list.html"]


def test_of_nobody_there_is_nothing_to_count(clock):
    census = Census.of((), clock.now)
    assert (census.people, census.years(), census.spread()) == (0, None, None)


def test_another_key_opens_nothing(sealed, people):
    other = Sealed(sealed(people()).cipher, x25519.Identity.generate())
    with pytest.raises(TrustError):
        inspect(other)


def test_what_is_no_list_is_refused(tmp_path):

    identity = x25519.Identity.generate()
    for number, data in enumerate((b"", b"x" * 100)):
        file = tmp_path / f"{number}.age"
        with file.open("wb") as into:
            seal(BytesIO(data), into, [str(identity.to_public())])
        with pytest.raises(InputError):
            inspect(Sealed(file, identity))


def test_nothing_of_a_list_is_left_in_memory_after_a_look(sealed, people):
    with opened(sealed(people())) as (watchlist, _):
        templates = watchlist.templates
        records = watchlist.subjects.records
        assert templates.any()
    assert not templates.any()
    assert not records.any()
