"""The mastering chain: equaliser, multiband compressor, true-peak limiter, and what each of them did."""

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from segue.audio.analysis import Loudness
from segue.audio.loudness import measure_loudness
from segue.audio.mastering.dynamics import CROSSOVERS_HZ, Crossover, gain_reduction_db
from segue.audio.mastering.levels import WeightedPower, gated_loudness, hop_peaks
from segue.audio.mastering.limiter import Limiting, limit_to_loudness
from segue.audio.mastering.tone import (
    BANDS_HZ,
    CurveDb,
    Spectrogram,
    correction_db,
    equaliser,
    filter_block,
    measure_bands,
    target_curve_db,
    tilt_db_per_octave,
)
from segue.audio.mastering.types import MasterReport
from segue.audio.signal import Audio, FloatArray, Progress, no_progress

_HOP_S: Final = 0.0007
#: A gating block of BS.1770 and a hop: nothing shorter has a loudness.
_SHORTEST_S: Final = 0.41
_HOPS_PER_BLOCK: Final = 4096
#: Meters differ by this much in how they read between samples.
_PEAK_MARGIN_DB: Final = 0.1
_STRENGTH, _LIMIT_DB = 0.5, 4.0
_REFERENCE_STRENGTH, _REFERENCE_LIMIT_DB = 0.85, 6.0
_REFERENCE_LUFS: Final = (-24.0, -8.0)
_TILT_NOTE_DB: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Aim:
    lufs: float
    ceiling_dbtp: float
    curve_db: CurveDb = field(repr=False)
    strength: float = _STRENGTH
    limit_db: float = _LIMIT_DB
    tilt_db: float = 0.0


def master(
    audio: Audio,
    *,
    target_lufs: float = -14.0,
    ceiling_dbtp: float = -1.0,
    reference: Audio | None = None,
    tilt_db: float = 0.0,
    progress: Progress = no_progress,
) -> tuple[Audio, MasterReport]:
    """Give a mix its final tone, density and loudness.

    Parameters
    ----------
    audio
        The mix: any rate, any number of channels.
    target_lufs
        Integrated loudness to reach, -40 to -5.
    ceiling_dbtp
        True peak not to exceed, -20 to 0.
    reference
        A recording whose tone and loudness (within -24 to -8 LUFS) to take instead of the default curve and
        `target_lufs`.
    tilt_db
        How much brighter than the target it shall be at 8 kHz, against 100 Hz: -6 to 6.
    progress
        Told how far it is.

    Returns
    -------
    Audio
        Of the same rate, channels and length; the crossovers turn its phases by less than 0.1 ms above the lows.
    MasterReport
        Figures before and after, and what was done.

    Raises
    ------
    ValueError
        If a target is out of its range.

    Notes
    -----
    The equaliser is linear-phase, moves a band by at most 4 dB (6 dB towards a reference) and only its broad balance.
    The four bands are compressed by at most 6 dB, less where the mix is already dense. The limiter looks ahead 4 ms
    and detects between samples.
    """
    if not (-40 <= target_lufs <= -5 and -20 <= ceiling_dbtp <= 0 and -6 <= tilt_db <= 6):
        raise ValueError(f"cannot master to {target_lufs} LUFS under {ceiling_dbtp} dBTP with a tilt of {tilt_db} dB")
    before = measure_loudness(audio)
    aim = _Aim(target_lufs, ceiling_dbtp, target_curve_db(), tilt_db=tilt_db)
    if not math.isfinite(before.integrated_lufs) or audio.duration_s < _SHORTEST_S:
        return audio, _untouched(before, aim)
    if reference is not None:
        aim = _towards(reference, aim)
    progress(0.1)
    return _Chain(audio, before, aim, progress).run()


def _untouched(before: Loudness, aim: _Aim) -> MasterReport:
    return MasterReport(
        before=before,
        after=before,
        target_lufs=aim.lufs,
        ceiling_dbtp=aim.ceiling_dbtp,
        tilt_before_db=0.0,
        tilt_after_db=0.0,
        equaliser_db={},
        compression_db=(0.0,) * 4,
        gain_db=0.0,
        limiting_mean_db=0.0,
        limiting_max_db=0.0,
        notes=("silent, or shorter than the 0.4 s in which loudness is measured: left as it is",),
    )


def _towards(reference: Audio, aim: _Aim) -> _Aim:
    loudness = measure_loudness(reference).integrated_lufs
    if not math.isfinite(loudness):
        return aim
    return replace(
        aim,
        lufs=float(np.clip(loudness, *_REFERENCE_LUFS)),
        curve_db=measure_bands(reference).long_term_db(),
        strength=_REFERENCE_STRENGTH,
        limit_db=_REFERENCE_LIMIT_DB,
    )


class _Chain:
    """One run over one mix."""

    def __init__(self, audio: Audio, before: Loudness, aim: _Aim, progress: Progress) -> None:
        self.audio, self.before, self.aim, self.progress = audio, before, aim, progress
        self.hop = max(8, round(_HOP_S * audio.sample_rate))
        self.block = self.hop * _HOPS_PER_BLOCK

    def run(self) -> tuple[Audio, MasterReport]:
        bands = measure_bands(self.audio)
        levels = bands.long_term_db()
        curve = correction_db(levels, self.aim.curve_db, strength=self.aim.strength, limit_db=self.aim.limit_db)
        curve += self.aim.tilt_db * (np.interp(np.log2(BANDS_HZ), np.log2([100, 8000]), [0, 1]) - 0.5)
        self.progress(0.2)
        reduction = self._compression(bands, curve)
        samples, energy = self._shape(equaliser(curve, self.audio.sample_rate), reduction, bands.hop)
        limiting = self._limiting(samples, energy)
        self._apply(samples, limiting)
        mastered = Audio(samples, self.audio.sample_rate)
        after = self._trim(mastered, measure_loudness(mastered))
        self.progress(0.95)
        tilts = tilt_db_per_octave(levels), tilt_db_per_octave(measure_bands(mastered).long_term_db())
        self.progress(1.0)
        return mastered, self._report(after, tilts, curve, reduction, limiting)

    def _compression(self, bands: Spectrogram, curve: CurveDb) -> FloatArray:
        power = bands.power * (10 ** (curve / 10))[:, None].astype(np.float32)
        ratio = float(np.interp(self.before.range_lu, [3.0, 10.0], [1.2, 1.7]))
        return gain_reduction_db(power, bands.hop / self.audio.sample_rate, ratio=ratio)

    def _shape(self, taps: FloatArray, reduction: FloatArray, frame_hop: int) -> tuple[FloatArray, FloatArray]:
        """Equalise and compress; return the samples and their K-weighted energy by hop."""
        audio = self.audio
        crossover = Crossover(audio.channels, audio.sample_rate)
        power = WeightedPower(audio.channels, audio.sample_rate, self.hop)
        samples = np.empty(audio.samples.shape, dtype=np.float32)
        energy = []
        frames = np.arange(reduction.shape[1]) * frame_hop
        for start in range(0, audio.length, self.block):
            end = min(audio.length, start + self.block)
            times = np.arange(start, end)
            block = samples[:, start:end]
            block[:] = 0
            for band, row in zip(crossover.split(filter_block(audio, taps, start, end)), reduction, strict=True):
                block += band * np.asarray(10 ** (-np.interp(times, frames, row) / 20), dtype=np.float32)
            energy.append(power.push(block))
            self.progress(0.2 + 0.4 * end / audio.length)
        return samples, np.concatenate(energy)

    def _limiting(self, samples: FloatArray, energy: FloatArray) -> Limiting:
        rate = self.audio.sample_rate
        ceiling_db = self.aim.ceiling_dbtp - _PEAK_MARGIN_DB
        unlimited = gated_loudness(energy, self.hop / rate, rate)
        likely_drive_db = self.aim.lufs - unlimited + 6.0
        floor = 10 ** ((ceiling_db - likely_drive_db - 4.0) / 20)
        peaks = hop_peaks(samples, self.hop, floor=floor)
        self.progress(0.75)
        return limit_to_loudness(
            peaks, energy, target_lufs=self.aim.lufs, ceiling_dbtp=ceiling_db, hop=self.hop, rate=rate
        )

    def _apply(self, samples: FloatArray, limiting: Limiting) -> None:
        for start in range(0, samples.shape[1], self.block):
            block = samples[:, start : start + self.block]
            block *= limiting.gains(start, block.shape[1], self.hop)

    def _trim(self, mastered: Audio, measured: Loudness) -> Loudness:
        """Take out what the estimate on hops was off by, in place; never above the ceiling."""
        headroom = self.aim.ceiling_dbtp - _PEAK_MARGIN_DB / 2 - measured.true_peak_dbtp
        trim_db = min(self.aim.lufs - measured.integrated_lufs, headroom)
        if abs(trim_db) < 0.01:
            return measured
        gain = np.float32(10 ** (trim_db / 20))
        for start in range(0, mastered.length, self.block):
            mastered.samples[:, start : start + self.block] *= gain
        return Loudness(measured.integrated_lufs + trim_db, measured.range_lu, measured.true_peak_dbtp + trim_db)

    def _report(
        self,
        after: Loudness,
        tilts: tuple[float, float],
        curve: CurveDb,
        reduction: FloatArray,
        limiting: Limiting,
    ) -> MasterReport:
        working = limiting.reduction_db[limiting.reduction_db > 0.05]
        return MasterReport(
            before=self.before,
            after=after,
            target_lufs=self.aim.lufs,
            ceiling_dbtp=self.aim.ceiling_dbtp,
            tilt_before_db=tilts[0],
            tilt_after_db=tilts[1],
            equaliser_db={round(hz, 1): round(float(gain), 2) for hz, gain in zip(BANDS_HZ, curve, strict=True)},
            compression_db=tuple(round(float(row.mean()), 2) for row in reduction),
            gain_db=limiting.drive_db,
            limiting_mean_db=float(working.mean()) if len(working) else 0.0,
            limiting_max_db=float(limiting.reduction_db.max(initial=0.0)),
            notes=tuple(self._notes(after, curve, reduction, limiting)),
        )

    def _notes(self, after: Loudness, curve: CurveDb, reduction: FloatArray, limiting: Limiting) -> list[str]:
        notes = [_tone_note(curve)]
        busiest = int(np.argmax(reduction.mean(axis=1)))
        names = ("low", "low-mid", "high-mid", "high")
        notes.append(
            f"compressed most in the {names[busiest]} band (of four, parted at "
            f"{', '.join(f'{hz:.0f}' for hz in CROSSOVERS_HZ)} Hz): {reduction[busiest].mean():.1f} dB on average"
        )
        deepest = limiting.reduction_db.max()
        notes.append(
            f"loudness {self.before.integrated_lufs:.1f} to {after.integrated_lufs:.1f} LUFS, with "
            f"{limiting.drive_db:+.1f} dB into a limiter that turned peaks down by up to {deepest:.1f} dB"
        )
        if after.integrated_lufs < self.aim.lufs - 0.3:
            notes.append(f"{self.aim.lufs:.1f} LUFS is out of reach under the ceiling: the sound is too sparse")
        return notes


def _tone_note(curve: CurveDb) -> str:
    if np.abs(curve).max() < _TILT_NOTE_DB:
        return "tone left as it is: it lies on the target"
    moved = [
        f"{name} {float(curve[low:high].mean()):+.1f} dB"
        for name, low, high in (("lows", 0, 8), ("mids", 8, 20), ("highs", 20, len(curve)))
    ]
    return "tone moved towards the target: " + ", ".join(moved)
