"""Who plays: the players of a song or a band, and which sections they join."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from segue.music.chance import between, chance, pick
from segue.music.form import SectionPlan
from segue.music.score import Role
from segue.music.styles import Style

Job = Literal["drums", "top", "bass", "chords", "pad", "voice", "harmony", "lead", "answer"]
_VOICES: Final = (52, 53, 54)
#: From this share of songs with a lead on, a style is one of tunes.
_TUNEFUL: Final = 0.65
#: Programs that sound like singing.
_CHOIRS: Final = (52, 53, 54, 85, 91)
_CALM: Final = 0.3
#: From this share of songs with drums on, a style is one that beats.
_DRUMMED: Final = 0.4
_SUNG_SECTIONS: Final = ("verse", "chorus", "bridge", "section")


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody in the band.

    Attributes
    ----------
    name, role, program
        As in `segue.music.score.Part`.
    job
        What is played: a second voice is a ``harmony``, a ``top`` is percussion over the drums, who ``answers`` fills
        the melody's gaps.
    from_energy
        The player joins sections of at least this energy.
    """

    name: str
    role: Role
    program: int
    job: Job
    from_energy: float


def instrumental(style: Style) -> Style:
    """Return a style without voices: neither do players sing, nor does an instrument that sounds like singing."""
    band = style.band
    silent = replace(
        band,
        bass=_unsung(band.bass, instead=32),
        chords=_unsung(band.chords, instead=0),
        pads=_unsung(band.pads, instead=48),
        lead=_unsung(band.lead, instead=0),
    )
    return replace(style, sung=False, vocals=0.0, band=silent)


def _unsung(programs: tuple[int, ...], *, instead: int) -> tuple[int, ...]:
    """Return those that do not sing; where there are none, somebody else."""
    return tuple(program for program in programs if program not in _CHOIRS) or (instead,)


def engage(band: int, style: Style, *, drums: bool | None, vocals: bool | None) -> tuple[Player, ...]:
    """Return the players, drawn as the style has it.

    Parameters
    ----------
    band
        Draws them, each on their own: who is left out by a wish changes no other.
    style
        What they play.
    drums, vocals
        Whether there are any; drawn where it is ``None``.
    """

    def draw(name: str) -> np.random.Generator:
        return chance(band, "player", name)

    pool = style.band
    other: Role = "vocals" if style.sung else "other"
    with_drums = draw("drummer").random() < style.drums if drums is None else drums
    with_voice = draw("singer").random() < style.vocals if vocals is None else vocals
    players = [Player("chords", other, pick(draw("chords"), pool.chords), "chords", 0.0)]
    if with_drums:
        players.append(Player("drums", "drums", pick(draw("drums"), pool.kits), "drums", 0.0))
        rng = draw("percussion")
        if style.tops and rng.random() < 0.5:
            players.append(Player("percussion", "drums", pick(rng, pool.kits), "top", between(rng, (0.4, 0.9))))
    rng = draw("bass")
    if rng.random() < (1.0 if style.energy[0] > _CALM else 0.9):  # only calm music does without
        players.append(Player("bass", "vocals" if style.sung else "bass", pick(rng, pool.bass), "bass", 0.33))
    rng = draw("pad")
    if rng.random() < (0.6 if style.drums >= _DRUMMED else 0.95):  # where nothing beats, something has to last
        players.append(Player("pad", other, pick(rng, pool.pads), "pad", between(rng, (0.0, 0.9))))
    rng = draw("second chords")
    if rng.random() < 0.45 and not style.sung:
        players.append(Player("second chords", other, pick(rng, pool.chords), "chords", between(rng, (0.5, 0.95))))
    if with_voice:
        players += _singers(draw("voice"), draw("second voice"))
    rng = draw("lead")
    # Where nobody sings, somebody else has the tune, but in styles that do well without one.
    alone = 1.0 if style.lead >= _TUNEFUL else style.lead
    if rng.random() < (style.lead * 0.75 if with_voice else alone):
        players.append(Player("lead", other, pick(rng, pool.lead), "lead", 0.35))
        rng = draw("answer")
        if not with_voice and rng.random() < 0.6:
            players.append(Player("answer", other, pick(rng, pool.lead), "answer", between(rng, (0.4, 0.7))))
    return tuple(players)


def _singers(first: np.random.Generator, second: np.random.Generator) -> list[Player]:
    """Return one voice, or two."""
    singers = [Player("voice", "vocals", pick(first, _VOICES), "voice", 0.0)]
    if second.random() < 0.4:
        singers.append(Player("second voice", "vocals", pick(second, _VOICES), "harmony", 0.75))
    return singers


def plays(player: Player, plan: SectionPlan, *, bass: float) -> bool:
    """Whether a player takes part in a section.

    Parameters
    ----------
    player, plan
        Who, and where.
    bass
        How much bass is wished for, -1 to 1.
    """
    eager = 0.12 if plan.take > 0 else 0.0  # who sat out a theme joins when it returns
    joins = plan.energy + eager >= player.from_energy or plan.shape >= 1.0  # everybody is there at the end
    rules: dict[Job, bool] = {
        "drums": plan.drums,
        "top": plan.drums and joins and plan.name != "build-up",
        "bass": plan.shape >= player.from_energy - 0.2 * bass,
        "voice": plan.label in _SUNG_SECTIONS and plan.name not in ("solo", "build-up"),
        "harmony": plan.label == "chorus" and (joins or plan.take > 0),
        "lead": plan.shape >= player.from_energy - eager or plan.label in ("intro", "break"),
        "answer": plan.take > 0 and joins and plan.name != "solo",
        "pad": joins or plan.label == "break",
        "chords": joins,
    }
    return rules[player.job]
