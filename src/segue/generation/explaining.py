"""Why a track became what it is, in sentences; each is told from what was read, and from nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from segue.audio.analysis import Key
from segue.engines.generation import GenerationMode
from segue.generation.conditioning import Conditioned, Conditions
from segue.generation.limits import Limits
from segue.generation.wording import style_in_words

_CALM, _FULL = 0.4, 0.65
_DARK, _BRIGHT = 0.4, 0.6
_MOST_PLAYERS: Final = 5
_SOME_TAGS: Final = 3


@dataclass(frozen=True, slots=True)
class Influence:
    """A song that pulled a track towards itself.

    Attributes
    ----------
    likeness
        Its cosine to where the track was aimed.
    why
        What speaks for it: the listener said so, they play or keep it, or it is in the playlist or queue.
    """

    title: str
    artist: str | None
    likeness: float
    why: Literal["said", "heard", "listed"] = "heard"

    def in_words(self) -> str:
        """Return it as a sentence names it."""
        name = song_in_words(self.title, self.artist)
        reason = {"said": "you said that you like it", "heard": "you keep or play it"}.get(self.why)
        return (
            f"{name} ({reason}, likeness {self.likeness:.2f})" if reason else f"{name} (likeness {self.likeness:.2f})"
        )


@dataclass(frozen=True, slots=True)
class FacetTold:
    """The kind of music that a track follows: its share of the listener's taste, its middle tempo, energy and year."""

    name: str
    share: float
    tempo_bpm: float | None = None
    energy: float | None = None
    year: float | None = None


@dataclass(frozen=True, slots=True)
class Reasons:
    """What a track was made from, as one tells it.

    Attributes
    ----------
    influences
        Songs that pulled, the nearest first.
    songs
        How many songs speak for the listener's taste.
    source
        What is extended or resembled, in words.
    placed
        Whether it is known where that lies.
    listed
        How many songs a radio is the middle of, and what holds them: a playlist's name, or None for a queue. Those of
        which nobody knows where they lie are not among them.
    liked, skipped
        Songs in the queue that bent it, in words.
    named
        Songs that it is made after, in words, where they are all that there is.
    band, founded
        Who plays it, if a band does: one that was there, or one that was founded for it.
    band_placed
        Whether the place of the band's music is half of where it was aimed.
    space
        Where the vector lies: of which engine.
    """

    mode: GenerationMode
    influences: tuple[Influence, ...] = ()
    songs: int = 0
    facet: FacetTold | None = None
    source: str | None = None
    placed: bool = True
    source_key: Key | None = None
    source_tempo_bpm: float | None = None
    listed: tuple[int, str | None] | None = None
    liked: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    band: str | None = None
    founded: str | None = None
    band_placed: bool = False
    space: str | None = None


def song_in_words(title: str, artist: str | None) -> str:
    """Return a song as a sentence names it."""
    return f"“{title}”" + (f" by {artist}" if artist else "")


def explain(reasons: Reasons, asked: Conditions, found: Conditioned) -> tuple[str, ...]:
    """Return why a track will be what it is, before it is made."""
    if reasons.mode == "extend":
        return _extension(reasons)
    said = [*_beginning(reasons), *_facet(reasons), _styles(reasons, asked, found), _measures(asked, found)]
    return (*said, *_held(asked.limits, found))


def explain_made(project: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was made, of a track's project: its form and its players."""
    said = _begun_with(project)
    sections = [str(section["label"]) for section in project.get("sections", ()) if section["label"] != "silence"]
    if sections:
        said.append(f"Its form: {', '.join(_joined_runs(sections))}.")
    players = players_of(project)
    if players:
        more = len(players) - _MOST_PLAYERS
        named = [*players[:_MOST_PLAYERS], *([f"{more} more"] if more > 0 else [])]
        said.append(f"Who plays: {_listed(named)}.")
    return tuple(said)


def players_of(project: Mapping[str, Any]) -> list[str]:
    """Return who plays a track, of its project: each instrument once, in the order of its parts."""
    return list(dict.fromkeys(str(part.get("instrument", part["name"])) for part in project.get("parts", ())))


def _begun_with(project: Mapping[str, Any]) -> list[str]:
    """Return how much of a song is heard before another one goes on from it, if the project tells."""
    stretches = project.get("stretches", ())
    if not stretches or stretches[0]["kind"] != "song":
        return []
    heard, whole = _clock(float(stretches[0]["source_end_s"])), _clock(float(project["source_s"]))
    if heard == whole:
        return [f"It begins with all {whole} of it."]
    return [f"It begins with the first {heard} of its {whole}: from there another place of it, or a bridge, leads on."]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _extension(reasons: Reasons) -> tuple[str, ...]:
    said = [f"It goes on with {reasons.source}, with which it begins."]
    if reasons.source_tempo_bpm:
        key = "" if reasons.source_key is None else f" and its key, {key_in_words(reasons.source_key)}"
        said.append(f"It keeps its tempo, {reasons.source_tempo_bpm:.1f} beats a minute{key}.")
    said.append("Your preferences leave it as it is: a continuation is its source's own.")
    return tuple(said)


def _aim(reasons: Reasons) -> str:
    if reasons.mode == "similar":
        return _likeness(reasons)
    if reasons.listed is not None:
        count, name = reasons.listed
        of = f"the playlist “{name}”" if name is not None else "your queue"
        if count:
            return f"It lies in the middle of {_count(count, 'song')} of {of}."
        instead = "it lies where your taste does" if reasons.songs else "nor is anything of your taste"
        return f"How the songs of {of} sound is not known: {instead}."
    if reasons.named:
        return f"It is made after {_listed(reasons.named)}."
    if reasons.songs:
        return f"It starts from the {_count(reasons.songs, 'song')} that speak for your taste."
    return "Nothing is known of your taste yet: bring your music or like songs, and the next one will tell."


def _likeness(reasons: Reasons) -> str:
    if reasons.placed and reasons.songs:
        return f"It resembles {reasons.source}: 70 % of where it lies, 30 % your taste."
    if reasons.placed:
        return f"It resembles {reasons.source}: it lies where that does, as nothing is known of your taste yet."
    instead = "your taste says where it lies" if reasons.songs else "nor is anything of your taste"
    return f"It resembles {reasons.source} in what is known of that: how it sounds is not, and {instead}."


def _beginning(reasons: Reasons) -> list[str]:
    said = [_aim(reasons)]
    if reasons.liked:
        said.append(f"It leans towards what you liked in this queue: {_listed(reasons.liked)}.")
    if reasons.skipped:
        said.append(f"It leans away from what you skipped: {_listed(reasons.skipped)}.")
    if reasons.influences:
        nearest = _listed([one.in_words() for one in reasons.influences])
        said.append(f"Of the songs that say most, these are nearest to where it was aimed: {nearest}.")
    if reasons.band:
        placed = " and half of where it lies" if reasons.band_placed else ""
        said.append(f"{reasons.band} plays it, so half of its style{placed} is the band's own.")
    if reasons.founded:
        said.append(f"{reasons.founded} was founded to play it.")
    return said


def _facet(reasons: Reasons) -> list[str]:
    facet = reasons.facet
    if facet is None:
        return []
    measures = []
    if facet.tempo_bpm:
        measures.append(f"about {facet.tempo_bpm:.0f} beats a minute")
    if facet.energy is not None:
        measures.append(f"an energy of {facet.energy:.2f} of 1")
    if facet.year:
        measures.append(f"mostly from around {facet.year:.0f}")
    tail = f": {_listed(measures)}" if measures else ""
    return [f"It follows one kind of music that you like, {facet.name}, {_percent(facet.share)} of your taste{tail}."]


def _styles(reasons: Reasons, asked: Conditions, found: Conditioned) -> str:
    blended = _listed([f"{_percent(share)} {style_in_words(name)}" for name, share in found.wishes.styles.items()])
    if asked.styles:
        return f"Its style is {blended}, as you asked."
    called = (
        f"what they are called ({', '.join(reasons.tags[:_SOME_TAGS])})" if reasons.tags else "what they are called"
    )
    if found.by_sound and not asked.trust:
        why = "by where these songs are thought to lie, as none of them was heard"
    elif found.by_sound:
        why = f"by how these songs sound and {called}" if found.by_words else "by how these songs sound"
    elif found.by_words:
        why = f"by {called}"
        if asked.vector is not None and asked.atlas is None:
            why += f", as there is no atlas of sounds for {reasons.space}"
    elif asked.band_styles:
        why = "by what the band plays"
    else:
        why = "by chance, as nothing tells more"
    return f"So its style is {blended}, {why}."


def _measures(asked: Conditions, found: Conditioned) -> str:
    wishes = found.wishes
    told = []
    if wishes.tempo_bpm is not None:
        of = ""
        source = asked.source
        if source is not None and source.tempo_bpm:
            of = f" (its source has {source.tempo_bpm:.1f})"
        told.append(f"moves at {wishes.tempo_bpm:.1f} beats a minute{of}")
    if wishes.key is not None:
        told.append(f"is in {key_in_words(wishes.key)}")
    if wishes.chords:
        chords = [chord_in_words(chord.root, chord.quality, wishes.key) for chord, _ in wishes.chords]
        told.append(f"is built on {' '.join(chords)}")
    if wishes.energy is not None and wishes.valence is not None:
        told.append(f"is {_energy(wishes.energy)} and {_valence(wishes.valence)}")
    return f"It {_listed(told)}."


def _held(limits: Limits, found: Conditioned) -> list[str]:
    wishes, said = found.wishes, []
    if limits.tempo_bpm is not None:
        low, high = limits.tempo_bpm
        moved = ": left to itself it would have been faster or slower" if found.tempo_moved else ""
        held = f"is {low:g}" if low == high else f"stays within {low:g} to {high:g}{moved}"
        said.append(f"{_whose('tempo_range', limits)} the tempo {held}.")
    if limits.energy is not None and wishes.energy is not None:
        low, high = limits.energy
        held = f" is {low:g}" if low == high else f", {wishes.energy:.2f}, stays within {low:g} to {high:g}"
        said.append(f"{_whose('energy', limits)} its energy{held}.")
    if limits.vocals is not None:
        voice = "a voice sings" if limits.vocals else "nobody sings"
        said.append(f"{_whose('vocals', limits)} {voice}.")
    if limits.bass is not None:
        word = "heavy" if limits.bass > 0 else "light" if limits.bass < 0 else "neither light nor heavy"
        said.append(f"{_whose('bass_level', limits)} the bass is {word}.")
    if limits.clean:
        said.append(f"{_whose('explicit_lyrics', limits)} no word in it is explicit.")
    return said


def _whose(name: str, limits: Limits) -> str:
    return "As you asked," if name in limits.said else "As in your songs,"


def key_in_words(key: Key) -> str:
    """Return a key as people say it: ``A minor``."""
    return f"{key.tonic_name} {key.mode}"


def chord_in_words(root: int, quality: str, key: Key | None) -> str:
    """Return a chord as musicians write it: ``Am7``."""
    name = (key or Key(0, "major")).spelled(root)
    return name + {"maj": "", "min": "m", "min7": "m7", "min9": "m9", "min6": "m6", "maj6": "6"}.get(quality, quality)


def _energy(value: float) -> str:
    word = "calm" if value < _CALM else "full of energy" if value > _FULL else "neither calm nor wild"
    return f"{word} ({value:.2f})"


def _valence(value: float) -> str:
    word = "dark" if value < _DARK else "bright" if value > _BRIGHT else "between dark and bright"
    return f"{word} ({value:.2f})"


def _joined_runs(labels: Sequence[str]) -> list[str]:
    """Return labels with neighbours that are the same told once: ``verse (2)``."""
    runs: list[list[Any]] = []
    for label in labels:
        if runs and runs[-1][0] == label:
            runs[-1][1] += 1
        else:
            runs.append([label, 1])
    return [label if times == 1 else f"{label} ({times})" for label, times in runs]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
