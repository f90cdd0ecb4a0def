"""One file, then credentials, environment and arguments; anything unknown is refused."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance import sources
from appliance.errors import SettingsError
from appliance.settings import Appliance, CameraSettings, DeploymentSettings
from appliance.sources import load

EXAMPLE = Path(__file__).parents[2] / "provisioning" / "appliance.toml"
SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def quiet_van(monkeypatch):
    for name in os.environ:
        if name.upper().startswith("LFR_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path):
    def make(text):
        file = tmp_path / "appliance.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return make


def refusal(file, arguments=None):
    with pytest.raises(SettingsError) as refused:
        load(file, arguments)
    advice = refused.value.advice()
    assert advice.isprintable(), "one line"
    assert refused.value.mend
    assert refused.value.exit_code == 78
    assert refused.value.__cause__ is None
    assert SECRET not in advice
    return advice


# -- What is read, and what wins


def test_the_example_file_is_good_and_gives_the_defaults_but_that_a_van_is_opened_by_hand():
    assert load(EXAMPLE).camera[0].uri == "/dev/video0"
    plain = load(EXAMPLE).model_dump(exclude={"camera"})
    opened = DeploymentSettings(opens="by-hand")
    assert plain == Appliance(deployment=opened).model_dump(exclude={"camera"})


def test_the_example_file_names_every_setting():
    text = EXAMPLE.read_text()
    parts = [(field.annotation, name) for name, field in Appliance.model_fields.items()]
    parts[[name for _, name in parts].index("camera")] = (CameraSettings, "camera")
    for part, name in parts:
        for field in getattr(part, "model_fields", [name]):
            assert re.search(rf"^(# )?{field} = ", text, re.MULTILINE), f"{name}: {field}"


def test_every_commented_line_of_the_example_may_be_used(write):
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert load(write(text)).tablets.ca_file


def test_a_later_place_wins_field_by_field(write, tmp_path, monkeypatch):
    file = write('[tablets]\nhost = "a"\nport = 1\nusername = "a"\nexpiry_s = 1.0\n')
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "tablets__username").write_text("b\n")
    (tmp_path / "secrets" / "tablets__port").write_text("2")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "secrets"))
    monkeypatch.setenv("LFR_TABLETS__PORT", "3")
    monkeypatch.setenv("LFR_TABLETS__EXPIRY_S", "3")
    got = load(file, {"tablets": {"expiry_s": 4}}).tablets
    assert (got.host, got.username, got.port, got.expiry_s) == ("a", "b", 3, 4)


def test_a_password_comes_as_a_credential_and_is_never_shown(write, tmp_path, monkeypatch):
    (tmp_path / "tablets__password").write_text(SECRET + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    got = load(write(""))
    assert got.tablets.password.get_secret_value() == SECRET
    assert SECRET not in repr(got)


def test_a_credential_of_another_room_is_let_be(write, tmp_path, monkeypatch):
    (tmp_path / "list-key").write_text("AGE-SECRET-KEY")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load(write('van = "van-7"')).van == "van-7"


def test_the_file_is_the_one_that_the_environment_names(write, monkeypatch):
    monkeypatch.setenv("LFR_SETTINGS", str(write('van = "van-9"')))
    assert load().van == "van-9"
    assert load(None, {"van": "van-3"}).van == "van-3"


def test_without_a_name_it_is_the_file_of_the_van(write, monkeypatch):
    monkeypatch.setattr(sources, "DEFAULT_FILE", write('van = "van-5"'))
    assert load().van == "van-5"


def test_cameras_may_come_as_json_from_the_environment(write, monkeypatch):
    monkeypatch.setenv("LFR_CAMERA", '[{"name": "a", "uri": "/dev/video2"}]')
    assert load(write("")).camera[0].uri == "/dev/video2"


def test_a_tree_that_is_built_by_hand_looks_at_nothing_else(monkeypatch):
    monkeypatch.setenv("LFR_VAN", "van-8")
    assert Appliance().van == "van-1"


def test_a_camera_address_is_not_in_a_repr(write):
    got = load(write(f'[[camera]]\nuri = "rtsp://van:{SECRET}@mast/1"'))
    assert SECRET not in repr(got)


# -- What is refused


def test_a_missing_file_is_refused(tmp_path, monkeypatch):
    assert "no.toml: there is no settings file" in refusal(tmp_path / "no.toml")
    assert "there is no settings file" in refusal(tmp_path)
    monkeypatch.setenv("LFR_SETTINGS", str(tmp_path / "none.toml"))
    assert "none.toml" in refusal(None)


def test_a_file_that_is_far_too_long_is_refused(write):
    assert "no settings file" in refusal(write("# " + "x" * 70_000))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    refusal(Path("a\0b"))


@pytest.mark.parametrize(
    "text", [f"password = {SECRET}", "= 1", b"\xff\xfe", "a = [" * 5_000, "a = 1\na = 2", "[a"]
)
def test_what_is_not_toml_is_refused(write, text):
    assert "is not TOML" in refusal(write(text))


def test_the_line_of_a_toml_fault_is_told(write):
    assert "line 2" in refusal(write(f'van = "a"\npassword = {SECRET}\n'))


@pytest.mark.parametrize(
    ("text", "field", "mend"),
    [
        ('machne = "host"', "machne", "Did you mean machine?"),
        ("[tablets]\nprot = 1", "tablets.prot", "Did you mean port?"),
        ('[[camera]]\nuri = "a"\nlop = true', "camera.0.lop", "Did you mean loop?"),
        ("[weather]\nrain = true", "weather", "Remove it"),
        ("[vision.models]\na = 1", "vision.models", "path"),
        ("_env_file = '/etc/passwd'", "_env_file", "Remove it"),
        ("__pydantic_self__ = 1", "__pydantic_self__", "Remove it"),
        ("VAN = 'van-2'", "VAN", ""),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(write, text, field, mend):
    advice = refusal(write(text))
    assert f"appliance.toml: {field} " in advice
    assert mend in advice


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f'machine = "{SECRET}"', "machine"),
        (f'van = "{SECRET} of Jane"', "van"),
        (f'[tablets]\nport = "{SECRET}"', "tablets.port"),
        ("[tablets]\nport = 70000", "tablets.port"),
        ("tablets = 3", "tablets"),
        ("camera = 3", "camera"),
        ("[[camera]]\nname = 'a'", "camera.0.uri"),
        ('[[camera]]\nuri = "a\\u0000b"', "camera.0.uri"),
        ('[vision]\nmodels = "a\\u0007b"', "vision.models"),
        ("[vision]\nbrightness = [200.0, 30.0]", "vision"),
        ("[vision]\nbrightness = [nan, 30.0]", "vision.brightness.0"),
        ("[vision]\nbetter = inf", "vision.better"),
        ("[deployment]\nlatitude_deg = nan", "deployment.latitude_deg"),
        ("[tablets]\ncertificate = 'a'", "tablets"),
        ("[tablets]\ncertificate = 'a'\nkey = 'b'", "tablets"),
        ("[[camera]]\nuri = 'a'\n[[camera]]\nuri = 'b'", "camera"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(write, text, field):
    assert f"appliance.toml: {field} " in refusal(write(text))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("LFR_MACHNE", "LFR_MACHINE"),
        ("LFR_SETTING", "LFR_SETTINGS"),
        ("LFR_TABLET__PORT", "LFR_TABLETS"),
    ],
)
def test_a_misspelt_variable_is_refused(write, monkeypatch, name, near):
    monkeypatch.setenv(name, SECRET)
    advice = refusal(write(""))
    assert name in advice
    assert f"Did you mean {near}?" in advice


def test_a_misspelt_field_of_a_variable_is_refused(write, monkeypatch):
    monkeypatch.setenv("LFR_TABLETS__PROT", SECRET)
    assert "the environment: tablets.prot is not a setting" in refusal(write(""))


def test_a_part_that_is_not_json_is_refused(write, monkeypatch):
    monkeypatch.setenv("LFR_TABLETS", SECRET)
    assert "LFR_TABLETS" in refusal(write(""))


def test_the_error_names_the_place_that_is_wrong(write, tmp_path, monkeypatch):
    file = write("[tablets]\nport = 1\n")
    assert refusal(file, {"tablets": {"port": SECRET}}).startswith("the arguments: tablets.port")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "tablets__port").write_text(SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "secrets"))
    assert refusal(file).startswith("the credentials: tablets.port")
    monkeypatch.setenv("LFR_TABLETS__PORT", SECRET)
    assert refusal(file).startswith("the environment: tablets.port")


def test_credentials_that_cannot_be_read_are_refused(write, tmp_path, monkeypatch):
    (tmp_path / "tablets__password").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "credentials" in refusal(write(""))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "none"))
    assert "credentials" in refusal(write(""))


def test_a_key_cannot_write_to_the_terminal(write):
    assert "?" in refusal(write('"\\u001b[31m\\n" = 1'))


# -- Hostile files


def survives(raw):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "appliance.toml"
        file.write_bytes(raw)
        advice = ""
        try:
            load(file)
        except SettingsError as error:
            advice = error.advice()
        assert advice.isprintable()


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_settings_or_one_error(text):
    survives(text.encode("utf-8", "surrogatepass"))


KEYS = st.sampled_from([*Appliance.model_fields, "port", "uri", "name"]) | st.from_regex(
    r"[a-zA-Z_]{1,8}", fullmatch=True
)
VALUES = st.sampled_from(
    ["1", "-1", "nan", "true", '"a"', '"\\u0000"', "[]", "[1, {a = 2}]", "{port = 1}", "1979-05-27",
     "{a.b.c = []}", "9" * 400, "[[[[]]]]"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KEYS, KEYS, VALUES), max_size=4))
def test_any_toml_is_settings_or_one_error(lines):
    text = "\n".join(f"{part}.{field} = {value}" for part, field, value in lines)
    survives(text.encode())
    survives("\n".join(f"{part} = {value}" for part, _, value in lines).encode())
