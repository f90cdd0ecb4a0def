"""A calibration holds for one encoder, and for faces that are found and aligned in one way."""

import pytest

from appliance.errors import SettingsError
from engines import calibrated, packs


@pytest.mark.parametrize("pack", packs.load_packs().values(), ids=lambda pack: pack.name)
def test_each_pack_of_the_register_has_its_own(pack):
    assert calibrated.calibrated(pack).pack == pack.name


@pytest.mark.parametrize(
    "changed",
    [
        lambda pack: {"detector": pack.detector.model_copy(update={"nms": 0.4})},
        lambda pack: {"encoder": pack.encoder.model_copy(update={"side": 96})},
        lambda pack: {"landmarks": pack.landmarks.model_copy(update={"nose": (3,)})},
    ],
)
def test_another_way_to_an_aligned_face_needs_another_calibration(changed):
    pack = packs.load_packs()["retail"]
    other = pack.model_copy(update=changed(pack))
    with pytest.raises(SettingsError, match="found or aligned otherwise"):
        calibrated.calibrated(other)


def test_a_licence_is_no_part_of_what_an_encoder_is_fed():
    pack = packs.load_packs()["retail"]
    other = pack.encoder.model_copy(update={"licence": "another", "caveat": "another"})
    assert pack.model_copy(update={"encoder": other}).preprocessing == pack.preprocessing


def test_for_a_list_its_encoder_is_enough():
    retail = packs.load_packs()["retail"]
    assert calibrated.calibrated_for(retail.model_id).pack == "retail"
    assert calibrated.calibrated_for("f" * 64) is None


def test_a_calibration_that_is_not_here_foretells_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(calibrated, "calibration_file", lambda _: tmp_path / "nothing.toml")
    assert calibrated.calibrated_for(packs.load_packs()["retail"].model_id) is None
