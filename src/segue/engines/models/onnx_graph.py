"""Building an ONNX graph from arrays, one node at a time."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from segue.audio.signal import FloatArray

OPSET: Final = 17
IR_VERSION: Final = 8

#: A dimension's size, or the name of one that is known only when the graph runs.
Shape = list[int | str]


class GraphBuilder:
    """Collects nodes and weights, and writes them as a model.

    Parameters
    ----------
    half_precision
        Store the weights of four or more dimensions as 16-bit floats, which halves the file; ONNX Runtime widens them
        once, when it loads the graph.
    """

    def __init__(self, *, half_precision: bool = False) -> None:
        self._half_precision = half_precision
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        self._count = 0

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def weight(self, values: FloatArray | NDArray[np.int64]) -> str:
        """Add a constant and return its name."""
        name = self._fresh("w")
        if self._half_precision and values.dtype == np.float32 and values.ndim >= 4:
            self._weights.append(numpy_helper.from_array(values.astype(np.float16), name))
            return self.node("Cast", name, to=TensorProto.FLOAT)
        self._weights.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node with one output and return that output's name."""
        output = output or self._fresh(operator.lower())
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def scale(self, x: str, factor: FloatArray, offset: FloatArray, output: str | None = None) -> str:
        """Add ``x * factor + offset``, both broadcast."""
        return self.node("Add", self.node("Mul", x, self.weight(factor)), self.weight(offset), output=output)

    def save(self, path: Path, *, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> None:
        """Check the graph and write it."""
        graph = helper.make_graph(
            self._nodes,
            path.stem,
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            self._weights,
        )
        model = helper.make_model(
            graph, producer_name="segue", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString(deterministic=True))
