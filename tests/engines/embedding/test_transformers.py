"""MERT and CLAP embed songs through the real library, from a local folder, with tiny random weights made here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.audio.signal import Audio
from segue.engines.embedding import DIMENSIONS, Embedder
from segue.engines.embedding.choose import choose_embedder
from segue.kit.errors import Unavailable

pytestmark = pytest.mark.torch

RATE = 22_050


def song(seconds: float, seed: int = 1) -> Audio:
    """A tune of random notes."""
    random = np.random.default_rng(seed)
    notes = [np.sin(np.arange(RATE // 4) * 2 * np.pi * hz / RATE) for hz in random.uniform(100, 900, int(4 * seconds))]
    return Audio((0.2 * np.concatenate(notes)).astype(np.float32)[np.newaxis], RATE)


#: What the configuration of MERT-v1-95M says beyond HuBERT's.
MERT = {
    "model_type": "mert_model",
    "architectures": ["MERTModel"],
    "auto_map": {"AutoConfig": "configuration_MERT.MERTConfig", "AutoModel": "modeling_MERT.MERTModel"},
    "attention_relax": -1.0,
    "deepnorm": False,
    "feature_extractor_cqt": False,
    "feature_extractor_cqt_bins": 336,
    "feat_extract_dropout": 0.0,
    "hidden_dropout_prob": 0.1,
    "num_feat_extract_layers": 7,
    "sample_rate": 24_000,
    "tokenizer_class": "Wav2Vec2CTCTokenizer",
}


def make_mert(folder: Path, *, hidden_size: int = DIMENSIONS, **beyond_hubert: Any) -> Any:
    """Save a small MERT in the way that the large one was, under the weights' old names, and return it as a HuBERT."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    torch.manual_seed(1)
    size = {"num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32, "conv_dim": (16,) * 7}
    config = transformers.HubertConfig(hidden_size=hidden_size, num_conv_pos_embeddings=16, **size)
    hubert = transformers.HubertModel(config).eval()
    config.save_pretrained(folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **MERT, **beyond_hubert}))
    old = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    state = hubert.state_dict()
    for new_name, old_name in old.items():
        state = {key.replace(new_name, old_name): weight for key, weight in state.items()}
    torch.save(state, folder / "pytorch_model.bin")
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=24_000, do_normalize=True).save_pretrained(folder)
    return hubert


def make_clap(folder: Path, *, fusion: bool = False) -> None:
    """Save a small CLAP."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    torch.manual_seed(1)
    audio = {
        "enable_fusion": fusion,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "patch_embeds_hidden_size": 16,
        "hidden_size": 32,
        "projection_dim": 512,
    }
    text = {"num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.ClapConfig(audio_config=audio, text_config=text, projection_dim=512)
    transformers.ClapModel(config).save_pretrained(folder)
    truncation = "fusion" if fusion else "rand_trunc"
    transformers.ClapFeatureExtractor(truncation=truncation).save_pretrained(folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_mert(folder / "mert")
    make_clap(folder / "clap")
    return folder


@pytest.fixture(params=["mert", "clap"])
def engine(models: Path, request: pytest.FixtureRequest) -> Embedder:
    return choose_embedder(request.param, models, threads=1)


@pytest.mark.parametrize("seconds", [0.5, 21])
def test_a_song_of_any_length_has_a_place(engine: Embedder, seconds: float) -> None:
    place = engine.embed(song(seconds))
    assert place.shape == (DIMENSIONS,)
    assert place.dtype == np.float32
    assert np.linalg.norm(place) == pytest.approx(1, abs=1e-5)


def test_the_same_audio_gives_the_same_bytes(engine: Embedder, models: Path) -> None:
    again = choose_embedder(engine.name, models, threads=1)
    assert engine.embed(song(21)).tobytes() == again.embed(song(21)).tobytes()


def test_other_audio_lies_elsewhere(engine: Embedder) -> None:
    assert not np.allclose(engine.embed(song(21)), engine.embed(song(21, seed=2)), atol=1e-4)


def test_mert_is_the_mean_of_what_all_layers_of_a_hubert_hear(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    hubert = make_mert(tmp_path / "mert")
    window = np.random.default_rng(1).standard_normal((1, 5 * 24_000)).astype(np.float32)
    normal = torch.from_numpy((window - window.mean()) / window.std())
    with torch.inference_mode():
        layers = hubert(normal, output_hidden_states=True).hidden_states
    expected = torch.stack(layers).mean(dim=(0, 1, 2)).numpy()
    place = choose_embedder("mert", tmp_path, threads=1).embed(Audio(0.1 * window, 24_000))
    np.testing.assert_allclose(place, expected / np.linalg.norm(expected), atol=1e-5)


def test_clap_keeps_the_angles_between_songs(models: Path) -> None:
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    clap = transformers.ClapModel.from_pretrained(models / "clap").eval()
    prepare = transformers.ClapFeatureExtractor.from_pretrained(models / "clap")
    engine = choose_embedder("clap", models, threads=1)
    random = np.random.default_rng(1)
    sounds = (0.1 * random.standard_normal((2, 480_000))).astype(np.float32) * [[1.0], [0.3]]
    with torch.inference_mode():
        prepared = prepare(list(sounds), sampling_rate=48_000, return_tensors="pt")
        heard = clap.get_audio_features(prepared["input_features"].float()).pooler_output.numpy()
    places = [engine.embed(Audio(sound[np.newaxis].astype(np.float32), 48_000)) for sound in sounds]
    assert float(places[0] @ places[1]) == pytest.approx(float(heard[0] @ heard[1]), abs=1e-4)


def test_a_fused_clap_draws_no_lots(tmp_path: Path) -> None:
    make_clap(tmp_path / "clap", fusion=True)
    engine = choose_embedder("clap", tmp_path, threads=1)
    assert engine.embed(song(21)).tobytes() == engine.embed(song(21)).tobytes()


def test_a_mert_of_another_width_fits_too(tmp_path: Path) -> None:
    make_mert(tmp_path / "mert", hidden_size=64)
    assert choose_embedder("mert", tmp_path, threads=1).embed(song(6)).shape == (DIMENSIONS,)


@pytest.mark.parametrize("what", ["deepnorm", "feature_extractor_cqt"])
def test_a_mert_that_is_no_hubert_is_refused(tmp_path: Path, what: str) -> None:
    make_mert(tmp_path / "mert", hidden_size=64, **{what: True})
    with pytest.raises(Unavailable, match=what):
        choose_embedder("mert", tmp_path, threads=1).embed(song(6))


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    make_mert(tmp_path / "mert", hidden_size=64)
    path = tmp_path / "mert" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "num_hidden_layers": 3}))
    with pytest.raises(Unavailable, match="weights are missing"):
        choose_embedder("mert", tmp_path, threads=1).embed(song(6))


def test_other_weights_are_another_version(models: Path, tmp_path: Path) -> None:
    make_mert(tmp_path / "mert", hidden_size=64)
    versions = {choose_embedder("mert", folder, threads=1).version for folder in (models, tmp_path)}
    assert len(versions) == 2
