"""Who else parts a song into sections: the peers that can be imported, with the settings that their makers give.

librosa is a development dependency; the structure features of Serra et al. and the segmenter of Foote come by

    uv run --with msaf python -m benchmarks ears --only form
"""

import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import scipy
import scipy.signal
import soundfile
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from segue.audio.signal import Audio
from segue.audio.spectrum import resampled_mono

#: Intervals ``(n, 2)`` in seconds, from 0 to the end of the song, and a name for each.
Parts = tuple[NDArray[np.float64], list[str]]
Segmenter = Callable[[Audio], Parts]

_SECTION_S = 15.0
_TYPES = 5


def peers() -> dict[str, Segmenter]:
    """Return who can be imported here, by name."""
    found: dict[str, Segmenter] = {
        f"librosa (agglomerative, a part each {_SECTION_S:.0f} s)": _agglomerative,
        f"librosa (Laplacian, {_TYPES} types)": _laplacian,
    }
    try:
        # msaf 0.1.80 reads two aliases that SciPy has dropped since: without them, it does not run.
        setattr(scipy, "inf", np.inf)  # noqa: B010
        setattr(scipy.signal, "gaussian", scipy.signal.windows.gaussian)  # noqa: B010
        msaf = importlib.import_module("msaf")
    except ImportError:
        return found
    return found | {
        f"msaf ({name})": _msaf(msaf, boundaries) for name, boundaries in (("SF", "sf"), ("Foote", "foote"))
    }


def _agglomerative(audio: Audio) -> Parts:
    """Temporally constrained clustering of beats, as in librosa's documentation, with as many parts as are usual."""
    mono = resampled_mono(audio, 22050)
    _, beats = librosa.beat.beat_track(y=mono, sr=22050, trim=False)
    chroma = librosa.feature.chroma_cqt(y=mono, sr=22050)
    timbre = librosa.feature.mfcc(y=mono, sr=22050)
    stacked = np.vstack([librosa.util.normalize(rows, norm=2, axis=1) for rows in (chroma, timbre)])
    units = librosa.util.sync(stacked, beats)
    count = int(np.clip(round(audio.duration_s / _SECTION_S), 2, units.shape[1]))
    starts = librosa.segment.agglomerative(units, count)
    times = librosa.frames_to_time(librosa.util.fix_frames(beats, x_min=0), sr=22050)
    return _parts(times[starts], [str(index) for index in range(count)], audio.duration_s)


def _laplacian(audio: Audio) -> Parts:
    """Spectral clustering (McFee and Ellis 2014), as in librosa's gallery."""
    mono = resampled_mono(audio, 22050)
    bins = librosa.amplitude_to_db(np.abs(librosa.cqt(y=mono, sr=22050, bins_per_octave=36, n_bins=7 * 36)), ref=np.max)
    _, beats = librosa.beat.beat_track(y=mono, sr=22050, trim=False)
    units = librosa.util.sync(bins, beats, aggregate=np.median)
    near = librosa.segment.recurrence_matrix(units, width=3, mode="affinity", sym=True)
    diagonal = librosa.segment.timelag_filter(scipy.ndimage.median_filter)(near, size=(1, 7))
    timbre = librosa.util.sync(librosa.feature.mfcc(y=mono, sr=22050), beats)
    steps = np.sum(np.diff(timbre, axis=1) ** 2, axis=0)
    path = np.exp(-steps / np.median(steps))
    beside = np.diag(path, k=1) + np.diag(path, k=-1)
    degree_path, degree_near = beside.sum(axis=1), diagonal.sum(axis=1)
    mix = degree_path.dot(degree_path + degree_near) / np.sum((degree_path + degree_near) ** 2)
    laplacian = scipy.sparse.csgraph.laplacian(mix * diagonal + (1 - mix) * beside, normed=True)
    vectors = scipy.ndimage.median_filter(scipy.linalg.eigh(laplacian)[1], size=(9, 1))
    size = np.maximum(np.cumsum(vectors**2, axis=1) ** 0.5, 1e-9)  # 0 where a unit is like no other
    kinds = KMeans(n_clusters=_TYPES, n_init="auto", random_state=0).fit_predict(
        vectors[:, :_TYPES] / size[:, _TYPES - 1 : _TYPES]
    )
    first = np.flatnonzero(np.diff(kinds, prepend=-1))
    times = librosa.frames_to_time(librosa.util.fix_frames(beats, x_min=0), sr=22050)
    return _parts(times[first], [str(kinds[index]) for index in first], audio.duration_s)


def _msaf(msaf: Any, boundaries: str) -> Segmenter:
    def part(audio: Audio) -> Parts:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "song.wav"
            soundfile.write(file, resampled_mono(audio, 22050), 22050)
            times, labels = msaf.process(str(file), boundaries_id=boundaries, labels_id="fmc2d", feature="pcp")
        return _parts(np.asarray(times)[:-1], [str(label) for label in labels], audio.duration_s)

    return part


def _parts(starts_s: NDArray[np.float64], labels: list[str], end_s: float) -> Parts:
    inside = np.flatnonzero(starts_s < end_s)
    times = np.append(starts_s[inside], end_s)
    times[0] = 0.0
    return np.stack([times[:-1], times[1:]], axis=1), [labels[index] for index in inside]
