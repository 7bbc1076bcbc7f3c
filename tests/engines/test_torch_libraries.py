"""What the optional engines stand on is there and computes."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is optional: .ci/run installs it apart")

pytestmark = pytest.mark.torch


def test_torch_and_numpy_understand_one_another() -> None:
    assert torch.ones(2, 3).numpy().sum() == 6
