"""A walk sounds as the song does, in blocks, without a step at its seams, and as loud as it shall be."""

import numpy as np
import pytest

from segue.audio.extending.bridging import Music, lay_bridge, possible_bridges
from segue.audio.extending.loudening import brought_to, find_level
from segue.audio.extending.rendering import Piece, pieces_of, play
from segue.audio.extending.walking import Bridge, Stretch, Walk, walk
from segue.audio.loudness import measure_loudness
from segue.audio.signal import Audio, FloatArray
from tests.audio.extending.songs import repeating


def _sound(pieces: tuple[Piece, ...]) -> FloatArray:
    return np.concatenate(list(play(pieces)), axis=1)


def _walked(duration_s: float = 100.0) -> tuple[Audio, Walk, tuple[Piece, ...]]:
    audio, _, material, graph = repeating()
    planned = walk(material, graph, duration_s, seed=1)
    return audio, planned, pieces_of(audio, planned)


def test_the_song_is_heard_unchanged_up_to_the_first_seam_and_from_the_last_one_on() -> None:
    audio, _, pieces = _walked()
    sound = _sound(pieces)
    first = pieces[0].end - pieces[1].fade
    assert np.array_equal(sound[:, :first], audio.samples[:, :first])
    last = pieces[-1].length - pieces[-1].fade
    own = audio.samples[:, -last:] * pieces[-1].gains(pieces[-1].fade, last)
    assert np.allclose(sound[:, -last:], own, atol=1e-6)


def test_what_is_played_is_as_long_as_planned() -> None:
    audio, planned, pieces = _walked()
    assert _sound(pieces).shape[1] / audio.sample_rate == pytest.approx(planned.duration_s, abs=0.2)


def test_there_is_no_click_at_a_seam() -> None:
    audio, _, pieces = _walked()
    steps = np.abs(np.diff(_sound(pieces)[0], 2))
    highest = np.abs(np.diff(audio.samples[0], 2)).max()
    at = np.cumsum([piece.length for piece in pieces])[:-1]
    assert len(at) >= 2
    for seam, piece in zip(at, pieces[1:], strict=True):
        assert steps[seam - piece.fade : seam + piece.fade].max() <= highest * 1.05


def test_blocks_of_any_size_come_to_the_same_level() -> None:
    _, _, pieces = _walked()
    level = find_level(pieces, target_lufs=-8.0)
    whole = _sound(pieces)
    rate = pieces[0].audio.sample_rate
    once = np.concatenate(list(brought_to(level, iter([whole]), rate)), axis=1)
    parts = np.array_split(whole, 37, axis=1)
    again = np.concatenate(list(brought_to(level, iter(parts), rate)), axis=1)
    assert np.abs(once - again).max() < 1e-6


@pytest.mark.parametrize("target_lufs", [-23.0, -14.0, -10.0])
def test_the_whole_has_the_loudness_that_was_asked_for_and_no_higher_peak(target_lufs: float) -> None:
    _, _, pieces = _walked()
    rate = pieces[0].audio.sample_rate
    sound = np.concatenate(list(brought_to(find_level(pieces, target_lufs=target_lufs), play(pieces), rate)), axis=1)
    heard = measure_loudness(Audio(sound, rate))
    assert heard.integrated_lufs == pytest.approx(target_lufs, abs=0.2)
    assert heard.true_peak_dbtp <= -1.0


def test_one_gain_holds_for_all_where_no_peak_asks_for_a_limiter() -> None:
    _, _, pieces = _walked()
    level = find_level(pieces, target_lufs=-23.0)
    sound = np.concatenate(list(brought_to(level, play(pieces), pieces[0].audio.sample_rate)), axis=1)
    assert np.allclose(sound, _sound(pieces) * np.float32(10 ** (level.gain_db / 20)), atol=1e-7)


def test_silence_keeps_its_level() -> None:
    silence = Audio(np.zeros((2, 44100), np.float32), 44100)
    assert find_level((Piece(silence, 0, 44100),)).gain_db == 0.0


def _bridged() -> tuple[Audio, tuple[Piece, ...]]:
    audio, _, material, _ = repeating()
    bridge = Bridge(64, 32, 4)
    seconds = 4 * material.bar_s
    time_s = np.arange(round((seconds + 2.5) * audio.sample_rate)) / audio.sample_rate
    tone = 0.05 * np.sin(2 * np.pi * 220 * time_s).astype(np.float32)
    clip = lay_bridge(audio, material, bridge, Music(Audio(tone[None], audio.sample_rate), 0.5, 0.5 + seconds))
    planned = Walk((Stretch(0, 64, 0.0), Stretch(32, material.count, 0.0, bridge)), 0.0)
    return audio, pieces_of(audio, planned, (clip,))


def test_a_bridge_lies_on_the_beats_of_the_song() -> None:
    audio, pieces = _bridged()
    _, _, material, _ = repeating()
    leave_s, enter_s = material.edges_s[64], material.edges_s[32]
    wanted_s = leave_s + 4 * material.bar_s + audio.duration_s - enter_s
    assert sum(piece.length for piece in pieces) / audio.sample_rate == pytest.approx(wanted_s, abs=0.001)


def test_a_bridge_is_as_loud_as_what_is_around_it() -> None:
    audio, pieces = _bridged()
    middle = _sound(pieces)[:, pieces[0].end + 2 * audio.sample_rate :][:, : 3 * audio.sample_rate]
    own = measure_loudness(audio).integrated_lufs
    assert measure_loudness(Audio(middle, audio.sample_rate)).integrated_lufs == pytest.approx(own, abs=2.0)


def test_the_song_is_whole_again_after_a_bridge() -> None:
    audio, pieces = _bridged()
    last = pieces[-1].length - pieces[-1].fade
    assert np.array_equal(_sound(pieces)[:, -last:], audio.samples[:, -last:])


def test_bridges_lead_from_bar_to_bar() -> None:
    _, _, material, _ = repeating()
    bridges = possible_bridges(material)
    assert bridges
    assert all(material.places[at] == 0 for bridge in bridges for at in (bridge.leave, bridge.enter))


def test_each_bridge_needs_its_music() -> None:
    audio, _, material, _ = repeating()
    planned = Walk((Stretch(0, 64, 0.0), Stretch(32, material.count, 0.0, Bridge(64, 32, 4))), 0.0)
    with pytest.raises(ValueError, match="1 bridges need as many clips, not 0"):
        pieces_of(audio, planned)
