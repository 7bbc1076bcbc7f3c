"""What mastering reports."""

from dataclasses import dataclass, field

from segue.audio.analysis import Loudness


@dataclass(frozen=True, slots=True)
class MasterReport:
    """What mastering found, did and reached.

    Attributes
    ----------
    before, after
        Loudness, loudness range and true peak.
    target_lufs, ceiling_dbtp
        What was asked for, or taken from the reference.
    tilt_before_db, tilt_after_db
        Slope of the third-octave spectrum from 100 Hz to 8 kHz, dB per octave.
    equaliser_db
        Gain by band centre in Hz.
    compression_db
        Mean reduction of each of the four bands, lowest first.
    gain_db
        Gain before the limiter.
    limiting_mean_db, limiting_max_db
        Reduction by the limiter.
    notes
        What was done and why, in words.
    """

    before: Loudness
    after: Loudness
    target_lufs: float
    ceiling_dbtp: float
    tilt_before_db: float
    tilt_after_db: float
    equaliser_db: dict[float, float] = field(repr=False)
    compression_db: tuple[float, ...]
    gain_db: float
    limiting_mean_db: float
    limiting_max_db: float
    notes: tuple[str, ...]
