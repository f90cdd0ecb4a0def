"""What tells a picture of a face from a face is of no pack, and goes with every one."""

from engines import packs
from tests.engines.test_packs import pinned, put


def test_what_tells_a_picture_from_a_face_is_found_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.delenv(packs.VARIABLE, raising=False)
    monkeypatch.setattr(packs, "SHARED", tmp_path / "shared")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    models = [
        model.model_copy(update={"cpu": pinned(f"{name}.onnx", name.encode())})
        for name, model in zip("ab", packs.read_presentations(), strict=True)
    ]
    monkeypatch.setattr(packs, "read_presentations", lambda: models)
    put(tmp_path / "quality", a=b"a")
    assert packs.find_presentations(tmp_path) == []
    put(tmp_path / "quality", b=b"b")
    here = [file.name for _, file in packs.find_presentations(tmp_path)]
    assert here == ["a.onnx", "b.onnx"]
