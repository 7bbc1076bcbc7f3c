"""The ONNX engine feeds its graph as the package's own program does, and keeps a separator's promises."""

import dataclasses
import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.engines.models.install import install, is_installed
from segue.engines.models.onnx_graph import GraphBuilder
from segue.engines.models.registry import HTDEMUCS_ONNX
from segue.engines.separation import htdemucs_onnx
from segue.engines.separation.choose import choose_separator
from segue.engines.separation.htdemucs_onnx import HtdemucsOnnxSeparator
from segue.kit.errors import Unavailable
from segue.kit.settings import Settings
from tests.data import data_path
from tests.engines.models.npm_registry import tarball_of
from tests.engines.separation.promises import assert_keeps_its_promises, distortion_db, separated

#: What the small graph gives drums, bass, other and vocals: by its spectrum, and by its waveform.
BY_SPECTRUM = (0.1, 0.2, 0.05, 0.3)
BY_WAVEFORM = (0.2, 0.05, 0.05, 0.1)


def write_graph(path: Path) -> Path:
    """Write a graph with the real one's inputs and outputs that gives each source fixed shares of the two."""
    graph = GraphBuilder()
    for name, shares, rank, output in (
        ("onnx::ReduceMean_1", BY_SPECTRUM, 5, "output"),
        ("input", BY_WAVEFORM, 4, "5073"),
    ):
        each = graph.node("Unsqueeze", name, graph.weight(np.array([1], dtype=np.int64)))
        weights = np.array(shares, dtype=np.float32).reshape(1, 4, *[1] * (rank - 2))
        graph.node("Mul", each, graph.weight(weights), output=output)
    waveform, spectrum = [2, 343_980], [4, 2048, 336]
    graph.save(
        path,
        inputs={"input": [1, *waveform], "onnx::ReduceMean_1": [1, *spectrum]},
        outputs={"output": [1, 4, *spectrum], "5073": [1, 4, *waveform]},
    )
    return path


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> HtdemucsOnnxSeparator:
    """An engine on the small graph, installed as the real one is."""
    folder = tmp_path_factory.mktemp("models")
    tarball = tarball_of({"htdemucs.onnx": write_graph(folder / "graph.onnx").read_bytes()})
    (folder / HTDEMUCS_ONNX.archive).write_bytes(tarball)
    spec = dataclasses.replace(HTDEMUCS_ONNX, sha256=hashlib.sha256(tarball).hexdigest())
    install(spec, folder / "models", mirror=folder, accept_licence=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(htdemucs_onnx, "HTDEMUCS_ONNX", spec)
        return HtdemucsOnnxSeparator(folder / "models", threads=1)


def noise(channels: int, length: int, rate: int = 44_100) -> Audio:
    """Noise without the highest frequencies: the network's transform has one bin less than the mix."""
    random = np.random.default_rng(length)
    samples = 0.1 * random.standard_normal((channels, length + 1))
    return Audio((samples[:, 1:] + samples[:, :-1]).astype(np.float32), rate)


def test_both_branches_of_each_source_come_out_where_the_mix_has_them(engine: HtdemucsOnnxSeparator) -> None:
    mix = noise(2, 400_000)
    stems = separated(engine, mix)
    mean = mix.samples.mean(dtype=np.float64)
    inside = slice(2_048, -2_048)  # at a song's ends, the transform fades in and out, as Demucs' own does
    for place, name in ((0, "drums"), (1, "bass"), (3, "vocals")):
        expected = (BY_SPECTRUM[place] + BY_WAVEFORM[place]) * (mix.samples - mean)
        assert distortion_db(expected[:, inside], stems[name][:, inside]) > 50


@pytest.mark.parametrize(("channels", "length", "rate"), [(2, 50_000, 44_100), (1, 30_000, 48_000)])
def test_four_stems_sum_to_any_mix(engine: HtdemucsOnnxSeparator, channels: int, length: int, rate: int) -> None:
    assert_keeps_its_promises(engine, noise(channels, length, rate))


def test_without_its_weights_it_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="segue models install htdemucs-onnx"):
        choose_separator("htdemucs-onnx", tmp_path, threads=1)


@pytest.mark.slow
def test_a_real_song_is_parted_in_four() -> None:
    models_dir = Settings().models_dir
    if not is_installed(HTDEMUCS_ONNX, models_dir):
        pytest.skip("needs weights whose licence the user has accepted: segue models install htdemucs-onnx")
    stem_file = data_path("multitrack/stempeg/The Easton Ellises - Falcon 69.stem.mp4")
    mix, drums, bass, _, vocals = (stream(stem_file, number) for number in range(5))
    stems = separated(HtdemucsOnnxSeparator(models_dir, threads=2), mix)
    assert distortion_db(drums.samples, stems["drums"]) > 10
    assert distortion_db(bass.samples, stems["bass"]) > 3
    assert distortion_db(vocals.samples, stems["vocals"]) > 4.8


def stream(path: Path, number: int) -> Audio:
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.audio[number]))
        return Audio(np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].sample_rate)
