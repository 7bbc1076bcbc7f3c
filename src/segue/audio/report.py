"""An analysis as JSON-ready values, and back: silence has a level of ``null``, which JSON can say and ``-inf`` not."""

from dataclasses import asdict
from typing import Any

from segue.audio.analysis import Analysis, Chord, Descriptors, Key, Loudness, Rhythm, Section


def report_of(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as JSON-ready values; silence has a loudness of ``null``."""
    loudness = analysis.loudness
    return {
        "duration_s": analysis.duration_s,
        "sample_rate": analysis.sample_rate,
        "tempo_bpm": analysis.rhythm.tempo_bpm,
        "tempo_confidence": analysis.rhythm.tempo_confidence,
        "beats_s": list(analysis.rhythm.beats_s),
        "downbeats_s": list(analysis.rhythm.downbeats_s),
        "time_signature": analysis.rhythm.time_signature,
        "key": key_report(analysis.key),
        "loudness_lufs": finite(loudness.integrated_lufs),
        "loudness_range_lu": finite(loudness.range_lu),
        "true_peak_dbtp": finite(loudness.true_peak_dbtp),
        "sections": [asdict(section) for section in analysis.sections],
        "chords": [
            {"start_s": chord.start_s, "end_s": chord.end_s, "label": chord.label_in(analysis.key)}
            for chord in analysis.chords
        ],
        "descriptors": asdict(analysis.descriptors),
        "peaks": list(analysis.peaks),
    }


def analysis_from_report(report: dict[str, Any]) -> Analysis:
    """Return the analysis that `report_of` made a report of; a report from before there were chords has none."""
    key = report["key"]
    return Analysis(
        duration_s=report["duration_s"],
        sample_rate=report["sample_rate"],
        rhythm=Rhythm(
            tempo_bpm=report["tempo_bpm"],
            tempo_confidence=report["tempo_confidence"],
            beats_s=tuple(report["beats_s"]),
            downbeats_s=tuple(report["downbeats_s"]),
            time_signature=report["time_signature"],
        ),
        key=Key.parse(key["tonic"], key["mode"], key["confidence"]),
        loudness=Loudness(
            *(
                float("-inf") if report[name] is None else report[name]
                for name in ("loudness_lufs", "loudness_range_lu", "true_peak_dbtp")
            )
        ),
        sections=tuple(Section(**section) for section in report["sections"]),
        chords=tuple(Chord.parse(**chord) for chord in report.get("chords", ())),
        descriptors=Descriptors(**report["descriptors"]),
        peaks=tuple(report["peaks"]),
    )


def key_report(key: Key) -> dict[str, Any]:
    """Return a key with its names."""
    return {"tonic": key.tonic_name, "mode": key.mode, "camelot": key.camelot, "confidence": key.confidence}


def finite(level: float) -> float | None:
    """Return `level`, or ``None`` for the ``-inf`` of silence, which JSON cannot say."""
    return level if level > float("-inf") else None
