"""Key and chords: on real songs whose key is known, and on rendered ones, beside the peers that can be imported."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import mir_eval
import numpy as np

from benchmarks.ears.annotations import read
from benchmarks.ears.harmony_peers import ChordNamer, KeyNamer, Labelled, chord_peers, key_peers
from benchmarks.ears.rendered import rendered_songs
from benchmarks.table import Row
from segue.audio.analysis import PITCH_NAMES, Analysis, Key
from segue.audio.keys import PROFILES, profile_fits
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from segue.music.score import Score

_EVERY = 3
_LEAD = 0.05
_SURE = 0.8
_CONFIDENT = (0.0, 0.5, _SURE, 0.9, 1.01)
#: The saxophone's file calls its scale E major; a pitch tracker (librosa's YIN) reads Eb F G Ab Bb C D Eb.
_SCALES = (("rhythm_key/essentia/359500__mtg__sax-tenor-e-major.wav", "Eb major"),)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A recording whose key is known."""

    name: str
    key: str
    load: Callable[[], Audio]


def measure(data: Path) -> list[Row]:
    """Measure keys of real songs, and keys and chords of every third rendered one."""
    namers = key_peers()
    real = list(known_keys(data))
    rows = _key_rows(f"{len(real)} real songs", [(song.key, *_keys(song.load(), namers)) for song in real])
    songs = rendered_songs()[::_EVERY]
    keys, chords = [], []
    chord_namers = chord_peers()
    for song in songs:
        rendering = song.render()
        ours = analyze(rendering.mix)
        keys.append((key_name(rendering.score.key), ours.key, _theirs(rendering.mix, namers)))
        chords.append(_chord_scores(rendering.score, rendering.mix, ours, chord_namers))
    data_name = f"{len(songs)} rendered songs"
    return [*rows, *_key_rows(data_name, keys), *_chord_rows(data_name, chords)]


def known_keys(data: Path) -> Iterator[KnownKey]:
    """Return the recordings whose key can be told without listening to their harmony.

    A song with lyrics has the key of its sung notes, as its UltraStar file gives them: where the profiles of Krumhansl
    and Kessler, of Temperley and of Albrecht and Shanahan, weighed by the notes' lengths, all name the same key, each
    with a lead of 0.05, and the last note belongs to its tonic chord. Songs where they do not are left out.
    """
    for file in sorted((data / "songs_with_lyrics").glob("*/lyrics_truth.json")):
        audio = next(file.parent.glob("audio.*"), None)
        key = sung_key([note for line in json.loads(file.read_text())["lines"] for note in line["notes"]])
        if audio is not None and key is not None:
            yield KnownKey(file.parent.name, key_name(key), partial(read, audio))
    for path, key_of_scale in _SCALES:
        if (data / path).exists():
            yield KnownKey(Path(path).stem, key_of_scale, partial(read, data / path))


def sung_key(notes: list[tuple[float, float, float]]) -> Key | None:
    """Return the key of a melody, or none where it is ambiguous; a note is its start, length and MIDI pitch."""
    heard = np.zeros(12, dtype=np.float32)
    for _, length, pitch in notes:
        heard[round(pitch) % 12] += length
    named = set()
    for profiles in PROFILES[:3]:
        fits = profile_fits(heard, profiles)
        best, second = np.argsort(-fits)[:2]
        named.add(int(best) if fits[best] - fits[second] >= _LEAD else -1)
    if len(named) > 1 or -1 in named:
        return None
    best_of_all = named.pop()
    key = Key(best_of_all % 12, "minor" if best_of_all >= 12 else "major")
    triad = (0, 3 if key.mode == "minor" else 4, 7)
    return key if (round(notes[-1][2]) - key.tonic) % 12 in triad else None


def key_name(key: Key) -> str:
    """Return a key as mir_eval writes it."""
    return f"{key.tonic_name} {key.mode}"


def _keys(audio: Audio, namers: dict[str, KeyNamer]) -> tuple[Key, dict[str, str]]:
    return analyze(audio).key, _theirs(audio, namers)


def _theirs(audio: Audio, namers: dict[str, KeyNamer]) -> dict[str, str]:
    return {name: namer(audio) for name, namer in namers.items()}


def _key_rows(data: str, answers: list[tuple[str, Key, dict[str, str]]]) -> list[Row]:
    """Return MIREX' weighted score and the share that is wholly right, everybody's, and how ours knows."""
    score, right = (
        mir_eval.key.weighted_score,
        lambda truth, named: float(mir_eval.key.weighted_score(truth, named) == 1),
    )
    rows = []
    for question, grade in (("key: MIREX weighted", score), ("key: wholly right", right)):
        ours = fmean(grade(truth, key_name(key)) for truth, key, _ in answers)
        peers = {name: fmean(grade(truth, theirs[name]) for truth, _, theirs in answers) for name in answers[0][2]}
        rows += [Row(question, data, ours, name, value) for name, value in _best_of_each(peers)]
    return [*rows, *_reliability(data, [(right(truth, key_name(key)), key.confidence) for truth, key, _ in answers])]


def _reliability(data: str, told: list[tuple[float, float]]) -> list[Row]:
    """Return, for each bin of confidence, how many of its keys are right, beside the confidence told."""
    rows = []
    for low, high in (*pairwise(_CONFIDENT), (_SURE, _CONFIDENT[-1])):
        those = [(right, confidence) for right, confidence in told if low <= confidence < high]
        if those:
            question = f"keys told with confidence {low:g} to {min(high, 1.0):g}, share right"
            right, confidence = (fmean(column) for column in zip(*those, strict=True))
            rows.append(Row(question, f"{data}: {len(those)}", right, "told", confidence))
    return rows


def _best_of_each(peers: dict[str, float]) -> list[tuple[str, float]]:
    """Keep of each library, which may come in several settings, the best."""
    best: dict[str, tuple[str, float]] = {}
    for name, value in peers.items():
        library = name.split(" ")[0]
        if library not in best or value > best[library][1]:
            best[library] = (name, value)
    return list(best.values())


def _chord_scores(
    score: Score, audio: Audio, ours: Analysis, namers: dict[str, ChordNamer]
) -> dict[str, dict[str, float]]:
    """Return mir_eval's weighted scores of everybody, by name and vocabulary."""
    spans = np.array([(chord.start_s, chord.end_s) for chord in ours.chords])
    named: dict[str, Labelled] = {"": (spans, [chord.label for chord in ours.chords])}
    named |= {name: namer(audio) for name, namer in namers.items()}
    truth = _truth(score)
    return {name: _weighted(truth, labelled) for name, labelled in named.items()}


def _truth(score: Score) -> Labelled:
    beats = np.array([(span.start, span.end) for span in score.chords])
    labels = [f"{PITCH_NAMES[span.chord.root]}:{span.chord.quality}" for span in score.chords]
    return score.seconds(beats), labels


def _weighted(truth: Labelled, named: Labelled) -> dict[str, float]:
    scores = mir_eval.chord.evaluate(*truth, *named)
    return {vocabulary: float(scores[vocabulary]) for vocabulary in ("majmin", "root", "sevenths")}


def _chord_rows(data: str, scores: list[dict[str, dict[str, float]]]) -> list[Row]:
    rows = []
    for vocabulary in ("majmin", "root", "sevenths"):
        mean = {name: fmean(song[name][vocabulary] for song in scores) for name in scores[0]}
        rows += [
            Row(f"chords: weighted {vocabulary}", data, mean[""], name, value) for name, value in mean.items() if name
        ]
    return rows
