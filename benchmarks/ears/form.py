"""Sections: where they begin and which are the same, on rendered songs whose form is known, beside the peers."""

from pathlib import Path
from statistics import fmean

import mir_eval
import numpy as np

from benchmarks.ears.form_peers import Parts, Segmenter, peers
from benchmarks.table import Row
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.score import Score

#: Whole songs: the other parts of the ears are measured on 45 seconds, which have hardly any form.
_FIRST_SEED, _SONGS = 920_000, 20
_QUESTIONS = {
    "sections: boundaries, F at 3 s": "at 3 s",
    "sections: boundaries, F at 0.5 s": "at 0.5 s",
    "sections: which are the same, pairwise F": "pairwise",
}


def measure(data: Path) -> list[Row]:  # noqa: ARG001 - every part of the ears is given the folder of real songs
    """Measure whole rendered songs; the first and last boundary, which are given, do not count."""
    others = peers()
    scores = [_scores(seed, others) for seed in range(_FIRST_SEED, _FIRST_SEED + _SONGS)]
    rows = []
    for question, measured in _QUESTIONS.items():
        mean = {name: fmean(song[name][measured] for song in scores) for name in scores[0]}
        rows += [
            Row(question, f"{_SONGS} whole rendered songs", mean[""], name, value)
            for name, value in mean.items()
            if name
        ]
    return rows


def _scores(seed: int, others: dict[str, Segmenter]) -> dict[str, dict[str, float]]:
    """Return what everybody scored on the song of a seed, by name; ours has none."""
    score = compose(seed)
    audio = render(score, seed=seed).mix
    named = {"": our_parts(audio)} | {name: segmenter(audio) for name, segmenter in others.items()}
    return {name: graded(true_parts(score), parts, audio.duration_s) for name, parts in named.items()}


def our_parts(audio: Audio) -> Parts:
    """Return the sections that the analysis hears."""
    sections = analyze(audio).sections
    return np.array([(part.start_s, part.end_s) for part in sections]), [part.label for part in sections]


def true_parts(score: Score) -> Parts:
    """Return a score's sections, named by their themes."""
    beats = np.array([(span.start, span.end) for span in score.sections])
    return score.seconds(beats), [str(span.theme) for span in score.sections]


def graded(truth: Parts, parts: Parts, end_s: float) -> dict[str, float]:
    """Return F of the boundaries within two windows, and of the pairs of moments that belong to the same part."""
    true_spans, true_names = mir_eval.util.adjust_intervals(*truth, 0.0, end_s)
    spans, names = mir_eval.util.adjust_intervals(*parts, 0.0, end_s)
    return {
        "at 3 s": mir_eval.segment.detection(true_spans, spans, window=3.0, trim=True)[2],
        "at 0.5 s": mir_eval.segment.detection(true_spans, spans, window=0.5, trim=True)[2],
        "pairwise": mir_eval.segment.pairwise(true_spans, true_names, spans, names)[2],
    }
