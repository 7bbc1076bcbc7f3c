"""The words that lyrics are made of: clauses, and how lines end, with their syllables and moods."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """Some words of a line.

    Attributes
    ----------
    text
        As they are sung.
    syllables
        How many they have.
    mood
        -1 (dark) to 1 (bright).
    explicit
        Whether not everybody should hear them.
    """

    text: str
    syllables: int
    mood: float = 0.0
    explicit: bool = False


def _words(mood: float, *texts: tuple[str, int], explicit: bool = False) -> tuple[Words, ...]:
    return tuple(Words(text, syllables, mood, explicit) for text, syllables in texts)


#: Clauses that what ends a line may follow.
CLAUSES: Final = (
    *_words(
        0.0,
        ("I will wait", 3),
        ("we can run", 3),
        ("let me go", 3),
        ("take my hand", 3),
        ("I am waiting", 4),
        ("I keep walking", 4),
        ("you keep calling", 4),
        ("we keep moving", 4),
        ("I can hear you", 4),
        ("I remember", 4),
        ("I will find you", 4),
        ("hold me closer", 4),
        ("stay beside me", 4),
        ("meet me somewhere", 4),
        ("the river runs", 4),
        ("the world is turning", 5),
        ("the wheels are turning", 5),
        ("my heart is beating", 5),
        ("I hear you singing", 5),
        ("we leave the city", 5),
        ("nobody told me", 5),
        ("I carry you with me", 6),
    ),
    *_words(
        1.0,
        ("we can fly", 3),
        ("here we go", 3),
        ("we are dancing", 4),
        ("I am rising", 4),
        ("we are shining", 4),
        ("we are running", 4),
        ("come and find me", 4),
        ("the city sings", 4),
        ("I can feel it", 4),
        ("the summer calls me", 5),
        ("the sky is open", 5),
        ("we own the morning", 5),
        ("the lights are burning", 5),
        ("I never felt so alive", 7),
    ),
    *_words(
        -1.0,
        ("you are gone", 3),
        ("nothing moves", 3),
        ("shadows fall", 3),
        ("I am falling", 4),
        ("I was dreaming", 4),
        ("I am drifting", 4),
        ("the rain keeps falling", 5),
        ("the street is sleeping", 5),
        ("the house is empty", 5),
        ("I lost your number", 5),
        ("I wander slowly", 5),
        ("I should have told you", 5),
        ("I can't remember your face", 7),
    ),
    *_words(
        0.0,
        ("damn it all", 3),
        ("go to hell", 3),
        ("I don't give a damn", 5),
        ("I don't give a shit", 5),
        ("to hell with the morning", 6),
        explicit=True,
    ),
)

#: How lines may end, by what rhymes.
ENDINGS: Final = {
    "night": (
        *_words(0.0, ("tonight", 2), ("all night", 2), ("through the night", 3), ("out of sight", 3)),
        *_words(1.0, ("in the light", 3), ("and the stars are bright", 5), ("until the morning light", 6)),
        *_words(-1.0, ("in the fading light", 5), ("alone at night", 4)),
    ),
    "day": (
        *_words(0.0, ("today", 2), ("far away", 3), ("along the way", 4), ("come what may", 3), ("another day", 4)),
        *_words(1.0, ("at the break of day", 5), ("and we find the way", 5)),
        *_words(-1.0, ("and fade away", 4), ("since yesterday", 4)),
    ),
    "sea": (
        *_words(0.0, ("with me", 2), ("by the sea", 3), ("as far as I can see", 6), ("like it used to be", 5)),
        *_words(1.0, ("wild and free", 3), ("and set me free", 4), ("for you and me", 4)),
        *_words(-1.0, ("and lose the key", 4), ("in the cold blue sea", 5)),
    ),
    "go": (
        *_words(0.0, ("I know", 2), ("to and fro", 3), ("let it go", 3), ("wherever I go", 5), ("take it slow", 3)),
        *_words(1.0, ("in the afterglow", 5), ("and let it show", 4)),
        *_words(-1.0, ("like falling snow", 4), ("down below", 3)),
    ),
    "sound": (
        *_words(0.0, ("around", 2), ("all around", 3), ("round and round", 3), ("to the ground", 3)),
        *_words(1.0, ("to a brand new sound", 5), ("and turn it up loud", 5)),
        *_words(-1.0, ("without a sound", 4), ("lost and never found", 5), ("underground", 3)),
    ),
    "call": (
        *_words(0.0, ("after all", 3), ("through it all", 3), ("I hear you call", 4)),
        *_words(1.0, ("we can have it all", 5), ("and we stand tall", 4)),
        *_words(-1.0, ("and let me fall", 4), ("like leaves in the fall", 5)),
    ),
    "own": (
        *_words(0.0, ("on my own", 3), ("the road back home", 4), ("unknown", 2), ("like a rolling stone", 5)),
        *_words(1.0, ("no more alone", 4), ("I am coming home", 5)),
        *_words(-1.0, ("all alone", 3), ("cold as a stone", 4), ("into the unknown", 5)),
    ),
    "rain": (
        *_words(0.0, ("again", 2), ("once again", 3), ("like a midnight train", 5), ("through wind and rain", 4)),
        *_words(1.0, ("and dance in the rain", 5), ("never the same", 4)),
        *_words(-1.0, ("in the rain", 3), ("against the window pane", 6)),
    ),
}
#: What fills a line up.
FILLERS: Final = _words(0.0, ("oh", 1), ("and", 1), ("now", 1), ("so", 1), ("tell me", 2), ("maybe", 2))
