"""Spleeter parts real songs as well as its weights allow."""

import resource
from pathlib import Path

import av
import numpy as np
import pytest
import soxr

from segue.audio.files import decode
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.engines.separation.spleeter import SpleeterSeparator
from tests.data import data_path
from tests.engines.separation.promises import assert_keeps_its_promises, distortion_db, lag, separated

#: As the NI stem format has them.
STEM_ORDER: tuple[StemName, ...] = ("drums", "bass", "other", "vocals")
EXCERPT = "multitrack/musdb_excerpts/Cristina Vane - So Easy"


@pytest.fixture(scope="session")
def spleeter(models_dir: Path) -> SpleeterSeparator:
    return SpleeterSeparator(models_dir, threads=2)


def excerpt(part: str) -> Audio:
    return decode(data_path(f"{EXCERPT}/{part}.mp3")).audio


def at_rate(audio: Audio, rate: int) -> Audio:
    resampled: FloatArray = soxr.resample(audio.samples.T, audio.sample_rate, rate).T
    return Audio(np.ascontiguousarray(resampled), rate)


def test_the_vocals_of_a_real_song_come_out(spleeter: SpleeterSeparator) -> None:
    stems = separated(spleeter, excerpt("mix"))
    assert distortion_db(excerpt("vocals_true").samples, stems["vocals"]) > 8.5
    accompaniment = stems["drums"] + stems["bass"] + stems["other"]
    assert distortion_db(excerpt("accompaniment_true").samples, accompaniment) > 11


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_stems_lie_where_the_mix_has_them_at_any_rate(spleeter: SpleeterSeparator, rate: int) -> None:
    mix, vocals = (
        at_rate(Audio(audio.samples[:, : 13 * audio.sample_rate], audio.sample_rate), rate)
        for audio in (excerpt("mix"), excerpt("vocals_true"))
    )
    assert_keeps_its_promises(spleeter, mix)
    assert lag(vocals.samples, separated(spleeter, mix)["vocals"]) == 0


def test_a_mono_mix_stays_mono(spleeter: SpleeterSeparator) -> None:
    mix = excerpt("mix")
    mono = Audio(mix.mono()[None], mix.sample_rate)
    assert_keeps_its_promises(spleeter, mono)
    assert distortion_db(excerpt("vocals_true").mono()[None], separated(spleeter, mono)["vocals"]) > 8


def test_drums_and_bass_are_parted(spleeter: SpleeterSeparator) -> None:
    stem_file = data_path("multitrack/stempeg/The Easton Ellises - Falcon 69.stem.mp4")
    streams = [_stream(stem_file, number) for number in range(5)]
    stems = separated(spleeter, streams[0])
    true = dict(zip(STEM_ORDER, (stream.samples for stream in streams[1:]), strict=True))
    found = {name: distortion_db(true[name], stems[name]) for name in STEM_ORDER}
    assert found["drums"] > 6.5
    assert found["bass"] > 3.7
    assert found["other"] > 1.8
    assert found["vocals"] > 4.5


def _stream(path: Path, number: int) -> Audio:
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.audio[number]))
        return Audio(np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].sample_rate)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length(spleeter: SpleeterSeparator) -> None:
    mix = excerpt("mix")
    ten_minutes = Audio(np.tile(mix.samples, (1, 20)), mix.sample_rate)
    two_minutes = Audio(ten_minutes.samples[:, : ten_minutes.length // 5], mix.sample_rate)
    assert sum(block["vocals"].shape[1] for block in spleeter.separate(two_minutes)) == two_minutes.length
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    length = sum(block["vocals"].shape[1] for block in spleeter.separate(ten_minutes))
    assert length == ten_minutes.length
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
