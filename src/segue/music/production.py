"""How a finished song is produced: its balance, room, echo and drive, as its styles, band and wishes have them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from segue.music.chance import chance
from segue.music.score import Role, Score
from segue.music.styles import STYLE_NAMES, StyleName
from segue.music.synthesis.kit_sounds import KIT_SOUNDS, KitSound


@dataclass(frozen=True, slots=True)
class Sound:
    """What a style's records sound like.

    Attributes
    ----------
    kit
        Which of `KIT_SOUNDS`.
    drums_lu, bass_lu, vocals_lu, other_lu
        Loudness of each stem where it plays, against the others.
    room_s, room
        How long the reverb rings, and how much of it there is, 0 to 1.
    echo
        How much of the echo there is, 0 to 1.
    pump
        How far the kick turns bass and chords down, 0 to 1.
    glue_db
        By how much the bus compressor turns down where the mix is fullest.
    drive
        Saturation of drums and bass, 0 to 1.
    tilt_db
        How much brighter than usual it is mastered.
    lift
        How much risers, impacts and filters lead from section to section, 0 to 1.
    """

    kit: str
    drums_lu: float
    bass_lu: float
    vocals_lu: float
    other_lu: float
    room_s: float
    room: float
    echo: float
    pump: float
    glue_db: float
    drive: float
    tilt_db: float
    lift: float


_SOUNDS: Final[dict[StyleName, Sound]] = {
    "house": Sound("909", -3.5, -8.0, -3.0, -6.0, 1.5, 0.26, 0.25, 0.65, 2.0, 0.4, 0.3, 0.9),
    "techno": Sound("warehouse", -3.0, -8.5, -4.5, -7.0, 1.9, 0.32, 0.35, 0.6, 2.0, 0.7, 0.0, 0.9),
    "drum_and_bass": Sound("break", -3.5, -7.0, -4.0, -6.0, 1.5, 0.26, 0.25, 0.3, 2.0, 0.6, 0.6, 0.8),
    "hip_hop": Sound("dusty", -4.0, -7.5, -2.5, -5.5, 0.9, 0.18, 0.15, 0.2, 1.5, 0.6, -1.5, 0.0),
    "trap": Sound("808", -4.5, -7.0, -2.5, -6.5, 1.5, 0.26, 0.25, 0.2, 1.5, 0.6, 0.2, 0.4),
    "pop": Sound("pop", -4.5, -7.5, -2.5, -5.0, 1.6, 0.22, 0.2, 0.15, 1.5, 0.3, 0.6, 0.4),
    "synthwave": Sound("eighties", -4.5, -6.5, -3.0, -4.5, 2.4, 0.34, 0.3, 0.35, 1.5, 0.4, 0.0, 0.5),
    "rock": Sound("rock", -4.5, -7.5, -3.0, -4.0, 1.1, 0.17, 0.08, 0.0, 2.0, 0.5, 0.3, 0.0),
    "metal": Sound("metal", -4.5, -8.0, -4.0, -3.5, 0.9, 0.13, 0.06, 0.0, 2.0, 0.7, 0.4, 0.0),
    "funk": Sound("dry", -4.0, -6.0, -3.0, -5.0, 0.8, 0.14, 0.08, 0.0, 1.5, 0.4, 0.4, 0.0),
    "bossa": Sound("jazz", -9.0, -7.5, -2.5, -3.5, 1.2, 0.2, 0.0, 0.0, 0.8, 0.1, -0.5, 0.0),
    "ambient": Sound("dusty", -11.0, -9.0, -5.0, -2.0, 3.8, 0.5, 0.35, 0.0, 0.6, 0.2, -1.5, 0.1),
    "folk": Sound("dry", -8.5, -8.5, -2.0, -3.5, 1.3, 0.2, 0.04, 0.0, 0.8, 0.1, 0.0, 0.0),
    "orchestral": Sound("concert", -9.5, -8.5, -5.0, -1.5, 2.6, 0.42, 0.0, 0.0, 0.4, 0.0, -0.5, 0.0),
    "ballad": Sound("pop", -7.0, -8.0, -2.0, -4.0, 2.3, 0.3, 0.15, 0.0, 1.0, 0.2, -0.2, 0.0),
    "swing_jazz": Sound("jazz", -7.5, -7.0, -3.0, -3.5, 1.2, 0.2, 0.0, 0.0, 0.8, 0.1, -0.4, 0.0),
    "reggae": Sound("dry", -4.5, -4.5, -3.0, -5.5, 1.7, 0.24, 0.4, 0.0, 1.2, 0.4, -0.6, 0.0),
    "a_cappella": Sound("dry", -12.0, -8.0, -1.0, -6.0, 2.0, 0.32, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0),
    "latin": Sound("dry", -4.5, -7.0, -3.0, -4.5, 1.1, 0.2, 0.06, 0.0, 1.2, 0.3, 0.4, 0.0),
    "blues": Sound("rock", -6.0, -7.0, -3.0, -4.0, 1.0, 0.18, 0.06, 0.0, 1.2, 0.4, -0.2, 0.0),
}
#: How much of itself a band lays into each figure: dB, or a share of it.
_OWN_LU: Final = 0.5
_OWN_SHARE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Production:
    """How one song is produced.

    Attributes
    ----------
    sound
        The figures that its styles, band and wishes come to.
    kit
        The drums.
    brightness
        -1 (dull) to 1 (bright): of the instruments.
    seed
        Draws what is the band's own.
    """

    sound: Sound
    kit: KitSound
    brightness: float
    seed: int

    def level_lu(self, role: Role) -> float:
        """Return how loud a stem is where it plays, against the others."""
        levels: dict[Role, float] = {
            "drums": self.sound.drums_lu,
            "bass": self.sound.bass_lu,
            "vocals": self.sound.vocals_lu,
            "other": self.sound.other_lu,
        }
        return levels[role]


def plan_production(score: Score, *, bass: float = 0.0) -> Production:
    """Plan how a song shall sound.

    Parameters
    ----------
    score
        Its styles, its band and its energy count.
    bass
        -1 (light) to 1 (heavy), as in `segue.music.wishes.Wishes`.
    """
    shares = {name: score.styles[name] for name in STYLE_NAMES if name in score.styles} or {_named(score.style): 1.0}
    main = max(shares, key=lambda name: shares[name])
    rng = chance(score.band, "production")
    fuller = 2.0 * score.energy - 1.0
    figures = {name: _blended(shares, name) for name in _FIGURES}
    for name in _FIGURES:
        own = rng.normal(0.0, 1.0)
        figures[name] += _OWN_LU * own if name.endswith(("_lu", "tilt_db")) else figures[name] * _OWN_SHARE * own
    # Calm drums step back farther than full ones come forward: their cymbals are most of the treble.
    figures["drums_lu"] += (1.5 if fuller > 0 else 3.0) * fuller
    figures["bass_lu"] += 3.5 * bass
    figures["tilt_db"] += 3.4 * fuller - 1.2 * bass
    figures["drive"] = float(np.clip(figures["drive"] * (1 + 0.8 * fuller), 0.0, 1.0))
    figures["room"] = float(np.clip(figures["room"] * (1 - 0.25 * fuller), 0.0, 1.0))
    kit = _SOUNDS[main].kit
    return Production(Sound(kit, **figures), KIT_SOUNDS[kit], float(np.clip(fuller, -1.0, 1.0)), score.band)


_FIGURES: Final = tuple(field.name for field in fields(Sound) if field.name != "kit")


def _named(style: str) -> StyleName:
    """Return a style's name; what is unknown sounds like pop."""
    return next((name for name in STYLE_NAMES if name == style), "pop")


def _blended(shares: Mapping[StyleName, float], figure: str) -> float:
    """Return a figure between those of several styles."""
    mean = sum(float(getattr(_SOUNDS[name], figure)) * share for name, share in shares.items())
    return mean / sum(shares.values())
