"""From ONNX to a plan for this very GPU, by TensorRT."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from appliance.errors import MachineError
from appliance.jetson.cache import read_ours, write_whole
from appliance.jetson.cubins import build_cubin, cubin_file
from appliance.jetson.gpu import find_capability, open_gpu
from appliance.jetson.loading import load_tensorrt, plain
from appliance.jetson.plans import find_plan, key_of, store_plan, store_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import tensorrt

    from appliance.jetson.gpu import Gpu
    from appliance.settings import GpuSettings
    from appliance.workshop import Precision, Recipe

WORKSPACE_BYTES = 1 << 30
"""Most that one layer may use while it runs; the smallest Jetson has 4 GB for everything."""
MOST_FAULTS = 3
"""So many of the parser's complaints stand in our one line."""
MEND = "Look at the network with `lfr engines lint`."


class Builder:
    """Builds plans into the cache.

    Args:
        gpu: Open, with this thread in attendance: TensorRT times the layers on it.
        folder: The cache; keeps TensorRT's timings from one build to the next.
        kernels: How the kernels were built, where they were now.
    """

    def __init__(self, gpu: Gpu, folder: Path, kernels: str = "") -> None:
        self.kernels = kernels
        self._gpu = gpu
        self._folder = folder

    def build(self, recipe: Recipe, tell: Callable[[str, float], None]) -> Path:
        """Build one plan; takes minutes.

        Args:
            recipe: The network, in the form that is built.
            tell: Is given what is being done, and how much of it is done, 0 to 1.

        Returns:
            The plan's file.

        Raises:
            MachineError: TensorRT refuses the network or fails, or the cache cannot be written.
        """
        key = key_of(recipe.source_sha256, recipe.precision, self._gpu)
        data = Build(self._folder, f"timings-trt{key.tensorrt}-sm{key.sm}.cache")(recipe, tell)
        about = {
            "network": recipe.name,
            "form_sha256": hashlib.sha256(recipe.onnx).hexdigest(),
            "shapes": recipe.shapes,
        }
        return store_plan(self._folder, key, data, about)

    def ready(self, source_sha256: str, precision: Precision) -> bool:
        """Tell whether there is a plan of a network that has been checked and may go live."""
        try:
            find_plan(self._folder, source_sha256, precision, self._gpu)
        except MachineError:
            return False
        return True

    def record(
        self, source_sha256: str, precision: Precision, verdict: Mapping[str, object]
    ) -> Path:
        """Put what a check has found beside the plan; see `workshop.Builder`."""
        plan = find_plan(self._folder, source_sha256, precision, self._gpu, checked=False)
        return store_verdict(plan, verdict)


def open_builder(settings: GpuSettings) -> Builder:
    """Take the GPU, and build its kernels first where they are not there.

    Raises:
        MachineError: there is no GPU, no compiler, or the cache cannot be written.
    """
    capability = find_capability()
    missing = not cubin_file(settings.cache, capability).exists()
    kernels = build_cubin(capability, settings.cache).line() if missing else ""
    return Builder(open_gpu(settings.cache), settings.cache, kernels)


class Build:
    """One build; TensorRT's own objects live as long as it.

    Args:
        folder: Where the timings lie.
        timings: Name of their file.
    """

    def __init__(self, folder: Path, timings: str) -> None:
        self._trt = load_tensorrt()
        from appliance.jetson.listen import Ear  # noqa: PLC0415 - imports TensorRT

        self._timings = folder / timings
        self._ear = Ear()
        self._builder: tensorrt.Builder = self._ear.start(self._trt.Builder)

    def __call__(self, recipe: Recipe, tell: Callable[[str, float], None]) -> bytes:
        """Give the plan."""
        tell(f"{recipe.name}: reading", 0.0)
        network = self._read(recipe)
        config = self._configure(network, recipe, partial(tell, f"{recipe.name}: building"))
        plan = self._builder.build_serialized_network(network, config)
        data = bytes(self._ear.require(plan, f"TensorRT could not build {recipe.name}", mend=MEND))
        self._keep_timings(config)
        tell(f"{recipe.name}: built", 1.0)
        return data

    def _read(self, recipe: Recipe) -> tensorrt.INetworkDefinition:
        # Types are those of the ONNX: TensorRT 11 knows no other way, and 10.3 knows this one.
        typed = 1 << int(self._trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
        network = self._ear.require(
            self._builder.create_network(typed), "TensorRT does not start", mend=MEND
        )
        parser: tensorrt.OnnxParser = self._trt.OnnxParser(network, self._ear)
        if not parser.parse(recipe.onnx):
            faults = [_fault(parser.get_error(i)) for i in range(parser.num_errors)]
            told = "; ".join(faults[:MOST_FAULTS]) or self._ear.heard().strip(" ()")
            raise MachineError(f"TensorRT does not take {recipe.name}: {told}.", mend=MEND)
        if network.num_inputs != 1:
            raise MachineError(f"{recipe.name} has not one input.", mend=MEND)
        return network

    def _configure(
        self,
        network: tensorrt.INetworkDefinition,
        recipe: Recipe,
        tell: Callable[[float], None],
    ) -> tensorrt.IBuilderConfig:
        from appliance.jetson.listen import Progress  # noqa: PLC0415 - imports TensorRT

        trt = self._trt
        config = self._ear.require(
            self._builder.create_builder_config(), "TensorRT does not start", mend=MEND
        )
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
        # What stays float32 in a form stays so because fewer bits were not enough there.
        config.clear_flag(trt.BuilderFlag.TF32)
        config.max_aux_streams = 0
        config.progress_monitor = Progress(tell)
        profile = self._ear.require(
            self._builder.create_optimization_profile(), "TensorRT does not start", mend=MEND
        )
        profile.set_shape(network.get_input(0).name, *recipe.shapes)
        if config.add_optimization_profile(profile) < 0:
            raise MachineError(
                f"TensorRT refuses the sizes {recipe.shapes}{self._ear.heard()}.", mend=MEND
            )
        self._use_timings(config)
        return config

    def _use_timings(self, config: tensorrt.IBuilderConfig) -> None:
        """Take the timings of earlier builds; damaged or foreign ones are begun anew."""
        for known in (self._known(), b""):
            timings = config.create_timing_cache(known)
            if timings is not None and config.set_timing_cache(timings, ignore_mismatch=False):
                break
        self._ear.heard()  # its complaint about old timings is no fault of the build

    def _known(self) -> bytes:
        try:
            return read_ours(self._timings)
        except MachineError:
            return b""

    def _keep_timings(self, config: tensorrt.IBuilderConfig) -> None:
        timings = config.get_timing_cache()
        try:
            if timings is not None:
                self._timings.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._timings, bytes(timings.serialize()))
        except OSError:
            return  # only the next build is slower; the plan says whether the folder is writable


def _fault(error: tensorrt.ParserError) -> str:
    return plain(f"{error.node_operator()} {error.node_name()}: {error.desc()}").strip(" :")
