"""`lfr desk tablet`, as somebody at the desk types it."""

import json
import re
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError
from tests.command.desk_at import WORDS, lfr, said


@pytest.fixture
def tablet(desk):
    return said("tablet", "make", "tablet-7")


def test_make_gives_both_files_and_says_their_password_once(desk, tmp_path):
    shown = lfr("tablet", "make", "tablet-7", "--to", tmp_path / "stick").output
    (words,) = re.findall(r"^[a-z]{5}(?:-[a-z]{5}){4}$", shown, re.MULTILINE)
    opened = pkcs12.load_pkcs12((tmp_path / "stick/tablet-7.p12").read_bytes(), words.encode())
    assert opened.cert.friendly_name == b"tablet-7"
    assert json.loads((tmp_path / "stick/tablet-7.lfrkey").read_text())["tablet"] == "tablet-7"
    assert words not in lfr("tablet", "list").output


def test_make_tells_a_program_all_of_it(tablet, desk):
    assert tablet["files"] == ["tablet-7.p12", "tablet-7.lfrkey"]
    packed = (desk.parent / "tablet-7.p12").read_bytes()
    opened = pkcs12.load_pkcs12(packed, tablet["password"].encode())
    assert f"{opened.cert.certificate.serial_number:x}" == tablet["tls"]


def test_a_file_that_is_there_is_not_overwritten(desk):
    (desk.parent / "tablet-7.p12").write_bytes(b"of another force")
    with pytest.raises(InputError, match="there already"):
        lfr("tablet", "make", "tablet-7")
    assert said("tablet", "list") == []


def test_where_nobody_can_type_the_passphrase_may_come_from_a_file(desk, monkeypatch):
    monkeypatch.delenv("LFR_PASSPHRASE")
    with pytest.raises(InputError, match="passphrase of the tablets' authority is not given"):
        lfr("tablet", "make", "tablet-7")
    (desk.parent / "words").write_text(WORDS)
    lfr("tablet", "make", "tablet-7", "--passphrase-file", "words")


def test_list_shows_who_is_let_in_and_who_is_shut_out(tablet, desk):
    said("tablet", "make", "tablet-8")
    said("tablet", "revoke", "tablet-7")
    one, two = said("tablet", "list")
    assert one["revoked_at"]
    assert two["revoked_at"] is None
    shown = lfr("tablet", "list").output
    assert "shut out" in shown
    assert "let in" in shown


def test_revoke_says_what_to_do_at_the_van(tablet):
    told = " ".join(lfr("tablet", "revoke", "tablet-7").output.split())
    assert "crl.pem" in told
    assert "systemctl restart mosquitto" in told
    (gone,) = said("tablet", "revoke", "tablet-7")
    assert gone["tls"] == tablet["tls"]


def test_a_van_gets_its_folder_which_openssl_believes(tablet, desk):
    made = said("tablet", "van", "van-1", "--name", "van-1.local", "--address", "10.0.0.1")
    folder = desk.parent / made["folder"]
    told = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", "ca.pem", "-CRLfile",
         "crl.pem", "-purpose", "sslserver", "-verify_ip", "10.0.0.1", "server.pem"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.stdout == "server.pem: OK\n"
    again = said("tablet", "van", "van-1")
    assert (again["hosts"], again["addresses"]) == (["van-1.local"], ["10.0.0.1"])
    assert again["serial"] != made["serial"]
    assert "/etc/lfr/tablets" in lfr("tablet", "van", "van-1").output


def test_a_van_that_is_nowhere_is_refused_before_anybody_types(desk, monkeypatch):
    monkeypatch.delenv("LFR_PASSPHRASE")
    with pytest.raises(InputError, match="Nothing says where"):
        lfr("tablet", "van", "van-1")
    with pytest.raises(InputError, match="no IP address"):
        lfr("tablet", "van", "van-1", "--address", "van-1.local")


def test_refresh_writes_the_list_anew_for_the_desk_and_for_each_van(tablet, desk):
    said("tablet", "van", "van-1", "--name", "van-1.local")
    written = said("tablet", "refresh")["written"]
    assert [name.rpartition("tablets/")[2] for name in written] == ["crl.pem", "vans/van-1/crl.pem"]
    assert "crl.pem" in lfr("tablet", "refresh").output


def test_what_runs_out_stands_below_the_list(desk):
    said("tablet", "make", "tablet-7", "--days", "3")
    assert "tablet-7's certificates end" in " ".join(lfr("tablet", "list").output.split())


def test_the_shell_completes_the_names_of_tablets(tablet, desk, monkeypatch):
    monkeypatch.setenv("_LFR_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "lfr desk tablet revoke ")
    monkeypatch.setenv("COMP_CWORD", "4")
    done = CliRunner().invoke(app, [], prog_name="lfr")
    assert "tablet-7" in done.stdout
