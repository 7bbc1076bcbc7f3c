"""Making one example for the network: stems of rendered songs, treated, mixed and robbed of their vocals."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from segue.audio.blocks import ComplexArray
from segue.audio.signal import FloatArray
from segue.engines.separation.evidence import band_sums, evidence
from segue.engines.separation.masking import FREQUENCIES_HZ, STFT
from training.separation import effects

ROLES = ("vocals", "drums", "bass", "other")
FRAMES = 128
#: Frames on either side that only the medians see.
MARGIN = 16
_SPAN = STFT.span(FRAMES + 2 * MARGIN)
#: How far a bass is played up and others are played down, so that neither is known by its register alone.
OCTAVES = {"bass": (0.0, 1.0), "other": (-1.0, 0.0)}
_SMALLEST = 1e-12

#: The stems of a song, each ``(2, n)``, scaled to a loudness of 1 (root of mean square where it sounds).
Song = dict[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Example:
    """What the network sees, and what it should answer.

    Attributes
    ----------
    evidence
        ``(KINDS, FRAMES, BANDS)``, `segue.engines.separation.evidence`.
    log_power
        Decimal logarithm of the mix's power over that of the mean, ``(2, FRAMES, BANDS)``.
    ideal
        The masks of drums and bass that come nearest to them in squared error, ``(2, 2, FRAMES, BANDS)``; one minus
        their sum is that of the rest.
    energy, floor
        Energies over the mix's of drums, bass and the rest, and of the error that the ideal masks leave, ``(3,)``.
    """

    evidence: FloatArray
    log_power: FloatArray
    ideal: FloatArray
    energy: FloatArray
    floor: FloatArray


def make_example(random: Generator, songs: list[Song], *, wild: bool = True) -> Example:
    """Mix an example of some songs; not ``wild``: one song as it is."""
    stems = _treated(random, _chosen(random, songs)) if wild else _chosen(random, songs, together=True)
    spectra = {role: STFT.analyse(stem) for role, stem in stems.items()}
    if wild:
        _equalise(random, spectra)
    drums, bass, other = _without_vocals(random, spectra, wild=wild)
    mix = drums + bass + other
    if wild:
        gain = effects.compression_gain(mix, random) if random.random() < 0.4 else np.float32(1)
        drums, bass, other, mix = (part * gain for part in (drums, bass, other, mix))
    return _example(mix, np.stack([drums, bass, other]))


def _chosen(random: Generator, songs: list[Song], *, together: bool | None = None) -> Song:
    """Cut a stretch of one song, or of another one for each stem."""
    together = random.random() < 0.5 if together is None else together
    one, place, common = int(random.integers(len(songs))), random.random(), _speed(random)
    stems = {}
    for role in ROLES:
        index, where, speed = (
            (one, place, common)
            if together
            else (_index(random, songs), random.random(), _speed(random, *OCTAVES.get(role, (0, 0))))
        )
        stems[role] = _cut(songs[index][role], where, speed)
    if not together and random.random() < 0.3:
        stems["other"] = stems["other"] + 0.7 * _cut(songs[_index(random, songs)]["other"], random.random(), 1)
    return stems


def _index(random: Generator, songs: list[Song]) -> int:
    return int(random.integers(len(songs)))


def _speed(random: Generator, lowest: float = 0, highest: float = 0) -> float:
    """Return a factor of speed and pitch, at most a fourth or so; sometimes anywhere between two bounds in octaves."""
    if random.random() < 0.5:
        return 1.0
    low, high = (lowest, highest) if random.random() < 0.5 else (0, 0)
    return float(2 ** random.uniform(min(low, -0.3), max(high, 0.3)))


def _cut(stem: FloatArray, where: float, speed: float) -> FloatArray:
    length = int(np.ceil(_SPAN * speed)) + 64
    start = int(where * max(0, stem.shape[1] - length))
    piece = effects.at_speed(stem[:, start : start + length], speed)[:, :_SPAN]
    return np.pad(piece, ((0, 0), (0, _SPAN - piece.shape[1]))).astype(np.float32)


def _treated(random: Generator, stems: Song) -> Song:
    """Play each stem through random devices, at a random level; leave some out."""
    treated = {}
    for role, stem in stems.items():
        drive, room, silent, spread_db = {
            "vocals": (0.1, 0.3, 0.5, 4.0),
            "drums": (0.25, 0.3, 0.08, 4.0),
            "bass": (0.5, 0.05, 0.08, 4.0),
            "other": (0.25, 0.3, 0.05, 4.0),
        }[role]
        if random.random() < silent:
            treated[role] = np.zeros_like(stem)
            continue
        if random.random() < drive:
            stem = effects.driven(stem, random.uniform(0, 24))  # noqa: PLW2901
        if random.random() < room:
            stem = effects.in_a_room(stem, random, share=random.uniform(0.1, 0.7))  # noqa: PLW2901
        if random.random() < 0.5:
            width = random.uniform(0, 1.6) if role != "bass" else random.uniform(0, 0.6)
            stem = effects.widened(stem, width=width, pan_db=random.normal(0, 2))  # noqa: PLW2901
        sign = random.choice([-1, 1])
        treated[role] = (sign * 10 ** (random.normal(0, spread_db) / 20) * stem).astype(np.float32)
    if random.random() < 0.1:
        role = str(random.choice(["bass", "other"]))
        treated[role] = effects.pumped(treated[role], treated["drums"], depth=random.uniform(0.3, 0.9))
    if random.random() < 0.08:
        treated = {role: np.repeat(stem.mean(axis=0, keepdims=True), 2, axis=0) for role, stem in treated.items()}
    if random.random() < 0.5:
        treated = {role: stem[::-1] for role, stem in treated.items()}
    return treated


def _equalise(random: Generator, spectra: dict[str, ComplexArray]) -> None:
    """Give each stem its own random tone, and all of them a common one."""
    common = effects.tone_curve(random, FREQUENCIES_HZ, spread_db=2.0)
    if random.random() < 0.3:
        common = common * effects.codec_limit(random, FREQUENCIES_HZ)
    for role, spectrum in spectra.items():
        spread_db = 4.0 if random.random() < 0.7 else 0.0
        tone = common * effects.tone_curve(random, FREQUENCIES_HZ, spread_db=spread_db)
        if role == "bass" and random.random() < 0.5:
            tone = tone * effects.tilt(FREQUENCIES_HZ, random.uniform(0, 6))
        if role == "bass" and random.random() < 0.6:
            tone = tone * _growl(random)
        if role == "other" and random.random() < 0.6:
            tone = tone * effects.low_cut(FREQUENCIES_HZ, random.uniform(60, 350))
        if role == "other" and random.random() < 0.3:
            tone = tone * effects.tilt(FREQUENCIES_HZ, random.uniform(0, 4))
        spectra[role] = _as_loud_as(spectrum, spectrum * tone)


def _as_loud_as(before: ComplexArray, after: ComplexArray) -> ComplexArray:
    """Scale a spectrum to another one's energy, so that an equaliser changes a stem's tone and not its level."""
    wanted, found = (float(np.square(np.abs(spectrum)).sum()) for spectrum in (before, after))
    return after * np.float32(np.sqrt(wanted / (found + _SMALLEST)))


def _growl(random: Generator) -> FloatArray:
    """Return the gain of a boost where the strings of a recorded bass are as loud as what plays above it."""
    centre_hz = float(np.exp(random.uniform(np.log(200), np.log(1200))))
    return effects.bell(
        FREQUENCIES_HZ, centre_hz=centre_hz, gain_db=random.uniform(6, 24), octaves=random.uniform(0.7, 2.5)
    )


def _without_vocals(random: Generator, spectra: dict[str, ComplexArray], *, wild: bool) -> list[ComplexArray]:
    """Return drums, bass and the rest after an imperfect mask took the vocals out; their remains are the rest's."""
    drums, bass, other = (spectra[role] for role in ROLES[1:])
    vocals = spectra["vocals"]
    power = np.square(np.abs(vocals))
    if not power.any():
        return [drums, bass, other]
    rest = np.square(np.abs(drums + bass + other))
    mask = power / (power + rest + np.float32(_SMALLEST))
    if wild:
        blur = (0, int(random.integers(1, 8)), int(random.integers(1, 5)))
        mask = np.maximum(ndimage.uniform_filter(mask, size=(1, *blur[1:])), 0) ** random.uniform(0.6, 1.6)
        mask = mask * random.uniform(0.75, 1.0)
    leave = (1 - mask).astype(np.float32)
    return [drums * leave, bass * leave, (other + vocals) * leave]


def _example(mix: ComplexArray, stems: NDArray[np.complex64]) -> Example:
    seen = slice(MARGIN, MARGIN + FRAMES)
    described = evidence(mix)[:, seen]
    mix, stems = mix[..., seen], stems[..., seen]
    power = band_sums(np.square(np.abs(mix)))
    common = band_sums((stems * mix.conj()).real)
    energy = band_sums(np.square(np.abs(stems)))
    total = power.sum() + _SMALLEST
    ideal = common / (power + 1e-9 * total / power.size + _SMALLEST)
    floor = (energy - ideal * common).sum(axis=(1, 2, 3)) / total
    return Example(
        evidence=described.astype(np.float16),
        log_power=np.log10(power * (power.size / total) + 1e-9).transpose(0, 2, 1).astype(np.float16),
        ideal=np.clip(ideal[:2], -0.5, 1.5).transpose(0, 1, 3, 2).astype(np.float16),
        energy=(energy.sum(axis=(1, 2, 3)) / total).astype(np.float32),
        floor=floor.astype(np.float32),
    )
