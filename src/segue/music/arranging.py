"""What everybody plays: from a form and its chords to the parts of a score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from segue.audio.analysis import Key
from segue.music.answering import answer, harmonised
from segue.music.band import Player, plays
from segue.music.bass import bass_line
from segue.music.chance import between, chance, pick
from segue.music.comping import accompany
from segue.music.drumming import choose_groove, drum, half_time, kick_beats
from segue.music.form import SectionPlan
from segue.music.grooves import SNARES, TOPS, Groove
from segue.music.melody import Voice, invent_motifs, sing
from segue.music.metre import Metre
from segue.music.motifs import Motif, Operation, developed
from segue.music.score import ChordSpan, Note, Part
from segue.music.styles import BassLine, Comping, Style
from segue.music.timing import play

_Way = TypeVar("_Way")
_GUITARS: Final = range(24, 32)
_RANGES: Final = ((45, 64), (50, 69), (55, 74), (59, 78))  # bass-baritone, tenor, alto, soprano
_RANGE_WEIGHTS: Final = (1, 3, 3, 2)
_THEMES: Final = 10
#: A bar that is over sooner than this is too short for an idea.
_SHORTEST_IDEA_S: Final = 1.55
#: What may become of a motif that returns elsewhere, and how long a section is that is ended with a last bar.
_TURNED: Final[tuple[Operation, ...]] = ("inverted", "augmented", "fragment", "answered")
_ENDED_BARS: Final = 4
#: From what leaves room to what fills it.
_COMPING_BY_DENSITY: Final[tuple[Comping, ...]] = (
    "pad",
    "charleston",
    "waltz",
    "broken",
    "skank",
    "clave",
    "stabs",
    "offbeats",
    "quarters",
    "arpeggio",
    "strum",
    "chug",
)
_BASS_BY_DENSITY: Final[tuple[BassLine, ...]] = (
    "roots",
    "sub",
    "root_fifth",
    "with_kick",
    "walking",
    "offbeat",
    "syncopated",
    "octaves",
    "arpeggio",
    "eighths",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all players share.

    Attributes
    ----------
    seed
        Draws the song.
    band
        Draws the players' habits.
    style, metre, key, tempo_bpm
        As their names say.
    swing
        How pairs of notes swing, as in `segue.music.timing.swung`.
    energy, valence
        0 to 1, of the song.
    bass
        How much bass is wished for, -1 to 1.
    """

    seed: int
    band: int
    style: Style
    metre: Metre
    key: Key
    tempo_bpm: float
    swing: tuple[float, float]
    energy: float = 0.6
    valence: float = 0.5
    bass: float = 0.0

    @property
    def bars_per_motif(self) -> int:
        """How many bars an idea has."""
        return 2 if self.metre.beats * 60.0 / self.tempo_bpm < _SHORTEST_IDEA_S else 1


@dataclass(frozen=True, slots=True)
class _Place:
    """A section as its players meet it: its plan and number, its chords, its groove, and which themes are hooks."""

    plan: SectionPlan
    index: int
    chords: Sequence[ChordSpan]
    groove: Groove
    hooks: frozenset[int]


def write_parts(
    setting: Setting, band: Sequence[Player], plans: Sequence[SectionPlan], chords: Sequence[Sequence[ChordSpan]]
) -> tuple[Part, ...]:
    """Write what everybody plays.

    Parameters
    ----------
    setting
        What they share.
    band
        The players.
    plans, chords
        The sections, and their chords from their own beat 0 on, before they are lifted.
    """
    end = float(sum(plan.bars for plan in plans) * setting.metre.beats)
    grooves = _grooves(setting, plans)
    hooks = frozenset(plan.theme for plan in plans if plan.label == "chorus")
    places = [_Place(plan, index, chords[index], grooves[plan.theme], hooks) for index, plan in enumerate(plans)]
    parts = []
    for player in band:
        notes = _written(setting, player, band, places)
        if notes:
            parts.append(Part(player.name, player.role, player.program, _performed(setting, player, notes, end)))
    return tuple(parts)


def _written(setting: Setting, player: Player, band: Sequence[Player], places: Sequence[_Place]) -> list[Note]:
    """Write what a player plays in the whole song, on the grid."""
    sung = any(other.job == "voice" for other in band)
    notes: list[Note] = []
    at = 0
    for place in places:
        plan = place.plan
        if plays(player, plan, bass=setting.bass):
            written = _section(setting, player, place, sung=sung)
            if player.role != "drums":
                written = _shaped(setting, player, plan, written)
            notes += [replace(note, start=note.start + at) for note in written]
        at += plan.bars * setting.metre.beats
    return notes


def _grooves(setting: Setting, plans: Sequence[SectionPlan]) -> dict[int, Groove]:
    """Give every theme its groove: mostly the song's, sometimes one of its own or half as fast."""
    rng = chance(setting.seed, "grooves")
    style, metre = setting.style, setting.metre
    main = choose_groove(rng, style.grooves, metre, style.over)
    grooves = {}
    for theme in sorted({plan.theme for plan in plans}):
        other = theme >= _THEMES or rng.random() < 0.25
        groove = choose_groove(rng, style.grooves, metre, style.over) if other else main
        simple = metre.beats == 4 and metre.subdivision == 2
        grooves[theme] = half_time(groove) if simple and rng.random() < 0.06 else groove
    return grooves


def _section(setting: Setting, player: Player, place: _Place, *, sung: bool) -> list[Note]:
    """Write what a player plays in a section, from its beat 0 on: the theme's, varied when it returns."""
    plan = place.plan
    match player.job:
        case "drums" | "top":
            return _drums(setting, player, place)
        case "bass":
            return _bass(setting, player, place)
        case "chords" | "pad":
            return _chords(setting, player, place)
        case "lead" if sung and plan.label in ("verse", "chorus", "section") and plan.name != "solo":
            return _answer(setting, player, place) if plan.take > 0 or plan.label == "chorus" else []
        case "answer":
            return _answer(setting, player, place)
    return _melody(setting, player, place)


def _chances(
    setting: Setting, player: Player, place: _Place
) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Return what draws a player's habits, what a theme has, and what one section has."""
    return (
        chance(setting.band, player.name, "habits"),
        chance(setting.seed, player.name, "theme", place.plan.theme),
        chance(setting.seed, player.name, "section", place.index),
    )


def _drums(setting: Setting, player: Player, place: _Place) -> list[Note]:
    """Write the drums, or the percussion that goes through a section without fills."""
    habits, rng, again = _chances(setting, player, place)
    plan, metre = place.plan, setting.metre
    if player.job == "drums":
        busy, fills = between(habits, (0.2, 0.8)), between(habits, (0.3, 0.9))
        return drum(rng, place.groove, metre, plan, busy=busy, fills=fills, again=again)
    top = _fitting(TOPS[pick(habits, setting.style.tops)], metre)
    plain = replace(plan, label="verse", name="", energy=min(plan.energy, 0.42), shape=0.4)
    return drum(rng, top, metre, plain, busy=0.5, fills=0.0, again=again)


def _bass(setting: Setting, player: Player, place: _Place) -> list[Note]:
    """Write a bass line that locks with the kick; a build-up ends without it."""
    habits, rng, again = _chances(setting, player, place)
    plan, metre = place.plan, setting.metre
    line = _by_density(_BASS_BY_DENSITY, setting.style.bass, habits, rng, plan.energy + 0.2 * setting.bass)
    low = 40 if setting.style.sung else int(habits.integers(28, 36)) - (2 if setting.bass > 0.5 else 0)
    full = float(np.clip(plan.energy + 0.3 * setting.bass, 0.0, 1.0))
    kicks = kick_beats(place.groove, metre) if plan.drums else ()
    notes = bass_line(rng, line, metre, place.chords, plan.bars, low=low, kicks=kicks, energy=full, again=again)
    silent = (plan.bars - 1) * metre.beats if plan.name == "build-up" else plan.bars * metre.beats
    louder = round(14 * setting.bass)
    return [replace(note, velocity=min(max(note.velocity + louder, 20), 127)) for note in notes if note.start < silent]


def _by_density(
    order: Sequence[_Way], pool: Sequence[_Way], habits: np.random.Generator, rng: np.random.Generator, energy: float
) -> _Way:
    """Return a player's way of playing: mostly a habit, and the fuller the music, the denser."""
    drawn = habits.random()
    if rng.random() > 0.75:
        drawn = rng.random()
    ordered = sorted(pool, key=order.index)
    return ordered[min(int((0.55 * drawn + 0.45 * float(np.clip(energy, 0.0, 1.0))) * len(ordered)), len(ordered) - 1)]


def _chords(setting: Setting, player: Player, place: _Place) -> list[Note]:
    """Write an accompaniment; where the drums rest before a drop, chords are held."""
    habits, rng, again = _chances(setting, player, place)
    plan, metre = place.plan, setting.metre
    how = _by_density(_COMPING_BY_DENSITY, setting.style.comping, habits, rng, plan.energy)
    higher = round(6 * (setting.energy - 0.5))
    low = int(habits.integers(48, 60) if player.job == "pad" else habits.integers(45, 57)) + higher
    if player.job == "pad" or (plan.label == "break" and setting.style.form == "dance"):
        return accompany(rng, "pad", metre, place.chords, plan.bars, low=low, high=low + 22)
    low = 36 if how == "chug" else low
    strummed = player.program in _GUITARS and how in ("strum", "quarters", "stabs")
    return accompany(
        rng,
        how,
        metre,
        place.chords,
        plan.bars,
        low=low,
        high=low + 21,
        strummed=strummed,
        energy=plan.energy,
        again=again,
    )


def _voice(setting: Setting, player: Player, place: _Place) -> Voice:
    """Return how a melody is to be: higher and said again in a chorus, low and dense where words are spoken."""
    plan = place.plan
    voices = chance(setting.band, "voice" if player.job in ("voice", "harmony") else player.name)
    low, high = pick(voices, _RANGES, _RANGE_WEIGHTS)
    density = between(voices, (0.3, 0.7)) + 0.5 * (setting.energy - 0.5)
    fine = setting.tempo_bpm < 100 and voices.random() < 0.5
    hook = place.plan.theme in place.hooks
    bright = 2.0 * setting.valence - 1.0
    height = 0.42 + (0.16 if hook else 0.0) + 0.08 * bright + 0.1 * (setting.energy - 0.5)
    ornament = 0.0 if plan.take == 0 else min(0.25 + 0.1 * plan.take, 0.5)
    if player.job in ("lead", "answer"):
        low, high = low + 12, high + 10
    if player.job == "voice" and setting.style.name in ("hip_hop", "trap") and plan.label == "verse":
        return Voice(low, low + 12, 0.85, fine=True, height=0.4, ornament=ornament)
    if plan.name == "solo":
        density, fine, ornament, hook, height = density + 0.2, True, 0.5, False, 0.55
    return Voice(
        low,
        high,
        float(np.clip(density, 0.1, 0.95)),
        fine=fine,
        bars_per_motif=setting.bars_per_motif,
        hook=hook,
        ornament=ornament,
        upward=0.6 * bright + float(voices.normal(0.0, 0.3)),
        height=float(np.clip(height, 0.25, 0.75)),
    )


def _motifs(setting: Setting, theme: int, place: _Place, voice: Voice) -> dict[str, Motif]:
    """Return a theme's motifs: a bridge turns the chorus's around, a later movement those of the first."""
    rng = chance(setting.seed, "motifs", theme)
    own = invent_motifs(rng, setting.metre, voice)
    hook = min(place.hooks, default=theme)
    related = rng.random()
    operation = pick(rng, _TURNED)
    if theme >= _THEMES and related < 0.6:
        first = invent_motifs(chance(setting.seed, "motifs", theme % _THEMES), setting.metre, voice)
        return own | {"A": developed(rng, first["A"], operation, setting.metre.unit)}
    if theme not in place.hooks and place.plan.label in ("bridge", "section") and related < 0.6:
        heard = invent_motifs(chance(setting.seed, "motifs", hook), setting.metre, voice)
        return own | {"A": developed(rng, heard["A"], operation, setting.metre.unit)}
    return own


def _melody(setting: Setting, player: Player, place: _Place) -> list[Note]:
    """Write a melody; the second voice follows the first a third, a fourth or an octave away, in the chord."""
    plan = place.plan
    singer = replace(player, job="voice", name="voice") if player.job == "harmony" else player
    voice = _voice(setting, singer, place)
    solo = plan.name == "solo"
    rng = chance(setting.seed, "melody", plan.theme, place.index if solo else "")
    variation = chance(setting.seed, "melody again", place.index)
    motifs = _motifs(setting, plan.theme, place, voice)
    notes = sing(
        rng, setting.metre, setting.key, place.chords, bars=plan.bars, voice=voice, motifs=motifs, variation=variation
    )
    if player.job == "harmony":
        step = pick(chance(setting.band, player.name), (3, 4, -3, -4, 12, -12))
        return harmonised(notes, setting.key, place.chords, step)
    return notes


def _answer(setting: Setting, player: Player, place: _Place) -> list[Note]:
    """Write what answers the melody in its gaps."""
    voice = _voice(setting, replace(player, job="lead"), place)
    leader = (
        Player("lead", "other", 0, "lead", 0.0) if player.job == "answer" else Player("voice", "vocals", 0, "voice", 0)
    )
    return answer(
        chance(setting.seed, player.name, "section", place.index),
        setting.metre,
        setting.key,
        place.chords,
        bars=place.plan.bars,
        melody=_melody(setting, leader, place),
        motif=_motifs(setting, place.plan.theme, place, voice)["A"],
        voice=replace(voice, height=0.6),
    )


def _fitting(groove: Groove, metre: Metre) -> Groove:
    """Return percussion in the steps of a metre: its pattern cut, or an even pulse where beats have no four steps."""
    if metre.steps_per_beat == 4:
        return {key: (steps * 2)[: 4 * metre.beats] for key, steps in groove.items()}
    return {next(iter(groove)): "X" + "x" * (metre.steps_per_beat - 1)}


def _shaped(setting: Setting, player: Player, plan: SectionPlan, notes: Sequence[Note]) -> list[Note]:
    """Play a section as loud as it is full, growing where it builds up, raised where it is lifted, ended at the end."""
    if plan.last and plan.bars >= _ENDED_BARS:
        notes = _ended(setting, player, plan, notes)
    beats = plan.bars * setting.metre.beats
    rise = 0.25 if plan.name in ("build-up", "pre-chorus") else 0.0
    level = 0.64 + 0.4 * plan.energy
    return [
        replace(
            note,
            pitch=note.pitch + plan.lift,
            velocity=min(max(round(note.velocity * (level - rise / 2 + rise * note.start / beats)), 1), 127),
        )
        for note in notes
    ]


def _ended(setting: Setting, player: Player, plan: SectionPlan, notes: Sequence[Note]) -> list[Note]:
    """Hold what sounds on the first beat of the last bar to its end; nothing comes after."""
    bar = float((plan.bars - 1) * setting.metre.beats)
    held = setting.metre.beats * 0.95
    before = [replace(note, duration=min(note.duration, bar - note.start)) for note in notes if note.start < bar - 0.01]
    last = [note for note in notes if bar - 0.01 <= note.start < bar + 0.25]
    if not last:  # a line that waits for an off-beat, or for its last note: that comes on the beat all the same
        struck = [note for note in notes if note.start >= bar]
        last = struck[-1:]
        if player.job in ("chords", "pad", "bass"):
            sounding = [note for note in notes if note.start < bar < note.start + note.duration - 0.1]
            last = [note for note in struck if note.start < struck[0].start + 0.1] or sounding
    return [*before, *(replace(note, start=max(bar, min(note.start, bar + 0.1)), duration=held) for note in last)]


def _performed(setting: Setting, player: Player, notes: list[Note], end: float) -> tuple[Note, ...]:
    """Let a player play the notes: swing, and as far from the grid as the style's players stray, behind or ahead."""
    rng = chance(setting.seed, player.name, "feel")
    beats_per_ms = setting.tempo_bpm / 60000
    swing, pair = setting.swing
    behind = between(chance(setting.band, player.name, "late"), setting.style.late_ms) * beats_per_ms
    late = [behind if player.role != "drums" or note.pitch in SNARES else 0.0 for note in notes]
    return play(
        rng,
        notes,
        end=end,
        swing=swing,
        pair=pair,
        stray=between(rng, setting.style.feel_ms) * beats_per_ms * (0.5 if player.role == "drums" else 1.0),
        lag=np.array(late),
        dynamics=between(rng, (1.0, 8.0)),
    )
