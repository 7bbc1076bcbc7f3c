"""Productions: true stems in balance, a band's own sound, wishes that are heard, and nothing broken on the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.audio.signal import FloatArray
from segue.music.composing import compose
from segue.music.mixing import loudness
from segue.music.producing import Produced, produce
from segue.music.production import plan_production
from segue.music.rendering import ROLES, kick_times_s
from segue.music.score import Score
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.wishes import Wishes
from tests.music.tiny_soundfont import write_tiny_soundfont

_RATE = 22050


def _song(style: StyleName = "house", *, seed: int = 3, bars: int = 4, energy: float = 0.6, band: int = 5) -> Score:
    wishes = Wishes(styles={style: 1.0}, bars=bars, energy=energy, band=band, drums=True, vocals=False)
    return compose(seed, wishes)


def _produced(score: Score, *, bass: float = 0.0) -> Produced:
    return produce(score, plan_production(score, bass=bass), sample_rate=_RATE)


@pytest.fixture(scope="module")
def house() -> Produced:
    return _produced(_song())


def _share_above(samples: FloatArray, hz: float) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    return float(power[np.fft.rfftfreq(samples.shape[1], 1 / _RATE) > hz].sum() / power.sum())


def test_the_stems_are_the_premaster(house: Produced) -> None:
    total = sum(house.stems[role].astype(np.float64) for role in ROLES)
    np.testing.assert_allclose(total, house.premaster.samples, atol=1e-6)
    assert all(np.abs(house.stems[role]).max() < 1.0 for role in ROLES)
    assert house.stems["drums"].any()
    assert not house.stems["vocals"].any()


def test_the_number_of_threads_changes_no_byte(house: Produced) -> None:
    score = _song()
    again = produce(score, plan_production(score), sample_rate=_RATE, threads=3)
    assert all(again.stems[role].tobytes() == house.stems[role].tobytes() for role in ROLES)


def test_lows_stand_in_the_middle(house: Produced) -> None:
    left, right = house.premaster.samples
    hz = np.fft.rfftfreq(left.size, 1 / _RATE)
    middle, side = (np.abs(np.fft.rfft(part))[hz < 70.0] ** 2 for part in (left + right, left - right))
    assert side.sum() < 0.02 * middle.sum()
    assert np.abs(left - right).max() > 0.02


def test_a_production_has_no_offset_no_click_and_dies_away(house: Produced) -> None:
    samples = house.premaster.samples
    assert np.abs(samples.mean(axis=1)).max() < 1e-3  # the master has none
    steps = np.abs(np.diff(samples.mean(axis=0)))
    hops = steps[: steps.size // 44 * 44].reshape(-1, 44).max(axis=1)  # 2 ms: a click stands alone, an attack does not
    around = np.maximum(np.maximum(hops[:-4], hops[1:-3]), np.maximum(hops[3:-1], hops[4:]))
    assert not ((hops[2:-2] > 0.1) & (hops[2:-2] > 6 * around)).any()
    assert np.abs(samples[:, -50:]).max() < 1e-3
    assert house.premaster.duration_s > house.score.beats_s[-1]


def test_the_kick_turns_chords_down_in_house() -> None:
    score = _song()
    pumping = plan_production(score)
    still = replace(pumping, sound=replace(pumping.sound, pump=0.0))
    made, even = (produce(score, production, sample_rate=_RATE).stems["other"] for production in (pumping, still))
    kicks = kick_times_s(score)
    sounding = [
        slice(round((time + 0.005) * _RATE), round((time + 0.05) * _RATE))
        for time in kicks
        if np.abs(even[:, round(time * _RATE) :][:, :2000]).max() > 0.02
    ]
    under = np.mean([np.abs(made[:, part]).mean() / np.abs(even[:, part]).mean() for part in sounding])
    whole = np.abs(made).mean() / np.abs(even).mean()
    assert len(sounding) >= 4
    assert under < 0.75 * whole


def test_more_bass_is_louder_bass() -> None:
    score = _song(bars=2)
    light, heavy = (_produced(score, bass=bass) for bass in (-1.0, 1.0))
    shares = [loudness(made.stems["bass"], _RATE) - loudness(made.stems["drums"], _RATE) for made in (light, heavy)]
    assert shares[1] - shares[0] > 4.0


def test_more_energy_is_brighter_in_the_sound_and_in_the_mastering() -> None:
    calm, full = (plan_production(replace(_song(), energy=energy)) for energy in (0.1, 0.9))
    score = _song(bars=2)
    dull, bright = (produce(score, production, sample_rate=_RATE) for production in (calm, full))
    assert bright.tilt_db > dull.tilt_db + 2.0
    assert _share_above(bright.stems["other"], 2500.0) > 1.2 * _share_above(dull.stems["other"], 2500.0)


def test_songs_of_a_band_are_produced_alike_and_those_of_others_are_not() -> None:
    one, two, other = (plan_production(_song(seed=seed, band=band)) for seed, band in ((1, 5), (2, 5), (1, 6)))
    assert one == two
    assert one.sound != other.sound


def test_a_song_between_styles_is_produced_between_them() -> None:
    score = replace(_song(), styles={"house": 0.5, "ambient": 0.5})
    ends = [plan_production(replace(score, styles={name: 1.0})).sound.room_s for name in ("house", "ambient")]
    assert min(ends) < plan_production(score).sound.room_s < max(ends)


def test_a_soundfont_plays_what_is_acoustic_and_nothing_else(tmp_path: Path) -> None:
    font = write_tiny_soundfont(tmp_path / "tiny.sf2")
    score = _song("bossa", bars=2)
    acoustic = replace(score, parts=tuple(replace(part, program=0) for part in score.parts if part.name == "chords"))
    electric = replace(score, parts=tuple(replace(part, program=81) for part in score.parts if part.name == "chords"))
    for piece, differs in ((acoustic, True), (electric, False)):
        production = plan_production(piece)
        own, theirs = (produce(piece, production, soundfont=path, sample_rate=_RATE) for path in (None, font))
        same = own.premaster.samples.tobytes() == theirs.premaster.samples.tobytes()
        assert same is not differs


def test_a_soundfont_that_is_not_there_is_told(tmp_path: Path) -> None:
    score = _song(bars=1)
    with pytest.raises(FileNotFoundError, match="no soundfont"):
        produce(score, plan_production(score), soundfont=tmp_path / "absent.sf3", sample_rate=_RATE)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLE_NAMES)
def test_every_style_is_in_balance(style: StyleName) -> None:
    made = _produced(_song(style, bars=8))
    assert np.isfinite(made.premaster.samples).all()
    levels = {role: loudness(made.stems[role], _RATE) for role in ROLES if made.stems[role].any()}
    assert max(levels.values()) - min(levels.values()) < 14.0
    assert loudness(made.premaster.samples, _RATE) > -26.0
