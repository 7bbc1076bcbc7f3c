"""Keys, of rendered songs and of real ones."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter

from segue.audio.analysis import Key, Mode
from segue.audio.chords import ChordEvidence, weigh_chords
from segue.audio.keys import estimate_key, key_fits
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio, FloatArray
from segue.audio.spectrum import analyze_spectra
from segue.audio.tonality import Chroma, measure_chroma
from tests.audio.synthesis import render_song
from tests.data import data_path


def _heard(audio: Audio) -> tuple[Chroma, ChordEvidence]:
    spectra = analyze_spectra(audio)
    chroma = measure_chroma(spectra)
    rhythm = estimate_rhythm(spectra, detect_onsets(spectra), chroma)
    return chroma, weigh_chords(chroma, rhythm, spectra.duration_s)


def _key(audio: Audio) -> Key:
    return estimate_key(*_heard(audio))


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_is_recognized_under_drums(tonic: int, mode: Mode) -> None:
    key = _key(render_song(tonic=tonic, mode=mode, bars=8, seed=tonic).audio)
    assert (key.tonic, key.mode) == (tonic, mode)
    assert key.confidence > 0.5


@pytest.mark.parametrize("detune", [-0.4, 0.45])
def test_a_song_out_of_tune_keeps_its_key(detune: float) -> None:
    key = _key(render_song(tonic=7, bars=8, detune_semitones=detune).audio)
    assert (key.tonic, key.mode) == (7, "major")


def test_what_sounds_a_fourth_up_has_its_key_a_fourth_up() -> None:
    chroma, evidence = _heard(render_song(tonic=2, mode="minor", bars=8).audio)
    classes = evidence.log_probability[:, :-1].reshape(-1, 12, (evidence.log_probability.shape[1] - 1) // 12)
    raised = np.roll(classes, 5, axis=1).reshape(len(classes), -1)
    up = estimate_key(
        replace(chroma, all=np.roll(chroma.all, 5, axis=0)),
        replace(evidence, log_probability=np.concatenate([raised, evidence.log_probability[:, -1:]], axis=1)),
    )
    down = estimate_key(chroma, evidence)
    assert (up.tonic, up.mode) == ((down.tonic + 5) % 12, down.mode)
    assert up.confidence == pytest.approx(down.confidence, abs=1e-3)


def test_fits_are_correlations() -> None:
    fits = key_fits(np.random.default_rng(0).random(12).astype(np.float32))
    assert fits.shape == (24,)
    assert np.all(np.abs(fits) <= 1.0)


def test_noise_drums_and_silence_have_no_confident_key() -> None:
    noise = np.random.default_rng(0).normal(size=(1, 44100 * 12)).astype(np.float32)
    for audio in (Audio(noise, 44100), Audio(noise * 0, 44100), render_song(chords=False, bars=8).audio):
        assert _key(audio).confidence < 0.2


def test_syllables_whose_pitch_does_not_last_have_no_confident_key() -> None:
    assert _key(Audio(_syllables(np.random.default_rng(3)), 44100)).confidence < 0.3


def _syllables(rng: np.random.Generator) -> FloatArray:
    """Render 100 buzzing syllables of gliding pitch, each filtered by two formants."""
    spoken = []
    for _ in range(100):
        count = int(44100 * rng.uniform(0.08, 0.25))
        hertz = rng.uniform(100.0, 220.0) * 2.0 ** (rng.normal(0.0, 0.3) * np.linspace(0.0, 1.0, count))
        sound = 2.0 * (np.cumsum(hertz) / 44100 % 1.0) - 1.0
        for formant in (rng.uniform(300.0, 800.0), rng.uniform(900.0, 2300.0)):
            poles = 0.993 * np.exp(2j * np.pi * formant / 44100 * np.array([1.0, -1.0]))
            sound = sound + 0.05 * lfilter([1.0], np.poly(poles).real, sound)
        spoken.append(sound / np.abs(sound).max() * np.hanning(count))
    return (0.3 * np.concatenate(spoken)).astype(np.float32)[None, :]


@pytest.mark.parametrize(
    ("song", "tonic"),
    [
        ("Jonathan Coulton - Code Monkey/audio.ogg", 4),
        ("Jonathan Coulton - Flickr/audio.mp3", 0),
        ("Jonathan Coulton - I Feel Fantastic/audio.mp3", 9),
    ],
)
def test_the_key_of_a_real_song_is_that_of_its_sung_notes(song: str, tonic: int) -> None:
    samples, rate = soundfile.read(data_path(f"songs_with_lyrics/{song}"), dtype="float32", always_2d=True)
    key = _key(Audio(np.ascontiguousarray(samples.T), rate))
    assert (key.tonic, key.mode) == (tonic, "major")
    assert key.confidence > 0.7
