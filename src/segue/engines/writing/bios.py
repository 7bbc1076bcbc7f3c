"""Who a band is, in two or three sentences that are true of its sound."""

from typing import Final

import numpy as np

from segue.engines.writing import Sound
from segue.engines.writing.grammar import listed
from segue.music.chance import chance, pick
from segue.music.styles import StyleName

_STYLES: Final[dict[StyleName, str]] = {
    "house": "house",
    "techno": "techno",
    "drum_and_bass": "drum and bass",
    "hip_hop": "hip-hop",
    "trap": "trap",
    "pop": "pop",
    "synthwave": "synthwave",
    "rock": "rock",
    "metal": "metal",
    "funk": "funk",
    "bossa": "bossa nova",
    "ambient": "ambient music",
    "folk": "folk",
    "orchestral": "orchestral music",
    "ballad": "ballads",
    "swing_jazz": "swing",
    "reggae": "reggae",
    "a_cappella": "a cappella music",
    "latin": "Latin music",
    "blues": "blues",
}
_PAIRS: Final = (
    "{0} with some {1} in it",
    "{0} that leans towards {1}",
    "{0} with an ear for {1}",
    "a blend of {0} and {1}",
)
_ENERGIES: Final = (
    ("calm", "quiet", "unhurried", "hushed"),
    ("steady", "easy-going", "even"),
    ("driving", "full", "loud", "restless"),
)
_VALENCES: Final = (
    ("dark", "melancholy", "shadowy", "sombre"),
    ("wistful", "bittersweet"),
    ("bright", "warm", "sunlit", "hopeful"),
)
_OPENINGS: Final = (
    "{name} plays {music}{tempo}.",
    "{name} makes {music}{tempo}.",
    "Expect {music} from {name}{tempo}.",
    "{name} is a band for {music}{tempo}.",
    "What {name} plays is {music}{tempo}.",
)
_TEMPI: Final = (
    ", mostly around {0:.0f} beats a minute",
    " at about {0:.0f} beats a minute",
    ", at home near {0:.0f} beats a minute",
)
_CARRY: Final = (
    "{players} {carry} the songs",
    "The songs rest on {players_low}",
    "At the centre: {players_low}",
    "Listen for {players_low}",
)
_SUNG: Final = ("with a voice on top", "and somebody sings over it", "and there is singing")
_UNSUNG: Final = ("and nobody sings", "without a singer", "and no voice gets in the way")
_HEAVY: Final = (
    "The bass is never far away.",
    "Low notes do much of the talking.",
    "It is best on speakers that go low.",
)
_LIGHT: Final = ("The low end stays out of the way.", "There is a lot of air below the melody.")
_MOODS: Final[dict[tuple[int, int], tuple[str, ...]]] = {
    (0, 0): ("It suits the last hour of an evening.", "Rain on a window would fit in well."),
    (0, 1): ("It leaves room for a thought or two.", "It would not wake anybody up."),
    (0, 2): ("It sounds like a morning without plans.", "There is a small smile in most of it."),
    (1, 0): ("There is something left unsaid in most of it.", "It keeps its collar up."),
    (1, 1): ("It keeps a steady step from one song to the next.", "Nothing in it is in a hurry to end."),
    (1, 2): ("It goes well with an open window.", "Good company for a long walk."),
    (2, 0): ("It does not ask to be turned down.", "Most of it happens after dark."),
    (2, 1): ("It moves, and expects as much of whoever listens.", "Sitting still takes some effort."),
    (2, 2): ("It is hard to be in a bad mood next to it.", "It likes a crowded room."),
}


def bio_of(name: str, sound: Sound, seed: int) -> str:
    """Return two or three sentences about a band."""
    rng = chance(seed, "bio", name)
    sentences = [_opening(name, sound, rng)]
    if players := _players(sound, rng):
        sentences.append(players)
    sentences.append(_closing(sound, rng))
    return " ".join(sentences)


def _opening(name: str, sound: Sound, rng: np.random.Generator) -> str:
    tempo = pick(rng, _TEMPI).format(sound.tempo_bpm) if sound.tempo_bpm is not None else ""
    opening = pick(rng, _OPENINGS).format(name=name, music=_music(sound, rng), tempo=tempo)
    return opening[0].upper() + opening[1:]


def _music(sound: Sound, rng: np.random.Generator) -> str:
    """Return what is played: "quiet, warm folk with some blues in it"."""
    qualities = [
        pick(rng, words[_third(value)])
        for value, words in ((sound.energy, _ENERGIES), (sound.valence, _VALENCES))
        if value is not None
    ]
    styles = [_STYLES[style] for style in sound.main_styles()] or ["music"]
    if len(styles) == 1:
        return f"{', '.join(qualities)} {styles[0]}".strip()
    phrase = pick(rng, _PAIRS).format(*styles)
    if phrase.startswith("a blend"):
        return f"{_article(qualities)} blend{phrase.removeprefix('a blend')}"
    return f"{', '.join(qualities)} {phrase}".strip()


def _article(qualities: list[str]) -> str:
    if not qualities:
        return "a"
    return f"{'an' if qualities[0][0] in 'aeiou' else 'a'} {', '.join(qualities)}"


def _players(sound: Sound, rng: np.random.Generator) -> str:
    """Return a sentence about who plays and whether anybody sings, or nothing where that is not known."""
    players = [player for player in dict.fromkeys(sound.instruments) if player][:3]
    voice = "" if sound.vocals is None else pick(rng, _SUNG if sound.vocals else _UNSUNG)
    if not players:
        return "" if sound.vocals is None else ("There is singing." if sound.vocals else "It is all instrumental.")
    together = listed(players)
    carry = "carries" if len(players) == 1 and not together.endswith("s") else "carry"
    sentence = pick(rng, _CARRY).format(players=together[0].upper() + together[1:], players_low=together, carry=carry)
    return f"{sentence}, {voice}." if voice else f"{sentence}."


def _closing(sound: Sound, rng: np.random.Generator) -> str:
    if abs(sound.bass) > 0.4 and rng.random() < 0.5:
        return pick(rng, _HEAVY if sound.bass > 0 else _LIGHT)
    moods = (sound.energy, sound.valence)
    energy, valence = (_third(0.5 if mood is None else mood) for mood in moods)
    return pick(rng, _MOODS[energy, valence])


def _third(value: float) -> int:
    return 0 if value < 0.38 else 1 if value <= 0.62 else 2
