"""MusicGen's network on PyTorch: from words, and sound that goes before, to the sound that follows."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.signal import FloatArray
from segue.engines.generation.windows import NoRoom
from segue.kit.errors import Unavailable

#: As its makers sample it (J. Copet et al., Simple and Controllable Music Generation, NeurIPS 2023).
_GUIDANCE: Final = 3.0
_TOP_K: Final = 250
_TEMPERATURE: Final = 1.0
#: What it was trained on, and can therefore oversee.
_WINDOW_S: Final = 30.0
_MELODY: Final = "musicgen_melody"
#: How the melody models see a melody: spectra of half a second, eight a second; the loudest pitch class counts.
_CHROMA_FFT, _CHROMA_HOP = 16_384, 4_096
_CHOSEN: Final = 1e4


class MusicgenModel:
    """MusicGen, small, medium, large, stereo or melody, as transformers runs it; a `WindowModel`.

    Parameters
    ----------
    folder
        The model's files as its makers publish them.
    device
        As PyTorch names it: ``cpu``, ``cuda``.
    threads
        Threads that PyTorch may use, for the whole process.
    """

    def __init__(self, folder: Path, *, device: str, threads: int) -> None:
        self._torch = import_module("torch")
        transformers = import_module("transformers")
        self._torch.set_num_threads(threads)
        configuration = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        self.follows_melodies = configuration.model_type == _MELODY
        kind = (
            transformers.MusicgenMelodyForConditionalGeneration
            if self.follows_melodies
            else transformers.MusicgenForConditionalGeneration
        )
        # Half precision on a GPU, as it was published for; processors are slower with it.
        precision = self._torch.float16 if device.startswith("cuda") else self._torch.float32
        model = kind.from_pretrained(folder, local_files_only=True, dtype=precision)
        self._model = model.eval().to(device)
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._processors = transformers.LogitsProcessorList
        self._criteria = transformers.StoppingCriteriaList
        self._device = device
        decoder = configuration.decoder
        self._codebooks = int(decoder.num_codebooks)
        self.channels = int(decoder.audio_channels)
        self.sample_rate = int(configuration.audio_encoder.sampling_rate)
        self.hop = self.sample_rate // int(configuration.audio_encoder.frame_rate)
        self.window_s = _WINDOW_S

    def go_on(
        self,
        words: Sequence[str],
        before: FloatArray | None,
        melodies: FloatArray | None,
        *,
        seconds: float,
        generators: Sequence[Any],
        heard: Callable[[float], None],
    ) -> FloatArray:
        """Return sound for each of the words: see `segue.engines.generation.windows.WindowModel`."""
        torch = self._torch
        frames = max(1, round(seconds * self.sample_rate / self.hop))
        steps = frames + self._codebooks
        text = self._tokenizer(list(words), padding=True, truncation=True, max_length=256, return_tensors="pt")
        inputs = {"input_ids": text["input_ids"], "attention_mask": text["attention_mask"]}
        if before is not None:
            inputs["decoder_input_ids"] = self._codes(before)
        if melodies is not None and self.follows_melodies:
            inputs["input_features"] = self._chroma(melodies).to(self._model.dtype)
        choice = _SeededChoice(torch, generators, self._codebooks)
        try:
            with torch.inference_mode():
                made = self._model.generate(
                    **{name: value.to(self._device) for name, value in inputs.items()},
                    do_sample=False,
                    guidance_scale=_GUIDANCE,
                    max_new_tokens=steps,
                    logits_processor=self._processors([choice]),
                    stopping_criteria=self._criteria([_Telling(torch, steps, heard)]),
                )
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise NoRoom from error
        sound: FloatArray = made.float().cpu().numpy()
        return sound

    def generator(self, seed: int) -> Any:
        """Return chance for a track."""
        return self._torch.Generator().manual_seed(seed % (1 << 63))

    def _codes(self, sound: FloatArray) -> Any:
        """Return sound in the codec's words, ``(tracks x codebooks, frames)``; a stereo model's take turns."""
        torch = self._torch
        whole = sound[:, :, : sound.shape[-1] // self.hop * self.hop]
        wave = torch.from_numpy(np.ascontiguousarray(whole)).to(self._device, self._model.dtype)
        with torch.inference_mode():
            sides = [
                self._model.audio_encoder.encode(wave[:, side : side + 1]).audio_codes[0]
                for side in range(self.channels)
            ]
        return torch.stack(sides, dim=2).reshape(len(sound) * self._codebooks, -1)

    def _chroma(self, melodies: FloatArray) -> Any:
        """Return the loudest pitch class eight times a second, ``(tracks, frames, 12)``, one-hot.

        As transformers prepares it, which needs torchaudio for that.
        """
        torch, utilities = self._torch, import_module("transformers.audio_utils")
        filters = torch.from_numpy(
            utilities.chroma_filter_bank(num_frequency_bins=_CHROMA_FFT, num_chroma=12, sampling_rate=self.sample_rate)
        ).float()
        wave = torch.from_numpy(melodies)
        short = max(0, _CHROMA_FFT - wave.shape[-1])
        wave = torch.nn.functional.pad(wave, (short // 2, short - short // 2))
        spectrum = torch.stft(
            wave, _CHROMA_FFT, hop_length=_CHROMA_HOP, window=torch.hann_window(_CHROMA_FFT), return_complex=True
        )
        chroma = torch.einsum("cf,bft->btc", filters, spectrum.abs().square())
        return torch.nn.functional.one_hot(chroma.argmax(dim=-1), 12).float()


class _SeededChoice:
    """Draws each track's tokens with chance of its own, so that a track does not depend on what is made beside it.

    It guides by the difference that the words make, and draws from the likeliest by adding Gumbel noise (E. Gumbel
    1954): the largest sum is as probable as sampling has it. The library then takes the largest, in both halves.
    """

    def __init__(self, torch: Any, generators: Sequence[Any], codebooks: int) -> None:
        self._torch = torch
        self._generators = generators
        self._codebooks = codebooks

    def __call__(self, _: Any, scores: Any) -> Any:
        """Return scores by which the tokens that were drawn win."""
        torch = self._torch
        told, untold = scores.float().chunk(2)
        guided = untold + (told - untold) * _GUIDANCE
        best = min(_TOP_K, guided.shape[-1])
        guided = guided.masked_fill(guided < guided.topk(best).values[:, -1:], -torch.inf)
        shape = (self._codebooks, guided.shape[-1])
        chances = torch.cat([torch.rand(shape, generator=generator) for generator in self._generators])
        noise = -torch.log(-torch.log(chances.clamp(1e-20, 1 - 1e-7)))
        drawn = (guided / _TEMPERATURE + noise.to(guided.device)).argmax(dim=-1, keepdim=True)
        chosen = torch.full_like(scores, -_CHOSEN)
        return chosen.scatter_(1, drawn.repeat(2, 1), _CHOSEN)


class _Telling:
    """Tells after each step how far it is; never stops by itself."""

    def __init__(self, torch: Any, steps: int, heard: Callable[[float], None]) -> None:
        self._torch = torch
        self._steps = steps
        self._heard = heard
        self._done = 0

    def __call__(self, input_ids: Any, _: Any, **__: Any) -> Any:
        """Tell, and go on."""
        self._done += 1
        self._heard(min(1.0, self._done / self._steps))
        return self._torch.zeros(input_ids.shape[0], dtype=self._torch.bool, device=input_ids.device)


def choose_device(wanted: str, needed_bytes: int) -> str:
    """Return the device on which a model of so many bytes has room to work.

    Parameters
    ----------
    wanted
        ``auto``, or a device as PyTorch names it.
    needed_bytes
        The weights with what it takes to run them.

    Raises
    ------
    Unavailable
        There is no such device, or nowhere is room.
    """
    torch, psutil = import_module("torch"), import_module("psutil")
    free = int(psutil.virtual_memory().available)
    if wanted != "cpu":
        there = torch.cuda.is_available()
        if there and torch.cuda.mem_get_info()[0] >= needed_bytes:
            return "cuda" if wanted == "auto" else wanted
        if wanted != "auto":
            why = f"the GPU has less than {needed_bytes / 1e9:.1f} GB free" if there else "there is no GPU"
            raise Unavailable(f"MusicGen cannot run on {wanted}: {why}. Set SEGUE_MUSICGEN_DEVICE=cpu, or wait.")
    if free < needed_bytes:
        raise Unavailable(
            f"MusicGen needs {needed_bytes / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free:"
            " choose a smaller one (SEGUE_MUSICGEN_MODEL)."
        )
    return "cpu"
