"""What a signer is shown is read from the sealed list itself; what does not fit is not shown."""

from datetime import date

import pytest
from rich.console import Console
from tuf.api.metadata import TargetFile

from appliance.domain.watchlist import Ground
from appliance.errors import InputError, TrustError
from provisioning import disk
from provisioning.desk import log, screen
from provisioning.desk.status import status, warnings
from provisioning.desk.summary import require_draft, summarise

YOUNG = {"born_on": date(2010, 1, 1), "under_age_override": "a court's order"}
ODD = {"ground": Ground.IMMINENT_HARM, "ground_override": "seen with a knife"}


@pytest.fixture
def shown(desk):
    return lambda: summarise(desk.office, desk.office.repository.draft(), lambda _: None)


def test_grounds_and_overrides_are_counted_in_the_sealed_list(ready, shown):
    ready("list-1", **YOUNG, **ODD)
    (listed,) = shown().lists
    assert listed.grounds == {"about_to_commit_really_serious_offence": 3}
    assert (listed.minors, listed.unusual) == (3, 3)
    assert listed.new


def test_a_list_that_is_published_already_is_not_opened_again(desk, ready, authority, shown, out):
    watchlist = ready()
    desk.publish(out)
    desk.authorise(authority(watchlist, deployment_id="d-2"), ["van-1"])
    summary = shown()
    assert [one.new for one in summary.lists] == [False]
    assert [one.deployment_id for _, one in summary.authorities] == ["d-2"]


def test_which_van_is_read_is_told(desk, ready):
    ready()
    told = []
    summarise(desk.office, desk.office.repository.draft(), told.append)
    assert told == ["van-1"]


def test_the_record_is_what_json_can_hold(ready, shown, desk):
    ready()
    desk.sign("signer-1")
    record = shown().record()
    assert record["signed"] == ["signer-1"]
    assert record["missing"] == 1
    assert record["lists"][0]["grounds"] == {"wanted_by_court": 3}


def stage(desk, change):
    desk.office.repository.stage(lambda draft: change(draft.targets))


def test_something_that_a_signer_would_not_be_shown_is_not_signed(desk, ready, shown):
    ready()
    for path in ("vans/van-1/program.sh", "root.json", "log/../x.json"):
        stage(
            desk,
            lambda targets, path=path: targets.update({path: TargetFile.from_data(path, b"x")}),
        )
        with pytest.raises(TrustError, match="unknown"):
            shown()
        stage(desk, lambda targets, path=path: targets.pop(path))


def test_a_list_under_another_van_s_path_is_not_signed(desk, ready, shown):
    ready()

    def move(targets):
        target = targets.pop("vans/van-1/watchlist.age")
        targets["vans/van-2/watchlist.age"] = target

    stage(desk, move)
    with pytest.raises(TrustError, match="unknown"):
        shown()


def test_a_log_that_holds_somebody_else_is_not_signed(desk, ready, shown):
    """Or somebody less: the public's page must be the list's own."""
    ready()
    repository = desk.office.repository
    target = repository.draft().signed.targets["log/list-1.json"]
    page = log.open_page(disk.read(repository.file_of(target), log.PAGE_BYTES))
    less = page.model_copy(update={"commitments": page.commitments[1:]})
    new = TargetFile.from_data("log/list-1.json", less.pack())
    new.unrecognized_fields["custom"] = target.custom
    disk.write(repository.file_of(new), less.pack())
    stage(desk, lambda targets: targets.update({"log/list-1.json": new}))
    with pytest.raises(TrustError, match="does not hold just the entries"):
        shown()


def test_a_list_without_a_page_of_the_log_is_not_signed(desk, ready, shown):
    ready()
    stage(desk, lambda targets: targets.pop("log/list-1.json"))
    with pytest.raises(TrustError, match="no page"):
        shown()


def test_an_authority_that_cannot_be_read_is_not_signed(desk, ready, shown):
    ready()
    repository = desk.office.repository
    old = repository.draft().signed.targets["vans/van-1/authority.json"]
    new = TargetFile.from_data(old.path, b"{}")
    new.unrecognized_fields["custom"] = old.custom
    disk.write(repository.file_of(new), b"{}")
    stage(desk, lambda targets: targets.update({old.path: new}))
    with pytest.raises(InputError, match="authority cannot be read"):
        shown()


def test_a_list_whose_key_the_desk_has_lost_cannot_be_shown_and_so_not_signed(desk, ready, shown):
    ready()
    (desk.office.drafts.folder("list-1") / "desk.key").unlink()
    with pytest.raises(InputError, match="no key of that list"):
        shown()


def test_nothing_to_sign_is_said(desk, out):
    desk.publish(out)
    with pytest.raises(InputError, match="Nothing wants"):
        require_draft(desk.office.repository)


def test_what_is_published_is_signed_anew_before_it_ends_by_itself(desk, clock, van, out):
    desk.publish(out)
    clock.pass_by(days=21)
    assert any("sign it anew" in line for line in warnings(desk.office))
    assert require_draft(desk.office.repository).signed.version == 2
    desk.publish(out)
    clock.pass_by(days=20)
    desk.refresh(out)
    assert van.believe(out).fault is None


def test_what_runs_out_is_said_before_it_hurts(desk, keyring, clock, out):
    desk.publish(out)
    assert len(warnings(desk.office)) == 1  # six keys are few
    for name in keyring.ids():
        keyring.destroy(name)
    keyring.make(20)
    desk.register(keyring.document("van-1"))
    assert warnings(desk.office) == []
    clock.pass_by(hours=19)
    assert "lfr desk refresh" in warnings(desk.office)[0]
    clock.pass_by(days=340)
    assert any("root ends" in line for line in warnings(desk.office))


def test_how_things_stand_is_shown_with_everything_that_waits(desk, ready, out):
    ready("list-1")
    desk.publish(out)
    ready("list-2")
    desk.sign("signer-1")
    console = Console(record=True, width=200)
    screen.show_status(console, status(desk.office))
    text = console.export_text()
    for words in ("list-1", "signed by signer-1; 1 more needed", "One-time keys left: van-1 4"):
        assert words in text
    assert "R-1" not in text
