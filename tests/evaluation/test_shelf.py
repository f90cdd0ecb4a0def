"""Templates are kept for the next run, for their owner alone, and believed only where whole."""

import numpy as np
import pytest

from appliance.errors import InputError
from appliance.evaluation.shelf import Look, Shelf, name_of
from appliance.settings import VisionSettings

SUM, OTHER = "ab" * 32, "cd" * 32
FOUND = Look(None, 2, 43.5, np.eye(8, dtype=np.float32)[3])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept" / "evaluation"


def open_shelf(folder):
    return Shelf(folder, "painted", 8)


@pytest.fixture
def file(folder):
    open_shelf(folder).keep([(SUM, FOUND), (OTHER, Look("undetected"))])
    return folder / "painted.templates"


def test_the_next_run_remembers(folder, file):
    found = open_shelf(folder).find(SUM)
    assert (found.failure, found.faces, found.eyes_px) == (None, 2, 43.5)
    assert np.array_equal(found.template, FOUND.template)
    assert open_shelf(folder).find(OTHER) == Look("undetected")
    assert open_shelf(folder).find("ef" * 32) is None


def test_what_is_kept_is_its_owners_alone_and_no_picture(folder, file):
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in folder.iterdir()] == ["painted.templates"]
    assert file.stat().st_size == 2 * (32 + 4 + 4 + 4 + 8 * 4 + 4)


def test_what_a_killed_run_has_begun_is_cut_off(folder, file):
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:30])
    open_shelf(folder).keep([("01" * 32, FOUND)])
    assert open_shelf(folder).find("01" * 32).faces == 2
    assert open_shelf(folder).find(SUM).faces == 2


@pytest.mark.parametrize("place", [0, 33, 50, 79])
def test_a_record_with_one_wrong_bit_is_not_believed(folder, file, place):
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    shelf = open_shelf(folder)
    assert shelf.find(SUM) is None
    assert shelf.find(OTHER) == Look("undetected")


def test_without_a_folder_nothing_is_kept(tmp_path):
    shelf = Shelf(None, "painted", 8)
    shelf.keep([(SUM, FOUND)])
    assert shelf.find(SUM) is None
    assert list(tmp_path.iterdir()) == []


def test_nothing_new_writes_nothing(folder):
    open_shelf(folder).keep([])
    assert list(folder.iterdir()) == []


def test_a_disk_that_refuses_is_told_in_a_line(folder, tmp_path):
    (tmp_path / "kept").write_text("a file stands there")
    with pytest.raises(InputError, match="cannot be kept: ") as refused:
        open_shelf(folder)
    assert "--no-cache" in refused.value.mend


def test_nothing_is_written_through_a_link(folder, tmp_path):
    shelf = open_shelf(folder)
    (folder / "painted.templates").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        shelf.keep([(SUM, FOUND)])
    assert not (tmp_path / "elsewhere").exists()


def test_other_networks_or_another_width_are_another_file(pack):
    plain = name_of(pack, VisionSettings())
    wide = name_of(pack, VisionSettings(detect_width=1280))
    encoder = pack.encoder.model_copy(update={"side": 112})
    other = name_of(pack.model_copy(update={"encoder": encoder}), VisionSettings())
    assert len({plain, wide, other}) == 3


def test_nobody_is_in_what_a_look_says_of_itself():
    assert "template" not in repr(FOUND)
