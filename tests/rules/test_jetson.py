"""An ordinary computer can load the van's code, though it has none of the van's libraries."""

import subprocess
import sys

FOREIGN = ("pycuda", "tensorrt", "jetson_utils", "jetson_utils_python", "gpiod")
LATE = {
    "listen": "TensorRT's own classes are its bases; loaded with the first network",
    "header": "loaded by pins when the lamp's pins are opened",
    "lines": "the same",
}
LOAD = """
import importlib, sys
class Nowhere:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in FOREIGN:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Nowhere())
for room in ROOMS:
    importlib.import_module(f"appliance.jetson.{room}")
assert not set(FOREIGN) & set(sys.modules)
"""


def test_loading_every_room_needs_none_of_them(root):
    rooms = sorted({file.stem for file in (root / "appliance/jetson").glob("*.py")} - set(LATE))
    script = f"FOREIGN, ROOMS = {FOREIGN!r}, {rooms!r}\n{LOAD}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_loaded_late_is_there_and_does_need_one(root):
    for room in LATE:
        text = (root / "appliance/jetson" / f"{room}.py").read_text("utf-8")
        assert any(f"import {name}" in text for name in FOREIGN)
