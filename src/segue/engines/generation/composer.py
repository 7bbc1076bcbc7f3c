"""The offline engine: composes a song, plays it, mixes and masters it, on any machine and without any weights."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from segue.audio.files import encode
from segue.audio.mastering import MasterReport, master
from segue.audio.mastering.writing import write_mastered
from segue.audio.signal import Audio, FloatArray, Progress, no_progress, part_of
from segue.engines.generation import BEGINNING, COMPOSED_S, Generation, GenerationRequest
from segue.engines.generation.singing import VOICE, Chorister
from segue.engines.models.install import installed_file, is_installed
from segue.engines.models.registry import MUSESCORE_GENERAL
from segue.kit.errors import InvalidRequest
from segue.music.composing import compose
from segue.music.excerpting import excerpt
from segue.music.midi import midi_bytes
from segue.music.producing import Produced, produce
from segue.music.production import Production, plan_production
from segue.music.project import describe
from segue.music.score import Score
from segue.music.wishes import Wishes

SAMPLE_RATE: Final = 44100
_BEGINNING_S: Final = 25.0
_BEGINNING_BIT_RATE: Final = 256_000
_CUT_S: Final = 0.01
_MIDI: Final = "score.mid"
#: From this length on the beginning is made by itself; a shorter song is done as soon.
_LONG_S: Final = 60.0
_FULLEST_S: Final = 12.0
_COMPOSED, _BEGUN, _PRODUCED = 0.05, 0.15, 0.55


class ComposerEngine:
    """Composes and plays by rule and chance: `segue.music`.

    Parameters
    ----------
    soundfont
        A General MIDI soundfont for acoustic instruments; without it, our own synthesis plays all of them.
    chorister
        Who sings words; without one, voices sing vowels.
    threads
        Threads that it may use.
    """

    name = "composer"
    version = "1"

    def __init__(self, soundfont: Path | None = None, *, chorister: Chorister | None = None, threads: int = 2) -> None:
        self._soundfont = soundfont
        self._chorister = chorister
        self._threads = threads

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        Raises
        ------
        InvalidRequest
            If the track shall be shorter than 10 seconds or longer than a quarter of an hour, or continue another.
        """
        _check(request)
        wishes = replace(request.wishes, duration_s=request.duration_s, vocals=bool(request.wishes.vocals))
        score = _composed(request.seed, wishes)
        progress(_COMPOSED)
        sung = None if self._chorister is None else self._chorister.sing(score, request, sample_rate=SAMPLE_RATE)
        production = plan_production(score, bass=wishes.bass)
        recorded = {} if sung is None else {VOICE: sung.sound}
        if request.duration_s >= _LONG_S:
            self._begin(score, production, recorded, folder / BEGINNING)
            progress(_BEGUN)
        produced = produce(
            score,
            production,
            soundfont=self._soundfont,
            recorded=recorded,
            sample_rate=SAMPLE_RATE,
            threads=self._threads,
            progress=part_of(progress, _BEGUN, _PRODUCED - _BEGUN),
        )
        tags = {key: text for key, text in (("title", request.title), ("artist", request.artist)) if text}
        written = self._write(produced, folder, tags, part_of(progress, _PRODUCED, 1 - _PRODUCED))
        (folder / _MIDI).write_bytes(midi_bytes(score))
        return Generation(
            mix=written["mix"],
            stems={role: written[role] for role in produced.stems},
            midi=folder / _MIDI,
            project={**describe(score), "lyrics": [] if sung is None else list(sung.lines)},
            provenance={
                "engine": self.name,
                "version": self.version,
                "seed": request.seed,
                "duration_s": request.duration_s,
                "wishes": _plain(wishes),
                "soundfont": MUSESCORE_GENERAL.version if self._soundfont else None,
                "voice": None if self._chorister is None else self._chorister.version,
            },
        )

    def _begin(self, score: Score, production: Production, recorded: Mapping[str, FloatArray], path: Path) -> None:
        """Write the song's beginning long before the rest is played.

        It is produced together with the fullest bars of the song, which set the levels of the whole.
        """
        spans = _telling_spans(score)
        end_s = float(score.seconds(spans[0][1]))
        heard = {name: samples[: round(end_s * SAMPLE_RATE)] for name, samples in recorded.items()}
        produced = produce(
            excerpt(score, spans),
            production,
            soundfont=self._soundfont,
            recorded=heard,
            sample_rate=SAMPLE_RATE,
            threads=self._threads,
        )
        made, _ = master(produced.premaster, tilt_db=produced.tilt_db)
        _write_beginning(Audio(made.samples[:, : round(end_s * SAMPLE_RATE)], SAMPLE_RATE), path)

    def _write(self, produced: Produced, folder: Path, tags: Mapping[str, str], progress: Progress) -> dict[str, Path]:
        """Write the mix, its beginning first, and the stems beside it."""

        def mastered(ceiling_dbtp: float, told: Progress) -> tuple[Audio, MasterReport]:
            made, report = master(
                produced.premaster, ceiling_dbtp=ceiling_dbtp, tilt_db=produced.tilt_db, progress=told
            )
            if not (folder / BEGINNING).exists():
                _write_beginning(made, folder / BEGINNING)
            return made, report

        (folder / "stems").mkdir()
        files: dict[str, Path] = {"mix": folder / "mix.flac"}
        with ThreadPoolExecutor(max(1, self._threads - 1)) as pool:
            waiting = [
                pool.submit(encode, Audio(stem, SAMPLE_RATE), folder / "stems" / f"{role}.flac", tags=tags)
                for role, stem in produced.stems.items()
            ]
            write_mastered(mastered, files["mix"], tags=tags, progress=part_of(progress, 0.0, 0.9))
            for done in waiting:
                done.result()
        progress(1.0)
        return files | {role: folder / "stems" / f"{role}.flac" for role in produced.stems}


def installed_soundfont(models_dir: Path) -> Path | None:
    """Return the soundfont that `segue models install` made, if it is there."""
    if not is_installed(MUSESCORE_GENERAL, models_dir):
        return None
    return installed_file(models_dir, MUSESCORE_GENERAL, MUSESCORE_GENERAL.files[0])


def _check(request: GenerationRequest) -> None:
    """Refuse what cannot be composed."""
    if request.mode == "extend":
        raise InvalidRequest("The composer makes new songs: ask for the mode new, similar or radio.")
    shortest_s, longest_s = COMPOSED_S
    if not shortest_s <= request.duration_s <= longest_s:
        raise InvalidRequest(f"A composed song lasts {shortest_s:.0f} to {longest_s:.0f} seconds.")


def _composed(seed: int, wishes: Wishes) -> Score:
    try:
        return compose(seed, wishes)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error


def _telling_spans(score: Score) -> list[tuple[int, int]]:
    """Return the beats of the beginning and of the fullest section's first bars."""
    bar = score.beats_per_bar
    beats = score.beats_s.size - 1
    per_s = beats / float(score.beats_s[-1] - score.beats_s[0])
    fullest = max(score.sections, key=lambda section: section.energy)
    end = round(_BEGINNING_S * per_s / bar) * bar
    at = round(fullest.start / bar) * bar
    length = min(round(_FULLEST_S * per_s / bar) * bar, round(fullest.end / bar) * bar - at)
    return [(0, min(end, beats)), (at, min(at + max(bar, length), beats))]


def _write_beginning(made: Audio, path: Path) -> None:
    """Write what can be listened to while the rest is written."""
    samples = made.samples[:, : round(_BEGINNING_S * made.sample_rate)]
    if samples.shape[1] < made.length:
        samples = samples.copy()
        cut = round(_CUT_S * made.sample_rate)
        samples[:, -cut:] *= np.linspace(1.0, 0.0, cut, dtype=np.float32)
    encode(Audio(samples, made.sample_rate), path, bit_rate=_BEGINNING_BIT_RATE)


def _plain(wishes: Wishes) -> dict[str, Any]:
    """Return the wishes as they can be written down."""
    return {name: value for name, value in asdict(wishes).items() if value not in (None, {}, ())}
