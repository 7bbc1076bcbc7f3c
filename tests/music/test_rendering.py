"""Renderings: true stems, the truth of the score audible in them, and nothing broken on the way."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.audio.analysis import Key
from segue.audio.loudness import measure_loudness
from segue.audio.signal import FloatArray
from segue.music.composing import compose
from segue.music.harmony import pitch_classes
from segue.music.rendering import ROLES, Rendering, render
from segue.music.score import ChordName, ChordSpan, Note, Part, Role, Score, SectionSpan
from segue.music.soundfont import MISTUNED, play_soundfont
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.wishes import Wishes
from tests.music.tiny_soundfont import HERTZ, write_tiny_soundfont

_RATE = 22050


@pytest.fixture(scope="module")
def soundfont(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_soundfont(tmp_path_factory.mktemp("soundfont") / "tiny.sf2")


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    score = compose(12, Wishes(styles={"pop": 1.0}, tempo_bpm=120, bars=8, drums=True, vocals=True))
    return render(score, sample_rate=_RATE)


def _score(role: Role, notes: Sequence[Note], program: int = 0, beats: int = 16) -> Score:
    return Score(
        style="pop",
        seed=1,
        beats_s=0.25 + np.arange(beats + 1) * 0.5,
        beats_per_bar=4,
        key=Key(0, "major"),
        chords=(ChordSpan(0, beats, ChordName(0, "maj")),),
        sections=(SectionSpan(0, beats, "verse", 0),),
        parts=(Part("only", role, program, tuple(notes)),),
    )


def _fundamental_hz(samples: FloatArray, rate: int, low: float, high: float) -> float:
    """Return the frequency at which a sound repeats itself, by autocorrelation, to a fraction of a sample."""
    spectrum = np.fft.rfft(samples, 2 * samples.size)
    repeated = np.fft.irfft(np.abs(spectrum) ** 2)
    first, last = int(rate / high), int(rate / low) + 1
    peak = first + int(repeated[first:last].argmax())
    before, at, after = repeated[peak - 1 : peak + 2]
    return rate / (peak + 0.5 * (before - after) / (before - 2 * at + after))


def _attacks_s(samples: FloatArray, near_s: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return when the sound first comes to a third of what it reaches from 30 ms before each time to 60 ms after."""
    found = []
    for time in near_s:
        start = max(0, round((time - 0.03) * rate))
        part = np.abs(samples[start : start + round(0.09 * rate)])
        found.append((start + int((part > part.max() / 3).argmax())) / rate)
    return np.array(found)


def test_the_stems_sum_to_the_mix_before_mastering(rendering: Rendering) -> None:
    total = sum(rendering.stems[role] for role in ROLES)
    np.testing.assert_allclose(total, rendering.premaster.samples, atol=1e-6)


def test_every_role_has_a_stem_as_long_as_the_mix_and_sound_in_it(rendering: Rendering) -> None:
    assert set(rendering.stems) == set(ROLES)
    for role in ROLES:
        assert rendering.stems[role].shape == rendering.mix.samples.shape == (2, rendering.mix.length)
        assert rendering.stems[role].dtype == np.float32
        assert np.sqrt(np.mean(rendering.stems[role] ** 2)) > 1e-3


def test_the_mix_is_finite_and_below_full_scale_and_ends_in_silence(rendering: Rendering) -> None:
    assert np.isfinite(rendering.mix.samples).all()
    assert 0.1 < np.abs(rendering.mix.samples).max() < 1.0
    assert np.abs(rendering.premaster.samples).max() < 1.0
    assert np.abs(rendering.premaster.samples[:, -8:]).max() < 1e-3
    assert rendering.mix.duration_s > rendering.score.beats_s[-1]


def test_the_same_seed_renders_the_same_bytes_and_another_seed_another_sound(soundfont: Path) -> None:
    score = compose(4, Wishes(styles={"house": 1.0}, bars=4, drums=True))
    once, again, other = (render(score, seed=seed, soundfont=soundfont, sample_rate=_RATE) for seed in (7, 7, 8))
    assert once.mix.samples.tobytes() == again.mix.samples.tobytes()
    assert all(once.stems[role].tobytes() == again.stems[role].tobytes() for role in ROLES)
    assert once.mix.samples.tobytes() != other.mix.samples[:, : once.mix.length].tobytes()


def test_who_does_not_play_is_silent() -> None:
    wishes = Wishes(styles={"pop": 1.0}, bars=2, drums=False, vocals=False)
    quiet = render(compose(3, wishes), sample_rate=_RATE)
    assert not quiet.stems["drums"].any()
    assert not quiet.stems["vocals"].any()
    assert quiet.stems["other"].any()


@pytest.mark.parametrize("seed", range(6))
def test_a_kick_sounds_when_the_score_says(seed: int) -> None:
    score = _score("drums", [Note(float(beat), 0.5, 36, 110) for beat in range(0, 16, 4)])
    heard = render(score, seed=seed, sample_rate=44100).stems["drums"].mean(axis=0)
    assert np.abs(_attacks_s(heard, score.downbeats_s, 44100) - score.downbeats_s).max() < 0.01


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pitch", [52, 64])
def test_a_voice_sings_the_note_that_is_written(pitch: int, seed: int) -> None:
    score = _score("vocals", [Note(4.0 * index, 3.5, pitch, 100) for index in range(4)])
    heard = render(score, seed=seed, sample_rate=_RATE).stems["vocals"].mean(axis=0)
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    for index in range(4):
        start = round((0.25 + 2.0 * index + 0.4) * _RATE)
        sung = _fundamental_hz(heard[start : start + _RATE], _RATE, wanted * 0.75, wanted * 1.5)
        assert sung == pytest.approx(wanted, rel=0.04)  # the concert pitch is drawn too: 430 to 450 Hz


def test_a_soundfont_plays_the_note_at_its_time_and_at_the_concert_pitch(soundfont: Path) -> None:
    part = Part("only", "other", 0, (Note(0.0, 2.0, 69, 100),))
    for concert_hz in (440.0, 450.0, 432.0):
        heard = play_soundfont(
            part,
            np.array([0.5]),
            np.array([1.0]),
            soundfont=soundfont,
            rate=_RATE,
            length=2 * _RATE,
            concert_hz=concert_hz,
        )
        assert heard.shape == (2, 2 * _RATE)
        mono = heard.mean(axis=0)
        assert abs(_attacks_s(mono, np.array([0.5]), _RATE)[0] - 0.5) < 0.01
        middle = mono[round(0.7 * _RATE) : round(1.3 * _RATE)]
        wanted = HERTZ * concert_hz / 440
        assert _fundamental_hz(middle, _RATE, wanted * 0.9, wanted * 1.1) == pytest.approx(wanted, rel=0.003)


def test_a_soundfont_that_is_not_there_is_told(tmp_path: Path) -> None:
    score = _score("other", [Note(0.0, 1.0, 60, 100)])
    with pytest.raises(FileNotFoundError, match="no soundfont"):
        render(score, soundfont=tmp_path / "absent.sf3", sample_rate=_RATE)


def _pitch_class_strengths(samples: FloatArray, rate: int) -> NDArray[np.float64]:
    """Return how strong each pitch class is between 60 and 2000 Hz."""
    spectrum = np.sqrt(np.abs(np.fft.rfft(samples * np.hanning(samples.size))))
    hz = np.arange(1, spectrum.size) * rate / samples.size
    classes = np.round(12 * np.log2(hz / 440) + 9).astype(int) % 12
    inside = (hz > 60) & (hz < 2000)
    return np.bincount(classes[inside], spectrum[1:][inside], minlength=12) / np.bincount(classes[inside], minlength=12)


def test_the_chords_of_the_score_are_what_sounds() -> None:
    wishes = Wishes(styles={"ballad": 1.0}, bars=4, tempo_bpm=100, drums=False, vocals=False, beats_per_bar=4)
    agreeing = []
    for seed in range(3):
        score = compose(seed, wishes)
        made = render(score, sample_rate=_RATE)
        mono = (made.stems["other"] + made.stems["bass"]).mean(axis=0)
        for span in score.chords:
            first, last = (score.seconds(np.array([span.start, span.end])) * _RATE).astype(int)
            strongest = np.argsort(_pitch_class_strengths(mono[first:last], _RATE))[-3:]
            agreeing.append(len(set(strongest) & set(pitch_classes(span.chord))) / 3)
    assert np.mean(agreeing) > 0.75


def test_loudness_differs_from_seed_to_seed_as_it_does_on_records() -> None:
    score = compose(11, Wishes(styles={"rock": 1.0}, bars=2, tempo_bpm=140))
    heard = [measure_loudness(render(score, seed=seed, sample_rate=_RATE).mix).integrated_lufs for seed in range(5)]
    assert np.ptp(heard) > 1.5
    assert all(-24 < lufs < -5 for lufs in heard)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLE_NAMES)
def test_every_style_renders_with_a_soundfont_and_without(style: StyleName, soundfont: Path) -> None:
    for seed in range(2):
        score = compose(seed, Wishes(styles={style: 1.0}, bars=8))
        for font in (None, soundfont):
            made = render(score, soundfont=font)
            assert np.isfinite(made.mix.samples).all()
            assert 0.05 < np.abs(made.mix.samples).max() < 1.0
            assert -26 < measure_loudness(made.mix).integrated_lufs < -5


def test_what_the_soundfont_plays_out_of_tune_our_own_instruments_play(soundfont: Path) -> None:
    score = _score("other", [Note(0.0, 4.0, 60, 100)], program=MISTUNED[0])
    made, ours = (render(score, soundfont=font, sample_rate=_RATE) for font in (soundfont, None))
    assert made.stems["other"].tobytes() == ours.stems["other"].tobytes()
