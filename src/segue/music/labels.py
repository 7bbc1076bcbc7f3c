"""What the things of a score are called: chords, sections, instruments."""

from typing import Final

from segue.audio.analysis import Key
from segue.music.score import ChordName, Part, SectionSpan

#: What a lead sheet writes after the root, by Harte's name of the quality.
_SYMBOLS: Final = {
    "maj": "",
    "min": "m",
    "min7": "m7",
    "min6": "m6",
    "min9": "m9",
    "maj6": "6",
    "hdim7": "m7b5",
}
_KITS: Final = {
    8: "room kit",
    16: "power kit",
    24: "electronic kit",
    25: "808 kit",
    32: "jazz kit",
    40: "brush kit",
    48: "orchestral percussion",
}
#: General MIDI, in plain words: eight a family.
_PROGRAMS: Final = (
    "piano, bright piano, electric grand, honky-tonk piano, electric piano, FM piano, harpsichord, clavinet, "
    "celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells, dulcimer, "
    "drawbar organ, percussive organ, rock organ, church organ, reed organ, accordion, harmonica, bandoneon, "
    "nylon guitar, steel guitar, jazz guitar, clean guitar, muted guitar, overdriven guitar, distorted guitar, "
    "guitar harmonics, "
    "acoustic bass, fingered bass, picked bass, fretless bass, slap bass, slap bass, synth bass, synth bass, "
    "violin, viola, cello, contrabass, tremolo strings, pizzicato strings, harp, timpani, "
    "strings, slow strings, synth strings, synth strings, choir, voice, synth voice, orchestra hit, "
    "trumpet, trombone, tuba, muted trumpet, French horn, brass, synth brass, synth brass, "
    "soprano saxophone, alto saxophone, tenor saxophone, baritone saxophone, oboe, English horn, bassoon, clarinet, "
    "piccolo, flute, recorder, pan flute, bottle, shakuhachi, whistle, ocarina, "
    "square lead, saw lead, calliope lead, chiff lead, charang lead, voice lead, fifths lead, bass lead, "
    "new age pad, warm pad, polysynth, choir pad, bowed pad, metallic pad, halo pad, sweep pad, "
    "rain, soundtrack, crystal, atmosphere, brightness, goblins, echoes, sci-fi, "
    "sitar, banjo, shamisen, koto, kalimba, bagpipe, fiddle, shanai, "
    "tinkle bell, agogo, steel drums, woodblock, taiko, melodic tom, synth drum, reverse cymbal, "
    "guitar fret noise, breath noise, seashore, bird, telephone, helicopter, applause, gunshot"
)


def chord_label(chord: ChordName, key: Key) -> str:
    """Return a chord in the syntax of Harte et al. (ISMIR 2005), its root as the key writes it: ``C#:min7``."""
    return f"{key.spelled(chord.root)}:{chord.quality}"


def chord_symbol(chord: ChordName, key: Key) -> str:
    """Return a chord as lead sheets write it: ``C#m7``."""
    return key.spelled(chord.root) + _SYMBOLS.get(chord.quality, chord.quality)


def section_name(section: SectionSpan) -> str:
    """Return what a section is called: ``Chorus``, ``Pre-chorus``."""
    return (section.name or section.label).capitalize()


def instrument(part: Part) -> str:
    """Return what a part is played on, in words: ``electric piano``, ``jazz kit``, ``voice``."""
    if part.role == "drums":
        return _KITS.get(part.program, "drum kit")
    return _PROGRAMS.split(", ")[part.program]


def key_name(key: Key) -> str:
    """Return a key in words: ``F# minor``."""
    return f"{key.tonic_name} {key.mode}"
