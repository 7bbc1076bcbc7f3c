"""From a line's phonemes and notes to how long each phoneme lasts and at which pitch: what makes speech a song."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from segue.engines.singing import SungNote

#: The symbols of the network's alphabet (misaki's) that a syllable is sung on, that stress one, that have no pitch.
VOWELS: Final = frozenset("AIOQWYaeiouæɑɐɒɔəɚɛɜɨɪʊʌᵊᵻɤøœɯ")  # noqa: RUF001 - the alphabet of phonetics
STRESSES: Final = frozenset("ˈˌ")
VOICELESS: Final = frozenset("ptkfsʃʧθh^$,.;:!?—… ")
SPACE: Final = " "
#: Frames of durations, and of pitch and sound: two of these to one of those.
FRAME_S: Final = 0.025
PITCHES_PER_FRAME: Final = 2

#: The network hears a stressed vowel where its stress stands, and the consonant after it where the vowel does.
_ON_STRESS: Final = 0.85
_LEAD_FRAMES, _END_FRAMES = 4, 3
_LONGEST_CONSONANT, _SHORTEST_VOWEL = 4, 3
#: A silence between two notes shorter than this is sung through.
_BREATH_S: Final = 0.25
_GLIDE_FRAMES: Final = 2.0
_VIBRATO_CENTS, _VIBRATO_HZ, _VIBRATO_AFTER_S = (18.0, 40.0), (4.9, 5.9), 0.3
_JITTER_CENTS: Final = 5.0
_FADE_S: Final = 0.04


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a line is sung.

    Attributes
    ----------
    durations
        Frames of `FRAME_S` for each symbol.
    pitch_hz
        One for each half frame; 0 where there is no pitch.
    loud
        The same, 0 to 1.
    starts_s
        When the phrase begins, before its first vowel.
    """

    durations: NDArray[np.float32]
    pitch_hz: NDArray[np.float32]
    loud: NDArray[np.float32]
    starts_s: float


def count_syllables(symbols: Sequence[str]) -> int:
    """Return how many syllables phonemes have."""
    return sum(symbol in VOWELS for symbol in symbols)


def share_notes(syllables: int, notes: Sequence[SungNote]) -> list[tuple[SungNote, ...]]:
    """Return the notes of each syllable, one at least.

    What is too much is sung on the last syllable, as singers do; where notes lack, the longest are sung twice.
    """
    given = list(notes)
    while len(given) < syllables:
        longest = max(range(len(given)), key=lambda number: given[number].held_s)
        note = given[longest]
        half = note.held_s / 2
        given[longest : longest + 1] = [
            replace(note, held_s=half),
            replace(note, start_s=note.start_s + half, held_s=half),
        ]
    spare = len(given) - syllables
    shared: list[tuple[SungNote, ...]] = [(note,) for note in given[:syllables]]
    if spare and syllables:
        shared[-1] = (*shared[-1], *given[syllables:])
    return shared


def phrase(
    symbols: Sequence[str], natural: NDArray[np.float32], notes: Sequence[SungNote], rng: np.random.Generator
) -> Phrase:
    """Return how symbols are sung on notes.

    Parameters
    ----------
    symbols
        The network's, with one for what goes before and one for what follows; a vowel at least.
    natural
        How many frames of `FRAME_S` each lasts when it is spoken.
    notes
        In order.
    rng
        Chance.
    """
    vowels = [place for place, symbol in enumerate(symbols) if symbol in VOWELS]
    nuclei = [place - 1 if symbols[place - 1] in STRESSES else place for place in vowels]
    shared = share_notes(len(vowels), notes)
    durations = np.minimum(natural, _LONGEST_CONSONANT).astype(np.float64)
    durations[0], durations[-1] = _LEAD_FRAMES, _END_FRAMES
    lead = durations[: nuclei[0]].sum()
    starts_s = notes[0].start_s - lead * FRAME_S
    at = lead
    for number, (nucleus, vowel) in enumerate(zip(nuclei, vowels, strict=True)):
        last = number + 1 == len(vowels)
        after = len(symbols) if last else nuclei[number + 1]
        rest = durations[vowel + 1 : after]
        own = shared[number]
        ends_s = own[-1].start_s + own[-1].held_s if last else shared[number + 1][0].start_s
        whole = round((ends_s - starts_s) / FRAME_S - at)
        if last:
            whole += _END_FRAMES
        _breathe(symbols, durations, (vowel + 1, after), ends_s - own[-1].start_s - own[-1].held_s)
        if whole - rest.sum() < _SHORTEST_VOWEL:
            durations[vowel + 1 : after] = np.minimum(rest, 1)
        sung = max(_SHORTEST_VOWEL, whole - durations[vowel + 1 : after].sum())
        if nucleus < vowel:
            durations[nucleus] = max(1, round(_ON_STRESS * sung))
            durations[vowel] = max(1, sung - durations[nucleus])
        else:
            durations[vowel] = sung
        at = durations[:after].sum()
    frames = durations.astype(np.float32)
    pitch, loud = _curves(symbols, frames, shared, nuclei, starts_s=starts_s, rng=rng)
    return Phrase(frames, pitch, loud, starts_s)


def _breathe(symbols: Sequence[str], durations: NDArray[np.float64], span: tuple[int, int], silence_s: float) -> None:
    """Put a silence between two notes where a word ends; in place. Within a word it is sung through."""
    spaces = [place for place in range(*span) if symbols[place] == SPACE]
    if spaces and silence_s >= _BREATH_S:
        durations[spaces[-1]] = round(silence_s / FRAME_S)


def _curves(
    symbols: Sequence[str],
    durations: NDArray[np.float32],
    shared: Sequence[Sequence[SungNote]],
    nuclei: Sequence[int],
    *,
    starts_s: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return pitch and loudness by half frames: steps that glide, with vibrato on what is held."""
    ends = (np.cumsum(durations) * PITCHES_PER_FRAME).astype(int)
    starts = np.concatenate([[0], ends[:-1]])
    step_s = FRAME_S / PITCHES_PER_FRAME
    times = starts_s + np.arange(ends[-1]) * step_s
    octaves, loud, since = (np.zeros(times.size) for _ in range(3))
    begins = [0, *starts[list(nuclei[1:])], times.size]
    for notes, first, last in zip(shared, begins, begins[1:], strict=False):
        for number, note in enumerate(notes):
            begin = first if number == 0 else min(last, max(first, round((note.start_s - starts_s) / step_s)))
            octaves[begin:last] = np.log2(note.hz)
            loud[begin:last] = note.loud
            since[begin:last] = times[begin:last] - max(note.start_s, times[min(begin, times.size - 1)])
    depth, speed = rng.uniform(*_VIBRATO_CENTS), rng.uniform(*_VIBRATO_HZ)
    swell = np.clip((since - _VIBRATO_AFTER_S) / 0.3, 0.0, 1.0)
    cents = depth * swell * np.sin(2 * np.pi * speed * times + rng.uniform(0, 2 * np.pi))
    cents += _JITTER_CENTS * gaussian_filter1d(rng.standard_normal(times.size), 4.0) * 3.0
    pitch = 2 ** (gaussian_filter1d(octaves, _GLIDE_FRAMES) + cents / 1200)
    loud = gaussian_filter1d(loud, 3.0)
    for symbol, start, end in zip(symbols, starts, ends, strict=True):
        if symbol in VOICELESS:
            pitch[start:end] = 0.0
        if symbol == SPACE and (end - start) * step_s >= _BREATH_S:
            _hush(loud[start:end], round(_FADE_S / step_s))
    return pitch.astype(np.float32), loud.astype(np.float32)


def _hush(loud: NDArray[np.float64], fade: int) -> None:
    """Silence what lies between two words, with a fade out and in; in place."""
    fade = min(fade, loud.size // 2)
    loud[fade : loud.size - fade] = 0.0
    loud[:fade] *= np.linspace(1.0, 0.0, fade)
    loud[loud.size - fade :] *= np.linspace(0.0, 1.0, fade)
