"""Tempo, beats and bars: on annotated real songs and on rendered ones, beside the trackers that can be imported."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import mir_eval
import numpy as np
from numpy.typing import NDArray

from benchmarks.ears.annotations import RealSong, real_songs
from benchmarks.ears.rendered import RenderedSong, rendered_songs
from benchmarks.ears.trackers import Heard, our_rhythm, peers
from benchmarks.table import Row
from segue.audio.signal import Audio

Times = NDArray[np.float64]

OURS = "Segue"
#: A tempo is right within 4 %; the second accuracy forgives the octave and the triple.
_RIGHT, _FORGIVEN = 0.04, (1.0, 2.0, 3.0, 1 / 2, 1 / 3)
_TRIMMED_S = 5.0
_CONFIDENT = (0.0, 0.5, 0.8, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a song's rhythm; none where it is not known."""

    tempi_bpm: tuple[float, ...]
    beats_s: Times | None
    downbeats_s: Times | None
    beats_per_bar: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What each tracker heard in a song, and how sure ours was."""

    truth: Truth
    heard: dict[str, Heard]
    confidence: float
    beats_per_bar: int


def measure(data: Path) -> list[Row]:
    """Measure all songs."""
    real, rendered = real_songs(data), rendered_songs()
    trackers = peers()
    rows = _rows(f"{len(real)} real songs", [_answer(song.load(), _truth_of_real(song), trackers) for song in real])
    answers = [_answer_rendered(song, trackers) for song in rendered]
    rows += _rows(f"{len(rendered)} rendered songs", answers)
    for kind in dict.fromkeys(song.kind for song in rendered):
        these = [answer for song, answer in zip(rendered, answers, strict=True) if song.kind == kind]
        rows += _rows_of_kind(f"rendered: {kind} ({len(these)})", these)
    return rows


def _truth_of_real(song: RealSong) -> Truth:
    return Truth(song.tempi_bpm, song.beats_s, song.downbeats_s, song.beats_per_bar)


def _answer_rendered(song: RenderedSong, trackers: dict[str, Callable[[Audio], Heard]]) -> Answer:
    rendering = song.render()
    score = rendering.score
    tempo = 60.0 / float(np.median(np.diff(score.beats_s)))
    # Where six eighths are a bar, some count the eighths and some the dotted quarters.
    tempi = (tempo, tempo / 3.0) if score.beats_per_bar == 6 else (tempo,)
    truth = Truth(tempi, score.beats_s[:-1], score.beats_s[:-1][:: score.beats_per_bar], score.beats_per_bar)
    return _answer(rendering.mix, truth, trackers)


def _answer(audio: Audio, truth: Truth, trackers: dict[str, Callable[[Audio], Heard]]) -> Answer:
    ours = our_rhythm(audio)
    heard = {OURS: Heard(ours.tempo_bpm, np.array(ours.beats_s), np.array(ours.downbeats_s))}
    heard |= {name: track(audio) for name, track in trackers.items()}
    return Answer(truth, heard, ours.tempo_confidence, ours.time_signature)


def _rows(data: str, answers: Sequence[Answer]) -> list[Row]:
    questions = {
        "tempo, Acc1 (4 %)": (lambda truth, heard: accuracy(truth.tempi_bpm, heard.tempo_bpm, (1.0,)), answers),
        "tempo, Acc2 (4 %, octaves and triples too)": (
            lambda truth, heard: accuracy(truth.tempi_bpm, heard.tempo_bpm, _FORGIVEN),
            answers,
        ),
    }
    timed = [answer for answer in answers if answer.truth.beats_s is not None]
    barred = [answer for answer in answers if answer.truth.downbeats_s is not None]
    for name, score in (("beats, F (70 ms)", f_measure), ("beats, CMLt", cmlt), ("beats, AMLt", amlt)):
        questions[name] = (lambda truth, heard, score=score: score(truth.beats_s, heard.beats_s), timed)
    questions["downbeats, F (70 ms)"] = (
        lambda truth, heard: None if heard.downbeats_s is None else f_measure(truth.downbeats_s, heard.downbeats_s),
        barred,
    )
    rows = []
    for question, (score, those) in questions.items():
        rows += _beside_peers(question, data if len(those) == len(answers) else f"{data}: {len(those)}", those, score)
    metred = [answer for answer in answers if answer.truth.beats_per_bar]
    rows.append(
        Row(
            "beats in a bar, share right",
            f"{data}: {len(metred)}",
            fmean(float(answer.beats_per_bar == answer.truth.beats_per_bar) for answer in metred),
        )
    )
    return [*rows, *_reliability(data, answers)]


def _beside_peers(
    question: str, data: str, answers: Sequence[Answer], score: Callable[[Truth, Heard], float | None]
) -> list[Row]:
    """Return a row for each peer that answers the question, or one without a peer."""
    means = (
        {name: _mean(score(answer.truth, answer.heard[name]) for answer in answers) for name in answers[0].heard}
        if answers
        else {}
    )
    ours = means.pop(OURS, None)
    if ours is None:
        return []
    rows = [Row(question, data, ours, peer, theirs) for peer, theirs in means.items() if theirs is not None]
    return rows or [Row(question, data, ours)]


def _reliability(data: str, answers: Sequence[Answer]) -> list[Row]:
    """Return, for each bin of confidence, how many of its tempi are right, beside the confidence told."""
    rows = []
    bins = [*pairwise(_CONFIDENT), (0.8, 1.01)]
    for low, high in bins:
        those = [answer for answer in answers if low <= answer.confidence < high]
        if not those:
            continue
        right = fmean(accuracy(a.truth.tempi_bpm, a.heard[OURS].tempo_bpm, (1.0,)) for a in those)
        span = f"{low:g} to {min(high, 1.0):g}"
        told = fmean(answer.confidence for answer in those)
        rows.append(
            Row(f"tempi told with confidence {span}, share right", f"{data}: {len(those)}", right, "told", told)
        )
    return rows


def _rows_of_kind(data: str, answers: Sequence[Answer]) -> list[Row]:
    def first(truth: Truth, heard: Heard) -> float:
        return accuracy(truth.tempi_bpm, heard.tempo_bpm, (1.0,))

    def beats(truth: Truth, heard: Heard) -> float:
        return f_measure(truth.beats_s, heard.beats_s)

    return [
        *_beside_peers("tempo, Acc1 (4 %)", data, answers, first),
        *_beside_peers("beats, F (70 ms)", data, answers, beats),
    ]


def accuracy(tempi_bpm: Iterable[float], told_bpm: float, factors: Iterable[float]) -> float:
    """Return 1.0 where a tempo is within 4 % of one of the true ones, times one of the factors."""
    wanted = [tempo * factor for tempo in tempi_bpm for factor in factors]
    return float(any(abs(told_bpm / tempo - 1.0) <= _RIGHT for tempo in wanted))


def f_measure(truth: Times | None, told: Times) -> float:
    """Return the beats' F-measure at 70 ms, without the first five seconds where the song is longer than ten."""
    return float(mir_eval.beat.f_measure(*_trimmed(truth, told)))


def cmlt(truth: Times | None, told: Times) -> float:
    """Return the share of beats that are right at the annotated level, gaps allowed."""
    return float(mir_eval.beat.continuity(*_trimmed(truth, told))[1])


def amlt(truth: Times | None, told: Times) -> float:
    """Return the share of beats that are right at the annotated level, its double, its half or off the beat."""
    return float(mir_eval.beat.continuity(*_trimmed(truth, told))[3])


def _trimmed(truth: Times | None, told: Times) -> tuple[Times, Times]:
    """Drop the first five seconds, as is usual, unless they are half of the song."""
    true = np.asarray(truth)
    if true[-1] < 2.0 * _TRIMMED_S:
        return true, told
    return mir_eval.beat.trim_beats(true, _TRIMMED_S), mir_eval.beat.trim_beats(told, _TRIMMED_S)


def _mean(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return fmean(known) if known else None
