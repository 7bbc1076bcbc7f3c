"""The offline engine continues a song: the song first, then more of it, at one loudness, and its own end."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.audio.analysis import Rhythm
from segue.audio.extending.graph import find_jumps
from segue.audio.extending.material import gather
from segue.audio.extending.walking import Bridge
from segue.audio.files import decode, encode, probe
from segue.audio.loudness import measure_loudness
from segue.audio.signal import Audio
from segue.engines.generation import BEGINNING, Generation, GenerationRequest
from segue.engines.generation.extending import ExtendingEngine, bridge_wishes
from segue.kit.errors import InvalidAudio, InvalidRequest
from segue.music.wishes import Wishes
from tests.audio.extending.songs import TEMPO_BPM, repeating

WANTED_S = 70.0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mono song of 40 seconds whose bars come back."""
    path = tmp_path_factory.mktemp("source") / "song.flac"
    encode(repeating()[0], path)
    return path


def _made(source: Path, folder: Path, *, seed: int = 1, duration_s: float = WANTED_S) -> Generation:
    folder.mkdir(exist_ok=True)
    return ExtendingEngine().generate(GenerationRequest("extend", seed, duration_s, title="Ode", source=source), folder)


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return _made(source, tmp_path_factory.mktemp("made"))


def test_the_track_is_stereo_at_minus_14_lufs_and_as_long_as_wanted(made: Generation) -> None:
    sound = decode(made.mix).audio
    assert sound.channels == 2
    assert sound.duration_s == pytest.approx(WANTED_S, abs=2 * 4 * 60 / TEMPO_BPM)
    heard = measure_loudness(sound)
    assert heard.integrated_lufs == pytest.approx(-14.0, abs=0.2)
    assert heard.true_peak_dbtp <= -1.0
    assert probe(made.mix).title == "Ode"


def test_the_track_begins_and_ends_with_the_song(made: Generation) -> None:
    song, sound = repeating()[0], decode(made.mix).audio
    first = round((made.project["jumps"][0]["from_s"] - 0.2) * song.sample_rate)
    for part in (slice(0, first), slice(-3 * song.sample_rate, None)):
        assert np.corrcoef(sound.samples[0, part], song.samples[0, part])[0, 1] > 0.999
    assert first > 0.6 * song.length


def test_the_beginning_sounds_as_the_track_does(made: Generation) -> None:
    sound = decode(made.mix).audio
    beginning = decode(made.mix.with_name(BEGINNING)).audio
    length = min(beginning.length, 20 * sound.sample_rate)
    assert beginning.duration_s == pytest.approx(25.0, abs=0.1)
    assert np.corrcoef(beginning.samples[0, :length], sound.samples[0, :length])[0, 1] > 0.99


def test_the_project_tells_json_ready_what_is_heard_when(made: Generation) -> None:
    project = json.loads(json.dumps(dict(made.project)))
    stretches = project["stretches"]
    assert stretches[0]["start_s"] == stretches[0]["source_start_s"] == 0
    assert stretches[-1]["source_end_s"] == pytest.approx(project["source_s"], abs=0.01)
    assert project["tempo_bpm"] == pytest.approx(TEMPO_BPM, abs=0.5)
    assert project["sections"][-1]["end_s"] == pytest.approx(project["duration_s"], abs=0.01)
    beats = np.diff(project["beats_s"])
    assert np.abs(beats - 60 / TEMPO_BPM).max() < 0.03


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(source: Path, made: Generation, tmp_path: Path) -> None:
    again = _made(source, tmp_path / "again")
    assert hashlib.sha256(again.mix.read_bytes()).digest() == hashlib.sha256(made.mix.read_bytes()).digest()


@pytest.mark.slow
def test_what_is_stopped_in_between_leaves_no_half_file(source: Path, tmp_path: Path) -> None:
    def stop_late(done: float) -> None:
        if done > 0.7:
            raise KeyboardInterrupt

    request = GenerationRequest("extend", 1, WANTED_S, source=source)
    with pytest.raises(KeyboardInterrupt):
        ExtendingEngine().generate(request, tmp_path, progress=stop_late)
    assert {path.name for path in tmp_path.iterdir()} == {BEGINNING}


def _file(folder: Path, samples: np.ndarray, rate: int = 22050) -> Path:
    path = folder / "other.wav"
    encode(Audio(samples.astype(np.float32), rate), path)
    return path


@pytest.mark.parametrize(
    ("seconds", "wanted_s", "told"),
    [
        (4, 60, "lasts 4.0 seconds"),
        (20, 22, "lasts 20 seconds already"),
        (20, 60, "Nothing in this song sounds enough like another place"),
    ],
)
def test_what_cannot_go_on_is_refused_and_told_why(seconds: int, wanted_s: float, told: str, tmp_path: Path) -> None:
    time_s = np.arange(seconds * 22050) / 22050
    glide = 0.1 * np.sin(2 * np.pi * np.cumsum(110 * 2 ** (time_s / 5)) / 22050)
    with pytest.raises(InvalidRequest, match=told):
        ExtendingEngine().extend(_file(tmp_path, glide[None]), wanted_s, seed=0)


def test_silence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidAudio, match="silent"):
        ExtendingEngine().extend(_file(tmp_path, np.zeros((2, 20 * 22050))), 60, seed=0)


@pytest.mark.slow
def test_a_song_without_a_pulse_goes_on_where_its_sound_comes_back() -> None:
    audio, analysis, _, _ = repeating()
    unpulsed = replace(analysis, rhythm=Rhythm(0.0, 0.0, (), (), 4))
    material = gather(audio, unpulsed)
    jumps = find_jumps(material).jumps
    assert not material.pulse
    bar_s = 4 * 60 / TEMPO_BPM
    apart = [abs(jump.seam.leave_s - jump.seam.enter_s) / (4 * bar_s) for jump in sorted(jumps, key=lambda j: j.cost)]
    assert len(apart) > 10
    assert np.mean(np.abs(apart[:10] - np.rint(apart[:10])) < 0.01) > 0.7


def test_a_bridge_is_wished_for_in_the_tempo_metre_key_and_chords_of_the_song() -> None:
    _, analysis, material, _ = repeating()
    wishes = bridge_wishes(analysis, material, Bridge(64, 32, 8), Wishes(styles={"rock": 1.0}))
    assert wishes.tempo_bpm == pytest.approx(TEMPO_BPM, rel=0.01)
    assert (wishes.bars, wishes.beats_per_bar, wishes.key) == (8, 4, analysis.key)
    assert wishes.styles == {"rock": 1.0}
    assert sum(length for _, length in wishes.chords) <= 32
    assert {name.root for name, _ in wishes.chords} <= {chord.root for chord in analysis.chords}
    wishes.check()


@pytest.mark.slow
def test_a_song_that_never_repeats_goes_on_over_a_composed_bridge(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rate, beat_s = 22050, 0.5
    samples = np.zeros(int(40 * rate))
    for beat in range(78):
        time_s = np.arange(int(beat_s * rate)) / rate
        tones = sum(np.sin(2 * np.pi * hertz * time_s) for hertz in rng.uniform(100, 4000, 4))
        start = int(beat * beat_s * rate)
        samples[start : start + time_s.size] = 0.05 * tones * np.exp(-6 * time_s) * (1.5 if beat % 4 == 0 else 1.0)
    extension = ExtendingEngine().extend(_file(tmp_path, samples[None]), 90.0, seed=0)
    assert extension.walk.bridges
    assert sum(piece.length for piece in extension.pieces) / rate == pytest.approx(90.0, abs=4.5)
