"""Descriptors are heuristics: what is tested is that they order sounds as people would."""

from dataclasses import astuple, replace

import numpy as np
import pytest
import soundfile

from segue.audio.analysis import Descriptors
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song
from tests.data import data_path


def _describe(audio: Audio) -> Descriptors:
    return analyze(audio).descriptors


def _read(relative: str) -> Descriptors:
    path = data_path(relative)
    samples, rate = soundfile.read(path, frames=60 * soundfile.info(path).samplerate, dtype="float32", always_2d=True)
    return _describe(Audio(np.ascontiguousarray(samples.T), rate))


def test_silence_is_nothing() -> None:
    assert astuple(_describe(Audio(np.zeros((1, 44100), dtype=np.float32), 44100))) == (0.0,) * 7


def test_drums_add_energy_and_danceability_and_take_acousticness() -> None:
    without, with_drums = (_describe(render_song(bars=10, drums=drums).audio) for drums in (False, True))
    assert with_drums.energy > without.energy + 0.15
    assert with_drums.acousticness < without.acousticness - 0.15
    assert with_drums.danceability > 0.6


def test_a_quieter_copy_has_less_energy_and_is_otherwise_the_same() -> None:
    loud = render_song(bars=8).audio
    one, other = _describe(loud), _describe(Audio(loud.samples * np.float32(0.1), loud.sample_rate))
    assert other.energy < one.energy - 0.1
    assert astuple(replace(other, energy=one.energy)) == pytest.approx(astuple(one), abs=0.02)


def test_major_is_happier_than_minor() -> None:
    major, minor = (_describe(render_song(bars=8, mode=mode).audio) for mode in ("major", "minor"))
    assert major.valence > minor.valence + 0.1


def test_speech_is_speech_and_songs_are_not() -> None:
    assert _read("speech_singing/whisper/tests/jfk.flac").speechiness > 0.6
    assert _read("songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3").speechiness < 0.2


def test_punk_has_more_energy_than_a_folk_song_and_is_less_acoustic() -> None:
    punk = _read("songs_with_lyrics/Dead Smiling Pirates - I/audio.ogg")
    folk = _read("songs_with_lyrics/Jonathan Coulton - Flickr/audio.mp3")
    assert punk.energy > folk.energy + 0.2
    assert punk.acousticness < folk.acousticness - 0.3
