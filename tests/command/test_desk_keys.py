"""The desk's keys and passphrases, how things stand, and who is asked what."""

import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from typer.testing import CliRunner

from appliance import __main__ as command
from appliance.command import choices
from appliance.domain.watchlist import Ground
from appliance.errors import InputError, TrustError
from provisioning.desk.keys import KEEPING
from provisioning.desk.office import BusyError, Office
from tests.command.desk_at import WORDS, authorise, believe, files, lfr, said

pytestmark = pytest.mark.timeout(300)


def test_no_command_of_the_desk_leaves_a_core_with_people_in_it(tmp_path):
    script = (
        "import ctypes, resource, sys; from appliance.__main__ import app\n"
        "most = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (most, most))\n"
        "try: app(['desk', 'status', '--desk', sys.argv[1]])\n"
        "except Exception: pass\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))"
    )
    told = subprocess.check_output([sys.executable, "-c", script, tmp_path], text=True)
    assert told.split() == ["0", "0", "0"]


# -- The keys


def test_init_says_where_each_key_is_kept_and_what_the_van_needs(born_desk):
    assert set(born_desk.told["keys"]) == set(KEEPING)
    for file in born_desk.told["keys"].values():
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    assert Path(born_desk.told["root"]).read_bytes()


def test_init_never_overwrites(desk):
    before = {name: file.read_bytes() for name, file in files(desk).items()}
    with pytest.raises(InputError, match="never overwritten"):
        lfr("init", "Kent Police")
    assert {name: file.read_bytes() for name, file in files(desk).items()} == before


def test_init_shows_a_person_a_table_and_the_root_s_digits(desk, tmp_path):
    shown = lfr("init", "Kent Police", "--desk", tmp_path / "kent").output
    for name in KEEPING:
        assert name in shown
    assert "/etc/lfr/root.json" in shown
    assert "safe" in shown


def test_where_nobody_can_type_the_missing_passphrase_is_said(desk, monkeypatch):
    monkeypatch.delenv("LFR_PASSPHRASE")
    with pytest.raises(InputError, match="passphrase of online is not given"):
        lfr("refresh", "--to", "out")


def test_a_passphrase_comes_from_a_file_too(desk, monkeypatch):
    monkeypatch.delenv("LFR_PASSPHRASE")
    (desk.parent / "words").write_text(f"{WORDS}\n")
    lfr("refresh", "--to", "out", "--passphrase-file", "words")
    (desk.parent / "words").write_text("")
    with pytest.raises(InputError, match="is not given"):
        lfr("refresh", "--to", "out", "--passphrase-file", "words")


def test_a_wrong_passphrase_opens_nothing(desk, monkeypatch):
    monkeypatch.setenv("LFR_PASSPHRASE", "open sesame please")
    with pytest.raises(InputError, match=r"online\.key is not opened"):
        lfr("refresh", "--to", "out")


def test_a_key_under_another_s_name_is_refused(desk):
    with pytest.raises(InputError, match="key of signer-1"):
        lfr("refresh", "--to", "out", "--key", desk / "keys/signer-1.key")


def test_where_no_desk_is_init_is_advised(desk, tmp_path):
    with pytest.raises(InputError) as refusal:
        lfr("status", "--desk", tmp_path / "nowhere")
    assert "lfr desk init" in refusal.value.advice()


def test_a_desk_at_which_somebody_works_is_busy(desk):
    with Office(desk).alone(), pytest.raises(BusyError):
        lfr("sweep")


def test_a_lost_key_is_replaced(published, enrol, desk):
    told = lfr("root", "--replace", "signer-2").output
    assert "signer-2.new.key: sign with it by --key. Once this root is published" in told
    assert "wants more of root-1, root-2, root-3" in told
    assert said("root", "--as", "root-1")["missing"] == ["root-2", "root-3"]
    assert said("root", "--as", "root-2")["missing"] == []
    with pytest.raises(TrustError, match="none of those that sign") as refusal:
        lfr("sign", "--as", "signer-2", "--yes")
    assert "--key" in refusal.value.mend
    said("sign", "--as", "signer-2", "--key", desk / "keys/signer-2.new.key", "--yes")
    said("sign", "--as", "signer-3", "--yes")
    said("publish", "out")
    assert believe(published, desk).fault is None
    enrol("list-2")
    authorise("list-2")
    with pytest.raises(TrustError, match="names this key no more") as refusal:
        lfr("sign", "--as", "signer-2", "--yes")
    assert "--key" in refusal.value.mend
    (desk / "keys/signer-2.new.key").replace(desk / "keys/signer-2.key")
    said("sign", "--as", "signer-2", "--yes")


def test_a_place_that_is_spelt_wrongly_takes_nothing_from_the_one_by_which_vans_hear(
    published, desk
):
    with pytest.raises(InputError, match="nowhere is no folder"):
        lfr("publish", "nowhere")
    assert list(said("refresh")["places"]) == [str(published)]


def test_how_things_stand_is_told_to_people_and_to_scripts(published, desk):
    told = said("status")
    assert told["published"][0]["list"]["watchlist_id"] == "list-1"
    assert told["pending"] is None
    shown = lfr("status").output
    for word in ("Essex Police", "van-1", "list-1", "d-1", "three safes"):
        assert word in shown
    assert "Destroyed: nothing" in lfr("sweep").output


def test_the_shell_completes_names_that_the_desk_knows(published, desk, reference):
    context = SimpleNamespace(params={"desk": desk})
    assert choices.lists(context) == ["list-1"]
    assert choices.vans(context) == ["van-1"]
    assert choices.references(context) == [reference]
    assert choices.deployments(context) == ["d-1"]
    assert "signer-2" in choices.named_keys()
    context.params["desk"] = desk / "nowhere"
    assert choices.lists(context) == []


def test_every_command_of_the_desk_is_told_about():
    shown = CliRunner().invoke(command.app, ["desk", "--help"]).output
    for name in (
        "init", "van", "enrol", "prepare", "shard", "merge", "authorise", "sign", "publish",
        "withdraw", "revoke", "refresh", "answer", "inspect", "status", "sweep", "root",
    ):  # fmt: skip
        assert name in shown


def test_the_grounds_on_the_command_line_are_the_law_s():
    (options, *_) = get_args(choices.GroundOf)
    words = [word for part in get_args(options) for word in get_args(part)]
    assert words == [ground.value for ground in Ground]


def test_what_a_root_still_wants_is_said_in_words(desk):
    assert "No root is pending" in lfr("root").output
    assert "wants more of root-1, root-2, root-3" in lfr("root", "--renew").output
    lfr("root", "--as", "root-1")
    assert "Enough for the root" in lfr("root", "--as", "root-3").output
    assert "Pending: a root" not in lfr("status").output
    lfr("root", "--renew")
    assert "Pending: a root; wants root-1, root-2, root-3." in lfr("status").output


def test_a_list_begins_and_lives_no_longer_than_a_day(enrol):
    with pytest.raises(AssertionError, match="24"):  # the command's own usage, exit 2
        enrol("list-1", "--hours", "25")


@pytest.mark.parametrize("name", ["..", ".", "../other", "/tmp/x", "a/b", "", ".hidden", "x" * 65])
def test_a_list_s_name_is_no_way_out_of_its_folder(desk, keyring, people, name):
    said("van", "van-1.keys.json", "--yes")
    before = set(files(desk))
    with pytest.raises(InputError, match="no name of a list"):
        lfr("prepare", "--list", name)
    assert set(files(desk)) == before


def test_a_key_that_is_not_here_is_missed_before_anybody_types(desk, enrol, monkeypatch):
    enrol("list-1")
    authorise("list-1")
    monkeypatch.delenv("LFR_PASSPHRASE")
    words = desk.parent / "words"
    words.write_text(WORDS)
    (desk / "keys/signer-3.key").unlink()
    with pytest.raises(InputError, match="not in the desk's folder") as refused:
        lfr("sign", "--as", "signer-3", "--yes")
    assert "--key" in refused.value.mend
    with pytest.raises(TrustError, match="root-1 is none of those") as refused:
        lfr("sign", "--as", "root-1", "--yes", "--passphrase-file", words)
    assert "signer-3" in refused.value.mend
    with pytest.raises(InputError, match="No key has that name") as refused:
        lfr("sign", "--as", "signer-9", "--yes")
    assert "signer-3" in refused.value.mend
