"""Embeddings by MERT, run by Hugging Face's own HuBERT: no code comes with the weights."""

from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.signal import Audio, FloatArray
from segue.engines.embedding import DIMENSIONS
from segue.engines.embedding.projection import orthonormal, unit
from segue.engines.embedding.windows import spread
from segue.engines.local_weights import LocalWeights
from segue.kit.errors import Unavailable

MERT: Final = LocalWeights(
    engine="mert",
    repository="m-a-p/MERT-v1-95M",
    licence="CC-BY-NC-4.0",
    note="a transformer that learned music by itself; slow without a GPU; not for commercial use",
)
_WINDOW_S: Final = 5
_WINDOWS: Final = 24
_BATCH: Final = 4
_OURS: Final = "768.1"
#: What MERT's configuration may name beyond HuBERT's, and the value with which it is a HuBERT.
_BEYOND_HUBERT: Final = {"deepnorm": False, "feature_extractor_cqt": False}


class MertEmbedder:
    """A song's place among songs by what a self-supervised transformer makes of it (Y. Li et al., ICLR 2024).

    Up to 24 windows of five seconds, as it learned from, spread evenly; the mean of all layers' states over time and
    windows. MERT-v1-95M has 768 of them; another width is mapped by a fixed orthonormal matrix. As of most
    transformers, any two songs' embeddings point in much the same direction: ranks tell, cosines do not.

    Parameters
    ----------
    models_dir
        Its files lie in the folder ``mert`` there.
    threads
        Threads that it may use.

    Raises
    ------
    Unavailable
        If PyTorch, transformers or the weights are missing; `embed` also, if the weights are no MERT that is a HuBERT.
    """

    name = "mert"

    def __init__(self, models_dir: Path, *, threads: int) -> None:
        self._folder = MERT.found(models_dir)
        self._threads = threads
        self.version = f"{MERT.fingerprint(models_dir)}+{_OURS}"

    def embed(self, audio: Audio) -> FloatArray:
        """Return the embedding: see `Embedder.embed`."""
        listener, prepare = self._model
        rate = int(prepare.sampling_rate)
        windows = spread(audio, rate=rate, samples=_WINDOW_S * rate, at_most=_WINDOWS)
        torch = import_module("torch")
        states = []
        with torch.inference_mode():
            for start in range(0, len(windows), _BATCH):
                batch = list(windows[start : start + _BATCH])
                prepared = prepare(batch, sampling_rate=rate, return_tensors="pt")
                layers = listener(prepared["input_values"], output_hidden_states=True).hidden_states
                states.append(torch.stack(layers).mean(dim=(0, 2)).numpy())
        mean = np.concatenate(states).mean(axis=0)
        return unit(mean if len(mean) == DIMENSIONS else mean @ orthonormal(len(mean), DIMENSIONS, name="mert"))

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        """Load the network and what prepares sound for it, when first needed."""
        transformers, torch = import_module("transformers"), import_module("torch")
        torch.set_num_threads(self._threads)
        values, _ = transformers.PreTrainedConfig.get_config_dict(self._folder, local_files_only=True)
        for key, usual in _BEYOND_HUBERT.items():
            if values.get(key, usual) != usual:
                raise Unavailable(
                    f"{self._folder} holds a MERT with {key}: Segue runs those without, as {MERT.repository}."
                )
        config = transformers.HubertConfig(**{key: value for key, value in values.items() if key != "model_type"})
        listener, report = transformers.HubertModel.from_pretrained(
            self._folder, config=config, local_files_only=True, output_loading_info=True
        )
        if report["missing_keys"]:
            raise Unavailable(f"{self._folder} holds no MERT: {len(report['missing_keys'])} weights are missing.")
        prepare = transformers.Wav2Vec2FeatureExtractor.from_pretrained(self._folder, local_files_only=True)
        return listener.eval(), prepare
