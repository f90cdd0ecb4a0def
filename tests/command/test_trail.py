"""`lfr log` tells an auditor in one line whether a log is whole, and a witness stands by it."""

import json
import os
from base64 import b64encode

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.account import open_account
from appliance.errors import ApplianceError, InputError, MachineError, SettingsError, TrustError
from appliance.oversight import keys
from appliance.oversight.note import write
from tests.oversight.log.conftest import NAME, keep, make_entries, make_pen, make_witness

KEY = make_pen().key.text


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    done = keep(folder, make_entries(3))
    return folder, done


def ask(*words):
    told = CliRunner().invoke(app, ["log", *map(str, words)])
    if isinstance(told.exception, ApplianceError):
        raise told.exception
    assert told.exit_code == 0, told.output
    return told.output


def test_a_whole_log_is_told_with_its_root(log):
    folder, done = log
    assert (
        ask("verify", folder, "--key", KEY) == f"{NAME}: whole, 3 entries\nroot {done.root_hex}\n"
    )
    told = json.loads(ask("verify", folder, "--key", KEY, "--json"))
    assert told == {"log": NAME, "state": "whole", "entries": 3, "root": done.root_hex}


def test_the_key_may_lie_in_a_file(log, tmp_path):
    (tmp_path / "key.pub").write_text(f"{KEY}\n")
    assert "whole" in ask("verify", log[0], "--key", tmp_path / "key.pub")
    (tmp_path / "key.pub").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no public key"):
        ask("verify", log[0], "--key", tmp_path / "key.pub")


def test_where_the_key_lies_may_be_called_anything(log, tmp_path):
    file = tmp_path / "a+b"
    file.write_text(f"{KEY}\n")
    assert "whole" in ask("verify", log[0], "--key", file)
    for given in (tmp_path / "nowhere", tmp_path, "k" * 5000):
        with pytest.raises(InputError, match="cannot be read") as refused:
            ask("verify", log[0], "--key", given)
        assert "NAME+ID+KEY" in refused.value.mend


def test_far_from_the_van_it_is_said_what_is_asked_for(log, monkeypatch):
    monkeypatch.setenv("LFR_SETTINGS", "/nowhere")
    with pytest.raises(SettingsError, match="no settings file") as refused:
        ask("verify", log[0])
    assert "--key" in refused.value.mend


def test_an_older_word_that_the_log_has_not_signed_accuses_nobody(log, tmp_path):
    text = f"{NAME}\n1\n{b64encode(bytes(32)).decode()}\n"
    forged = tmp_path / "forged"
    for line in (make_witness().sign(text), make_pen(number=2).sign(text)):
        forged.write_bytes(write(text, [line]))
        with pytest.raises(TrustError, match=f"forged is not signed by {NAME}"):
            ask("verify", log[0], "--key", KEY, "--known", forged)
    forged.write_bytes((log[0] / "checkpoint").read_bytes().replace(b"\n3\n", b"\n2\n"))
    with pytest.raises(TrustError, match=r"signed by .* is not"):
        ask("verify", log[0], "--key", KEY, "--known", forged)


def test_what_a_record_prints_is_held_to_the_log(log):
    folder, done = log
    keep(folder, make_entries(9, begin=3))
    printed = f"3:{done.root_hex}"
    assert "whole, 9" in ask("verify", folder, "--key", KEY, "--printed", printed)
    assert "whole, 9" in ask("verify", folder, "--key", KEY, "--printed", printed.upper())
    other = f"4:{done.root_hex}"
    with pytest.raises(TrustError, match="first 4 entries are others"):
        ask("verify", folder, "--key", KEY, "--printed", printed, "--printed", other)
    with pytest.raises(TrustError, match="entries are gone"):
        ask("verify", folder, "--key", KEY, "--printed", f"10:{done.root_hex}")
    for given in (done.root_hex, "3:abc", f"03:{done.root_hex}", f"-1:{done.root_hex}"):
        with pytest.raises(InputError, match="no root"):
            ask("verify", folder, "--key", KEY, "--printed", given)


def test_what_stands_in_it_is_shown_without_a_word_to_the_terminal(tmp_path):
    keep(tmp_path, [*make_entries(2), b"\x1b[2J\xff"])
    assert ask("show", tmp_path, "--key", KEY).splitlines() == [
        *(entry.decode() for entry in make_entries(2)),
        "?[2J\ufffd",
    ]


def test_nothing_is_shown_of_a_log_that_is_not_whole(log, capsys):
    file = log[0] / "tile/entries/000.p/3"
    file.write_bytes(file.read_bytes()[:-2] + b"9}")
    with pytest.raises(TrustError, match="not what it was"):
        ask("show", log[0], "--key", KEY)
    assert capsys.readouterr().out == ""


def test_a_witness_makes_a_key_and_signs_again_and_again(log, tmp_path):
    key, kept = tmp_path / "witness.key", tmp_path / "seen"
    public = ask("key", key, "--name", "oversight.example/lfr").strip()
    assert public.startswith("oversight.example/lfr+")
    for size in (3, 5):
        words = ("cosign", log[0], "--key", KEY, "--with", key, "--kept", kept)
        assert f"signed, {size} entries" in ask(*words)
        keep(log[0], make_entries(size + 2, begin=size))
    assert "whole, 7 entries" in ask("verify", log[0], "--key", KEY, "--known", kept)
    keep(tmp_path / "forged", [b"other", *make_entries(8)])
    with pytest.raises(TrustError, match="others than they were"):
        ask("verify", tmp_path / "forged", "--key", KEY, "--known", kept)


def test_the_van_s_own_key_is_no_witness_s(log, tmp_path):
    keys.make(tmp_path / "own", NAME)
    words = ("cosign", log[0], "--key", KEY, "--with", tmp_path / "own", "--kept")
    with pytest.raises(InputError, match="no witness's"):
        ask(*words, tmp_path / "seen")
    assert not (tmp_path / "seen").exists()


def test_what_a_witness_has_kept_may_be_no_file_that_can_be(log, tmp_path):
    ask("key", tmp_path / "witness.key", "--name", "oversight.example/lfr")
    words = ("cosign", log[0], "--key", KEY, "--with", tmp_path / "witness.key", "--kept")
    with pytest.raises(MachineError, match="cannot be written: File name too long"):
        ask(*words, tmp_path / ("k" * 300))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe cannot be read"):
        ask(*words, tmp_path / "pipe")


def test_a_pipe_in_a_log_s_place_is_not_waited_for(log):
    (log[0] / "checkpoint").unlink()
    os.mkfifo(log[0] / "checkpoint")
    with pytest.raises(InputError, match="checkpoint cannot be read"):
        ask("verify", log[0], "--key", KEY)


def test_on_a_van_its_own_log_is_meant(tmp_path):
    settings = tmp_path / "van.toml"
    settings.write_text(f'[oversight]\nfolder = "{tmp_path / "audit"}"\n')
    with open_account(tmp_path / "audit", "van-1"):
        pass
    assert ask("verify", "--settings", settings).startswith("lfr/van-1: whole, 2 entries\n")
    first, last = map(json.loads, ask("show", "--settings", settings).splitlines())
    assert (first["fact"]["what"], last["fact"]["what"]) == ("started", "stopped")
    (tmp_path / "audit" / "key.pub").unlink()
    with pytest.raises(InputError, match=r"key\.pub of the log cannot be read"):
        ask("verify", "--settings", settings)
