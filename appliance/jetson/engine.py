"""A network's plan in TensorRT: run on our stream, in memory that is ours to erase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from appliance.errors import MachineError
from appliance.jetson.graphs import Graphs
from appliance.jetson.loading import load_tensorrt
from appliance.jetson.outputs import GRAIN, Outputs, place

if TYPE_CHECKING:
    import tensorrt

    from appliance.jetson.array import DeviceView
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.outputs import Layout, Shape

T = TypeVar("T")

REBUILD = "Build the plans again with `lfr engines build`."


class Engine:
    """A loaded network.

    All that TensorRT computes lies in memory of ours: the outputs, and the scratch of everything
    between; `erase` leaves neither anything.

    Args:
        gpu: Open, with this thread in attendance.
        plan: From `find_plan`.
        graphs: Replay each shape's run as one CUDA graph, from its third on.

    Raises:
        MachineError: TensorRT refuses the plan, or there is not enough memory.
    """

    def __init__(self, gpu: Gpu, plan: bytes, *, graphs: bool) -> None:
        trt = load_tensorrt()
        from appliance.jetson.listen import Ear  # noqa: PLC0415 - imports TensorRT

        self._gpu = gpu
        self._ear = Ear()
        self._runtime: tensorrt.Runtime = self._ear.start(trt.Runtime)
        self._engine: tensorrt.ICudaEngine = self._must(
            self._runtime.deserialize_cuda_engine(plan), "TensorRT refuses the plan"
        )
        kept = trt.ExecutionContextAllocationStrategy.USER_MANAGED
        self._context: tensorrt.IExecutionContext = self._must(
            self._engine.create_execution_context(kept), "TensorRT cannot prepare the network"
        )
        self._input, self._names = self._ports(trt)
        self._kind = self._kind_of(trt, self._input)
        self._least, _, self._most = (
            tuple(shape) for shape in self._engine.get_tensor_profile_shape(self._input, 0)
        )
        self._scratch = self._lend_scratch()
        self._outputs = Outputs(gpu, place(self._shape_outputs(self._most))[1])
        self._layouts: dict[Shape, Layout] = {}
        self._at: Shape | None = None
        """The shape that TensorRT was told last, with the addresses that go with it."""
        self._graphs = Graphs(gpu.stream.handle) if graphs else None

    def _ports(self, trt: Any) -> tuple[str, list[str]]:  # noqa: ANN401 - TensorRT has no types
        engine = self._engine
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        fed = [n for n in names if engine.get_tensor_mode(n) == trt.TensorIOMode.INPUT]
        outputs = [name for name in names if name not in fed]
        on_gpu = all(engine.get_tensor_location(n) == trt.TensorLocation.DEVICE for n in names)
        ours = all(engine.get_tensor_dtype(name) == trt.DataType.FLOAT for name in outputs)
        if len(fed) != 1 or not outputs or not on_gpu or not ours:
            raise MachineError(
                "The plan is not of a form that this appliance builds: one input, float32 outputs.",
                mend=REBUILD,
            )
        return fed[0], outputs

    def _kind_of(self, trt: Any, name: str) -> np.dtype[Any]:  # noqa: ANN401 - as above
        kind = self._engine.get_tensor_dtype(name)
        return np.dtype(np.float16 if kind == trt.DataType.HALF else np.float32)

    def _lend_scratch(self) -> DeviceView:
        """Give TensorRT memory for what lies between input and output: it is of pictures."""
        size = max(int(self._engine.device_memory_size_v2), 1)
        memory = self._gpu.allocate((size + GRAIN,), np.uint8)
        scratch = memory.view((size,), offset=-memory.address % GRAIN)
        self._context.set_device_memory(scratch.address, size)
        self._memory = memory
        return scratch

    def __call__(self, batch: DeviceView) -> dict[str, DeviceView]:
        """Enqueue a run.

        Args:
            batch: As the plan wants it: fp16 of (N, 3, height, width).

        Returns:
            float32, by name; borrowed until the next run or `erase`. Each knows how to `fetch`
            itself: the first one brings all of them, and waits.

        Raises:
            MachineError: the plan does not take such a batch, or TensorRT failed.
        """
        self._require(batch)
        layout = self._layouts.get(batch.shape) or self._lay_out(batch.shape)
        self._outputs.lend(layout)
        key = (batch.shape, batch.address)
        if self._graphs is None:
            self._run(batch, layout)
        elif not self._graphs.launch(key):
            self._run(batch, layout)
            self._graphs.offer(key, self._execute)
        return dict(layout.views)

    def erase(self) -> None:
        """Overwrite outputs and scratch with zeros, in the stream, and the mirror at once."""
        self._outputs.erase(self._scratch)

    def _require(self, batch: DeviceView) -> None:
        shape = batch.shape
        inside = len(shape) == len(self._most) and all(
            low <= n <= high for low, n, high in zip(self._least, shape, self._most, strict=True)
        )
        if not inside or batch.kind != self._kind:
            raise MachineError(
                f"The plan takes {self._kind} of {self._least} to {self._most}, "
                f"not {batch.kind} of {shape}.",
                mend="Build the plans again with `lfr engines build`, for these settings.",
            )

    def _lay_out(self, shape: Shape) -> Layout:
        layout = self._outputs.lay_out(shape, self._shape_outputs(shape))
        self._layouts[shape] = layout
        return layout

    def _shape_outputs(self, shape: Shape) -> dict[str, Shape]:
        """Ask TensorRT what comes out."""
        self._at = None
        self._must(self._context.set_input_shape(self._input, shape), "TensorRT refuses the input")
        missing = self._context.infer_shapes()
        shapes = {name: tuple(self._context.get_tensor_shape(name)) for name in self._names}
        if missing or any(n < 1 for out in shapes.values() for n in out):
            raise MachineError("TensorRT cannot tell what the network gives.", mend=REBUILD)
        return shapes

    def _run(self, batch: DeviceView, layout: Layout) -> None:
        if self._at != batch.shape:
            self._at = None
            shaped = self._context.set_input_shape(self._input, batch.shape)
            self._must(shaped, "TensorRT refuses the input")
            for name, view in layout.views.items():
                self._aim(name, view.address)
            self._at = batch.shape
        self._aim(self._input, batch.address)
        self._execute()

    def _aim(self, name: str, address: int) -> None:
        aimed = self._context.set_tensor_address(name, address)
        self._must(aimed, "TensorRT refuses an address")

    def _execute(self) -> None:
        started = self._context.execute_async_v3(self._gpu.stream.handle)
        self._must(started, "TensorRT did not run the network")

    def _must(self, answer: T | None, fault: str) -> T:
        return self._ear.require(answer, fault, mend=REBUILD)
