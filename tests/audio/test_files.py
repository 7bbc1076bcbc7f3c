"""Good files decode to the right samples, bad ones are refused with a reason, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.files import AudioWriter, DecodeLimits, WritableFormat, decode, encode, open_writer, probe
from segue.audio.signal import Audio, FloatArray
from segue.kit.errors import InvalidAudio, TooLarge
from tests.audio.containers import mp3_of_silence
from tests.audio.hostile import HostileFile, song, write_hostile_files
from tests.data import data_path

SONGS = ("Jonathan Coulton - Code Monkey/audio.ogg", "Jonathan Coulton - Flickr/audio.mp3")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this test's own, which must be empty when it ends; no child may run on."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = set(psutil.Process().children())  # other tests' database server, say
    yield folder
    assert not list(folder.iterdir())
    assert set(psutil.Process().children()) <= before


@pytest.mark.slow
def test_every_hostile_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    files = write_hostile_files(tmp_path)
    assert len(files) >= 50
    assert len({file.path.name for file in files}) == len(files)
    failures = [f"{file.path.name}: {outcome}" for file in files if file.reason not in (outcome := _outcome(file))]
    assert failures == []


def _outcome(file: HostileFile) -> str:
    started = time.monotonic()
    try:
        decode(file.path)
    except (InvalidAudio, TooLarge) as error:
        return error.detail if time.monotonic() - started < 20 else "it took over 20 s"
    return "it was decoded"


def test_what_cannot_be_a_sound_is_refused_without_starting_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    (tmp_path / "page.mp3").write_text("<html></html>")
    with pytest.raises(InvalidAudio, match="a web page"):
        decode(tmp_path / "page.mp3")


@pytest.mark.parametrize("kind", ["nothing", "folder", "pipe"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "song.mp3"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InvalidAudio, match=r"no file 'song\.mp3', or it is not a regular file"):
        decode(path)


@pytest.mark.parametrize(
    ("subtype", "bits"), [("PCM_U8", 8), ("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 24), ("FLOAT", 24), ("DOUBLE", 24)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_of_any_width_decodes_exactly(tmp_path: Path, subtype: str, bits: int, channels: int) -> None:
    exact = np.round(song(channels=channels, seconds=0.5).samples * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1)
    soundfile.write(tmp_path / "song.wav", exact.T, 44100, subtype=subtype)
    np.testing.assert_array_equal(decode(tmp_path / "song.wav").audio.samples, exact.astype(np.float32))


@pytest.mark.parametrize("container", ["AIFF", "FLAC", "RF64"])
def test_other_lossless_containers_decode_exactly(tmp_path: Path, container: str) -> None:
    soundfile.write(tmp_path / "song", song(seconds=0.5).samples.T, 44100, format=container, subtype="PCM_24")
    expected, _ = soundfile.read(tmp_path / "song", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(decode(tmp_path / "song").audio.samples, expected.T)


@pytest.mark.parametrize("sample_rate", [8000, 11025, 22050, 32000, 44100, 48000, 88200, 96000, 192_000])
def test_every_sample_rate_is_kept(tmp_path: Path, sample_rate: int) -> None:
    written = song(sample_rate, seconds=0.5)
    encode(written, tmp_path / "song.flac")
    audio, probed = decode(tmp_path / "song.flac")
    assert (audio.sample_rate, probed.sample_rate, audio.length) == (sample_rate, sample_rate, written.length)
    np.testing.assert_allclose(audio.samples, written.samples, atol=2**-23)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "opus", "ogg"])
@pytest.mark.parametrize(("sample_rate", "channels"), [(48000, 1), (44100, 2), (96000, 2)])
def test_lossy_formats_come_back_in_place(tmp_path: Path, suffix: str, sample_rate: int, channels: int) -> None:
    written = _low_passed_noise(sample_rate, channels)
    encode(written, tmp_path / f"song.{suffix}", tags={"title": "Grüße", "artist": "Segue"})
    audio, probed = decode(tmp_path / f"song.{suffix}", sample_rate=sample_rate)
    assert abs(audio.length - written.length) <= 1
    assert _lag(written.samples[0], audio.samples[0]) == 0
    assert (probed.title, probed.artist, probed.channels) == ("Grüße", "Segue", channels)


def test_a_variable_bit_rate_is_no_matter(tmp_path: Path) -> None:
    written = _low_passed_noise(44100, 2)
    soundfile.write(
        tmp_path / "vbr.mp3", written.samples.T, 44100, format="MP3", bitrate_mode="VARIABLE", compression_level=0.4
    )
    audio, probed = decode(tmp_path / "vbr.mp3")
    assert probed.codec == "mp3"
    assert audio.length == written.length


def test_vorbis_is_read(tmp_path: Path) -> None:
    written = song(seconds=1.0)
    soundfile.write(tmp_path / "song.ogg", written.samples.T, 44100, format="OGG", subtype="VORBIS")
    audio, probed = decode(tmp_path / "song.ogg")
    assert (probed.container, probed.codec, audio.length) == ("ogg", "vorbis", written.length)


def test_a_wrong_name_does_not_matter(tmp_path: Path) -> None:
    encode(song(seconds=0.5), tmp_path / "song.flac")
    (tmp_path / "song.flac").rename(tmp_path / "song.mp3")
    assert decode(tmp_path / "song.mp3").probe.container == "flac"


def test_an_mp3_without_any_header_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "bare.mp3").write_bytes(mp3_of_silence(7.2))
    assert decode(tmp_path / "bare.mp3").audio.duration_s == pytest.approx(7.2, abs=0.1)


def test_a_few_lost_bytes_at_the_end_are_forgiven(tmp_path: Path) -> None:
    encode(song(), tmp_path / "song.mp3")
    data = (tmp_path / "song.mp3").read_bytes()
    (tmp_path / "song.mp3").write_bytes(data[: len(data) * 99 // 100])
    assert decode(tmp_path / "song.mp3").audio.duration_s == pytest.approx(8.0, abs=0.15)


def test_a_damaged_frame_leaves_the_rest_in_its_place(tmp_path: Path) -> None:
    written = song()
    encode(written, tmp_path / "song.flac")
    data = bytearray((tmp_path / "song.flac").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8] = bytes(8)
    (tmp_path / "song.flac").write_bytes(data)
    audio = decode(tmp_path / "song.flac").audio
    assert audio.length == written.length
    np.testing.assert_allclose(audio.samples[:, -44100:], written.samples[:, -44100:], atol=2**-23)


def test_a_wav_from_a_pipe_that_tells_no_length_is_read(tmp_path: Path) -> None:
    encode(song(seconds=1.0), tmp_path / "song.wav")
    data = (tmp_path / "song.wav").read_bytes()
    start = data.index(b"data") + 4
    (tmp_path / "song.wav").write_bytes(data[:start] + b"\xff" * 4 + data[start + 4 :])
    assert decode(tmp_path / "song.wav").audio.length == 44100


def test_surround_is_mixed_down_to_stereo(tmp_path: Path) -> None:
    left, centre, low = np.float32(0.4), np.float32(0.2), np.float32(0.9)
    samples = np.zeros((44100, 6), np.float32)  # FL FR FC LFE BL BR
    samples[:, 0], samples[:, 2], samples[:, 3] = left, centre, low
    soundfile.write(tmp_path / "surround.wav", samples, 44100, subtype="FLOAT")
    audio, probed = decode(tmp_path / "surround.wav")
    scale = 1 + 2 * np.sqrt(0.5)
    assert (audio.channels, probed.channels) == (2, 6)
    np.testing.assert_allclose(audio.samples[0], (left + np.sqrt(0.5) * centre) / scale, atol=1e-6)
    np.testing.assert_allclose(audio.samples[1], np.sqrt(0.5) * centre / scale, atol=1e-6)


def test_rate_and_channels_can_be_asked_for(tmp_path: Path) -> None:
    times = np.arange(44100) / 44100
    tone = (0.5 * np.sin(2 * np.pi * 1000 * times)).astype(np.float32)
    encode(Audio(np.stack([tone, np.zeros_like(tone)]), 44100), tmp_path / "tone.flac")
    audio, probed = decode(tmp_path / "tone.flac", sample_rate=16000, channels=1)
    assert (audio.sample_rate, audio.channels, audio.length, probed.sample_rate) == (16000, 1, 16000, 44100)
    expected = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    np.testing.assert_allclose(audio.samples[0, 500:-500], expected[500:-500], atol=1e-4)
    assert decode(tmp_path / "tone.flac", channels=2).audio.channels == 2
    with pytest.raises(ValueError, match="channels must be"):
        decode(tmp_path / "tone.flac", channels=3)


def test_limits_are_the_callers(tmp_path: Path) -> None:
    encode(song(seconds=3.0), tmp_path / "song.flac")
    with pytest.raises(InvalidAudio, match=r"3 s long, longer than the 2 s"):
        decode(tmp_path / "song.flac", DecodeLimits(max_s=2.0))
    with pytest.raises(TooLarge, match="MiB are allowed"):
        decode(tmp_path / "song.flac", DecodeLimits(max_bytes=1000))
    with pytest.raises(InvalidAudio, match="2 channels"):
        decode(tmp_path / "song.flac", DecodeLimits(max_channels=1))


def test_who_meets_a_limit_is_told_what_raises_it(tmp_path: Path) -> None:
    encode(song(seconds=3.0), tmp_path / "song.flac")
    with pytest.raises(InvalidAudio, match=r"2 s that are allowed \(SEGUE_X\)"):
        decode(tmp_path / "song.flac", DecodeLimits(max_s=2.0, max_s_setting="SEGUE_X"))
    with pytest.raises(TooLarge, match=r"MiB are allowed \(SEGUE_Y\)"):
        decode(tmp_path / "song.flac", DecodeLimits(max_bytes=1000, max_bytes_setting="SEGUE_Y"))


def test_who_may_send_hours_gets_time_to_decode_them() -> None:
    assert DecodeLimits().patience_s == 120
    assert DecodeLimits(max_s=7200).patience_s == 1440
    assert DecodeLimits(max_s=7200, timeout_s=5).patience_s == 5


def test_progress_is_told_and_can_stop_it(tmp_path: Path) -> None:
    encode(song(seconds=120.0), tmp_path / "song.flac")
    reports: list[float] = []
    decode(tmp_path / "song.flac", progress=reports.append)
    assert reports == sorted(reports)
    assert all(0 <= share <= 1 for share in reports)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode(tmp_path / "song.flac", progress=stop)


@pytest.mark.parametrize("name", SONGS)
def test_real_songs_decode_as_another_decoder_reads_them(name: str) -> None:
    path = data_path("songs_with_lyrics") / name
    audio, probed = decode(path)
    expected, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert audio.sample_rate == sample_rate
    assert audio.samples.shape == expected.T.shape
    np.testing.assert_allclose(audio.samples, expected.T, atol=1e-5)
    assert probed.artist == "Jonathan Coulton"
    assert probe(path).duration_s == pytest.approx(audio.duration_s, abs=0.1)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("rhythm_key/essentia/dubstep.aac", "aac"),
        ("full_tracks/warzone2100__track3.opus", "opus"),
        ("multitrack/stempeg/The Easton Ellises - Falcon 69.stem.mp4", "aac"),
    ],
)
def test_real_files_of_other_kinds_decode(name: str, codec: str) -> None:
    audio, probed = decode(data_path(name), channels=1)
    assert probed.codec == codec
    assert 0.01 < np.abs(audio.samples).max() < 2.0


@settings(max_examples=12, deadline=None)
@given(
    suffix=st.sampled_from(["flac", "wav"]),
    cuts=st.lists(st.integers(0, 6000), max_size=6),
    length=st.integers(800, 6000),
    channels=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_lossless_files_come_back_to_the_sample_however_they_were_cut_into_blocks(
    suffix: str, cuts: list[int], length: int, channels: int, seed: int
) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, (channels, length)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song.{suffix}"
        with open_writer(path, sample_rate=8000, channels=channels) as writer:
            for block in np.split(samples, sorted(min(cut, length) for cut in cuts), axis=1):
                writer.write(block)
        decoded = decode(path).audio.samples
    expected = np.clip(np.round(samples * 2.0**23), -(2**23), 2**23 - 1) / 2.0**23
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize(("suffix", "bit_depth"), [("flac", 16), ("flac", 24), ("wav", 16), ("wav", 24), ("wav", 32)])
def test_bit_depths_are_what_was_asked(tmp_path: Path, suffix: str, bit_depth: int) -> None:
    assert bit_depth in (16, 24, 32)
    with open_writer(tmp_path / f"s.{suffix}", sample_rate=8000, channels=1, bit_depth=bit_depth) as writer:  # type: ignore[arg-type]
        writer.write(np.full((1, 4000), 1.5, np.float32))
    info = soundfile.info(tmp_path / f"s.{suffix}")
    assert info.subtype == ("FLOAT" if bit_depth == 32 else f"PCM_{bit_depth}")
    assert decode(tmp_path / f"s.{suffix}").audio.samples.max() == pytest.approx(
        1.5 if bit_depth == 32 else 1.0, abs=1e-4
    )


def test_a_failed_file_never_appears(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "song.mp3"

    def write_and_fail() -> None:
        with open_writer(path, sample_rate=44100, channels=2) as writer:
            writer.write(song().samples)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_and_fail()
    assert not list((tmp_path / "out").iterdir())


def test_a_killed_writer_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(b"the old one")
    program = (
        "import numpy as np; from pathlib import Path; from segue.audio.files import open_writer\n"
        f"with open_writer(Path({str(path)!r}), sample_rate=44100, channels=1) as writer:\n"
        "    while True: writer.write(np.random.rand(1, 44100).astype('f4')); print(flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert path.read_bytes() == b"the old one"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    audio = song(seconds=0.2)
    with pytest.raises(ValueError, match=r"end its name in one of \.mp3, \.flac, \.wav, \.m4a, \.opus, \.ogg"):
        encode(audio, tmp_path / "song.wma")
    with pytest.raises(ValueError, match=r"possible: 24, 16$"):
        encode(audio, tmp_path / "song.flac", bit_depth=32)
    with pytest.raises(ValueError, match="expected 1 channels by samples"), _writer(tmp_path, channels=1) as writer:
        writer.write(audio.samples)
    with pytest.raises(ValueError, match="not finite"), _writer(tmp_path, channels=1) as writer:
        writer.write(np.full((1, 10), np.nan, np.float32))
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]


def test_a_name_that_ffmpeg_would_read_as_an_address_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "concat:a|b.flac"
    encode(song(seconds=0.2), path)
    assert decode(path).audio.length == 8820


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp3", "m4a", "opus", "flac", "wav"])
def test_a_ten_minute_song_goes_out_and_in(tmp_path: Path, suffix: WritableFormat) -> None:
    written = Audio(np.tile(song(seconds=10.0).samples, 60)[:, : 44100 * 599], 44100)
    encode(written, tmp_path / f"song.{suffix}", bit_depth=16 if suffix == "wav" else None)
    audio = decode(tmp_path / f"song.{suffix}", DecodeLimits(max_bytes=2**28), sample_rate=44100).audio
    assert abs(audio.length - written.length) <= 1


def _writer(folder: Path, *, channels: int) -> AbstractContextManager[AudioWriter]:
    return open_writer(folder / "song.flac", sample_rate=44100, channels=channels)


def _low_passed_noise(sample_rate: int, channels: int) -> Audio:
    noise = np.random.default_rng(5).standard_normal((channels, sample_rate * 2 + 17))
    smooth = np.stack([np.convolve(row, np.hanning(sample_rate // 2000), "same") for row in noise])
    return Audio((0.5 * smooth / np.abs(smooth).max()).astype(np.float32), sample_rate)


def _lag(written: FloatArray, read: FloatArray) -> int:
    """Return by how many samples `read` is late, from its middle."""
    half = 2**15
    spectrum = np.fft.rfft(read[half : 2 * half]) * np.conj(np.fft.rfft(written[half : 2 * half]))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    return lag if lag < half // 2 else lag - half
