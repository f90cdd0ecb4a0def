"""The register names every network, and only the right bytes are ever used."""

import hashlib
from pathlib import Path

import pytest

from appliance.errors import MachineError, SettingsError
from appliance.matching.calibration import load_calibration
from appliance.vision.models import NetworkFile, Pack
from engines import embedded, packs

ORDER = ["retail", "mbf", "zoo", "tiny", "dlib"]
every_pack = pytest.mark.parametrize("name", ORDER)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch):
    """An empty home, no shared folder, and dlib nowhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(packs.VARIABLE, raising=False)
    monkeypatch.setattr(packs, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(embedded, "weights", lambda home: None)


def pinned(name: str, data: bytes) -> NetworkFile:
    return NetworkFile(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


@pytest.fixture
def pack() -> Pack:
    """The register's first pack with small files in place of its own."""
    retail = packs.load_packs()["retail"]
    detector = retail.detector.model_copy(update={"cpu": pinned("detector.onnx", b"detector")})
    encoder = retail.encoder.model_copy(
        update={
            "cpu": pinned("encoder.onnx", b"encoder"),
            "tensorrt": pinned("published.onnx", b"published"),
        }
    )
    return retail.model_copy(update={"detector": detector, "encoder": encoder})


@pytest.fixture
def register(pack: Pack, monkeypatch):
    """Only that pack is known."""
    monkeypatch.setattr(packs, "load_packs", lambda *_: {"retail": pack})


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for stem, data in files.items():
        (folder / f"{stem}.onnx").write_bytes(data)
    return folder


def quiet(line: str) -> None:
    pass


def test_the_packs_stand_in_their_order():
    assert list(packs.load_packs()) == ORDER


def test_only_packs_for_the_street_say_so():
    street = [pack.name for pack in packs.load_packs().values() if pack.street]
    assert street == ["retail", "mbf", "zoo"]


@every_pack
def test_every_network_says_what_is_known_of_its_licence_and_training(name: str):
    pack = packs.load_packs()[name]
    for network in (pack.detector, pack.encoder):
        assert network.licence
        assert network.caveat


@every_pack
def test_every_template_has_the_eyes_left_and_right_and_above_the_nose(name: str):
    points = packs.load_packs()[name].landmarks
    centre = [
        [sum(points.template[i][axis] for i in part) / len(part) for axis in (0, 1)]
        for part in (points.left_eye, points.right_eye, points.nose)
    ]
    left, right, nose = centre
    assert left[0] < nose[0] < right[0]
    assert max(left[1], right[1]) < nose[1]


@every_pack
def test_every_pack_has_the_calibration_of_its_own_encoder(name: str):
    pack = packs.load_packs()[name]
    calibration = load_calibration(packs.calibration_file(pack), pack.model_id)
    assert calibration.pack == name
    assert calibration.measured == (name != "zoo")


def test_templates_are_known_by_the_published_form_of_their_encoder(pack: Pack):
    assert pack.model_id == pack.encoder.tensorrt.sha256 != pack.encoder.cpu.sha256


def test_a_pack_is_found_in_a_folder(pack: Pack, tmp_path: Path):
    folder = put(tmp_path / "mine", detector=b"detector", encoder=b"encoder")
    found = packs.find(pack, [folder])
    assert found == packs.Found(pack, folder / "detector.onnx", folder / "encoder.onnx")


def test_a_pack_is_found_in_the_sub_folders_of_a_collection(pack: Pack, tmp_path: Path):
    put(tmp_path / "all" / "detectors", detector=b"detector")
    put(tmp_path / "all" / "embedders", encoder=b"encoder")
    assert packs.find(pack, [tmp_path / "all"])


def test_another_machine_is_given_the_published_form(pack: Pack, tmp_path: Path):
    folder = put(tmp_path, published=b"published")
    detector = pack.detector.model_copy(update={"tensorrt": pack.detector.cpu})
    put(folder, detector=b"detector")
    found = packs.find(pack.model_copy(update={"detector": detector}), [folder], "tensorrt")
    assert found
    assert found.encoder.name == "published.onnx"


def test_half_a_pack_is_none(pack: Pack, tmp_path: Path):
    assert packs.find(pack, [put(tmp_path, detector=b"detector")]) is None


@pytest.mark.parametrize("wrong", [b"", b"encodes", b"encoder that is longer", b"ENCODER"])
def test_a_file_with_the_name_but_not_the_bytes_is_refused(
    pack: Pack, tmp_path: Path, wrong: bytes
):
    folder = put(tmp_path, detector=b"detector", encoder=wrong)
    with pytest.raises(MachineError, match=r"encoder\.onnx is not the network") as refused:
        packs.find(pack, [folder])
    assert "put the right one" in refused.value.mend


def test_a_file_that_was_right_once_is_looked_at_again(pack: Pack, tmp_path: Path):
    folder = put(tmp_path, detector=b"detector", encoder=b"encoder")
    assert packs.find(pack, [folder])
    put(folder, encoder=b"changed")
    with pytest.raises(MachineError):
        packs.find(pack, [folder])


@pytest.mark.usefixtures("register")
def test_the_settings_come_before_the_environment_the_collection_and_the_cache(
    tmp_path: Path, monkeypatch
):
    files = {"detector": b"detector", "encoder": b"encoder"}
    folders = [
        put(tmp_path / place, **files)
        for place in ("settings", "environment", "shared", "cache/lfr/models")
    ]
    monkeypatch.setenv(packs.VARIABLE, str(folders[1]))
    for folder in folders:
        settings = folders[0] if folders[0].exists() else None
        found = packs.resolve("retail", settings, fetch=False, notify=quiet)
        assert found.encoder.parent == folder
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        if folder == folders[1]:
            monkeypatch.delenv(packs.VARIABLE)


@pytest.mark.parametrize("place", ["settings", "environment"])
def test_a_folder_that_is_named_must_be_there(tmp_path: Path, monkeypatch, place: str):
    missing = tmp_path / "missing"
    if place == "environment":
        monkeypatch.setenv(packs.VARIABLE, str(missing))
    with pytest.raises(SettingsError, match="names no folder"):
        packs.resolve("auto", missing if place == "settings" else None, fetch=False, notify=quiet)


def test_a_pack_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsError) as refused:
        packs.resolve("retial", None, fetch=False, notify=quiet)
    assert "retail, mbf, zoo, tiny, dlib" in refused.value.mend


@every_pack
def test_a_named_pack_that_cannot_be_had_says_what_to_do(name: str):
    with pytest.raises(MachineError, match=f"pack {name} are in no folder") as refused:
        packs.resolve(name, None, fetch=False, notify=quiet)
    assert "lfr engines fetch" in refused.value.mend


def test_nothing_at_all_says_what_to_do():
    with pytest.raises(MachineError, match="No networks") as refused:
        packs.resolve("auto", None, fetch=False, notify=quiet)
    assert "lfr engines fetch" in refused.value.mend


def test_a_pack_without_a_public_address_is_not_asked_for():
    with pytest.raises(MachineError, match="in no folder"):
        packs.resolve("retail", None, fetch=True, notify=quiet)


@pytest.fixture
def world(tmp_path: Path, monkeypatch):
    """What can be had from the network: `world["zoo"]`, `world["dlib"]`."""
    has = {"zoo": True, "dlib": True}
    known = packs.load_packs()

    def shrink(pack: Pack) -> Pack:
        update = {}
        for part in ("detector", "encoder"):
            network = getattr(pack, part)
            file = pinned(network.cpu.name, part.encode()).model_copy(
                update={"url": network.cpu.url}
            )
            update[part] = network.model_copy(update={"cpu": file})
        return pack.model_copy(update=update)

    small = {name: shrink(pack) for name, pack in known.items()}
    monkeypatch.setattr(packs, "load_packs", lambda *_: small)

    def fetch_file(file: NetworkFile, folder: Path) -> Path:
        if not has["zoo"]:
            raise MachineError("It cannot be fetched.", mend="Try later.")
        folder.mkdir(parents=True, exist_ok=True)
        part = "encoder" if file.name == small["zoo"].encoder.cpu.name else "detector"
        (folder / file.name).write_bytes(part.encode())
        return folder / file.name

    def install(home: Path) -> None:
        if not has["dlib"]:
            raise MachineError("dlib cannot be downloaded.", mend="Try later.")
        weights = tmp_path / "weights"
        weights.mkdir()
        (weights / small["dlib"].detector.cpu.name).write_bytes(b"detector")
        (weights / small["dlib"].encoder.cpu.name).write_bytes(b"encoder")
        monkeypatch.setattr(embedded, "weights", lambda home: weights)

    monkeypatch.setattr(packs, "fetch_file", fetch_file)
    monkeypatch.setattr(embedded, "install", install)
    return has


@pytest.mark.usefixtures("world")
def test_with_a_network_the_public_pack_is_fetched_once():
    said: list[str] = []
    assert packs.resolve("auto", None, fetch=True, notify=said.append).pack.name == "zoo"
    assert len(said) == 2
    assert packs.resolve("auto", None, fetch=False, notify=said.append).pack.name == "zoo"
    assert len(said) == 2


def test_where_the_public_pack_fails_dlib_is_the_default(world):
    world["zoo"] = False
    said: list[str] = []
    found = packs.resolve("auto", None, fetch=True, notify=said.append)
    assert found.pack.name == "dlib"
    assert any("Pack zoo: It cannot be fetched." in line for line in said)
    assert any("about 100 MB, once" in line for line in said)


def test_where_everything_fails_one_line_says_so(world):
    world["zoo"] = world["dlib"] = False
    with pytest.raises(MachineError, match="No networks"):
        packs.resolve("auto", None, fetch=True, notify=quiet)


def test_a_named_pack_is_never_replaced_by_a_weaker_one(world):
    world["zoo"] = False
    with pytest.raises(MachineError, match="cannot be fetched"):
        packs.resolve("zoo", None, fetch=True, notify=quiet)


@pytest.mark.usefixtures("world")
def test_a_wrong_file_stops_auto_too_since_another_network_has_another_threshold(tmp_path: Path):
    name = packs.load_packs()["zoo"].encoder.cpu.name
    folder = put(tmp_path / "mine")
    (folder / name).write_bytes(b"another")
    with pytest.raises(MachineError, match=name):
        packs.resolve("auto", folder, fetch=True, notify=quiet)


@pytest.mark.usefixtures("world")
def test_fetching_everything_means_the_packs_with_a_public_address():
    assert [found.pack.name for found in packs.fetch_all(None, None, quiet)] == ["zoo"]
    assert [found.pack.name for found in packs.fetch_all("dlib", None, quiet)] == ["dlib"]


def test_an_installation_without_the_files_is_no_success(world, monkeypatch):
    monkeypatch.setattr(embedded, "install", lambda home: None)
    with pytest.raises(MachineError, match="without its files"):
        packs.resolve("dlib", None, fetch=True, notify=quiet)


def test_a_home_that_may_not_be_entered_is_passed_over(pack: Pack, tmp_path: Path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    folder = put(tmp_path / "mine", detector=b"detector", encoder=b"encoder")
    assert packs.find(pack, [loop, Path("x" * 300), folder])


def test_a_file_that_cannot_be_read_gives_one_line(tmp_path: Path):
    with pytest.raises(MachineError, match="cannot be read"):
        packs._sha256(tmp_path, 0)
