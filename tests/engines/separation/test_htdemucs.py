"""HTDemucs of the real library, with tiny random weights, keeps a separator's promises and reads files safely."""

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.engines.separation import htdemucs_onnx
from segue.engines.separation.choose import choose_separator, describe_separators
from segue.engines.separation.htdemucs import HtdemucsSeparator
from segue.engines.separation.options import OptionalEngines
from segue.kit.errors import Unavailable
from tests.engines.separation.promises import assert_keeps_its_promises, separated

torch = pytest.importorskip("torch", reason="PyTorch is optional: .ci/run installs it apart")
pytest.importorskip("demucs", reason="demucs is optional: .ci/run installs it apart")

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning:torch.*", "ignore::UserWarning:demucs.*"),
]

FOUR = ["drums", "bass", "other", "vocals"]
TINY: dict[str, Any] = {
    "channels": 4,
    "depth": 2,
    "nfft": 512,
    "t_layers": 1,
    "t_heads": 2,
    "t_hidden_scale": 1.0,
    "bottom_channels": 0,
    "dconv_mode": 0,
    "segment": Fraction(1, 2),
}


def network(seed: int, sources: list[str] | None = None) -> Any:
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(seed)
    return HTDemucs(sources=sources or FOUR, **TINY).eval()


def package(model: Any) -> dict[str, Any]:
    """What Demucs' own `serialize_model` makes, without the training's configuration."""
    args, kwargs = model._init_args_kwargs
    return {"klass": type(model), "args": args, "kwargs": kwargs, "state": model.state_dict(), "training_args": {}}


def write_th(model: Any, path: Path) -> Path:
    torch.save(package(model), path)
    return path


def write_safetensors(model: Any, path: Path, klass: str = "demucs.htdemucs.HTDemucs") -> Path:
    """Write what the library's own export to the hub does."""
    from safetensors.torch import save_file

    args, kwargs = model._init_args_kwargs
    fraction = {"_type": "fraction", "numerator": 1, "denominator": 2}
    told = {**kwargs, "segment": fraction}
    metadata = {"klass": klass, "args": json.dumps(args), "kwargs": json.dumps(told)}
    save_file(model.state_dict(), path, metadata)
    return path


def engine(weights: Path | str) -> HtdemucsSeparator:
    return HtdemucsSeparator(str(weights), threads=1)


def noise(channels: int = 2, length: int = 60_000, rate: int = 44_100) -> Audio:
    random = np.random.default_rng(length)
    return Audio((0.1 * random.standard_normal((channels, length))).astype(np.float32), rate)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_th(network(0), tmp_path_factory.mktemp("weights") / "955717e8-8726e21a.th")


@pytest.mark.parametrize(
    ("channels", "length", "rate"), [(2, 60_000, 44_100), (1, 30_000, 48_000), (2, 100, 44_100), (1, 20_000, 16_000)]
)
def test_four_stems_sum_to_any_mix(weights: Path, channels: int, length: int, rate: int) -> None:
    assert_keeps_its_promises(engine(weights), noise(channels, length, rate))


def test_stems_are_those_of_the_librarys_own_program(weights: Path) -> None:
    from demucs.apply import apply_model

    mix = noise(length=60_000)
    samples = torch.from_numpy(mix.samples)
    mean, deviation = samples.mean(0).mean(), samples.mean(0).std()
    with torch.inference_mode():
        parted = apply_model(network(0), ((samples - mean) / deviation)[None], shifts=0, overlap=0.25)[0] * deviation
    ours = separated(engine(weights), mix)
    before_the_last_segment = slice(0, 3 * 16_537)  # which the library pads with silence, and we with music
    for name in ("vocals", "drums", "bass"):
        theirs = parted[FOUR.index(name)].numpy()
        assert np.abs(ours[name] - theirs)[:, before_the_last_segment].max() < 1e-5


def test_the_same_song_gives_the_same_stems(weights: Path) -> None:
    first, second = (separated(engine(weights), noise()) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_both_published_formats_hold_the_same_network(weights: Path, tmp_path: Path) -> None:
    other = engine(write_safetensors(network(0), tmp_path / "955717e8.safetensors"))
    assert np.array_equal(separated(other, noise())["vocals"], separated(engine(weights), noise())["vocals"])


def test_a_network_of_six_sources_gives_four(tmp_path: Path) -> None:
    six = engine(write_th(network(1, [*FOUR, "guitar", "piano"]), tmp_path / "six.th"))
    assert_keeps_its_promises(six, noise())


def test_a_bag_averages_what_its_networks_say_by_weight(tmp_path: Path) -> None:
    paths = [write_safetensors(network(seed), tmp_path / f"sig{seed}.safetensors") for seed in (1, 2)]
    bag = tmp_path / "bag.yaml"
    bag.write_text("models: [sig1, sig2]\nweights: [[1, 1, 1, 3], [1, 0, 1, 1]]\n")
    first, second, both = (separated(engine(path), noise()) for path in (*paths, bag))
    assert np.allclose(both["vocals"], 0.75 * first["vocals"] + 0.25 * second["vocals"], atol=1e-6)
    assert np.allclose(both["drums"], 0.5 * first["drums"] + 0.5 * second["drums"], atol=1e-6)
    assert np.allclose(both["bass"], first["bass"], atol=1e-6)


def test_other_weights_are_another_version(weights: Path, tmp_path: Path) -> None:
    other = write_th(network(5), tmp_path / "other.th")
    assert engine(weights).version.startswith("4.1.0+")
    assert engine(weights).version != engine(other).version


def test_the_hubs_cache_serves_and_is_not_filled_in_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="hf download adefossez/HTDemucs-tiny"):
        engine("hf://htdemucs_tiny")
    repository = tmp_path / "models--adefossez--HTDemucs-tiny"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    write_safetensors(network(0), snapshot / "abc.safetensors")
    (snapshot / "htdemucs_tiny.yaml").write_text("models: ['abc']\n")
    assert_keeps_its_promises(engine("hf://htdemucs_tiny"), noise())


class Harmful:
    """An object that leaves a file behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    path, trace = tmp_path / "harmful.th", tmp_path / "trace"
    torch.save({**package(network(0)), "training_args": Harmful(trace)}, path)
    with pytest.raises(Unavailable, match="cannot be read as weights"):
        engine(path)
    assert not trace.exists()


def test_metadata_cannot_name_what_is_called(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = write_safetensors(network(0), tmp_path / "harmful.safetensors", klass="os.mkdir")
    with pytest.raises(Unavailable, match=r"holds a os\.mkdir"):
        engine(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent.th", "no HTDemucs weights"),
        ("damaged.th", "cannot be read"),
        ("damaged.safetensors", "cannot be read"),
        ("empty.yaml", "does not describe a bag"),
        ("lacking.yaml", "lacks the weights nowhere"),
    ],
)
def test_what_is_not_there_or_damaged_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "damaged.th").write_bytes(b"PK\x03\x04 damaged")
    (tmp_path / "damaged.safetensors").write_bytes(b"\xff" * 64)
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "lacking.yaml").write_text("models: [nowhere]")
    with pytest.raises(Unavailable, match=said):
        engine(tmp_path / name)


def test_without_vocals_it_does_not_serve(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="vocals, drums and bass are needed"):
        engine(write_th(network(0, ["speech", "noise"]), tmp_path / "speech.th"))


def test_it_is_chosen_and_described_by_its_settings(weights: Path, tmp_path: Path) -> None:
    optional = OptionalEngines(demucs_weights=str(weights))
    assert choose_separator("htdemucs", tmp_path, threads=1, optional=optional).name == "htdemucs"
    described = {entry.name: entry for entry in describe_separators(tmp_path, optional)}
    assert described["htdemucs"].available
    assert not {entry.name: entry for entry in describe_separators(tmp_path)}["htdemucs"].available


def test_the_transform_of_the_onnx_engine_is_the_librarys() -> None:
    from demucs.htdemucs import HTDemucs

    theirs = HTDemucs(sources=FOUR, **{**TINY, "nfft": 4096, "segment": Fraction(39, 5)})
    segment = np.random.default_rng(0).standard_normal((2, 343_980)).astype(np.float32)
    spectrum = theirs._spec(torch.from_numpy(segment)[None])
    ours = htdemucs_onnx._spectrum(segment)
    assert np.abs(theirs._magnitude(spectrum)[0].numpy() - htdemucs_onnx._as_channels(ours)).max() < 1e-5
    back = theirs._ispec(spectrum, 343_980)[0].numpy()
    assert (
        np.abs(back - htdemucs_onnx._waveform(htdemucs_onnx._as_complex(htdemucs_onnx._as_channels(ours)))).max() < 1e-5
    )
