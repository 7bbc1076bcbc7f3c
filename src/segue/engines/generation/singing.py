"""Words for a composed song: its melody's lines, what is sung on them, and the voice that sings it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.generation import GenerationRequest
from segue.engines.singing import Singer, SungLine, SungNote
from segue.engines.writing import Sound, Verse, Writer
from segue.music.score import Note, Part, Score, SectionSpan

#: The part that leads, by its name in `segue.music.arranging`.
VOICE: Final = "voice"
#: After a silence of so many seconds, or so many notes, a singer breathes.
_BREATH_S: Final = 0.3
_LONGEST_LINE: Final = 14
_LEAST_NOTES: Final = 2
_CONCERT_HZ: Final = 440.0
_RELEASE_S: Final = 0.5
_RETURNING: Final = ("chorus",)


@dataclass(frozen=True, slots=True)
class Sung:
    """What was sung.

    Attributes
    ----------
    sound
        ``(samples,)``.
    lines
        JSON-ready: ``start_s``, ``end_s``, ``section``, ``text``.
    """

    sound: FloatArray
    lines: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Stanza:
    """A section with the notes of its lines."""

    section: SectionSpan
    lines: tuple[tuple[Note, ...], ...]


@dataclass(frozen=True, slots=True)
class Chorister:
    """Who sings the leading voice of composed songs, and who writes the words."""

    singer: Singer
    writer: Writer

    @property
    def version(self) -> str:
        """Both, as they sign."""
        return f"{self.singer.name}-{self.singer.version}, {self.writer.name}-{self.writer.version}"

    def sing(
        self, score: Score, request: GenerationRequest, *, sample_rate: int, progress: Progress = no_progress
    ) -> Sung | None:
        """Sing a song's leading voice.

        Parameters
        ----------
        score
            The song.
        request
            What it is made for. Its lyrics are sung line by line, from the first on, and again when there are too few.
        sample_rate
            Hz.
        progress
            Told how far it is.

        Returns
        -------
        Sung or None
            Nothing where nobody sings.
        """
        voice = next((part for part in score.parts if part.name == VOICE), None)
        stanzas = [] if voice is None else stanzas_of(score, voice)
        if not stanzas:
            return None
        words = _given(stanzas, request.lyrics) if request.lyrics else _written(stanzas, self.writer, score, request)
        lines = [
            (stanza.section, _line(score, notes, text))
            for stanza, texts in zip(stanzas, words, strict=True)
            for notes, text in zip(stanza.lines, texts, strict=True)
        ]
        made = self.singer.sing(
            [line for _, line in lines],
            length=round((float(score.beats_s[-1]) + _RELEASE_S) * sample_rate),
            sample_rate=sample_rate,
            seed=score.seed,
            progress=progress,
        )
        return Sung(made, tuple(_told(section, line) for section, line in lines))


def stanzas_of(score: Score, voice: Part) -> list[_Stanza]:
    """Return the sections in which a part sings, its notes parted into lines where it breathes."""
    found = []
    for section in score.sections:
        notes = [note for note in voice.notes if section.start <= note.start < section.end]
        lines = tuple(tuple(line) for line in _breaths(score, notes))
        if lines:
            found.append(_Stanza(section, lines))
    return found


def _breaths(score: Score, notes: Sequence[Note]) -> list[list[Note]]:
    """Part notes where there is a silence; lines that are too long still, where their longest silence is."""
    lines: list[list[Note]] = []
    for note in notes:
        before = lines[-1][-1] if lines else None
        if before is None or _silence_s(score, before, note) >= _BREATH_S:
            lines.append([])
        lines[-1].append(note)
    return [part for line in lines for part in _halved(score, line)]


def _halved(score: Score, line: list[Note]) -> list[list[Note]]:
    if len(line) <= _LONGEST_LINE:
        return [line]
    inner = range(_LEAST_NOTES, len(line) - _LEAST_NOTES + 1)
    cut = max(inner, key=lambda at: (_silence_s(score, line[at - 1], line[at]), -abs(at - len(line) / 2)))
    return [*_halved(score, line[:cut]), *_halved(score, line[cut:])]


def _silence_s(score: Score, before: Note, after: Note) -> float:
    end, start = score.seconds(before.start + before.duration), score.seconds(after.start)
    return float(start - end)


def _written(
    stanzas: Sequence[_Stanza], writer: Writer, score: Score, request: GenerationRequest
) -> tuple[tuple[str, ...], ...]:
    """Have words written: what returns is as long as it was when it first came, so that its words return, too."""
    first: dict[tuple[str, int, int], tuple[int, ...]] = {}
    verses = []
    for stanza in stanzas:
        label, returns = stanza.section.label, stanza.section.label in _RETURNING
        lengths = tuple(len(line) for line in stanza.lines)
        if returns:
            lengths = first.setdefault((label, stanza.section.theme, len(lengths)), lengths)
        verses.append(Verse(label, lengths, returns))
    sound = Sound(
        styles=request.wishes.styles,
        tempo_bpm=score.tempo_bpm,
        energy=score.energy,
        valence=score.valence,
        vocals=True,
    )
    return writer.lyrics(sound, tuple(verses), score.seed, title=request.title, explicit=request.explicit)


def _given(stanzas: Sequence[_Stanza], lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    at, words = 0, []
    for stanza in stanzas:
        words.append(tuple(lines[(at + number) % len(lines)] for number in range(len(stanza.lines))))
        at += len(stanza.lines)
    return tuple(words)


def _line(score: Score, notes: Sequence[Note], text: str) -> SungLine:
    sung = []
    for note in notes:
        start, end = float(score.seconds(note.start)), float(score.seconds(note.start + note.duration))
        hz = _CONCERT_HZ * 2 ** ((note.pitch - 69) / 12)
        sung.append(SungNote(start, max(0.05, end - start), hz, loud=note.velocity / 127))
    return SungLine(text, tuple(sung))


def _told(section: SectionSpan, line: SungLine) -> dict[str, Any]:
    last = line.notes[-1]
    return {
        "start_s": round(line.notes[0].start_s, 3),
        "end_s": round(last.start_s + last.held_s, 3),
        "section": section.label,
        "text": line.text,
    }
