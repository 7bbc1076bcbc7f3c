"""The whole analysis, on anything that may come."""

import time
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.audio.listening import analyze
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song
from tests.data import data_path


def _noise(channels: int, seconds: float, rate: int) -> Audio:
    rng = np.random.default_rng(0)
    return Audio((rng.normal(size=(channels, int(seconds * rate))) * 0.1).astype(np.float32), rate)


@pytest.mark.parametrize(
    "audio",
    [
        pytest.param(Audio(np.zeros((1, 0), dtype=np.float32), 44100), id="empty"),
        pytest.param(Audio(np.ones((1, 1), dtype=np.float32), 44100), id="one sample"),
        pytest.param(Audio(np.zeros((2, 44100), dtype=np.float32), 44100), id="silence"),
        pytest.param(Audio(np.full((1, 88200), 0.5, dtype=np.float32), 44100), id="direct current"),
        pytest.param(Audio(np.full((1, 44100), np.nan, dtype=np.float32), 44100), id="not a number"),
        pytest.param(Audio(np.eye(1, 88200, 20000, dtype=np.float32), 44100), id="impulse"),
        pytest.param(_noise(1, 0.1, 44100), id="a tenth of a second"),
        pytest.param(_noise(2, 2.0, 44100), id="two seconds"),
        pytest.param(_noise(1, 8.0, 8000), id="8 kHz"),
        pytest.param(_noise(2, 3.0, 192000), id="192 kHz"),
        pytest.param(_noise(48, 1.0, 44100), id="48 channels"),
    ],
)
def test_what_is_not_music_is_analysed_without_confidence(audio: Audio) -> None:
    analysis = analyze(audio)
    assert analysis.rhythm.tempo_confidence < 0.3
    assert analysis.key.confidence < 0.3
    assert analysis.sections[-1].end_s == audio.duration_s
    assert all(0.0 <= value <= 1.0 for value in astuple(analysis.descriptors))


def test_a_file_mapped_into_memory_gives_the_same_as_an_array(tmp_path: Path) -> None:
    song = render_song(bars=6).audio
    mapped = np.memmap(tmp_path / "song", dtype=np.float32, mode="w+", shape=song.samples.shape)
    mapped[:] = song.samples
    assert analyze(Audio(mapped, song.sample_rate)) == analyze(song)


def test_progress_ascends_to_the_end() -> None:
    seen: list[float] = []
    analyze(render_song(bars=4).audio, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_progress_can_cancel() -> None:
    class CancelledError(Exception):
        pass

    def cancel(share: float) -> None:
        if share > 0.2:
            raise CancelledError

    with pytest.raises(CancelledError):
        analyze(render_song(bars=4).audio, progress=cancel)


def test_stereo_and_mono_agree() -> None:
    song = render_song(bars=8, tonic=9).audio
    mono, stereo = analyze(song), analyze(Audio(np.tile(song.samples, (2, 1)), song.sample_rate))
    assert stereo.rhythm.tempo_bpm == pytest.approx(mono.rhythm.tempo_bpm, rel=1e-3)
    assert (stereo.key.tonic, stereo.key.mode) == (mono.key.tonic, mono.key.mode)


def test_a_whole_song_is_analysed_far_faster_than_it_plays() -> None:
    path = data_path("songs_with_lyrics/Jonathan Coulton - Code Monkey/audio.ogg")
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = Audio(np.ascontiguousarray(samples.T), rate)
    began = time.process_time()
    analysis = analyze(audio)
    assert audio.duration_s / (time.process_time() - began) > 60.0
    assert analysis.key.camelot == "12B"
    assert len({section.label for section in analysis.sections}) >= 3
