"""Making tracks of any length with a model that oversees little: in windows that begin with the end of the last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import soxr

from segue.audio.files import OUR_LIMITS, decode
from segue.audio.signal import Audio, FloatArray, Progress, part_of
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.finishing import SAMPLE_RATE, finish
from segue.kit.errors import InvalidRequest, SegueError, Unavailable

Order = tuple[GenerationRequest, Path, Progress]

#: What is mastered is held as a whole; what a song is continued by is written block by block.
_LONGEST_S: Final = 900.0
_LONGEST_EXTENDED_S: Final = 3600.0
#: How much of what was made the model hears again when it goes on, and how its two hearings are faded into each other.
_OVERLAP_S: Final = 10.0
_SEAM_S: Final = 0.25
_FADE_OUT_S: Final = 4.0
#: Loading comes first in the progress, mastering last.
_LOADED, _MADE = 0.05, 0.9


class NoRoom(Exception):
    """There is too little memory for so many tracks at once."""


class WindowModel(Protocol):
    """A model that makes sound, or goes on with it, for as long as its window.

    Attributes
    ----------
    channels, sample_rate
        Of what it hears and makes.
    hop
        What goes before is heard in whole multiples of so many samples.
    window_s
        How much it oversees, with what goes before.
    follows_melodies
        Whether it can be given a melody.
    """

    channels: int
    sample_rate: int
    hop: int
    window_s: float
    follows_melodies: bool

    def generator(self, seed: int) -> Any:
        """Return chance for a track."""
        ...

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
        """Return sound for each of the words.

        Parameters
        ----------
        words
            What it shall sound like, one text a track.
        before
            What goes before, ``(tracks, channels, samples)``, all equally long; it is part of what is returned, as the
            model hears it.
        melodies
            ``(tracks, samples)``: what a model that can do so follows.
        seconds
            How much is to follow; no more than fits `window_s` with what goes before.
        generators
            From `generator`, one a track: they go on where they are.
        heard
            Told the share that is done, every few seconds; may raise to stop.

        Returns
        -------
        FloatArray
            ``(tracks, channels, samples)`` at `sample_rate`.

        Raises
        ------
        NoRoom
            Fewer tracks might do.
        """
        ...


class _Stopped(Exception):
    """All for whom a batch is made have stopped waiting."""


@dataclass(eq=False)
class _Track:
    """A track that is being made."""

    request: GenerationRequest
    folder: Path
    progress: Progress
    chance: Any = None
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


def make_in_windows(
    model: WindowModel, orders: Sequence[Order], provenance: Mapping[str, Any]
) -> list[Generation | Exception]:
    """Make tracks at once; each ends in a track or in what went wrong with it.

    Parameters
    ----------
    model
        What makes them.
    orders
        What is to be made, each in a folder of its own. One whose progress raises is left; the others go on.
    provenance
        The engine and its version: the rest is added.
    """
    work = _Work(model, [_Track(request, folder, progress) for request, folder, progress in orders])
    work.make()
    return [track.error or work.finished(track, provenance) for track in work.tracks]


@dataclass
class _Work:
    """Tracks that are made together."""

    model: WindowModel
    tracks: Sequence[_Track]

    def make(self) -> None:
        """Make all of them, window by window."""
        for track in self.tracks:
            try:
                self._prepare(track)
            except SegueError as error:
                track.error = error
            track.tell(_LOADED)
        while waiting := [track for track in self.tracks if track.lacks]:
            length = self._lead_length(waiting[0])
            self._go_on([track for track in waiting if self._lead_length(track) == length])

    def _prepare(self, track: _Track) -> None:
        request, model = track.request, self.model
        longest = _LONGEST_EXTENDED_S if request.mode == "extend" else _LONGEST_S
        if request.duration_s > longest:
            raise InvalidRequest(f"A track lasts {longest:.0f} seconds at most.")
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
        length = min(lead + int(track.made.shape[-1]), round(_OVERLAP_S * self.model.sample_rate))
        return length // self.model.hop * self.model.hop

    def _go_on(self, tracks: Sequence[_Track]) -> None:
        """Make the next window of tracks whose leads are equally long."""
        model = self.model
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
        except NoRoom:
            self._with_more_room(tracks)
            return
        except SegueError as error:
            for track in tracks:
                track.error = track.error or error
            return
        for track, made in zip(tracks, sound, strict=True):
            _join(track, made, length=length, seam=round(_SEAM_S * model.sample_rate))

    def _with_more_room(self, tracks: Sequence[_Track]) -> None:
        """Try what there was no room for by halves; one alone that has none is given up."""
        if len(tracks) == 1:
            tracks[0].error = Unavailable("There is too little memory free to make this track: try again later.")
            return
        for half in (tracks[: len(tracks) // 2], tracks[len(tracks) // 2 :]):
            self._go_on(half)

    def finished(self, track: _Track, provenance: Mapping[str, Any]) -> Generation | Exception:
        """Master a track and write it."""
        request, model = track.request, self.model
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
                    **provenance,
                    "seed": request.seed,
                    "duration_s": request.duration_s,
                    "description": request.description,
                    "made_beside": len(self.tracks) - 1,
                },
                lead_in_s=track.again.shape[-1] / model.sample_rate,
                progress=part_of(track.progress, _MADE, 1 - _MADE),
            )
        except Exception as error:  # the other tracks are not to be lost with it
            return error


def _as_the_model_hears(source: Audio, model: WindowModel) -> FloatArray:
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


def _melodies(tracks: Sequence[_Track], model: WindowModel) -> FloatArray | None:
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
    if sound.shape[-1] <= length:
        track.error = Unavailable("The model did not go on from what it was given.")
        return
    if track.lead is not None and not track.again.shape[-1]:
        track.again = sound[:, length - min(seam, length) : length]
    seam = min(seam, length, track.made.shape[-1])
    if seam:
        fade = np.linspace(0.0, 1.0, seam, dtype=np.float32)
        track.made[:, -seam:] = (1 - fade) * track.made[:, -seam:] + fade * sound[:, length - seam : length]
    track.made = np.concatenate([track.made, sound[:, length:]], axis=-1)
