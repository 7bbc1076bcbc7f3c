"""Laying new music into a song: at its loudness and tone, on its beats, so that each rings out under the other."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from segue.audio.extending.material import Material
from segue.audio.extending.rendering import CLIP_FADE, Clip
from segue.audio.extending.walking import Bridge
from segue.audio.loudness import measure_loudness
from segue.audio.mastering.tone import correction_db, equaliser, filter_block, measure_bands
from segue.audio.signal import Audio, FloatArray

#: Sections that new music may lead into, and out of.
_OPENINGS: Final = ("intro", "verse", "chorus", "bridge", "break", "section")
_BARS: Final = (8, 12, 16)
_LONGEST_S, _SHORTEST_S = 40.0, 12.0
_MOST_PLACES: Final = 8
_LATEST: Final = 0.5
#: How much of the song around the bridge its tone and loudness are taken from.
_AROUND_S: Final = 12.0
_STRENGTH, _LIMIT_DB = 0.85, 8.0
_MOST_GAIN_DB: Final = 18.0
_LEAD_S: Final = 0.25
_TAIL_S: Final = 1.5
#: The song is heard for so long under the first beats of the bridge, ever softer.
_RING_BEATS: Final = 2


@dataclass(frozen=True, slots=True)
class Music:
    """New music for a bridge.

    Attributes
    ----------
    audio
        Of the song's rate; mono or stereo.
    first_s, last_s
        Its first beat, and where the beat after its last one would fall.
    """

    audio: Audio = field(repr=False)
    first_s: float
    last_s: float


def possible_bridges(material: Material) -> tuple[Bridge, ...]:
    """Return the bridges that a song may have: from where sections end to where sections begin.

    Returns
    -------
    tuple of Bridge
        Of 8, 12 and 16 bars, some 12 to 40 seconds; none without a pulse or in what is too short to leave.
    """
    if not material.pulse or material.count < 4 * material.beats_per_bar:
        return ()
    borders = _borders(material)
    if not borders:
        return ()
    last = material.count - material.beats_per_bar
    leaves = [at for at in borders if _LATEST * material.count <= at <= last][-_MOST_PLACES:]
    enters = [at for at in borders if at < last - 8 * material.beats_per_bar][:_MOST_PLACES]
    bars = [bars for bars in _BARS if _SHORTEST_S <= bars * material.bar_s <= _LONGEST_S] or [_BARS[0]]
    return tuple(Bridge(leave, enter, count) for leave in leaves for enter in enters for count in bars)


def _borders(material: Material) -> list[int]:
    """Return the downbeats at which sections begin, or else every eighth one."""
    downbeats = [int(at) for at in np.flatnonzero(material.places == 0) if 0 < at < material.count]
    borders = [at for at in downbeats if material.bars[at] == 0 and material.labels[at] in _OPENINGS]
    return borders if len(borders) >= 2 else downbeats[::8]


def lay_bridge(audio: Audio, material: Material, bridge: Bridge, music: Music) -> Clip:
    """Lay new music between two places of a song.

    The song rings out under its first beats, and it under the song's. Its loudness and, gently, its tone are
    those of the song around.

    Parameters
    ----------
    audio, material
        The song.
    bridge
        Where the music comes.
    music
        As many bars as the bridge, in the song's tempo.

    Returns
    -------
    Clip
        The music with what is before and after it.
    """
    rate = audio.sample_rate
    leave, enter = (round(float(material.edges_s[at]) * rate) for at in (bridge.leave, bridge.enter))
    lead, tail = min(round(_LEAD_S * rate), leave), min(round(_TAIL_S * rate), audio.length - enter)
    sound = _like_the_song(audio, (leave, enter), music.audio)
    first, length = round(music.first_s * rate), round((music.last_s - music.first_s) * rate)
    ring = round(_RING_BEATS * float(np.median(np.diff(material.edges_s))) * rate)
    ring = min(ring, audio.length - leave, length)
    laid = np.zeros((audio.channels, lead + length + tail), dtype=np.float32)
    laid[:, : lead + ring] = audio.samples[:, leave - lead : leave + ring]
    laid[:, lead : lead + ring] *= np.cos(np.linspace(0.0, np.pi / 2, ring, dtype=np.float32)) ** 2
    before = min(lead, first) // 2
    new = sound[:, first - before : first + length + tail].copy()
    _fade_ends(new, before, max(0, new.shape[1] - before - length))
    laid[:, lead - before : lead - before + new.shape[1]] += new
    laid[:, lead + length :] += audio.samples[:, enter : enter + tail]
    end = max(lead + length, laid.shape[1] - CLIP_FADE)
    return Clip(Audio(laid, rate), lead // 2, leave - lead + lead // 2, end, enter + end - lead - length)


def _fade_ends(sound: FloatArray, into: int, out: int) -> None:
    if into:
        sound[:, :into] *= np.sin(np.linspace(0.0, np.pi / 2, into, dtype=np.float32)) ** 2
    if out:
        sound[:, -out:] *= np.cos(np.linspace(0.0, np.pi / 2, out, dtype=np.float32)) ** 2


def _like_the_song(audio: Audio, places: tuple[int, int], music: Audio) -> FloatArray:
    """Return music with the loudness and tone of a song before one place and after another, and its channels."""
    around = round(_AROUND_S * audio.sample_rate)
    leave, enter = places
    song = np.concatenate(
        [audio.samples[:, max(leave - around, 0) : leave], audio.samples[:, enter : enter + around]], 1
    )
    wanted = Audio(song, audio.sample_rate)
    curve = correction_db(
        measure_bands(music).long_term_db(),
        measure_bands(wanted).long_term_db(),
        strength=_STRENGTH,
        limit_db=_LIMIT_DB,
    )
    toned = Audio(filter_block(music, equaliser(curve, music.sample_rate), 0, music.length), music.sample_rate)
    levels = [measure_loudness(one).integrated_lufs for one in (wanted, toned)]
    gain_db = float(np.clip(levels[0] - levels[1], -_MOST_GAIN_DB, _MOST_GAIN_DB)) if np.isfinite(levels).all() else 0.0
    samples = toned.samples * np.float32(10 ** (gain_db / 20))
    if audio.channels == 1:
        return np.asarray(samples.mean(axis=0, keepdims=True), dtype=np.float32)
    return np.asarray(np.broadcast_to(samples, (audio.channels, samples.shape[1])), dtype=np.float32)
