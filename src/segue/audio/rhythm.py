"""The rhythm of a song: tempo, beats and bars together."""

import numpy as np

from segue.audio.analysis import Rhythm
from segue.audio.beats import track_beats
from segue.audio.metre import find_bars
from segue.audio.offbeats import on_the_beat
from segue.audio.onsets import Onsets
from segue.audio.periodicity import measure_periodicity
from segue.audio.spectrum import Spectra, sounding_span
from segue.audio.tempo import estimate_tempo
from segue.audio.tonality import Chroma

_NO_PULSE = Rhythm(0.0, 0.0, (), (), 4)


def estimate_rhythm(spectra: Spectra, onsets: Onsets, chroma: Chroma) -> Rhythm:
    """Hear tempo, beats, downbeats and metre.

    Returns
    -------
    Rhythm
        Tempo 0.0, confidence 0.0 and no beats where nothing pulses: silence, noise, most speech, clips of a second.
    """
    if spectra.silent:
        return _NO_PULSE
    tempogram = measure_periodicity(onsets)
    tempo = estimate_tempo(tempogram)
    if tempo.bpm <= 0.0:
        return _NO_PULSE
    start_s, end_s = sounding_span(spectra)
    beats = track_beats(onsets, tempogram, tempo.bpm, start_s=start_s, end_s=end_s)
    if beats.size < 3:
        return _NO_PULSE
    beats = on_the_beat(spectra, onsets, chroma, beats, start_s=start_s, end_s=end_s)
    metre, downbeats = find_bars(spectra, onsets, chroma, beats)
    return Rhythm(
        tempo_bpm=round(60.0 / float(np.median(np.diff(beats))), 3),
        tempo_confidence=round(tempo.confidence, 4),
        beats_s=tuple(round(float(time), 4) for time in beats),
        downbeats_s=tuple(round(float(beats[index]), 4) for index in downbeats),
        time_signature=metre,
    )
