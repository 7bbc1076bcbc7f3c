"""Everything that signal processing hears in a song, in one pass."""

from segue.audio.analysis import Analysis
from segue.audio.chords import choose_chords, weigh_chords
from segue.audio.descriptors import describe
from segue.audio.keys import estimate_key
from segue.audio.loudness import measure_loudness
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio, Progress, no_progress
from segue.audio.spectrum import analyze_spectra
from segue.audio.structure import find_sections
from segue.audio.tonality import measure_chroma
from segue.audio.waveform import waveform_peaks


def analyze(audio: Audio, *, progress: Progress = no_progress) -> Analysis:
    """Analyse a song: rhythm, key, chords, loudness, form, descriptors, and its waveform for drawing.

    Parameters
    ----------
    audio
        Any length, rate and number of channels; may be memory-mapped. The same samples give the same analysis.
    progress
        Called with 0.0 to 1.0; may raise, to cancel.

    Returns
    -------
    Analysis
        What cannot be heard (in silence, noise, a tenth of a second) has confidence 0 rather than an error.
    """
    progress(0.0)
    spectra = analyze_spectra(audio, progress=lambda done: progress(0.3 * done))
    onsets, chroma = detect_onsets(spectra), measure_chroma(spectra)
    progress(0.45)
    rhythm = estimate_rhythm(spectra, onsets, chroma)
    evidence = weigh_chords(chroma, rhythm, audio.duration_s)
    key, chords = estimate_key(chroma, evidence), choose_chords(evidence, rhythm)
    sections = find_sections(spectra, chroma, rhythm)
    progress(0.6)
    loudness = measure_loudness(audio, progress=lambda done: progress(0.6 + 0.3 * done))
    progress(0.9)
    descriptors = describe(spectra, onsets, chroma, rhythm=rhythm, key=key, loudness=loudness)
    peaks = waveform_peaks(audio)
    progress(1.0)
    return Analysis(
        duration_s=audio.duration_s,
        sample_rate=audio.sample_rate,
        rhythm=rhythm,
        key=key,
        loudness=loudness,
        sections=sections,
        descriptors=descriptors,
        peaks=peaks,
        chords=chords,
    )
