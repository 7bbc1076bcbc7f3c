"""Producing a song: every part played, shaped and placed, the stems balanced, led from section to section and glued."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from segue.audio.signal import Audio, FloatArray, Progress, no_progress
from segue.music import effects
from segue.music.chance import chance
from segue.music.leading import add_leads, opened, ride
from segue.music.mixing import Channel, channel, loudness
from segue.music.performing import Stage
from segue.music.production import Production
from segue.music.rendering import ROLES, kick_times_s, sum_stems
from segue.music.score import Part, Role, Score

_T = TypeVar("_T")
_CONCERT_HZ: Final = 440.0
_PREDELAY_S: Final = 0.014
_LONGEST_TAIL_S: Final = 6.0
_FADE_S: Final = 0.4
#: Loudness at which a stem of level 0 LU stands before the headroom is set.
_REFERENCE_LUFS: Final = -18.0
_PREMASTER_PEAK: Final = 0.8
_SIDE_FROM_HZ: Final = 130.0
_DUCKED: Final[tuple[Role, ...]] = ("bass", "other")
_SILENCE_DB: Final = -72.0
#: How much of each stem the room hears, and how much of it the kick turns down.
_ROOM: Final[dict[Role, float]] = {"vocals": 0.8, "drums": 0.35, "bass": 0.0, "other": 0.9}


@dataclass(frozen=True, slots=True)
class Produced:
    """A song, mixed and not yet mastered.

    Attributes
    ----------
    score
        What was played.
    stems
        One ``(2, samples)`` a role, all four, silent where nobody has the role.
    premaster
        Their sum.
    tilt_db
        How much brighter than usual it is to be mastered.
    """

    score: Score
    stems: dict[Role, FloatArray] = field(repr=False)
    premaster: Audio
    tilt_db: float


def produce(
    score: Score,
    production: Production,
    *,
    soundfont: Path | None = None,
    recorded: Mapping[str, FloatArray] | None = None,
    sample_rate: int = 44100,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Produced:
    """Produce a song.

    Parameters
    ----------
    score
        What is to be played.
    production
        How it is to sound: `segue.music.production.plan_production`.
    soundfont
        A General MIDI soundfont (``.sf2``, ``.sf3``) that plays acoustic instruments. Without it, our own synthesis
        plays all of them.
    recorded
        Parts that are not played but sound as they were recorded, ``(samples,)`` each, by their names.
    sample_rate
        Hz, 16000 or more.
    threads
        How many parts are played at a time. Their number changes no byte.
    progress
        Told how far it is.

    Raises
    ------
    FileNotFoundError
        If there is no such soundfont.
    """
    if soundfont is not None and not soundfont.is_file():
        raise FileNotFoundError(f"There is no soundfont {soundfont}.")
    tail_s = min(1.2 * production.sound.room_s + 0.8, _LONGEST_TAIL_S)
    stage = Stage(
        seed=score.seed,
        rate=sample_rate,
        length=round((float(score.beats_s[-1]) + tail_s) * sample_rate),
        concert_hz=_CONCERT_HZ,
        soundfont=soundfont,
        recorded=recorded or {},
    )
    stems = _play(score, production, stage, threads=threads, progress=lambda done: progress(0.8 * done))
    _mix(stems, score, production, stage, threads=threads)
    progress(0.95)
    end = _end(stems, stage)
    stems = {role: np.ascontiguousarray(stem[:, :end]) for role, stem in stems.items()}
    premaster = Audio(sum_stems(stems), sample_rate)
    progress(1.0)
    return Produced(score, stems, premaster, float(np.clip(production.sound.tilt_db, -5.0, 5.0)))


def _play(
    score: Score, production: Production, stage: Stage, *, threads: int, progress: Progress
) -> dict[Role, FloatArray]:
    """Play all parts into their stems, with room and echo."""
    stems = {role: np.zeros((2, stage.length), np.float32) for role in ROLES}
    sends = {role: np.zeros(stage.length, np.float32) for role in ROLES}
    works = [_work(score, part, production, stage) for part in score.parts]
    for done, (part, played) in enumerate(zip(score.parts, _in_order(works, threads), strict=True), 1):
        stems[part.role] += played.samples
        sends[part.role] += played.samples.mean(axis=0) * np.float32(played.room)
        progress(0.85 * done / len(score.parts))
    room = effects.draw_room(chance(production.seed, "room"), production.sound.room_s, stage.rate)
    heard = [role for role in ROLES if _ROOM[role] and sends[role].any()]
    answers = [_answer(sends[role], room, production.sound.room * _ROOM[role], stage) for role in heard]
    for role, answer in zip(heard, _in_order(answers, threads), strict=True):
        stems[role] += answer
    progress(1.0)
    return stems


def _work(score: Score, part: Part, production: Production, stage: Stage) -> Callable[[], Channel]:
    return lambda: channel(score, part, production, stage)


def _answer(send: FloatArray, room: FloatArray, level: float, stage: Stage) -> Callable[[], FloatArray]:
    """Return what makes a room's answer to a stem, a little later than the stem."""
    later = round(_PREDELAY_S * stage.rate)

    def answer() -> FloatArray:
        made = np.zeros((2, send.size), np.float32)
        made[:, later:] = effects.reverberated(send * np.float32(level), room)[:, : send.size - later]
        return made

    return answer


def _in_order(works: list[Callable[[], _T]], threads: int) -> Iterator[_T]:
    """Do works, so many at a time, and give what they make in their order; little of it waits."""
    waiting: deque[Future[_T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for work in works:
            waiting.append(pool.submit(work))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _mix(stems: dict[Role, FloatArray], score: Score, production: Production, stage: Stage, *, threads: int) -> None:
    """Balance the stems, lead from section to section, let the kick push the others, and glue them; in place."""
    sound = production.sound
    stems["other"] = opened(stems["other"], score, sound.lift, stage)
    if sound.pump > 0.05:
        duck = effects.ducking(kick_times_s(score), sound.pump, 0.55 * 60 / score.tempo_bpm, stage.length, stage.rate)
        for role in _DUCKED:
            stems[role] *= duck
    works = [_balance(stems[role], production.level_lu(role), stage) for role in ROLES]
    for _ in _in_order(works, threads):
        pass
    ride(stems, score, stage)
    add_leads(stems, score, production, stage)
    total = sum_stems(stems)
    if sound.glue_db > 0.1:
        ratio = 8.0 / (8.0 - min(sound.glue_db, 6.0))
        gain = effects.compression(total, stage.rate, over_db=8.0, ratio=ratio, release_s=0.25, window_s=0.03)
        for role in ROLES:
            stems[role] *= gain
        total = sum_stems(stems)
    highest = max(effects.peak(total), *(effects.peak(stems[role]) for role in ROLES))
    for role in ROLES:
        stems[role] *= np.float32(_PREMASTER_PEAK / max(highest, 1e-6))


def _balance(stem: FloatArray, level_lu: float, stage: Stage) -> Callable[[], None]:
    """Return what brings a stem to its level, with its lows in the middle; in place."""

    def balance() -> None:
        _centre_lows(stem, stage.rate)
        level = loudness(stem, stage.rate)
        if np.isfinite(level):
            stem[:] *= np.float32(10 ** ((_REFERENCE_LUFS + level_lu - level) / 20))

    return balance


def _centre_lows(stem: FloatArray, rate: int) -> None:
    """Put what lies low into the middle, in place."""
    if np.array_equal(stem[0], stem[1]):
        return
    side = (stem[0] - stem[1]) * np.float32(0.5)
    for start, high in effects.filtered_blocks(side, effects.high_pass(_SIDE_FROM_HZ, rate)):
        block = stem[:, start : start + high.size]
        low = side[start : start + high.size] - high
        block[0] -= low
        block[1] += low


def _end(stems: dict[Role, FloatArray], stage: Stage) -> int:
    """Fade the very end, in place, and return where the song has died away."""
    level = effects.envelope_db(sum_stems(stems), stage.rate, 0.05)
    sounding = np.flatnonzero(level > _SILENCE_DB)
    hop = stage.length / max(1, level.size)
    end = (
        min(stage.length, round((float(sounding[-1]) + 1) * hop) + round(0.1 * stage.rate))
        if sounding.size
        else stage.length
    )
    fade = min(end, round(_FADE_S * stage.rate))
    for stem in stems.values():
        stem[:, end - fade : end] *= np.linspace(1.0, 0.0, fade, dtype=np.float32) ** 2
    return end
