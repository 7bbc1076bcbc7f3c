"""What a score is, JSON-ready: for those who show it, search it or go on with it."""

from typing import Any

from segue.music.labels import chord_label, chord_symbol, instrument, key_name, section_name
from segue.music.metre import Metre
from segue.music.score import Score


def describe(score: Score) -> dict[str, Any]:
    """Return a score's ``project`` (`segue.engines.generation.Generation`).

    Returns
    -------
    dict
        ``tempo_bpm``; ``time_signature`` (``"4/4"``); ``key`` (``tonic`` as a pitch class, ``mode``, ``name``);
        ``duration_s``, ``start_s`` (the first beat) and ``beats_s``; ``styles`` by share; ``energy`` and ``valence``;
        ``sections`` and ``chords`` in seconds; ``parts`` with their role, instrument and how many notes they play.
    """
    starts = score.seconds
    return {
        "style": score.style,
        "styles": dict(score.styles) or {score.style: 1.0},
        "seed": score.seed,
        "tempo_bpm": round(score.tempo_bpm, 3),
        "time_signature": f"{score.beats_per_bar}/{8 if Metre(score.beats_per_bar).compound else 4}",
        "key": {"tonic": score.key.tonic, "mode": score.key.mode, "name": key_name(score.key)},
        "energy": round(score.energy, 3),
        "valence": round(score.valence, 3),
        "start_s": round(float(score.beats_s[0]), 4),
        "duration_s": round(float(score.beats_s[-1]), 4),
        "beats_s": [round(float(beat), 4) for beat in score.beats_s],
        "sections": [
            {
                "label": section.label,
                "name": section_name(section),
                "theme": section.theme,
                "energy": round(section.energy, 3),
                "start_s": round(float(starts(section.start)), 4),
                "end_s": round(float(starts(section.end)), 4),
            }
            for section in score.sections
        ],
        "chords": [
            {
                "label": chord_label(span.chord, score.key),
                "symbol": chord_symbol(span.chord, score.key),
                "start_s": round(float(starts(span.start)), 4),
                "end_s": round(float(starts(span.end)), 4),
            }
            for span in score.chords
        ],
        "parts": [
            {
                "name": part.name,
                "role": part.role,
                "program": part.program,
                "instrument": instrument(part),
                "notes": len(part.notes),
            }
            for part in score.parts
        ],
    }
