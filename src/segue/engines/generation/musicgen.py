"""Music by MusicGen, with weights that the user has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from segue.audio.files import OUR_LIMITS, decode
from segue.audio.signal import Audio, FloatArray, Progress, no_progress, part_of
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.finishing import SAMPLE_RATE, finish
from segue.engines.generation.musicgen_model import MusicgenModel, choose_device
from segue.engines.local_weights import LocalWeights
from segue.kit.errors import InvalidRequest, Unavailable

#: What `MusicgenOptions.model` may name.
MODELS: Final = (
    "musicgen-small",
    "musicgen-medium",
    "musicgen-large",
    "musicgen-melody",
    "musicgen-stereo-small",
    "musicgen-stereo-medium",
    "musicgen-stereo-large",
    "musicgen-stereo-melody",
)
_OURS: Final = "1"
_LONGEST_S: Final = 3600.0
#: How much of what was made the model hears again when it goes on, and how its two hearings are faded into each other.
_OVERLAP_S: Final = 10.0
_SEAM_S: Final = 0.25
_FADE_OUT_S: Final = 4.0
#: Loading comes first in the progress, mastering last.
_LOADED, _MADE = 0.05, 0.9
#: What a model needs beside its weights, as a share of them, and for each track that is made at once.
_BESIDE: Final = 0.3
_PER_TRACK_BYTES: Final = 400_000_000


def weights_of(model: str) -> LocalWeights:
    """Return what is known of one of `MODELS`."""
    return LocalWeights(
        engine=model,
        repository=f"facebook/{model}",
        licence="CC-BY-NC-4.0: not for commercial use",
        note="makes music from words; slow without a GPU",
    )


class _Stopped(Exception):
    """All for whom a batch is made have stopped waiting."""


@dataclass(eq=False)
class _Track:
    """A track that is being made."""

    request: GenerationRequest
    folder: Path
    progress: Progress
    chance: Any
    #: What the continuation is heard after, at the model's rate; nothing where a track begins from words.
    lead: FloatArray | None = None
    melody: FloatArray | None = None
    #: The end of the lead as the model heard it, by which the continuation is faded in.
    again: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    made: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    wanted: int = 0
    error: Exception | None = None

    @property
    def lacks(self) -> int:
        """How many samples are still to be made."""
        return 0 if self.error else max(0, self.wanted - self.made.shape[-1])

    def tell(self, share: float) -> None:
        """Tell whoever waits; who raises waits no longer."""
        if self.error is None:
            try:
                self.progress(share)
            except Exception as error:  # whatever stops one track leaves the others
                self.error = error


class MusicgenEngine:
    """MusicGen (J. Copet et al., NeurIPS 2023): words, and sound to follow or to continue, to sound; of any length.

    It oversees half a minute. What is longer is made in windows that begin with the last ten seconds of the one
    before. Several tracks are made at once, each with chance of its own: one made alone and one made among others
    differ by rounding at most.

    Parameters
    ----------
    models_dir
        The model's files lie in a folder of its name there.
    model
        One of `MODELS`.
    device
        ``auto``: a GPU if there is one with room enough; ``cpu``, ``cuda``.
    threads
        Threads that PyTorch may use.

    Raises
    ------
    Unavailable
        If the libraries or the weights are missing; the message says how to get them.
    """

    name = "musicgen"

    def __init__(self, models_dir: Path, model: str, *, device: str, threads: int) -> None:
        weights = weights_of(model)
        self._folder = weights.found(models_dir)
        self._device = device
        self._threads = threads
        self._model_name = model
        self.version = f"{model}-{weights.fingerprint(models_dir)}+{_OURS}"

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        Raises
        ------
        InvalidRequest
            If it shall be longer than an hour, or not longer than what it continues.
        """
        (made,) = self.generate_many([(request, folder, progress)])
        if isinstance(made, Exception):
            raise made
        return made

    def generate_many(self, orders: Sequence[tuple[GenerationRequest, Path, Progress]]) -> list[Generation | Exception]:
        """Make several tracks at once; each ends in a track or in what went wrong with it."""
        tracks = [_Track(request, folder, progress, None) for request, folder, progress in orders]
        for track in tracks:
            try:
                self._prepare(track)
                track.tell(_LOADED)
            except (InvalidRequest, Unavailable) as error:
                track.error = error
        while waiting := [track for track in tracks if track.lacks]:
            length = self._lead_length(waiting[0])
            self._go_on([track for track in waiting if self._lead_length(track) == length])
        return [track.error or self._finished(track, beside=len(tracks) - 1) for track in tracks]

    @cached_property
    def _model(self) -> MusicgenModel:
        """Load the network when it is first needed, where there is room."""
        size = sum(file.stat().st_size for file in self._folder.iterdir() if file.is_file())
        needed = round(size * (1 + _BESIDE)) + _PER_TRACK_BYTES
        device = choose_device(self._device, needed)
        return MusicgenModel(self._folder, device=device, threads=self._threads)

    def _prepare(self, track: _Track) -> None:
        request, model = track.request, self._model
        if request.duration_s > _LONGEST_S:
            raise InvalidRequest(f"A track lasts {_LONGEST_S:.0f} seconds at most.")
        track.chance = model.generator(request.seed)
        seconds = request.duration_s
        if request.source is not None and (request.mode == "extend" or model.follows_melodies):
            source = decode(request.source, OUR_LIMITS).audio
            heard = _as_the_model_hears(source, model)
            if request.mode == "extend":
                seconds -= source.duration_s
                if seconds <= 0:
                    raise InvalidRequest(f"The song lasts {source.duration_s:.0f} s already: ask for more.")
                track.lead = heard[:, -round(_OVERLAP_S * model.sample_rate) :]
            else:
                track.melody = heard.mean(axis=0)
        track.made = np.zeros((model.channels, 0), np.float32)
        track.wanted = round(seconds * model.sample_rate)

    def _lead_length(self, track: _Track) -> int:
        """Return how much goes before a track's next window, in whole frames of the codec."""
        lead = 0 if track.lead is None else track.lead.shape[-1]
        length = min(lead + int(track.made.shape[-1]), round(_OVERLAP_S * self._model.sample_rate))
        return length // self._model.hop * self._model.hop

    def _go_on(self, tracks: Sequence[_Track]) -> None:
        """Make the next window of tracks whose leads are equally long."""
        model = self._model
        length = self._lead_length(tracks[0])
        leads = [_end_of(track, length) for track in tracks]
        room = model.window_s - length / model.sample_rate
        seconds = min(room, max(track.lacks for track in tracks) / model.sample_rate)

        def heard(share: float) -> None:
            for track in tracks:
                done = track.made.shape[-1] + share * seconds * model.sample_rate
                track.tell(_LOADED + (_MADE - _LOADED) * min(1.0, done / track.wanted))
            if all(track.error for track in tracks):
                raise _Stopped

        try:
            sound = model.go_on(
                [track.request.description for track in tracks],
                np.stack(leads) if length else None,
                _melodies(tracks, model),
                seconds=seconds,
                generators=[track.chance for track in tracks],
                heard=heard,
            )
        except _Stopped:
            return
        except import_module("torch").OutOfMemoryError as error:
            self._make_room(tracks, error)
            return
        for track, made in zip(tracks, sound, strict=True):
            _join(track, made, length=length, seam=round(_SEAM_S * model.sample_rate))

    def _make_room(self, tracks: Sequence[_Track], error: Exception) -> None:
        """Give what the GPU had no room for another try, by halves; one alone that has none is given up."""
        import_module("torch").cuda.empty_cache()
        if len(tracks) == 1:
            tracks[0].error = Unavailable("The GPU has too little memory free for MusicGen.")
            tracks[0].error.__cause__ = error
            return
        for half in (tracks[: len(tracks) // 2], tracks[len(tracks) // 2 :]):
            self._go_on(half)

    def _finished(self, track: _Track, *, beside: int) -> Generation | Exception:
        request, model = track.request, self._model
        made = track.made[:, : track.wanted].copy()
        fade = min(round(_FADE_OUT_S * model.sample_rate), made.shape[-1])
        made[:, made.shape[-1] - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        if track.again.shape[-1]:
            made = np.concatenate([track.again, made], axis=-1)
        try:
            return finish(
                Audio(_resampled(made, model.sample_rate, SAMPLE_RATE), SAMPLE_RATE),
                request,
                track.folder,
                provenance={
                    "engine": self.name,
                    "version": self.version,
                    "seed": request.seed,
                    "duration_s": request.duration_s,
                    "description": request.description,
                    "made_beside": beside,
                },
                lead_in_s=track.again.shape[-1] / model.sample_rate,
                progress=part_of(track.progress, _MADE, 1 - _MADE),
            )
        except Exception as error:  # the other tracks are not to be lost with it
            return error


def _as_the_model_hears(source: Audio, model: MusicgenModel) -> FloatArray:
    """Return sound at a model's rate, with its channels."""
    samples = source.mono()[None] if model.channels == 1 else np.broadcast_to(source.samples[:2], (2, source.length))
    return _resampled(samples, source.sample_rate, model.sample_rate)


def _resampled(samples: FloatArray, rate: int, wanted: int) -> FloatArray:
    if rate == wanted:
        return np.ascontiguousarray(samples)
    resampled: FloatArray = np.ascontiguousarray(soxr.resample(samples.T, rate, wanted).T, dtype=np.float32)
    return resampled


def _end_of(track: _Track, length: int) -> FloatArray:
    """Return the last samples of what was heard and made so far."""
    whole = track.made if track.lead is None else np.concatenate([track.lead, track.made], axis=-1)
    end: FloatArray = whole[:, whole.shape[-1] - length :]
    return end


def _melodies(tracks: Sequence[_Track], model: MusicgenModel) -> FloatArray | None:
    """Return the part of each track's melody that comes next, silence where there is none; nothing if none has one."""
    if all(track.melody is None for track in tracks):
        return None
    length = round(model.window_s * model.sample_rate)
    melodies = np.zeros((len(tracks), length), np.float32)
    for row, track in zip(melodies, tracks, strict=True):
        if track.melody is not None and track.melody.size:
            at = track.made.shape[-1] % track.melody.size
            part = track.melody[at : at + length]
            row[: part.size] = part
    return melodies


def _join(track: _Track, sound: FloatArray, *, length: int, seam: int) -> None:
    """Add what follows a lead of a length to a track; what was made before is faded into how it was heard again."""
    if track.lead is not None and not track.again.shape[-1]:
        track.again = sound[:, length - min(seam, length) : length]
    seam = min(seam, length, track.made.shape[-1])
    if seam:
        fade = np.linspace(0.0, 1.0, seam, dtype=np.float32)
        track.made[:, -seam:] = (1 - fade) * track.made[:, -seam:] + fade * sound[:, length - seam : length]
    track.made = np.concatenate([track.made, sound[:, length:]], axis=-1)
