"""The voice sings the notes that it is given, in time, and the same each time."""

import librosa
import numpy as np
import pytest

from segue.engines.singing import SungLine, SungNote
from segue.engines.singing.hibari import HibariSinger

RATE = 22_050


@pytest.fixture(scope="module")
def singer() -> HibariSinger:
    return HibariSinger()


def line(text: str, pitches: list[float], *, held_s: float = 0.6) -> SungLine:
    return SungLine(text, tuple(SungNote(0.5 + 0.6 * number, held_s, hz) for number, hz in enumerate(pitches)))


def sing(singer: HibariSinger, sung: SungLine, seed: int = 1) -> np.ndarray:
    return singer.sing([sung], length=5 * RATE, sample_rate=RATE, seed=seed)


@pytest.mark.slow
def test_notes_are_sung_at_their_pitch_and_time(singer: HibariSinger) -> None:
    sung = line("Rain is falling on me", [220.0, 261.6, 246.9, 196.0, 220.0, 293.7])
    assert singer.syllables(sung.text) == 6
    made = sing(singer, sung)
    heard, _, _ = librosa.pyin(made, fmin=100, fmax=500, sr=RATE, hop_length=220)
    times = np.arange(heard.size) * 220 / RATE
    cents = []
    for note in sung.notes:
        inside = (times > note.start_s + 0.2) & (times < note.start_s + 0.45) & np.isfinite(heard)
        cents.append(abs(1200 * np.log2(np.median(heard[inside]) / note.hz)))
    assert np.median(cents) < 15
    assert max(cents) < 60
    assert np.abs(made[: round(0.2 * RATE)]).max() < 0.02
    assert np.abs(made[round(4.4 * RATE) :]).max() < 0.02


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(singer: HibariSinger) -> None:
    sung = line("Rain is falling", [220.0, 261.6, 246.9, 196.0])
    assert sing(singer, sung).tobytes() == sing(singer, sung).tobytes() != sing(singer, sung, seed=2).tobytes()


@pytest.mark.parametrize("hz", [55.0, 110.0, 880.0])
def test_what_the_voice_has_not_is_sung_octaves_away(singer: HibariSinger, hz: float) -> None:
    made = sing(singer, line("Oh", [hz], held_s=2.0))
    heard, _, _ = librosa.pyin(made, fmin=60, fmax=1000, sr=RATE, hop_length=220)
    middle = float(np.nanmedian(heard))
    assert 150 < middle < 400
    assert abs((12 * np.log2(middle / hz)) % 12 - 12 * round(((12 * np.log2(middle / hz)) % 12) / 12)) < 0.5


def test_what_has_no_sound_and_what_falls_outside_is_left_out(singer: HibariSinger) -> None:
    nothing = singer.sing([SungLine("...", (SungNote(0, 1, 220.0),))], length=RATE, sample_rate=RATE, seed=1)
    assert not nothing.any()
    early = SungLine("Hello", (SungNote(0.0, 0.5, 220.0), SungNote(0.5, 9.0, 247.0)))
    assert singer.sing([early], length=RATE, sample_rate=RATE, seed=1).size == RATE
    shares: list[float] = []
    singer.sing([early, early], length=RATE, sample_rate=RATE, seed=1, progress=shares.append)
    assert shares == [0.5, 1.0]
