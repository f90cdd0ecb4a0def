"""Who may what is written for one van, when its broker starts, by the settings as they are then."""

import pytest

from provisioning.access import PATTERNS, SERVICES, TABLETS, main, write_access


def lines(file):
    return [
        line for line in file.read_text().splitlines() if line.startswith(("topic ", "pattern "))
    ]


def test_every_topic_is_of_this_van_and_no_tablet_has_more_than_three_to_speak_in(tmp_path):
    write_access(tmp_path / "access", "van-7")
    for name in (SERVICES, TABLETS):
        file = tmp_path / "access" / name
        assert file.stat().st_mode & 0o777 == 0o644
        assert all(line.split()[2].startswith("lfr/1/van-7/") for line in lines(file))
    written = [line for line in lines(tmp_path / "access" / TABLETS) if " write " in line]
    assert len(written) == 3
    assert all(line.endswith("/%u") and "+" not in line for line in written)


def test_as_they_are_in_the_package_they_let_nobody_do_anything():
    for name in (SERVICES, TABLETS):
        assert all(line.split()[2].startswith("lfr/1/@VAN@/") for line in lines(PATTERNS / name))


def test_a_van_with_another_name_has_other_lists_at_the_next_start(tmp_path, monkeypatch):
    for van in ("van-1", "van-2"):
        (tmp_path / "appliance.toml").write_text(
            f'van = "{van}"\n[[camera]]\nname = "mast"\nuri = "x.mjpeg"\n'
        )
        monkeypatch.setenv("LFR_SETTINGS", str(tmp_path / "appliance.toml"))
        main([str(tmp_path / "access")])
        assert f"lfr/1/{van}/" in lines(tmp_path / "access" / TABLETS)[0]


def test_with_wrong_settings_there_is_no_list_and_a_line_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LFR_SETTINGS", str(tmp_path / "nowhere.toml"))
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path / "access")])
    assert left.value.code == 78
    assert "nowhere.toml" in capsys.readouterr().err
    assert not (tmp_path / "access").exists()
