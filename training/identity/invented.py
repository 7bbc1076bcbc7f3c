"""Invented songs, and how services would spell them: the same seed gives the same songs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from segue.catalog.songs.service import SongRef

_SYLLABLES = (
    "ba be bi bo ca ce da de di do el en er fa fi ga go ha he in is ka ko la le li lo lu ma me mi mo na ne ni no"
)
_MORE = "or pa pe ra re ri ro sa se shi so sta ta te ti to tra un va ve vi wa we yo za"
_COMMON = (
    "love you the me my night heart of in time life baby day world home one girl fire light dream down it on to go"
)
_KINDS = (("live", " - Live", 0.08), ("acoustic", " (Acoustic)", 0.04), ("remix", " - {} Remix", 0.1))
_ISSUES = (
    " - Remastered {}",
    " ({} Remaster)",
    " - Remastered",
    " (Official Video)",
    " [Official Audio]",
    " - Single Version",
    " - Album Version",
    " (Deluxe Edition)",
    " - Mono",
    " (Explicit)",
    " (Lyric Video)",
    " - Original Mix",
)


@dataclass(frozen=True, slots=True)
class Recording:
    """A song as it is; two recordings are two songs.

    Attributes
    ----------
    work
        The number of what is sung: versions and covers share it.
    guest
        Empty where there is none.
    """

    number: int
    work: int
    title: str
    artist: str
    guest: str
    kind: str
    album: str
    year: int
    duration_ms: int


class Vocabulary:
    """Words that occur as often as words do: a few everywhere, most hardly ever."""

    def __init__(self, random: Random, size: int) -> None:
        syllables = f"{_SYLLABLES} {_MORE}".split()
        invented = {"".join(random.choices(syllables, k=random.choice((1, 2, 2, 2, 3, 3, 4)))) for _ in range(size)}
        self._words = [*_COMMON.split(), *sorted(invented, key=lambda word: (random.random(), word))]
        self._weights = list(accumulate(1 / (rank + 4) ** 0.85 for rank in range(len(self._words))))

    def words(self, random: Random, count: int) -> str:
        """Return some words, capitalised."""
        return " ".join(random.choices(self._words, cum_weights=self._weights, k=count)).title()


def recordings(seed: int, count: int, *, vocabulary: int = 30_000) -> Iterator[Recording]:
    """Invent recordings, artist by artist: few have hundreds of songs, most have some."""
    random = Random(seed)
    words = Vocabulary(random, vocabulary)
    shared = [words.words(random, random.choice((1, 1, 2, 2, 3))) for _ in range(400)]
    artists: list[str] = []
    number = work = 0
    while number < count:
        artist = _artist(random, words)
        artists.append(artist)
        album, year = words.words(random, 2), random.randint(1962, 2024)
        for nth in range(min(400, int(random.paretovariate(0.9) * 4))):
            if nth % 11 == 0:
                album, year = words.words(random, random.randint(1, 3)), min(2024, year + random.randint(0, 3))
            title = random.choice(shared) if random.random() < 0.2 else _title(random, words)
            guest = random.choice(artists) if random.random() < 0.12 else ""
            duration = round(1000 * min(900, max(45, random.lognormvariate(5.38, 0.27))))
            work += 1
            made = Recording(number, work, title, artist, guest if guest != artist else "", "", album, year, duration)
            for recording in (made, *_versions(random, words, made)):
                yield replace(recording, number=number)
                number += 1
                if number == count:
                    return


def _artist(random: Random, words: Vocabulary) -> str:
    name = words.words(random, random.choice((1, 1, 2, 2, 2, 3)))
    shape = random.random()
    if shape < 0.15:
        return f"The {name}"
    if shape < 0.22:
        return f"{name} & {words.words(random, random.choice((1, 2)))}"
    return f"{name}, {words.words(random, 1)} & {words.words(random, 1)}" if shape < 0.24 else name


def _title(random: Random, words: Vocabulary) -> str:
    title = words.words(random, random.choice((1, 1, 2, 2, 2, 3, 3, 4, 5, 6)))
    shape = random.random()
    if shape < 0.06:
        return f"{title} ({words.words(random, random.randint(2, 4))})"
    if shape < 0.08:
        return f"({words.words(random, 2)}) {title}"
    return f"{title}, Pt. {random.randint(1, 3)}" if shape < 0.11 else title


def _versions(random: Random, words: Vocabulary, made: Recording) -> Iterator[Recording]:
    """Invent other recordings of a song: its live and other versions, and what is easily taken for it."""
    for kind, label, share in _KINDS:
        if random.random() < share:
            title = made.title + label.format(words.words(random, 1))
            stretch = random.gauss(1.06, 0.08 if kind != "remix" else 0.25)
            yield replace(made, title=title, kind=kind, duration_ms=max(30_000, round(made.duration_ms * stretch)))
    if random.random() < 0.06:
        duration = max(30_000, round(made.duration_ms * random.gauss(1, 0.12)))
        yield replace(made, artist=_artist(random, words), guest="", album=words.words(random, 2), duration_ms=duration)
    if random.random() < 0.04:
        near = random.choice((f"{made.title} 2", f"{made.title} {words.words(random, 1)}", f"My {made.title}"))
        yield replace(made, title=near, duration_ms=round(made.duration_ms * random.uniform(0.6, 1.5)))


def spelled(recording: Recording, random: Random) -> SongRef:
    """Spell a recording as some service would: its noise, its typing, what it knows of duration, album and year."""
    title, artist = recording.title, recording.artist
    if recording.guest:
        how = random.random()
        title += f" (feat. {recording.guest})" if how < 0.45 else f" ft. {recording.guest}" if how < 0.55 else ""
        artist += f", {recording.guest}" if 0.4 < how < 0.8 else f" feat. {recording.guest}" if how >= 0.9 else ""
    if recording.kind and random.random() < 0.04:
        title = recording.title.split(" - ", 1)[0].split(" (Acoustic)", 1)[0]
    duration = recording.duration_ms + round(1000 * _jitter_s(random))
    if random.random() < 0.25:
        title += random.choice(_ISSUES).format(random.randint(1985, 2024))
    elif random.random() < 0.02:
        title, duration = f"{title} - Radio Edit", round(duration * random.uniform(0.7, 1))
    if random.random() < 0.02:
        title = recording.title.split(" (", 1)[0]
    artist = _credited(artist, random)
    if not artist and random.random() < 0.5:
        title = f"{recording.artist} - {title}"
    fate = random.random()
    return SongRef(
        title=_typed(title, random),
        artist=_typed(artist, random),
        album=recording.album if fate < 0.6 else None if fate < 0.75 else f"Best of {recording.artist}",
        year=recording.year
        if fate < 0.6
        else None
        if fate < 0.8
        else min(2025, recording.year + random.randint(0, 40)),
        duration_ms=None if random.random() < 0.25 else max(1000, duration),
    )


def _jitter_s(random: Random) -> float:
    """Return by how much masters of one recording differ in length."""
    how = random.random()
    return (
        random.uniform(-0.5, 0.5)
        if how < 0.6
        else random.gauss(0, 1.2 if how < 0.85 else 4)
        if how < 0.96
        else random.uniform(-30, 30)
    )


def _credited(artist: str, random: Random) -> str:
    how = random.random()
    if how < 0.03:
        return ""
    if how < 0.08:
        return artist.split(", ", 1)[0]
    if how < 0.12:
        return f"{artist} - Topic"
    if how < 0.16:
        return artist.removeprefix("The ")
    return artist.replace(" & ", " and ") if how < 0.2 else artist.replace(", ", " & ") if how < 0.24 else artist


def _typed(text: str, random: Random) -> str:
    """Return a text as somebody types it: other case at times, a wrong letter now and then."""
    if random.random() < 0.15:
        text = random.choice((text.lower(), text.upper()))
    letters = list(text)
    for _ in range(random.choices((0, 1, 2), (0.93, 0.055, 0.015))[0]):
        if len(letters) < 4:
            break
        at = random.randrange(len(letters) - 1)
        edit = random.randrange(4)
        if edit == 0:
            letters.pop(at)
        elif edit == 1:
            letters.insert(at, random.choice("etaoinsr"))
        elif edit == 2:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters[at] = random.choice("etaoinsrlhdu")
    return "".join(letters)
