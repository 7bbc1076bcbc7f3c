"""Phrases are found where somebody sings, and blocks never cut into one."""

import numpy as np
import pytest

from segue.audio.mashup.grid import build_grid
from segue.audio.mashup.phrases import find_blocks, find_phrases, is_active
from segue.audio.mashup.profiles import profile_stem
from segue.audio.signal import Audio
from tests.audio.mashup.songs import make_song


def test_phrases_begin_and_end_with_the_voice() -> None:
    song = make_song("a")
    phrases = find_phrases(profile_stem(song.stems["a/vocals"]))
    verse = song.analysis.sections[1]
    assert len(phrases) == 6
    assert phrases[0][0] == pytest.approx(verse.start_s, abs=0.15)
    assert phrases[0][1] == pytest.approx(verse.start_s + 6.0, abs=0.25)


def test_a_bleeding_background_is_no_voice() -> None:
    song = make_song("a")
    bleed = song.stems["a/vocals"].samples + 0.01 * song.stems["a/accompaniment"].samples
    assert len(find_phrases(profile_stem(Audio(bleed, 44100)))) == 6


def test_silence_has_no_phrases() -> None:
    silence = profile_stem(Audio(np.zeros((2, 44100 * 5), dtype=np.float32), 44100))
    assert find_phrases(silence) == []
    assert not is_active(silence).any()


def test_no_block_border_lies_within_a_phrase() -> None:
    song = make_song("a")
    profile = profile_stem(song.stems["a/vocals"])
    blocks = find_blocks(profile, build_grid(song.analysis.rhythm, song.analysis.duration_s), song.analysis.sections)
    for start, end in find_phrases(profile):
        assert any(block.start_s <= start and end <= block.end_s for block in blocks)


def test_a_voice_that_never_rests_is_parted_where_it_is_quietest() -> None:
    song = make_song("a")
    rng = np.random.default_rng(0)
    time_s = np.arange(120 * 44100) / 44100
    voice = rng.normal(size=time_s.size) * (0.2 + 0.05 * np.cos(2 * np.pi * time_s / 10))
    grid = build_grid(song.analysis.rhythm, song.analysis.duration_s)
    blocks = find_blocks(profile_stem(Audio(voice[None].astype(np.float32), 44100)), grid, ())
    longest_s = 16 * grid.period_s * grid.beats_per_bar
    assert all(block.end_s - block.start_s <= longest_s for block in blocks)
    assert blocks[0].start_s < 0.5
    assert blocks[-1].end_s > 119.5
    for block in blocks[1:]:
        assert abs((block.start_s % 10) - 5) < 1.5


def test_a_block_hangs_on_the_downbeat_that_it_begins_on_and_knows_its_section() -> None:
    song = make_song("a")
    grid = build_grid(song.analysis.rhythm, song.analysis.duration_s)
    blocks = find_blocks(profile_stem(song.stems["a/vocals"]), grid, song.analysis.sections)
    assert [block.reference % 16 for block in blocks] == [0] * len(blocks)
    assert [block.label for block in blocks if block.label == "chorus"]
    assert blocks[0].label == "verse"


def test_an_upbeat_hangs_on_the_downbeat_after_it() -> None:
    song = make_song("a")
    early = np.zeros_like(song.stems["a/vocals"].samples)
    early[:, :-22050] = song.stems["a/vocals"].samples[:, 22050:]
    grid = build_grid(song.analysis.rhythm, song.analysis.duration_s)
    blocks = find_blocks(profile_stem(Audio(early, 44100)), grid, song.analysis.sections)
    assert blocks[0].reference == 16
    assert float(grid.beat_at(blocks[0].start_s)) == pytest.approx(15, abs=0.3)
