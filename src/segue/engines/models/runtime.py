"""Running ONNX graphs on the processor."""

import os
from pathlib import Path

import numpy as np

from segue.audio.signal import FloatArray

# ONNX Runtime reports its use to its makers unless this stands in the environment when it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from numpy.typing import NDArray


class OnnxModel:
    """A graph, loaded, that maps named arrays to named arrays.

    Parameters
    ----------
    path
        The graph's file, or what is in it.
    threads
        How many threads one run may use. They sleep between runs, so that several processes share a machine.
    keep_memory
        Keep what a run needed for the next one: a third faster where runs are many and small.
    """

    def __init__(self, path: Path | bytes, *, threads: int, keep_memory: bool = False) -> None:
        options = onnxruntime.SessionOptions()  # type: ignore[attr-defined] # not in its __all__
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = keep_memory
        options.enable_mem_pattern = False  # as fast, and less is held, above all where several threads run at once
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession  # type: ignore[attr-defined] # not in its __all__
        self._session = session(path, options, providers=["CPUExecutionProvider"])

    def run(self, outputs: list[str], **inputs: FloatArray | NDArray[np.int64]) -> list[FloatArray]:
        """Return the outputs that were asked for."""
        feed = {name: np.ascontiguousarray(values, dtype=_kind(values)) for name, values in inputs.items()}
        return [np.asarray(result, dtype=np.float32) for result in self._session.run(outputs, feed)]


def _kind(values: FloatArray | NDArray[np.int64]) -> type[np.float32] | type[np.int64]:
    return np.int64 if np.issubdtype(values.dtype, np.integer) else np.float32
