"""Who plays, and what: from a form and its chords to the parts of a score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from segue.audio.analysis import Key
from segue.music.bass import bass_line
from segue.music.chance import between, chance, pick
from segue.music.comping import accompany
from segue.music.drumming import choose_groove, drum, half_time, kick_beats
from segue.music.form import SectionPlan
from segue.music.grooves import TOPS, Groove
from segue.music.melody import sing
from segue.music.metre import Metre
from segue.music.score import ChordSpan, Note, Part, Role
from segue.music.styles import Style
from segue.music.timing import play

_GUITARS = range(24, 32)
_VOICES = ((45, 64), (50, 69), (55, 74), (59, 78))  # bass-baritone, tenor, alto, soprano


@dataclass(frozen=True, slots=True)
class Setting:
    """What all players share: style, metre, key, tempo, and how pairs of notes swing (`segue.music.timing.swung`)."""

    seed: int
    style: Style
    metre: Metre
    key: Key
    tempo_bpm: float
    swing: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody in the band.

    Attributes
    ----------
    name, role, program
        As in `segue.music.score.Part`.
    job
        What is played: ``drums``, ``top``, ``bass``, ``chords``, ``lead`` or ``voice``.
    from_energy
        The player joins sections of at least this energy.
    """

    name: str
    role: Role
    program: int
    job: str
    from_energy: float


def engage(rng: np.random.Generator, style: Style, *, drums: bool | None, vocals: bool | None) -> tuple[Player, ...]:
    """Return the band of a song, drawn as the style has it."""
    band = style.band
    other: Role = "vocals" if style.sung else "other"
    with_drums = rng.random() < style.drums if drums is None else drums
    with_voice = rng.random() < style.vocals if vocals is None else vocals
    players = [Player("chords", other, pick(rng, band.chords), "chords", 0.0)]
    if with_drums:
        players.append(Player("drums", "drums", pick(rng, band.kits), "drums", 0.0))
        if style.tops and rng.random() < 0.4:
            players.append(Player("percussion", "drums", pick(rng, band.kits), "top", between(rng, (0.4, 0.9))))
    if rng.random() < 0.93:
        players.append(Player("bass", "vocals" if style.sung else "bass", pick(rng, band.bass), "bass", 0.33))
    if rng.random() < 0.55:
        players.append(Player("pad", other, pick(rng, band.pads), "pad", between(rng, (0.0, 0.9))))
    if rng.random() < 0.4 and not style.sung:
        players.append(Player("second chords", other, pick(rng, band.chords), "chords", between(rng, (0.5, 0.95))))
    if with_voice:
        players.append(Player("voice", "vocals", pick(rng, (52, 53, 54)), "voice", 0.5))
        if rng.random() < 0.3:
            players.append(Player("second voice", "vocals", pick(rng, (52, 53, 54)), "harmony", 0.8))
    if rng.random() < (style.lead * 0.6 if with_voice else style.lead):
        players.append(Player("lead", other, pick(rng, band.lead), "lead", 0.35))
    return tuple(players)


def write_parts(
    setting: Setting,
    band: Sequence[Player],
    plans: Sequence[SectionPlan],
    chords: Sequence[Sequence[ChordSpan]],
    lifts: Sequence[int],
) -> tuple[Part, ...]:
    """Write what everybody plays.

    Parameters
    ----------
    setting
        What they share.
    band
        The players.
    plans, chords, lifts
        The sections, their chords from their own beat 0 on, and by how many semitones each is raised.
    """
    end = float(sum(plan.bars for plan in plans) * setting.metre.beats)
    grooves = _grooves(setting, plans)
    sung = any(player.job == "voice" for player in band)
    parts = []
    for player in band:
        notes: list[Note] = []
        at = 0
        for index, plan in enumerate(plans):
            if _plays(player, plan, sung=sung):
                written = _section(setting, player, plan, chords[index], groove=grooves[plan.theme], index=index)
                pitched = player.job not in ("drums", "top")
                notes += [
                    replace(note, start=note.start + at, pitch=note.pitch + (lifts[index] if pitched else 0))
                    for note in written
                ]
            at += plan.bars * setting.metre.beats
        if notes:
            parts.append(Part(player.name, player.role, player.program, _performed(setting, player, notes, end)))
    return tuple(parts)


def _grooves(setting: Setting, plans: Sequence[SectionPlan]) -> dict[int, Groove]:
    """Give every theme its groove: mostly the song's, sometimes one of its own or half as fast."""
    rng = chance(setting.seed, "grooves")
    main = choose_groove(rng, setting.style.grooves, setting.metre)
    grooves = {}
    for theme in sorted({plan.theme for plan in plans}):
        groove = choose_groove(rng, setting.style.grooves, setting.metre) if rng.random() < 0.25 else main
        simple = setting.metre.beats == 4 and setting.metre.subdivision == 2
        grooves[theme] = half_time(groove) if simple and rng.random() < 0.06 else groove
    return grooves


def _plays(player: Player, plan: SectionPlan, *, sung: bool) -> bool:
    """Whether a player takes part in a section."""
    if player.job in ("drums", "top") and not plan.drums:
        return False
    if player.job == "lead" and sung and plan.label in ("verse", "chorus"):
        return False
    return plan.energy >= player.from_energy


def _section(
    setting: Setting, player: Player, plan: SectionPlan, chords: Sequence[ChordSpan], *, groove: Groove, index: int
) -> list[Note]:
    """Write what a player plays in a section, from its beat 0 on. Sections of a theme share it, but for the drums."""
    style, metre = setting.style, setting.metre
    habits = chance(setting.seed, player.name)
    rng = chance(setting.seed, player.name, "theme", plan.theme)
    if player.job == "drums":
        own = chance(setting.seed, player.name, "section", index)
        return drum(own, groove, metre, plan, busy=between(habits, (0.2, 0.8)), fills=between(habits, (0.3, 0.9)))
    if player.job == "top":
        top = TOPS[pick(habits, style.tops)]
        plain = SectionPlan(plan.label, plan.theme, plan.bars, 0.4, drums=True)
        return drum(rng, _fitting(top, metre), metre, plain, busy=0.5, fills=0.0)
    if player.job == "bass":
        line = pick(habits, style.bass) if rng.random() < 0.75 else pick(rng, style.bass)
        low = int(habits.integers(26, 36)) if not style.sung else 40
        return bass_line(rng, line, metre, chords, plan.bars, low=low, kicks=kick_beats(groove, metre))
    if player.job == "pad":
        low = int(habits.integers(48, 62))
        return accompany(rng, "pad", metre, chords, plan.bars, low=low, high=low + 22)
    if player.job == "chords":
        how = pick(habits, style.comping) if rng.random() < 0.75 else pick(rng, style.comping)
        low = int(habits.integers(43, 58)) if how != "chug" else 36
        strummed = player.program in _GUITARS and how in ("strum", "quarters", "stabs")
        return accompany(rng, how, metre, chords, plan.bars, low=low, high=low + 21, strummed=strummed)
    return _sung(setting, player, plan, chords)


def _sung(setting: Setting, player: Player, plan: SectionPlan, chords: Sequence[ChordSpan]) -> list[Note]:
    """Write a melody: the second voice follows the first a third or a fourth away, in the chord."""
    voices = chance(setting.seed, "voice" if player.job == "harmony" else player.name)
    rng = chance(setting.seed, "voice" if player.job == "harmony" else player.name, "theme", plan.theme)
    low, high = pick(voices, _VOICES)
    spoken = setting.style.name in ("hip_hop", "trap") and player.job != "lead" and plan.label == "verse"
    density = between(voices, (0.25, 0.75)) + (0.15 if plan.label == "chorus" else 0.0)
    if player.job == "lead":
        low, high = low + 12, high + 10
    if spoken:
        high, density = low + 12, 0.85
    fine = spoken or (setting.tempo_bpm < 100 and voices.random() < 0.5)
    notes = sing(rng, setting.metre, setting.key, chords, plan.bars, low=low, high=high, density=density, fine=fine)
    if player.job == "harmony":
        step = pick(voices, (3, 4, -3, -4, 12, -12))
        notes = [
            replace(note, pitch=_in_key(note.pitch + step, setting.key), velocity=note.velocity - 18) for note in notes
        ]
    return notes


def _in_key(pitch: int, key: Key) -> int:
    """Return a pitch, or its lower neighbour where it is not in the key."""
    scale = (0, 2, 4, 5, 7, 9, 11) if key.mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    return pitch if (pitch - key.tonic) % 12 in scale else pitch - 1


def _fitting(groove: Groove, metre: Metre) -> Groove:
    """Return percussion in the steps of a metre: its pattern cut, or an even pulse where beats have no four steps."""
    if metre.steps_per_beat == 4:
        return {key: (steps * 2)[: 4 * metre.beats] for key, steps in groove.items()}
    return {next(iter(groove)): "X" + "x" * (metre.steps_per_beat - 1)}


def _performed(setting: Setting, player: Player, notes: list[Note], end: float) -> tuple[Note, ...]:
    """Let a player play the notes: swing, and as far from the grid as the style's players stray."""
    rng = chance(setting.seed, player.name, "feel")
    beats_per_ms = setting.tempo_bpm / 60000
    swing, pair = setting.swing
    behind = between(rng, (-4.0, 8.0)) if setting.style.feel_ms[1] > 8 and player.job != "drums" else 0.0
    return play(
        rng,
        notes,
        end=end,
        swing=swing,
        pair=pair,
        stray=between(rng, setting.style.feel_ms) * beats_per_ms * (0.5 if player.role == "drums" else 1.0),
        lag=behind * beats_per_ms,
        dynamics=between(rng, (1.0, 8.0)),
    )
