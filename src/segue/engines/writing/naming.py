"""What the offline writer calls bands, songs and albums."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from segue.engines.writing import Sound
from segue.engines.writing.grammar import Lexicon, titled
from segue.engines.writing.words import COINED_HEADS, COINED_TAILS, GIVEN_NAMES, NUMBERS, TAILS
from segue.music.chance import chance, pick

#: Shapes of bands' names, with how often they come.
_NAME_SHAPES: Final[dict[str, float]] = {
    "{adjective} {noun}": 4,
    "{adjective} {nouns}": 2,
    "the {nouns}": 2,
    "the {adjective} {nouns}": 2,
    "{mass} & {mass}": 1,
    "{noun} & {noun}": 1,
    "{mass} {noun}": 3,
    "{noun} of {mass}": 1.5,
    "house of {mass}": 0.3,
    "museum of {mass}": 0.3,
    "school of {nouns}": 0.3,
    "north of {mass}": 0.3,
    "<number> {nouns}": 1,
    "<given> and the {nouns}": 1.2,
    "<given> {noun}": 0.8,
    "dear {noun}": 0.4,
    "hello {noun}": 0.3,
    "<compound>": 3.5,
    "<coined>": 1.5,
    "<coined> {noun}": 0.6,
}
#: Templates of songs' titles that fit all music.
_TITLES: Final = (
    "{adjective} {noun}",
    "{adjective} {nouns}",
    "{mass} and {mass}",
    "{noun}",
    "{mass}",
    "the {noun}",
    "a {adjective} {noun}",
    "{noun} in the {mass}",
    "under the {noun}",
    "past the {nouns}",
    "all the {nouns}",
    "letter to the {noun}",
    "every {noun}",
    "{mass} on the {noun}",
    "somewhere a {noun}",
    "the {noun} and the {noun}",
    "between {nouns}",
    "{time}, with {mass}",
)
_CALM: Final = (
    "almost {time}",
    "slow {noun}",
    "before the {mass}",
    "the {noun}, sleeping",
    "stay till {time}",
    "what the {noun} said",
    "leave the {noun} open",
    "nothing but {mass}",
)
_LIVELY: Final = (
    "run the {noun}",
    "higher than the {noun}",
    "turn the {noun} up",
    "straight through the {noun}",
    "catch the {noun}",
    "don't stop the {noun}",
    "all {mass}, no brakes",
    "{noun} on the loose",
)
_DARK: Final = (
    "the {noun} is gone",
    "nobody's {noun}",
    "last {noun}",
    "{mass} again",
    "where the {noun} was",
    "no {mass} left",
    "{adjective} {mass}",
)
_BRIGHT: Final = (
    "hello, {noun}",
    "{mass} for everyone",
    "my {adjective} {noun}",
    "good {mass}",
    "{time} with the {nouns}",
    "here for the {mass}",
    "a {noun} for you",
)
_SLOW: Final = ("half-speed {noun}", "the long {noun}", "take your time, {noun}")
_FAST: Final = ("quick as {mass}", "racing the {noun}", "{noun} at full tilt")
_BY_STYLE: Final[dict[str, tuple[str, ...]]] = {
    "house": ("{noun} in the house", "lift the {noun}", "{time} at the {noun}"),
    "techno": ("{noun} sequence", "<number> {nouns}", "{mass} pattern", "{adjective} loop"),
    "drum_and_bass": ("{noun} runner", "rolling {noun}", "{mass} pressure"),
    "hip_hop": ("{noun} talk", "corner of the {noun}", "{time} notes", "{mass} in my pocket"),
    "trap": ("{mass} season", "too many {nouns}", "{noun} on my mind"),
    "pop": ("call me {adjective}", "you and the {noun}", "more than {mass}"),
    "synthwave": ("{noun} drive", "{mass} horizon", "{adjective} highway"),
    "rock": ("tear down the {noun}", "{mass} in the road", "hold the {noun}"),
    "metal": ("crown of {mass}", "oath of the {noun}", "{mass} eternal", "where {nouns} fall"),
    "funk": ("get on the {noun}", "everybody's {noun}", "that {noun} thing"),
    "bossa": ("song for a {noun}", "the {noun} by the sea", "barefoot {noun}"),
    "ambient": ("field of {mass}", "{adjective} {mass}", "{mass}, standing", "study of a {noun}"),
    "folk": ("the ballad of the {noun}", "down by the {noun}", "when the {nouns} come home"),
    "orchestral": ("prelude for a {adjective} {noun}", "procession of {nouns}", "a {noun} in three colours"),
    "ballad": ("without the {noun}", "stay by the {noun}", "if I were {mass}"),
    "swing_jazz": ("{noun} swing", "one for the {noun}", "{time} at the {noun}"),
    "reggae": ("easy {noun}", "one more {noun}", "{mass} come around"),
    "a_cappella": ("round of {nouns}", "voices in the {mass}", "sing me the {noun}"),
    "latin": ("dance by the {noun}", "{noun} under the stars", "{mass} and trumpets"),
    "blues": ("{noun} blues", "got the {noun} on my mind", "old {noun} road"),
}
_ALBUMS: Final = (
    "{adjective} {nouns}",
    "{noun} & {noun}",
    "songs for the {noun}",
    "a year of {mass}",
    "notes on {mass}",
    "the {noun} tapes",
    "{nouns} and other weather",
    "collected {nouns}",
    "{mass}",
    "how to keep a {noun}",
    "{time} in the {noun}",
)
_TITLE_TRACK: Final = 0.35
#: What is drawn in vain before fewer are given than were asked for.
_DRAWS_EACH: Final = 40


def band_names(sound: Sound, seed: int, count: int) -> tuple[str, ...]:
    """Return names for a band."""
    rng = chance(seed, "band names")
    lexicon = Lexicon(sound, rng)
    shapes, weights = tuple(_NAME_SHAPES), tuple(_NAME_SHAPES.values())
    return _distinct(count, lambda: _phrase(pick(rng, shapes, weights), lexicon, rng))


def track_titles(sound: Sound, seed: int, count: int, avoid: frozenset[str]) -> tuple[str, ...]:
    """Return titles for songs, none of those to `avoid`."""
    rng = chance(seed, "track titles")
    lexicon = Lexicon(sound, rng)
    taken = {title.casefold() for title in avoid}
    families = _title_families(sound)

    def draw() -> str | None:
        title = _phrase(pick(rng, pick(rng, families)), lexicon, rng)
        return None if title.casefold() in taken else title

    return _distinct(count, draw)


def album_title(tracks: tuple[str, ...], sound: Sound, seed: int) -> str:
    """Return a title for an album: its own, or that of one of its songs."""
    rng = chance(seed, "album title")
    if tracks and rng.random() < _TITLE_TRACK:
        return pick(rng, tracks)
    return _phrase(pick(rng, _ALBUMS), Lexicon(sound, rng), rng)


def _title_families(sound: Sound) -> list[tuple[str, ...]]:
    """Return the lists of templates that fit some music; what fits all comes as often as two others."""
    families: list[tuple[str, ...]] = [_TITLES, _TITLES]
    families += [_BY_STYLE[style] for style in sound.main_styles()]
    for value, low, high in ((sound.energy, _CALM, _LIVELY), (sound.valence, _DARK, _BRIGHT)):
        if value is not None and abs(value - 0.5) > 0.1:
            families.append(low if value < 0.5 else high)
    if sound.tempo_bpm is not None and not 85 <= sound.tempo_bpm <= 140:
        families.append(_SLOW if sound.tempo_bpm < 85 else _FAST)
    return families


def _phrase(shape: str, lexicon: Lexicon, rng: np.random.Generator) -> str:
    made: dict[str, Callable[[], str]] = {
        "<number>": lambda: pick(rng, NUMBERS),
        "<given>": lambda: pick(rng, GIVEN_NAMES),
        "<compound>": lambda: _compound(lexicon, rng),
        "<coined>": lambda: pick(rng, COINED_HEADS) + pick(rng, COINED_TAILS),
    }
    for name, make in made.items():
        if name in shape:
            shape = shape.replace(name, make())
    return titled(lexicon.fill(shape))


def _compound(lexicon: Lexicon, rng: np.random.Generator) -> str:
    head = lexicon.fill("{stem}")
    return head + pick(rng, [tail for tail in TAILS if tail not in head])


def _distinct(count: int, draw: Callable[[], str | None]) -> tuple[str, ...]:
    """Return as many different draws as are asked for, fewer where there are hardly any more."""

    def draws() -> Iterator[str]:
        for _ in range(count * _DRAWS_EACH):
            if (drawn := draw()) is not None:
                yield drawn

    found: dict[str, None] = {}
    for drawn in draws():
        found.setdefault(drawn)
        if len(found) == count:
            break
    return tuple(found)
