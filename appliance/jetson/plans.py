"""Plans: networks that TensorRT has built for this very GPU, and whether one may be loaded.

A plan is machine code. It is built on the van, never fetched or shipped, and taken only from where
nobody but root and the appliance's own user can have put it.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from appliance.errors import MachineError
from appliance.jetson.cache import read_ours, write_whole
from appliance.jetson.loading import load_tensorrt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.jetson.gpu import Gpu

Precision = Literal["fp16", "int8"]
Shape = tuple[int, ...]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

RELEASE = Path("/etc/nv_tegra_release")
"""Where L4T says which release it is: `# R36 (release), REVISION: 4.3, ...`."""
ENTERABLE = 0o755
LABEL_BYTES = 65_536
BUILD = "Build it with `lfr engines build`."
REBUILD = "Remove it and build it again with `lfr engines build`."
CHECK = "Compare it with `lfr engines check`."


class Label(BaseModel):
    """What a plan is; lies beside it as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str
    onnx_sha256: Sha256
    """Of the published network."""
    form_sha256: Sha256
    """Of the form of it that TensorRT was given."""
    precision: Precision
    tensorrt: str
    sm: str
    l4t: str
    shapes: tuple[Shape, Shape, Shape]
    """Smallest, commonest and largest input."""
    plan_sha256: Sha256
    built_at: datetime


class Verdict(BaseModel):
    """The part of a check's record that decides whether a plan may go live."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plan_sha256: Sha256
    passed: bool


@dataclass(frozen=True)
class Key:
    """All that a plan depends on; another value of any of these needs another plan."""

    onnx_sha256: str
    precision: Precision
    tensorrt: str
    sm: str
    l4t: str

    @property
    def name(self) -> str:
        """Name the plan's file."""
        parts = f"trt{self.tensorrt}-sm{self.sm}-l4t{self.l4t}-{self.precision}"
        return f"{self.onnx_sha256}-{re.sub(r'[^A-Za-z0-9.-]', '_', parts)}.plan"


@dataclass(frozen=True)
class Plan:
    """A plan that was found, with its label."""

    file: Path
    label: Label

    def read_bytes(self) -> bytes:
        """Read it.

        Raises:
            MachineError: it is not what its label says, or somebody else may have written it.
        """
        data = read_ours(self.file)
        if hashlib.sha256(data).hexdigest() != self.label.plan_sha256:
            raise MachineError(f"{self.file} is not what was built.", mend=REBUILD)
        return data


def key_of(onnx_sha256: str, precision: Precision, gpu: Gpu) -> Key:
    """Say which plan this GPU needs for a network."""
    major, minor = gpu.capability
    return Key(onnx_sha256, precision, load_tensorrt().__version__, f"{major}{minor}", read_l4t())


def read_l4t(release: Path = RELEASE) -> str:
    """Read which release of L4T this is, such as 36.4.3; `none` where there is none."""
    try:
        text = release.read_text("ascii", "replace")
    except OSError:
        return "none"
    found = re.match(r"# R(\d+) \(release\), REVISION: (\d+(?:\.\d+)*)", text)
    return f"{found[1]}.{found[2]}" if found else "none"


def find_plan(
    folder: Path, onnx_sha256: str, precision: Precision, gpu: Gpu, *, checked: bool = True
) -> Plan:
    """Find the plan of a network for this GPU.

    Args:
        folder: The cache that `lfr engines build` fills.
        onnx_sha256: Of the published network.
        precision: Of the plan.
        gpu: For which it was built.
        checked: Whether it must have passed `lfr engines check`; False only for the check itself.

    Raises:
        MachineError: there is none, somebody else may have written it, or it was not checked.
    """
    key = key_of(onnx_sha256, precision, gpu)
    file = folder / key.name
    if not _is_there(file):
        raise MachineError(
            f"There is no {precision} plan of network {onnx_sha256[:12]} for this GPU, "
            f"TensorRT {key.tensorrt} and L4T {key.l4t}.",
            mend=BUILD,
        )
    label = _label(file)
    found = (label.onnx_sha256, label.precision, label.tensorrt, label.sm, label.l4t)
    if found != (key.onnx_sha256, key.precision, key.tensorrt, key.sm, key.l4t):
        raise MachineError(f"{file} is labelled as another plan.", mend=REBUILD)
    if checked:
        _require_passed(file, label)
    return Plan(file, label)


def store_plan(folder: Path, key: Key, data: bytes, about: Mapping[str, object]) -> Path:
    """Put a plan and its label into the cache, each whole or not at all.

    Args:
        folder: Is made where it is missing.
        key: Of the plan.
        data: The plan.
        about: `network`, `form_sha256` and `shapes` of its label.

    Raises:
        MachineError: the folder cannot be written.
    """
    file = folder / key.name
    label = Label.model_validate(
        {
            **vars(key),
            **about,
            "plan_sha256": hashlib.sha256(data).hexdigest(),
            "built_at": datetime.now(timezone.utc),
        }
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(ENTERABLE)
        # A plan whose label is of another build is refused: no moment between is dangerous.
        _check_file(file).unlink(missing_ok=True)
        write_whole(file, data)
        write_whole(_label_file(file), label.model_dump_json(indent=2).encode())
    except OSError as error:
        raise MachineError(
            f"{folder} cannot be written.", mend="Run this as root: `sudo lfr engines build`."
        ) from error
    return file


def store_verdict(plan: Plan, record: Mapping[str, object]) -> Path:
    """Put a check's record beside the plan that it is about.

    Args:
        plan: What was compared.
        record: Whatever was measured, with `passed`.

    Raises:
        MachineError: the folder cannot be written.
    """
    file = _check_file(plan.file)
    document = {**record, "plan_sha256": plan.label.plan_sha256}
    Verdict.model_validate(document)
    try:
        write_whole(file, json.dumps(document, indent=2, allow_nan=False).encode())
    except OSError as error:
        raise MachineError(
            f"{file.parent} cannot be written.", mend="Run this as root: `sudo lfr engines check`."
        ) from error
    return file


def list_labels(folder: Path) -> list[Label]:
    """Read the labels of all plans in the cache, for `lfr check`; unreadable ones are left out."""
    labels: list[Label] = []
    for file in sorted(folder.glob("*.plan")):
        with suppress(MachineError):
            labels.append(_label(file))
    return labels


def _is_there(file: Path) -> bool:
    # A folder that may not be entered holds nothing for this user.
    with suppress(OSError):
        return file.exists()
    return False


def _label_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}.json")


def _check_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}.check.json")


def _label(file: Path) -> Label:
    try:
        return Label.model_validate_json(read_ours(_label_file(file), LABEL_BYTES))
    except ValidationError as error:
        raise MachineError(f"{file} has no label that can be read.", mend=REBUILD) from error


def _require_passed(file: Path, label: Label) -> None:
    record = _check_file(file)
    if not record.exists():
        raise MachineError(f"{file} was never compared with its network.", mend=CHECK)
    try:
        verdict = Verdict.model_validate_json(read_ours(record, LABEL_BYTES))
    except ValidationError as error:
        raise MachineError(f"{record} cannot be read.", mend=CHECK) from error
    if verdict.plan_sha256 != label.plan_sha256:
        raise MachineError(f"{file} was built again since it was compared.", mend=CHECK)
    if not verdict.passed:
        raise MachineError(
            f"{file} differs from its network by more than is allowed.",
            mend="Build it as fp16, or calibrate with more pictures; `lfr engines check` says why.",
        )
