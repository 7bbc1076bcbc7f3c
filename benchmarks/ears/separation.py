"""How well a mix is parted into stems, on real multitracks and on rendered ones, and how fast."""

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av
import librosa
import numpy as np

from benchmarks.ears.bss_eval import Scores, score
from benchmarks.ears.medians import drums_and_bass_masks
from benchmarks.ears.rendered import rendered_songs
from benchmarks.table import Row
from segue.audio.blocks import ComplexArray
from segue.audio.files import decode
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import STEM_NAMES, Separator
from segue.engines.separation.choose import choose_separator
from segue.engines.separation.classical import ClassicalSeparator
from segue.engines.separation.masking import FREQUENCIES_HZ, STFT, separate_by_masks, stem_masks
from segue.engines.separation.spleeter import SpleeterSeparator
from segue.kit.settings import Settings

_THREADS = 2
_RENDERED = 3
_RENDERED_S = 12
#: As the NI stem format has them.
_STEM_ORDER = ("drums", "bass", "other", "vocals")
#: Medians over the 50 test songs of MUSDB18, from the engines' own papers and reports; dB.
_PUBLISHED = {
    "Spleeter": {"vocals": 6.86, "drums": 6.71, "bass": 5.51, "other": 4.55},
    "Open-Unmix HQ": {"vocals": 6.25, "drums": 6.04, "bass": 5.07, "other": 4.28},
    "HTDemucs (mean of four)": dict.fromkeys(STEM_NAMES, 9.00),
}

Stems = dict[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Track:
    """A mix and the true stems in it: all four, or ``vocals`` and ``accompaniment``."""

    mix: Audio
    true: Stems


def measure(data: Path) -> list[Row]:
    """Measure quality on four sets, then speed and memory on a whole song."""
    settings = Settings()
    engine = choose_separator("auto", settings.models_dir, threads=_THREADS)
    peers = _peers(settings)
    stempeg = _stempeg(data)
    rows = [
        *_quality("stempeg song, 6 s", [stempeg], engine, peers),
        *_quality("MUSDB18 excerpts", list(_musdb(data)), engine, peers),
        *_quality("MIR-1K clips", list(_mir1k(data)), engine, peers),
        *_quality(f"rendered songs, {_RENDERED_S} s of each", list(_rendered()), engine, peers),
    ]
    ours = {row.question: row.ours for row in rows if row.data.startswith("stempeg")}
    return [*rows, *_published(ours), *_cost(data)]


Method = Callable[[Track], Stems]


def _peers(settings: Settings) -> dict[str, Method]:
    """Return what ours is held against; each gives the stems that it can."""
    peers: dict[str, Method] = {
        "the mixture itself": lambda track: dict.fromkeys((*STEM_NAMES, "accompaniment"), track.mix.samples),
        "our classical engine": lambda track: _separated(ClassicalSeparator(threads=_THREADS), track),
        "HPSS (librosa)": _hpss,
        "REPET-SIM (librosa)": _repet_sim,
        "oracle ratio masks (the ceiling)": _oracle,
    }
    engine = choose_separator("auto", settings.models_dir, threads=_THREADS)
    if isinstance(engine, SpleeterSeparator):
        spleeter = engine
        peers["Spleeter's vocals, the rest by medians"] = lambda track: _by_medians(spleeter, track)
    return peers


def _quality(data: str, tracks: list[Track], engine: Separator, peers: dict[str, Method]) -> list[Row]:
    """Score ours and each peer on each track, and compare the medians over the tracks."""
    if not tracks:
        return []
    ours = _medians([_scores(track, _separated(engine, track)) for track in tracks])
    rows = []
    for peer, method in peers.items():
        theirs = _medians([_scores(track, method(track)) for track in tracks])
        rows += [
            Row(f"{stem} {measure.upper()}, dB", data, getattr(ours[stem], measure), peer, getattr(scores, measure))
            for stem, scores in theirs.items()
            for measure in ("sdr", "sir", "sar")
        ]
    return rows


def _scores(track: Track, estimates: Stems) -> dict[str, Scores]:
    """Score the stems of a track that were estimated; what was not is scored as the mix and left out."""
    if "accompaniment" in track.true and "accompaniment" not in estimates:
        rest = [estimates[name] for name in ("drums", "bass", "other") if name in estimates]
        estimates = {**estimates, "accompaniment": np.sum(rest, axis=0)} if len(rest) == 3 else estimates
    names = list(track.true)
    guesses = [estimates.get(name, track.mix.samples) for name in names]
    scores = score([track.true[name] for name in names], guesses, track.mix.sample_rate)
    return {name: scores for name, scores in zip(names, scores, strict=True) if name in estimates}


def _medians(tracks: list[dict[str, Scores]]) -> dict[str, Scores]:
    """Return the median over the tracks of each stem's scores."""
    return {
        stem: Scores(*(median(getattr(track[stem], measure) for track in tracks) for measure in ("sdr", "sir", "sar")))
        for stem in tracks[0]
    }


def _separated(engine: Separator, track: Track) -> Stems:
    return _joined(engine.separate(track.mix))


def _joined(blocks: Iterator[dict[str, FloatArray]]) -> Stems:
    parts = list(blocks)
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in STEM_NAMES}


def _by_medians(spleeter: SpleeterSeparator, track: Track) -> Stems:
    def part(accompaniment: ComplexArray) -> FloatArray:
        magnitude = np.sqrt(np.square(np.abs(accompaniment)).mean(axis=0))
        masks = np.stack(drums_and_bass_masks(magnitude, FREQUENCIES_HZ))
        return np.repeat(masks[:, np.newaxis], accompaniment.shape[0], axis=1)

    def masks(spectrum: ComplexArray) -> FloatArray:
        return stem_masks(spectrum, spleeter.vocal_mask(spectrum), part)

    return _joined(separate_by_masks(track.mix, masks))


def _hpss(track: Track) -> Stems:
    harmonic, percussive = (
        np.stack([channel[half] for channel in map(librosa.effects.hpss, track.mix.samples)]) for half in (0, 1)
    )
    return {"drums": percussive, "other": harmonic}


def _repet_sim(track: Track) -> Stems:
    """Take what repeats out of the mix: the recipe of librosa's gallery, after Z. Rafii and B. Pardo, ISMIR 2012."""
    rate = track.mix.sample_rate
    spectra = [librosa.stft(channel) for channel in track.mix.samples]
    magnitude = np.sqrt(np.mean([np.square(np.abs(spectrum)) for spectrum in spectra], axis=0))
    width = min(int(librosa.time_to_frames(2, sr=rate)), magnitude.shape[1] // 4)
    repeating = librosa.decompose.nn_filter(magnitude, aggregate=np.median, metric="cosine", width=width)
    repeating = np.minimum(magnitude, repeating)
    vocals_mask = librosa.util.softmask(magnitude - repeating, 10 * repeating, power=2)
    rest_mask = librosa.util.softmask(repeating, 2 * (magnitude - repeating), power=2)
    vocals, rest = (
        np.stack([librosa.istft(mask * spectrum, length=track.mix.length) for spectrum in spectra])
        for mask in (vocals_mask, rest_mask)
    )
    return {"vocals": vocals, "accompaniment": rest}


def _oracle(track: Track) -> Stems:
    """Mask the mix by the true stems' shares of the power."""
    padding = (STFT.lead, STFT.lead + STFT.hop)
    length = track.mix.length

    def analyse(samples: FloatArray) -> ComplexArray:
        padded = np.pad(samples, ((0, 0), padding))
        return STFT.analyse(padded)

    powers = {name: np.square(np.abs(analyse(stem))) for name, stem in track.true.items()}
    total = np.sum(list(powers.values()), axis=0) + 1e-20
    spectrum = analyse(track.mix.samples)
    parted = {name: STFT.synthesise(spectrum * (power / total)) for name, power in powers.items()}
    return {name: stem[:, STFT.lead : STFT.lead + length] for name, stem in parted.items()}


def _stempeg(data: Path) -> Track:
    (path,) = (data / "multitrack" / "stempeg").glob("*.stem.mp4")
    streams = [_stream(path, number) for number in range(5)]
    true = dict(zip(_STEM_ORDER, (stream.samples for stream in streams[1:]), strict=True))
    return Track(streams[0], {name: true[name] for name in STEM_NAMES})


def _stream(path: Path, number: int) -> Audio:
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.audio[number]))
        return Audio(np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].sample_rate)


def _musdb(data: Path) -> Iterator[Track]:
    for folder in sorted((data / "multitrack" / "musdb_excerpts").iterdir()):
        if folder.is_dir():
            mix, vocals, rest = (
                decode(folder / f"{part}.mp3").audio for part in ("mix", "vocals_true", "accompaniment_true")
            )
            length = min(mix.length, vocals.length, rest.length)
            yield Track(
                Audio(mix.samples[:, :length], mix.sample_rate),
                {"vocals": vocals.samples[:, :length], "accompaniment": rest.samples[:, :length]},
            )


def _mir1k(data: Path) -> Iterator[Track]:
    for path in sorted((data / "multitrack" / "mir1k").glob("*.wav")):
        audio = decode(path).audio
        rest, vocals = audio.samples[:1], audio.samples[1:]
        yield Track(Audio(rest + vocals, audio.sample_rate), {"vocals": vocals, "accompaniment": rest})


def _rendered() -> Iterator[Track]:
    """Yield stretches of held-out songs in which all four stems sound, before their mastering."""
    found = 0
    for song in rendered_songs():
        if found == _RENDERED:
            return
        if {part.role for part in song.score().parts} != set(STEM_NAMES):
            continue
        rendering = song.render()
        rate = rendering.premaster.sample_rate
        middle = slice(rendering.premaster.length // 2, rendering.premaster.length // 2 + _RENDERED_S * rate)
        true = {name: rendering.stems[name][:, middle] for name in STEM_NAMES}
        if all(np.abs(stem).max() > 1e-3 for stem in true.values()):
            found += 1
            yield Track(Audio(rendering.premaster.samples[:, middle], rate), true)


def _published(ours: dict[str, float]) -> list[Row]:
    data = "theirs: MUSDB18, published elsewhere; ours: the stempeg song"
    return [
        Row(f"{stem} SDR, dB", data, ours[f"{stem} SDR, dB"], peer, theirs)
        for peer, stems in _PUBLISHED.items()
        for stem, theirs in stems.items()
    ]


def _cost(data: Path) -> list[Row]:
    """Separate a whole song in a process of its own."""
    songs = sorted((data / "songs_with_lyrics").glob("*/audio.*"))
    if not songs:
        return []
    rows = []
    for name in ("auto", "classical"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            speed, memory_mb = pool.apply(_separate_whole, (songs[0], name))
        data_name = f"{songs[0].parent.name}, whole, {_THREADS} threads, engine {name}"
        rows.append(Row("separation into four stems, x real time", data_name, speed, "asked for", 20.0))
        rows.append(Row("memory that separating adds at its peak, MB", data_name, memory_mb))
    return rows


def _separate_whole(song: Path, name: str) -> tuple[float, float]:
    audio = decode(song).audio
    engine = choose_separator(name, Settings().models_dir, threads=_THREADS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    for _ in engine.separate(audio):
        pass
    elapsed = time.perf_counter() - begun
    return audio.duration_s / elapsed, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
