"""Seven numbers that describe a song at a glance, in the words that listeners know from Spotify.

They are heuristics: each is a weighted mean of plain measurements, mapped linearly between a value that counts as
none and one that counts as full. They order songs sensibly (a shout above a lullaby); they are not trained on
anybody's ratings. Energy, speechiness and danceability rest on what they name; instrumentalness (voices glide,
fretted and keyed instruments do not), liveness and valence are the weakest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Descriptors, Key, Loudness, Rhythm
from segue.audio.beatwise import strongest_near
from segue.audio.onsets import Onsets
from segue.audio.spectrum import MEL_FPS, Spectra, band_rows, level_db
from segue.audio.tonality import Chroma

_AUDIBLE_DB = -40.0
_NOTHING = Descriptors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Measurements:
    """Over the audible frames of a song: rises of the mel bands, levels in dB, flatness and tonalness 0 to 1."""

    flux: float
    treble_db: float
    flatness: float
    floor_flatness: float
    tonalness: float
    range_db: float
    pauses: float
    envelope_db: float


def describe(
    spectra: Spectra, onsets: Onsets, chroma: Chroma, *, rhythm: Rhythm, key: Key, loudness: Loudness
) -> Descriptors:
    """Compute the descriptors of a song; all 0 for silence.

    - **energy**: loudness (-30 to -8 LUFS), density of onsets, share of treble above 5 kHz.
    - **danceability**: how far the beat stands out, of all onsets and in the bass; evenness; nearness to 118 BPM;
      less where the tempo is doubtful.
    - **valence**: major mode, tempo, danceability, brightness.
    - **acousticness**: little treble, soft onsets, partials rather than noise.
    - **speechiness**: wide and fast swings of level with pauses, gliding pitch, few partials, no clear beat.
    - **instrumentalness**: how little the partials between 250 and 1500 Hz glide, less whatever speech there is.
    - **liveness**: beats that drift from a straight line, and noise under the quietest moments.
    """
    audible = level_db(spectra) > _AUDIBLE_DB
    if spectra.silent or not audible.any():
        return _NOTHING
    heard = _measure(spectra, onsets, chroma, audible)
    dance = _danceability(onsets, rhythm)
    speech = _speechiness(heard, chroma, rhythm)
    bright = _ramp(heard.treble_db, -32.0, -14.0)
    busy = _ramp(heard.flux, 0.01, 0.065)
    energy = 0.4 * _ramp(loudness.integrated_lufs, -30.0, -8.0) + 0.35 * busy + 0.25 * bright
    major = 0.5 + (0.5 if key.mode == "major" else -0.5) * min(2.0 * key.confidence, 1.0)
    valence = 0.35 * major + 0.2 * _ramp(rhythm.tempo_bpm, 60.0, 150.0) + 0.25 * dance + 0.2 * bright
    soft, tonal = _ramp(heard.flux, 0.05, 0.012), _ramp(heard.tonalness, 0.3, 0.65)
    acoustic = 0.35 * (1.0 - bright) + 0.3 * soft + 0.2 * tonal + 0.15 * _ramp(heard.flatness, 0.15, 0.02)
    instrumental = _ramp(chroma.glide_semitones, 0.2, 0.09) * (1.0 - speech)
    live = 0.55 * _unevenness(rhythm) + 0.45 * _ramp(heard.floor_flatness, 0.05, 0.4)
    scores = (energy, valence, dance, acoustic, instrumental, speech, live)
    return Descriptors(*(round(float(np.clip(score, 0.0, 1.0)), 4) for score in scores))


def _measure(spectra: Spectra, onsets: Onsets, chroma: Chroma, audible: NDArray[np.bool_]) -> _Measurements:
    mel = spectra.mel[:, audible]
    power = mel.sum(axis=0)
    flatness = np.exp(np.log(mel + 1e-6).mean(axis=0)) / (mel.mean(axis=0) + 1e-6)
    treble = float(mel[band_rows(5000.0, 20000.0)].sum() / power.sum())
    middle = 10.0 * np.log10(mel[band_rows(300.0, 3500.0)].sum(axis=0) + 1e-4)
    level = level_db(spectra)
    return _Measurements(
        flux=float(onsets.flux[audible].mean()),
        treble_db=10.0 * float(np.log10(treble + 1e-6)),
        flatness=float(flatness.mean()),
        floor_flatness=float(flatness[power <= np.quantile(power, 0.1)].mean()),
        tonalness=float(chroma.tonalness.mean()),
        range_db=float(np.quantile(level, 0.95) - np.quantile(level, 0.3)),
        pauses=float(np.mean(level < -25.0)),
        envelope_db=float(middle.std()),
    )


def _danceability(onsets: Onsets, rhythm: Rhythm) -> float:
    if len(rhythm.beats_s) < 8:
        return 0.0
    layers = np.stack([onsets.strength, onsets.registers[0]])
    on_beats = strongest_near(layers, MEL_FPS, np.array(rhythm.beats_s), 2).mean(axis=1)
    contrast = on_beats / (layers.mean(axis=1) + 1e-6)
    nearness = float(np.exp(-0.5 * (np.log2(rhythm.tempo_bpm / 118.0) / 0.6) ** 2))
    stands_out = 0.5 * _ramp(float(contrast[0]), 1.5, 8.0) + 0.5 * _ramp(float(contrast[1]), 1.5, 10.0)
    dance = 0.6 * stands_out + 0.25 * nearness + 0.15 * (1.0 - _unevenness(rhythm))
    return dance * (0.3 + 0.7 * _ramp(rhythm.tempo_confidence, 0.2, 0.7))


def _speechiness(heard: _Measurements, chroma: Chroma, rhythm: Rhythm) -> float:
    swings = 0.5 * _ramp(heard.range_db, 11.0, 20.0) + 0.3 * _ramp(heard.envelope_db, 8.0, 12.0)
    swings += 0.2 * _ramp(heard.pauses, 0.03, 0.2)
    voice = _ramp(chroma.glide_semitones, 0.17, 0.235) * _ramp(heard.tonalness, 0.5, 0.3)
    return swings * voice * (1.0 - 0.7 * _ramp(rhythm.tempo_confidence, 0.4, 0.8))


def _unevenness(rhythm: Rhythm) -> float:
    """Return 0 for beats on a straight line, 1 for beats that stray 50 ms from it."""
    beats = np.array(rhythm.beats_s)
    if beats.size < 8:
        return 0.5
    counts = np.arange(beats.size)
    stray = beats - np.polyval(np.polyfit(counts, beats, 1), counts)
    return _ramp(float(np.median(np.abs(stray))), 0.0, 0.05)


def _ramp(value: float, none: float, full: float) -> float:
    """Map ``none`` to 0 and ``full`` to 1, linearly, and clip; ``full`` may be the smaller."""
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))
