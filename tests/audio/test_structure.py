"""The parts of a song."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.analysis import Section
from segue.audio.onsets import detect_onsets
from segue.audio.rhythm import estimate_rhythm
from segue.audio.signal import Audio
from segue.audio.spectrum import analyze_spectra
from segue.audio.structure import find_sections
from segue.audio.tonality import measure_chroma
from tests.audio.synthesis import render_song


def _sections(audio: Audio) -> tuple[tuple[Section, ...], tuple[float, ...]]:
    spectra = analyze_spectra(audio)
    chroma = measure_chroma(spectra)
    rhythm = estimate_rhythm(spectra, detect_onsets(spectra), chroma)
    return find_sections(spectra, chroma, rhythm), rhythm.downbeats_s


def _song(parts: str) -> tuple[Audio, list[float]]:
    """Join quiet parts without drums (``a``) and loud ones with drums in another key (``b``), eight bars each."""
    bar_s, bars = 2.0, 8
    pieces = {
        "a": render_song(bars=bars, drums=False, start_s=0.0).audio.samples * np.float32(0.3),
        "b": render_song(bars=bars, tonic=5, start_s=0.0).audio.samples,
    }
    length = int(bar_s * bars * 44100)
    return Audio(np.concatenate([pieces[part][:, :length] for part in parts], axis=1), 44100), [
        bar_s * bars * index for index in range(1, len(parts))
    ]


def test_boundaries_fall_where_the_parts_change() -> None:
    audio, changes = _song("abaab")
    sections, _ = _sections(audio)
    starts = np.array([section.start_s for section in sections[1:]])
    for change in (changes[0], changes[1], changes[3]):
        assert np.abs(starts - change).min() < 0.5


def test_boundaries_are_downbeats() -> None:
    sections, downbeats = _sections(_song("abab")[0])
    for section in sections[1:]:
        assert np.abs(np.array(downbeats) - section.start_s).min() < 1e-6


def test_the_loud_part_that_comes_back_is_the_chorus() -> None:
    sections, _ = _sections(_song("ababa")[0])
    at = {
        time: next(s.label for s in sections if s.start_s <= time < s.end_s) for time in (2.0, 24.0, 40.0, 56.0, 75.0)
    }
    assert at == {2.0: "intro", 24.0: "chorus", 40.0: "verse", 56.0: "chorus", 75.0: "outro"}


def test_long_silence_at_the_ends_is_called_so() -> None:
    song = render_song(bars=12).audio
    rest = np.zeros((1, 44100 * 4), dtype=np.float32)
    sections, _ = _sections(Audio(np.concatenate([rest, song.samples, rest], axis=1), 44100))
    assert sections[0].label == "silence"
    assert sections[0].end_s == pytest.approx(4.5, abs=0.2)
    assert sections[-1].label == "silence"


def test_silence_is_one_section() -> None:
    sections, _ = _sections(Audio(np.zeros((1, 44100 * 3), dtype=np.float32), 44100))
    assert sections == (Section(0.0, 3.0, "silence"),)


@settings(max_examples=12, deadline=None)
@given(seconds=st.floats(0.05, 40.0), seed=st.integers(0, 100), gated=st.booleans())
def test_sections_cover_the_whole_without_gaps(seconds: float, seed: int, gated: bool) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(1, int(seconds * 22050))).astype(np.float32) * 0.1
    if gated:
        noise[:, : noise.shape[1] // 3] = 0.0
    audio = Audio(noise, 22050)
    sections, _ = _sections(audio)
    assert sections[0].start_s == 0.0
    assert sections[-1].end_s == audio.duration_s
    assert all(before.end_s == after.start_s for before, after in pairwise(sections))
    assert all(section.end_s > section.start_s for section in sections)
