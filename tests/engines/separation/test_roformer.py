"""RoFormers of the real library, with tiny random weights, keep a separator's promises, whatever they know."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.engines.separation import accompaniment
from segue.engines.separation.choose import choose_separator, describe_separators
from segue.engines.separation.options import OptionalEngines
from segue.engines.separation.roformer import RoformerSeparator
from segue.kit.errors import Unavailable
from tests.engines.separation.promises import assert_keeps_its_promises, separated

torch = pytest.importorskip("torch", reason="PyTorch is optional: .ci/run installs it apart")
bs_roformer = pytest.importorskip("bs_roformer", reason="bs-roformer is optional: .ci/run installs it apart")

# The library counts its transform's bins by a transform without a window, of which PyTorch warns.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:A window was not provided:UserWarning")]

BANDS = (64, 64, 64, 65)
TINY: dict[str, Any] = {
    "dim": 8,
    "depth": 1,
    "stereo": True,
    "time_transformer_depth": 1,
    "freq_transformer_depth": 1,
    "dim_head": 8,
    "heads": 2,
    "stft_n_fft": 512,
    "stft_hop_length": 128,
    "stft_win_length": 512,
    "num_residual_streams": 1,
    "mask_estimator_depth": 1,
    "flash_attn": False,
    "dim_freqs_in": 257,
}
CONFIGURATION = """
audio: {{chunk_size: 20000, sample_rate: {rate}, num_channels: 2}}
model:
  dim: 8
  depth: 1
  stereo: true
  num_stems: {stems}
  time_transformer_depth: 1
  freq_transformer_depth: 1
  linear_transformer_depth: 0
  dim_head: 8
  heads: 2
  stft_n_fft: 512
  stft_hop_length: 128
  stft_win_length: 512
  num_residual_streams: 1
  mask_estimator_depth: 1
  flash_attn: false
  dim_freqs_in: 257
  {bands}
training: {{instruments: {instruments}, target_instrument: {target}}}
"""
SPLIT = "freqs_per_bands: !!python/tuple [64, 64, 64, 65]"
FOUR = ["drums", "bass", "other", "vocals"]


def network(stems: int, **how: Any) -> Any:
    torch.manual_seed(stems)
    return bs_roformer.BSRoformer(num_stems=stems, freqs_per_bands=BANDS, **{**TINY, **how})


def files(
    folder: Path,
    model: Any,
    *,
    instruments: list[str],
    target: str | None = None,
    bands: str = SPLIT,
    rate: int = 44_100,
    nest: str | None = None,
) -> tuple[Path, Path]:
    """Write a checkpoint and a configuration as they are published."""
    checkpoint, configuration = folder / "model.ckpt", folder / "model.yaml"
    torch.save({nest: model.state_dict()} if nest else model.state_dict(), checkpoint)
    stems = 1 if target else len(instruments)
    told = CONFIGURATION.format(rate=rate, stems=stems, bands=bands, instruments=instruments, target=target or "null")
    configuration.write_text(told)
    return checkpoint, configuration


def engine(paths: tuple[Path, Path]) -> RoformerSeparator:
    return RoformerSeparator(*paths, threads=1)


def noise(channels: int = 2, length: int = 50_000, rate: int = 44_100) -> Audio:
    random = np.random.default_rng(length)
    return Audio((0.1 * random.standard_normal((channels, length))).astype(np.float32), rate)


@pytest.mark.parametrize(("channels", "length", "rate"), [(2, 50_000, 44_100), (1, 30_000, 48_000), (2, 100, 44_100)])
def test_a_network_that_knows_four_stems_gives_them(tmp_path: Path, channels: int, length: int, rate: int) -> None:
    assert_keeps_its_promises(engine(files(tmp_path, network(4), instruments=FOUR)), noise(channels, length, rate))


def test_a_segment_comes_out_as_the_library_parts_it(tmp_path: Path) -> None:
    model = network(4).eval()
    mix = noise(length=19_968)  # whole hops
    with torch.inference_mode():
        theirs = model(torch.from_numpy(mix.samples - mix.samples.mean())[None])[0].numpy()
    ours = separated(engine(files(tmp_path, model, instruments=FOUR)), mix)
    for name in ("vocals", "drums", "bass"):
        assert np.abs(ours[name] - theirs[FOUR.index(name)]).max() < 1e-5


def test_a_network_that_knows_vocals_only_leaves_the_rest_to_be_parted(tmp_path: Path) -> None:
    only = engine(files(tmp_path, network(1), instruments=["vocals", "other"], target="vocals", nest="state_dict"))
    assert_keeps_its_promises(only, noise())
    assert only.version.endswith(f"+{accompaniment.VERSION}")
    assert separated(only, noise())["bass"].any()


def test_bands_along_the_mel_scale_serve(tmp_path: Path) -> None:
    how = {name: value for name, value in TINY.items() if name != "dim_freqs_in"}
    torch.manual_seed(0)
    mel = bs_roformer.MelBandRoformer(num_stems=4, num_bands=8, dim_freqs_in=257, sample_rate=44_100, **how)
    bands = "num_bands: 8\n  sample_rate: 44100"
    assert_keeps_its_promises(engine(files(tmp_path, mel, instruments=FOUR, bands=bands)), noise())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not fit its configuration"):
        engine(files(tmp_path, network(2), instruments=FOUR))


def test_an_argument_that_the_library_does_not_know_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not know skip_connection"):
        engine(files(tmp_path, network(4), instruments=FOUR, bands=f"{SPLIT}\n  skip_connection: true"))


def test_a_configuration_cannot_name_objects(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not a configuration"):
        engine(files(tmp_path, network(4), instruments=FOUR, bands="x: !!python/object/apply:os.getcwd []"))


@pytest.mark.parametrize("bands", ["freqs_per_bands: [1, 2]", "freqs_per_bands: wide", "dim: none"])
def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path, bands: str) -> None:
    with pytest.raises(Unavailable, match="does not describe a RoFormer"):
        engine(files(tmp_path, network(4), instruments=FOUR, bands=bands))


@pytest.mark.parametrize(("instruments", "rate"), [(["speech", "noise"], 44_100), (["vocals", "other"], 16_000)])
def test_what_does_not_give_vocals_does_not_serve(tmp_path: Path, instruments: list[str], rate: int) -> None:
    with pytest.raises(Unavailable, match="Wanted: vocals"):
        engine(files(tmp_path, network(2), instruments=instruments, rate=rate))


def test_files_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SEGUE_ROFORMER_CHECKPOINT"):
        engine((tmp_path / "a.ckpt", tmp_path / "a.yaml"))


def test_it_is_chosen_and_described_by_its_settings(tmp_path: Path) -> None:
    checkpoint, configuration = files(tmp_path, network(4), instruments=FOUR)
    optional = OptionalEngines(roformer_checkpoint=checkpoint, roformer_config=configuration)
    assert choose_separator("roformer", tmp_path, threads=1, optional=optional).name == "roformer"
    described = {entry.name: entry for entry in describe_separators(tmp_path, optional)}
    assert described["roformer"].available
