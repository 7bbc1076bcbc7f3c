"""From sound that an engine made to the files of a track."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from segue.audio.extending.loudening import brought_to, find_level
from segue.audio.extending.rendering import Piece, play
from segue.audio.files import OUR_LIMITS, decode, open_writer
from segue.audio.mastering import MasterReport, master
from segue.audio.mastering.writing import write_mastered
from segue.audio.signal import Audio, FloatArray, Progress, no_progress
from segue.engines.generation import Generation, GenerationRequest

SAMPLE_RATE: Final = 44100
#: How far the level of a continuation may be moved to meet what it continues.
_MOST_GAIN_DB: Final = 12.0
_SILENT: Final = 1e-5


def finish(
    made: Audio,
    request: GenerationRequest,
    folder: Path,
    *,
    provenance: Mapping[str, Any],
    lead_in_s: float = 0.0,
    progress: Progress = no_progress,
) -> Generation:
    """Master what was made and write it; in ``extend`` after all of the source.

    Parameters
    ----------
    made
        The track, or in ``extend`` the end of the source as the engine heard it, and what follows; mono or stereo.
    request
        What it was made for.
    folder
        Where ``mix.flac`` is written.
    provenance
        Goes into the result as it is.
    lead_in_s
        How much of it, in ``extend``, is still the source: there the two are faded into each other.
    progress
        Told how far it is.
    """
    samples = _stereo(made)
    mix = folder / "mix.flac"
    tags = {key: text for key, text in (("title", request.title), ("artist", request.artist)) if text}
    if request.mode == "extend" and request.source is not None:
        source = decode(request.source, OUR_LIMITS, sample_rate=SAMPLE_RATE, channels=2).audio
        pieces = _after(source, samples, lead_in_s)
        duration_s = sum(piece.length for piece in pieces) / SAMPLE_RATE
        _write_as_it_is(pieces, mix, tags)
        progress(1.0)
    else:
        duration_s = samples.shape[1] / SAMPLE_RATE
        _write_mastered(Audio(samples, SAMPLE_RATE), mix, tags, progress)
    return Generation(
        mix=mix,
        project={"description": request.description, "duration_s": duration_s},
        provenance=provenance,
    )


def _write_mastered(audio: Audio, path: Path, tags: Mapping[str, str], progress: Progress) -> None:
    def mastered(ceiling_dbtp: float, told: Progress) -> tuple[Audio, MasterReport]:
        return master(audio, ceiling_dbtp=ceiling_dbtp, progress=told)

    write_mastered(mastered, path, tags=tags, progress=progress)


def _write_as_it_is(pieces: Sequence[Piece], path: Path, tags: Mapping[str, str]) -> None:
    """Write a song that goes on at its loudness, its tone untouched: it has been mastered before. Block by block."""
    level = find_level(pieces)
    with open_writer(path, sample_rate=SAMPLE_RATE, channels=2, tags=tags) as writer:
        for block in brought_to(level, play(pieces), SAMPLE_RATE):
            writer.write(block)


def _stereo(made: Audio) -> FloatArray:
    samples = made.samples
    if made.sample_rate != SAMPLE_RATE:
        samples = soxr.resample(samples.T, made.sample_rate, SAMPLE_RATE).T
    return np.ascontiguousarray(np.broadcast_to(samples[:2], (2, samples.shape[1])), dtype=np.float32)


def _after(source: Audio, made: FloatArray, lead_in_s: float) -> list[Piece]:
    """Return a song and what follows it, at its level, the one faded into the other while both sound the same."""
    seam = min(round(lead_in_s * SAMPLE_RATE), source.length, made.shape[1])
    end, again = source.samples[:, source.length - seam :], made[:, :seam]
    level, theirs = (float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) for part in (end, again))
    if level > _SILENT and theirs > _SILENT:
        most = 10 ** (_MOST_GAIN_DB / 20)
        made = made * np.float32(np.clip(level / theirs, 1 / most, most))
    fade = np.linspace(0.0, 1.0, seam, dtype=np.float32)
    follows = np.array(made)
    follows[:, :seam] = end * (1 - fade) + made[:, :seam] * fade
    goes_on = Audio(follows, SAMPLE_RATE)
    return [Piece(source, 0, source.length - seam), Piece(goes_on, 0, goes_on.length)]
