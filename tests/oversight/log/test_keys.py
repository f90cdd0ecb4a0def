"""A key that signs is its owner's alone, and no file of another kind is taken for one."""

import pytest

from appliance.errors import InputError, SettingsError
from appliance.oversight import keys
from appliance.oversight.note import WITNESS
from tests.oversight.log.conftest import NAME


@pytest.mark.parametrize("kind", [1, WITNESS])
def test_a_key_that_was_made_is_read_again(tmp_path, kind):
    made = keys.make(tmp_path / "key", NAME, kind)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    found = keys.load(tmp_path / "key")
    assert (found.key, found.kind) == (made.key, kind)
    assert found.sign("text\n", 7) == made.sign("text\n", 7)
    assert "PRIVATE" not in repr(found)


def test_no_key_takes_another_s_place(tmp_path):
    keys.make(tmp_path / "key", NAME)
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(InputError, match="cannot be written"):
        keys.make(tmp_path / "key", NAME)
    assert (tmp_path / "key").read_bytes() == before


@pytest.mark.parametrize("name", ["", "a b", "a+b", "é", "x" * 200, "a\n"])
def test_a_name_that_a_note_cannot_hold_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot have this name"):
        keys.make(tmp_path / "key", name)
    assert not (tmp_path / "key").exists()


def test_a_key_that_others_can_read_is_no_secret(tmp_path):
    keys.make(tmp_path / "key", NAME)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(SettingsError, match="others can read it"):
        keys.load(tmp_path / "key")


def test_what_is_no_key_is_refused_and_not_repeated(tmp_path):
    good = keys.make(tmp_path / "good", NAME)
    text = (tmp_path / "good").read_text()
    secret = text.rpartition("+")[2].strip()
    odd = [
        "", "PRIVATE+KEY+", "nothing", text[1:], text.replace(good.key.id.hex(), "00000000"),
        text.replace(secret, secret[:-4]), text.replace(secret, "!" + secret[1:]),
        text.replace(secret, "B" + secret[1:]), text.replace(NAME, "a b"), "\xff",
    ]  # fmt: skip
    for number, said in enumerate(odd):
        file = tmp_path / f"odd-{number}"
        file.write_text(said)
        file.chmod(0o600)
        with pytest.raises(SettingsError) as refused:
            keys.load(file)
        assert secret not in str(refused.value)


def test_where_no_key_is_it_is_said(tmp_path):
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(SettingsError, match=r"cannot be read|none of ours"):
            keys.load(place)


def test_a_log_s_own_key_is_made_once_with_its_public_half_for_everybody(tmp_path):
    made = keys.own(tmp_path / "audit", NAME)
    assert keys.own(tmp_path / "audit", NAME).key == made.key == keys.public(tmp_path / "audit")
    (tmp_path / "audit" / "key.pub").unlink()
    keys.own(tmp_path / "audit", NAME)
    assert keys.public(tmp_path / "audit") == made.key


def test_a_loss_of_power_leaves_no_half_of_a_key(tmp_path):
    (tmp_path / ".key.new").write_text("PRIVATE+KEY+half")
    assert keys.own(tmp_path, NAME).key == keys.load(tmp_path / "key").key
    assert {file.name for file in tmp_path.iterdir()} == {"key", "key.pub"}


def test_where_no_key_can_be_made_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be made"):
        keys.own(tmp_path / "file", NAME)
