"""A song as the stuff that it is extended from: what each of its beats sounds like, and where each lies in its bar."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from segue.audio.analysis import Analysis, Rhythm, Section, SectionLabel
from segue.audio.beatwise import average_between, standardized, unit_columns
from segue.audio.signal import Audio, FloatArray
from segue.audio.spectrum import MEL_FPS, TONAL_FPS, Spectra, analyze_spectra, level_db, levelled_mono, sounding_span
from segue.audio.tonality import measure_chroma

#: Without a pulse, a song is cut into units of so many seconds.
UNIT_S: Final = 0.5
_LEAST_BEATS: Final = 24
_LEAST_CONFIDENCE: Final = 0.15
#: Beats must cover this share of what sounds: a pulse that comes and goes is none to walk along.
_LEAST_COVER: Final = 0.7
_PARTS: Final = 4
_CEPSTRA: Final = 14
_HARMONY_WEIGHT, _LEVEL_WEIGHT, _TEMPO_WEIGHT = 1.6, 1.2, 25.0
_QUIETEST_DB: Final = -45.0
#: By what the compression of `segue.audio.spectrum` is exceeded.
_DEEPER: Final = np.float32(20.0)


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A song, measured from beat to beat.

    Attributes
    ----------
    edges_s
        Where the beats begin, and where the last of them ends, ascending, shape ``(beats + 1,)``; before the first
        and after the last lies what has no beat.
    places
        Of each edge, how many beats its bar is old; 0 is a downbeat. All 0 without a pulse. Shape ``(beats + 1,)``.
    bars
        Of each edge, how many bars its section is old, shape ``(beats + 1,)``.
    labels
        Of each beat, its section's.
    features
        What each beat sounds like, shape ``(rows, beats)``: products are comparable, distances are.
    level_db
        Of each beat, relative to the loud parts of the song.
    pulse
        Whether there are beats; otherwise the units are of `UNIT_S`.
    beats_per_bar
        1 without a pulse.
    duration_s
        Of the whole song.
    mono
        As in `segue.audio.spectrum`: the sound that seams are tried on.
    log_mel
        Its `deepened` mel spectrum.
    """

    edges_s: NDArray[np.float64] = field(repr=False)
    places: NDArray[np.int64] = field(repr=False)
    bars: NDArray[np.int64] = field(repr=False)
    labels: tuple[SectionLabel, ...] = field(repr=False)
    features: FloatArray = field(repr=False)
    level_db: FloatArray = field(repr=False)
    pulse: bool
    beats_per_bar: int
    duration_s: float
    mono: FloatArray = field(repr=False)
    log_mel: FloatArray = field(repr=False)

    @property
    def count(self) -> int:
        """How many beats there are."""
        return len(self.labels)

    @property
    def bar_s(self) -> float:
        """How long a bar is, in the median; four units of `UNIT_S` without a pulse."""
        return float(np.median(np.diff(self.edges_s))) * (self.beats_per_bar if self.pulse else 4)


def gather(audio: Audio, analysis: Analysis) -> Material:
    """Measure a song.

    Parameters
    ----------
    audio
        Any rate and number of channels; may be memory-mapped.
    analysis
        Of the same song.

    Returns
    -------
    Material
        Of silence, and of less than two units of sound, with no beats at all.
    """
    spectra = analyze_spectra(audio)
    log_mel = deepened(spectra.log_mel)
    mono, _ = levelled_mono(audio)
    start, end = sounding_span(spectra)
    pulse = has_pulse(analysis.rhythm, end - start)
    edges = _edges(analysis.rhythm, start, end, pulse=pulse)
    places = _places(edges, analysis.rhythm) if pulse else np.zeros(edges.size, dtype=np.int64)
    beats_per_bar = analysis.rhythm.time_signature if pulse else 1
    return Material(
        edges_s=edges,
        places=places,
        bars=_bars(edges, places, analysis.sections),
        labels=_labels(edges, analysis.sections),
        features=_features(spectra, log_mel, edges),
        level_db=average_between(level_db(spectra)[None, :], MEL_FPS, edges)[0],
        pulse=pulse,
        beats_per_bar=beats_per_bar,
        duration_s=audio.duration_s,
        mono=mono,
        log_mel=log_mel,
    )


def deepened(log_mel: FloatArray) -> FloatArray:
    """Return ``log10(1 + 20000 mel)`` of a `Spectra.log_mel`: down to what is only heard when it is cut off."""
    deep = np.power(np.float32(10.0), log_mel)
    deep -= 1.0
    deep *= _DEEPER
    deep += 1.0
    return np.asarray(np.log10(np.maximum(deep, 1.0, out=deep)), dtype=np.float32)


def has_pulse(rhythm: Rhythm, sounding_s: float) -> bool:
    """Tell whether a song has beats that one can walk along: enough of them, believed in, over most of its length."""
    beats = rhythm.beats_s
    if len(beats) < _LEAST_BEATS or rhythm.tempo_confidence < _LEAST_CONFIDENCE:
        return False
    return beats[-1] - beats[0] > _LEAST_COVER * sounding_s


def _edges(rhythm: Rhythm, start: float, end: float, *, pulse: bool) -> NDArray[np.float64]:
    if pulse:
        return np.array([beat for beat in rhythm.beats_s if start - 0.05 <= beat <= end])
    return np.arange(start, end, UNIT_S) if end - start >= 2 * UNIT_S else np.array([0.0])


def _places(edges: NDArray[np.float64], rhythm: Rhythm) -> NDArray[np.int64]:
    """Count the beats since the last downbeat; before the first one, backwards from it."""
    downbeats = np.flatnonzero(np.isin(edges, rhythm.downbeats_s))
    if not downbeats.size:
        return np.arange(edges.size) % rhythm.time_signature
    order = np.arange(edges.size)
    last = downbeats[np.maximum(np.searchsorted(downbeats, order, side="right") - 1, 0)]
    return np.asarray((order - last) % rhythm.time_signature, dtype=np.int64)


def _bars(edges: NDArray[np.float64], places: NDArray[np.int64], sections: tuple[Section, ...]) -> NDArray[np.int64]:
    """Count the bars since each edge's section began."""
    lines = np.cumsum(places == 0)
    begins = np.searchsorted(edges, [section.start_s - 0.1 for section in sections])
    lines_at = lines[np.minimum(begins, edges.size - 1)]
    section = np.searchsorted(begins, np.arange(edges.size), side="right") - 1
    return np.asarray(np.maximum(lines - lines_at[np.maximum(section, 0)], 0), dtype=np.int64)


def _labels(edges: NDArray[np.float64], sections: tuple[Section, ...]) -> tuple[SectionLabel, ...]:
    middles = (edges[:-1] + edges[1:]) / 2
    at = np.searchsorted([section.start_s for section in sections], middles, side="right") - 1
    return tuple(sections[max(index, 0)].label for index in at)


def _features(spectra: Spectra, log_mel: FloatArray, edges: NDArray[np.float64]) -> FloatArray:
    """Describe each beat: timbre in quarters of it, harmony in halves, level and length."""
    if edges.size < 2:
        return np.zeros((1, 0), dtype=np.float32)
    quarters = _parts_of(edges, _PARTS)
    mel = average_between(log_mel, MEL_FPS, quarters)
    cepstra = standardized(fft.dct(mel, axis=0, norm="ortho")[1:_CEPSTRA])
    timbre = _by_beat(cepstra, _PARTS) / np.sqrt(_PARTS * (_CEPSTRA - 1))
    halves = _parts_of(edges, 2)
    chroma = measure_chroma(spectra)
    folded = unit_columns(average_between(chroma.all * chroma.tonalness, TONAL_FPS, halves))
    harmony = _by_beat(folded, 2) * np.float32(_HARMONY_WEIGHT / np.sqrt(2))
    levels = standardized(average_between(np.maximum(level_db(spectra), _QUIETEST_DB)[None, :], MEL_FPS, halves))
    level = _by_beat(levels, 2) * np.float32(_LEVEL_WEIGHT / np.sqrt(2))
    tempo = _TEMPO_WEIGHT * (np.log(_local_period(edges)))[None, :]
    return np.vstack([timbre, harmony, level, tempo - tempo.mean()]).astype(np.float32)


def _local_period(edges: NDArray[np.float64], neighbours: int = 4) -> NDArray[np.float64]:
    """Return how long each beat and its neighbours are on average: two tempi don't join unheard."""
    order = np.arange(edges.size - 1)
    first, last = np.maximum(order - neighbours, 0), np.minimum(order + neighbours + 1, edges.size - 1)
    return np.asarray((edges[last] - edges[first]) / (last - first))


def _parts_of(edges: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    count = parts * (edges.size - 1)
    return np.interp(np.arange(count + 1) / parts, np.arange(edges.size), edges)


def _by_beat(values: FloatArray, parts: int) -> FloatArray:
    """Stack the columns of a beat's parts upon each other: ``(rows, beats * parts)`` to ``(rows * parts, beats)``."""
    rows, columns = values.shape
    return values.reshape(rows, columns // parts, parts).transpose(0, 2, 1).reshape(rows * parts, columns // parts)
