"""What comes out of a network, told from what goes in."""

from functools import cache

import onnx


@cache
def output_shapes(model: bytes, shapes) -> dict:
    """Infer the shapes of the outputs.

    Args:
        model: ONNX.
        shapes: Pairs of an input's name and shape.
    """
    read = onnx.load_model_from_string(model)
    given = dict(shapes)
    for value in read.graph.input:
        for dim, n in zip(value.type.tensor_type.shape.dim, given[value.name], strict=True):
            dim.dim_value = n
    for value in read.graph.output:
        value.type.tensor_type.ClearField("shape")  # its names of sizes are not those given
    inferred = onnx.shape_inference.infer_shapes(read, data_prop=True)
    return {value.name: _shape(value) for value in inferred.graph.output}


def _shape(value) -> tuple:
    return tuple(dim.dim_value or -1 for dim in value.type.tensor_type.shape.dim)
