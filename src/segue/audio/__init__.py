"""Signal processing: arrays in, arrays out; no database, no network, no settings.

Conventions, held everywhere in this package:

- Audio is ``float32`` of shape ``(channels, samples)`` at a stated ``sample_rate`` in Hz; full scale is 1.0.
- Spectra are ``(channels, bins, frames)``; one-channel spectra ``(bins, frames)``.
- Times are in seconds from the first sample, levels in dB, loudness in LUFS (ITU-R BS.1770-5).
- Pitch classes count from C = 0 to B = 11.
"""
