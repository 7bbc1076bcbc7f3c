"""How much evidence have rendered songs that are not there, and those that are? The thresholds rest on it.

``python -m benchmarks.ears.thresholds`` prints it. No recording of the test data takes part.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.ears.distractors import KEYS, SONGS, distractors, rendered
from benchmarks.ears.excerpts import as_mp3, at_speed, excerpts, in_pink_noise, over_music, reworked
from segue.audio.landmark_index import MemoryIndex
from segue.audio.landmark_matching import best_matches, candidates, gathered, votes_of
from segue.audio.landmarks import AS_RECORDED, REWORKED, Peaks, Tolerance, find_peaks, queries_of
from segue.audio.signal import Audio
from segue.catalog.fingerprints.recognising import (
    LEAST_EVIDENCE,
    LEAST_EVIDENCE_REWORKED,
    LONGEST_EXCERPT_S,
    LONGEST_REWORKED_S,
    middle_of,
)

STRANGERS = 500
KNOWN = 100
#: The shortest excerpt that something is promised of, and the longest of which all is used.
LENGTHS_S = (5.0, LONGEST_EXCERPT_S)
#: Of all evidence, the share that the tail is fitted to.
_TAIL = 0.02
_SEARCHES = {
    "as recorded": (AS_RECORDED, LONGEST_EXCERPT_S, LEAST_EVIDENCE),
    "reworked": (REWORKED, LONGEST_REWORKED_S, LEAST_EVIDENCE_REWORKED),
}


def main() -> None:
    """Ask for songs that are not in the index, then for songs that are, and print what evidence there was."""
    index = MemoryIndex(dict(enumerate(distractors())))
    for length_s in LENGTHS_S:
        strange = _evidence(index, range(SONGS, SONGS + STRANGERS), length_s)
        known = _evidence(index, range(KNOWN), length_s)
        for search, (_, _, threshold) in _SEARCHES.items():
            _print(f"{length_s:g} s, {search}", strange[search], known[search], threshold)


def tail(evidence: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the tail of the evidence begins, and its mean excess: the scale of an exponential tail."""
    start = float(np.quantile(evidence, 1 - _TAIL))
    return start, float(np.mean(evidence[evidence > start] - start))


def _evidence(index: MemoryIndex, songs: range, length_s: float) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return the evidence for the best match, by search and by what was done to the excerpts.

    Where the song is in the index, only matches with itself count.
    """
    found: dict[str, dict[str, list[float]]] = {search: defaultdict(list) for search in _SEARCHES}
    for song, treatment, heard in _heard(songs, length_s):
        own = song * KEYS if song < SONGS else None
        peaks = find_peaks(heard)
        for search, (tolerance, longest_s, _) in _SEARCHES.items():
            found[search][treatment].append(_best(index, middle_of(peaks, longest_s), tolerance, own))
    return {search: {name: np.array(values) for name, values in by.items()} for search, by in found.items()}


def _heard(songs: range, length_s: float) -> Iterator[tuple[int, str, Audio]]:
    before = rendered(songs.start + 1)
    for song in songs:
        rng = np.random.default_rng(song)
        audio = rendered(song)
        treatments: dict[str, Callable[[Audio, np.random.Generator], Audio]] = {
            "as it is": lambda audio, _: audio,
            "pink noise at 10 dB SNR": in_pink_noise,
            "other music at 10 dB SNR": over_music(before),
            "MP3 at 32 kbit/s": as_mp3,
            "speed +3 %": at_speed(1.03),
            "speed -3 %": at_speed(0.97),
            "2 semitones higher": reworked(1.0, 2),
            "15 % longer, 3 semitones lower": reworked(1.15, -3),
        }
        for excerpt in excerpts({song: audio}, 1, rng, length_s=length_s):
            for name, change in treatments.items():
                yield song, name, change(excerpt.audio, rng)
        before = audio


def _best(index: MemoryIndex, peaks: Peaks, tolerance: Tolerance, own: int | None) -> float:
    query = queries_of(peaks, tolerance)
    alignments = candidates(gathered(votes_of(query, *index.lookup(query.hashes), tolerance)), tolerance)
    matches = best_matches(peaks, alignments, index.peaks, least_evidence=0.0)
    return max((match.evidence for match in matches if own in (None, match.alignment.number)), default=0.0)


def _print(
    what: str, strange: dict[str, NDArray[np.float64]], known: dict[str, NDArray[np.float64]], threshold: float
) -> None:
    everything = np.concatenate(list(strange.values()))
    start, scale = tail(everything)
    extrapolated = _TAIL * float(np.exp((start - threshold) / scale))
    quantiles = np.quantile(everything, (0.5, 0.9, 0.99, 0.999, 1)).round(1).tolist()
    lines = [
        f"{what}: {everything.size} excerpts of {STRANGERS} strangers",
        f"    half, 90 %, 99 %, 99.9 %, all of them have at most {quantiles} nats",
        f"    from {start:.1f} on they fall by a factor of e in {scale:.2f}",
        f"    {threshold:g} have {np.mean(everything >= threshold):.3%}; by that tail {extrapolated:.4%}",
    ]
    for name, values in strange.items():
        own = known[name]
        share, least = np.mean(own >= threshold), np.quantile(own, 0.01)
        there = f"of {own.size} that are there {share:.1%}, all but 1 % have {least:.1f}"
        lines.append(f"    {name}: strangers at most {values.max():.1f}; {there}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
