"""Music by a MusicGen that Replicate hosts: words are sent there, in ``extend`` the end of the song, too."""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.files import DecodeLimits, decode, encode
from segue.audio.signal import Audio, FloatArray, Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.windows import make_in_windows
from segue.engines.hosted.replicate import ReplicateAccount, ReplicateApi
from segue.engines.hosted.results import Refused
from segue.kit.errors import SegueError, Unavailable

_OURS: Final = "1"
_WINDOW_S: Final = 30.0
#: Encoders add some samples, and no more than these seconds.
_SLACK_S: Final = 2.0
#: What a window may weigh: 32 bits a sample at 96 kHz, two channels, and a little.
_MOST_BYTES: Final = round(_WINDOW_S + 5) * 96_000 * 2 * 4
_SEEDS: Final = 1 << 31


class ReplicateGenerator:
    """MusicGen, hosted. The description leaves this machine, and ten seconds of sound at a time to go on from.

    The same seed gives the same music only as far as the host sees to it.

    Parameters
    ----------
    account
        Access to it.

    Raises
    ------
    Unavailable
        There is none; the message says how to set one.
    """

    name = "replicate"

    def __init__(self, account: ReplicateAccount | None) -> None:
        if account is None:
            raise Unavailable("Music by Replicate needs an account there, which pays: set SEGUE_REPLICATE_TOKEN.")
        self._account = account
        self.version = f"{account.model}+{_OURS}"

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        Raises
        ------
        InvalidRequest
            If it shall be longer than a quarter of an hour (an hour with what it continues), or no longer than that.
        Refused, RateLimited
            Replicate did not make it; the message says why.
        """
        provenance = {"engine": self.name, "version": self.version}
        with ReplicateApi(self._account) as api:
            (made,) = make_in_windows(_HostedModel(api), [(request, folder, progress)], provenance)
        if isinstance(made, Exception):
            raise made
        return made


class _HostedModel:
    """A `segue.engines.generation.windows.WindowModel` whose windows are predictions."""

    channels = 2
    sample_rate = 32_000
    hop = 1
    window_s = _WINDOW_S
    follows_melodies = False

    def __init__(self, api: ReplicateApi) -> None:
        self._api = api

    def generator(self, seed: int) -> Iterator[int]:
        """Return a seed for each window."""
        return (number % _SEEDS for number in itertools.count(seed))

    def go_on(
        self,
        words: Sequence[str],
        before: FloatArray | None,
        melodies: FloatArray | None,  # noqa: ARG002 - the hosted model is given none
        *,
        seconds: float,
        generators: Sequence[Any],
        heard: Callable[[float], None],
    ) -> FloatArray:
        """Return sound for each of the words, one prediction after the other."""
        made = []
        for number, (text, seeds) in enumerate(zip(words, generators, strict=True)):
            lead = None if before is None else before[number]
            made.append(self._predicted(text, lead, seconds, next(seeds), heard))
            heard((number + 1) / len(words))
        length = min(sound.shape[1] for sound in made)
        return np.stack([sound[:, :length] for sound in made])

    def _predicted(
        self, text: str, lead: FloatArray | None, seconds: float, seed: int, heard: Callable[[float], None]
    ) -> FloatArray:
        """Return a prediction's sound, which begins with its lead."""
        begun = 0 if lead is None else lead.shape[1]
        whole_s = begun / self.sample_rate + seconds
        inputs: dict[str, object] = {
            "prompt": text,
            "model_version": "stereo-large",
            "duration": int(np.ceil(whole_s)),
            "output_format": "wav",
            "normalization_strategy": "clip",
            "seed": seed,
        }
        with tempfile.TemporaryDirectory(prefix="segue-replicate-") as name, ExitStack() as afterwards:
            if lead is not None:
                encode(Audio(lead, self.sample_rate), Path(name, "before.flac"), bit_depth=16)
                file = self._api.upload(Path(name, "before.flac"), "audio/flac")
                afterwards.callback(_quietly, self._api.delete_file, file)
                inputs |= {"input_audio": file.urls.get, "continuation": True}
            sound = self._fetched(self._run(inputs, heard), Path(name, "window.wav"))
        if sound.shape[1] < (whole_s - _SLACK_S) * self.sample_rate:
            short = f"{sound.shape[1] / self.sample_rate:.1f} s where {whole_s:.1f} s were asked for"
            raise Refused(f"Replicate's model made {short}: see SEGUE_REPLICATE_MUSICGEN.")
        return sound[:, : round(whole_s * self.sample_rate)]

    def _run(self, inputs: dict[str, object], heard: Callable[[float], None]) -> str:
        """Return where a prediction's sound lies; a sign of life is given whenever it is looked at."""
        with closing(self._api.run(inputs)) as running:
            while True:
                try:
                    next(running)
                except StopIteration as ended:
                    output = ended.value
                    break
                heard(0.0)
        if not isinstance(output, str):
            raise Refused("Replicate's model gave no sound: see SEGUE_REPLICATE_MUSICGEN.")
        return output

    def _fetched(self, url: str, path: Path) -> FloatArray:
        """Return the sound at an address; it is hostile until it is decoded."""
        self._api.download(url, path, max_bytes=_MOST_BYTES)
        limits = DecodeLimits(max_bytes=_MOST_BYTES, min_s=0.0, max_s=_WINDOW_S + 5)
        return decode(path, limits, sample_rate=self.sample_rate, channels=self.channels).audio.samples


def _quietly(do: Callable[..., object], *args: object) -> None:
    """Do what only tidies up; it is no matter if it cannot be done."""
    with suppress(SegueError):
        do(*args)
