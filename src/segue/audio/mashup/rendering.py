"""Turning a plan and its stems into sound: warp, balance, duck, master."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import soxr

from segue.audio.mashup.types import MashupPlan, Placement, Source, Vibe
from segue.audio.mastering import MasterReport, master
from segue.audio.mixing import (
    Curve,
    add_echo,
    apply_curve,
    duck_middle,
    envelope_db,
    fade,
    gate,
    high_pass,
    hop_times,
    sounding,
)
from segue.audio.signal import Audio, FloatArray, Progress, no_progress
from segue.audio.stretching import time_warp

_BLOCK: Final = 1 << 18
_VOICE_HIGH_PASS_HZ: Final = 90.0
_CONTEXT_S: Final = 0.5
_GAIN_RAMP_S: Final = 0.06
_OWN_VOICE_DUCK_DB: Final = 9.0
_DROP_EVERY_BARS: Final = 8
_TILT_DB: Final[Mapping[Vibe, float]] = {"balanced": 0.0, "faithful": 0.0, "chill": -1.5, "party": 1.5, "dark": -3.0}


def render_mashup(
    plan: MashupPlan,
    stems: Mapping[str, Audio],
    *,
    target_lufs: float = -14.0,
    ceiling_dbtp: float = -1.0,
    progress: Progress = no_progress,
) -> tuple[Audio, MasterReport]:
    """Render a plan and master it.

    Parameters
    ----------
    plan
        What to do.
    stems
        Every source of the plan, by its id (``track/stem``). Stems of one track have one rate and one length, and may
        be memory-mapped; the mashup has the rate of the foundation's.
    target_lufs, ceiling_dbtp
        Of the master.
    progress
        Told how far it is.

    Returns
    -------
    Audio
        Two channels.
    MasterReport
        What mastering did and reached.

    Raises
    ------
    ValueError
        If a stem is missing.
    """
    mix = mix_mashup(plan, stems, progress=lambda share: progress(0.6 * share))
    return master(
        mix,
        target_lufs=target_lufs,
        ceiling_dbtp=ceiling_dbtp,
        tilt_db=_TILT_DB[plan.options.vibe],
        progress=lambda share: progress(0.6 + 0.4 * share),
    )


def mix_mashup(plan: MashupPlan, stems: Mapping[str, Audio], *, progress: Progress = no_progress) -> Audio:
    """Render a plan without mastering it; see `render_mashup`."""
    wanted = {source.id for placement in plan.placements for source in placement.sources}
    if missing := wanted - set(stems):
        raise ValueError(f"stems are missing: {', '.join(sorted(missing))}")
    foundation = next(placement for placement in plan.placements if placement.role == "foundation")
    rate = stems[foundation.sources[0].id].sample_rate
    length = max(1, round(plan.duration_s * rate))
    groups = list(_groups(plan.placements))
    voices = np.zeros((2, length), dtype=np.float32)
    for number, group in enumerate(groups):
        if group[0].role == "lead":
            _add(voices, _render_voice(group, plan, stems, rate), round(group[0].start_s * rate))
        progress(0.5 * (number + 1) / len(groups))
    if plan.options.transition_style == "echo":
        _echo(voices, groups, plan, rate)
    key = sounding(envelope_db(voices, rate))
    mix = _render_foundation(foundation, stems, length, key, rate)
    progress(0.8)
    for placement in plan.placements:
        if placement.role == "layer":
            _add(mix, _render_layer(placement, plan, stems, rate), round(placement.start_s * rate))
    duck_middle(mix, key, depth_db=plan.ducking_db, rate=rate)
    if plan.options.transition_style == "drop":
        _drop(mix, plan, rate)
    _add(mix, voices, 0)
    fade(mix, foundation.fade_in_s, foundation.fade_out_s, rate)
    progress(1.0)
    return Audio(mix, rate)


def _groups(placements: Sequence[Placement]) -> Iterator[list[Placement]]:
    """Yield placements; leads that go on where the one before them stops, in one group."""
    open_groups: dict[str, list[Placement]] = {}
    for placement in placements:
        source = placement.sources[0].id
        group = open_groups.get(source)
        if placement.role == "lead" and group and _goes_on(group[-1], placement):
            group.append(placement)
            continue
        if group:
            yield group
        open_groups[source] = [placement]
    yield from open_groups.values()


def _goes_on(before: Placement, after: Placement) -> bool:
    meet = abs(before.end_s - after.start_s) < 1e-3 and abs(before.source_end_s - after.source_start_s) < 1e-3
    return meet and before.fade_out_s == after.fade_in_s == 0.0


def _render_voice(group: list[Placement], plan: MashupPlan, stems: Mapping[str, Audio], rate: int) -> FloatArray:
    """Return a run of phrases, warped, cleaned and balanced."""
    source = group[0].sources[0]
    anchors_in, anchors_out = list(group[0].anchors_source_s), list(group[0].anchors_s)
    for placement in group[1:]:
        anchors_in += placement.anchors_source_s[1:]
        anchors_out += placement.anchors_s[1:]
    part, offset_s = _cut(stems[source.id], anchors_in[0], anchors_in[-1], rate)
    semitones = plan.transpose_semitones[source.track]
    warped = time_warp(
        part, [t - offset_s for t in anchors_in], anchors_out, semitones=semitones, preserve_formants=True
    ).samples
    high_pass(warped, _VOICE_HIGH_PASS_HZ, rate)
    gate(warped, rate)
    _balance(warped, group, rate)
    fade(warped, group[0].fade_in_s, group[-1].fade_out_s, rate)
    return warped


def _cut(stem: Audio, start_s: float, end_s: float, rate: int) -> tuple[Audio, float]:
    """Return a passage of a stem in stereo at a rate, with some context, and when it begins in the stem."""
    first = max(0, round((start_s - _CONTEXT_S) * stem.sample_rate))
    last = max(first + 1, round((end_s + _CONTEXT_S) * stem.sample_rate))
    samples = _stereo(np.asarray(stem.samples[:, first:last], dtype=np.float32))
    if stem.sample_rate != rate:
        resampled = soxr.resample(samples.T, stem.sample_rate, rate, quality="HQ")
        samples = np.ascontiguousarray(resampled.T, dtype=np.float32)
    return Audio(samples, rate), first / stem.sample_rate


def _stereo(samples: FloatArray) -> FloatArray:
    return np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples[:2]


def _balance(warped: FloatArray, group: list[Placement], rate: int) -> None:
    """Give each phrase its gain, going from one to the next in the rest between them."""
    source = group[0].sources[0].id
    origin = group[0].start_s
    times, gains = [0.0], [10 ** (group[0].gains_db[source] / 20)]
    for before, after in pairwise(group):
        border = before.end_s - origin
        times += [border - _GAIN_RAMP_S / 2, border + _GAIN_RAMP_S / 2]
        gains += [10 ** (before.gains_db[source] / 20), 10 ** (after.gains_db[source] / 20)]
    apply_curve(warped, times, gains, rate)


def _render_foundation(
    placement: Placement, stems: Mapping[str, Audio], length: int, key: Curve, rate: int
) -> FloatArray:
    """Return the foundation on its grid; its own singer gives way to the others."""
    singers = [source for source in placement.sources if source.stem == "vocals"] if key.any() else []
    instruments = [source for source in placement.sources if source not in singers]
    mix = np.zeros((2, length), dtype=np.float32)
    if instruments:
        _add(mix, _render_sum(placement, instruments, stems, rate), 0)
    for singer in singers:
        voice = _render_sum(placement, [singer], stems, rate)
        apply_curve(voice, hop_times(len(key)), 10 ** (-_OWN_VOICE_DUCK_DB * key / 20), rate)
        _add(mix, voice, 0)
    return mix


def _render_sum(
    placement: Placement, sources: Sequence[Source], stems: Mapping[str, Audio], rate: int, *, semitones: int = 0
) -> FloatArray:
    """Return stems of one track, summed with their gains and then warped together: their phases stay as they were."""
    start_s, end_s = placement.anchors_source_s[0], placement.anchors_source_s[-1]
    total, offset_s = _cut(stems[sources[0].id], start_s, end_s, rate)
    summed = total.samples * np.float32(10 ** (placement.gains_db[sources[0].id] / 20))
    for source in sources[1:]:
        part, _ = _cut(stems[source.id], start_s, end_s, rate)
        _add(summed, part.samples * np.float32(10 ** (placement.gains_db[source.id] / 20)), 0)
    anchors = [t - offset_s for t in placement.anchors_source_s]
    return time_warp(Audio(summed, rate), anchors, placement.anchors_s, semitones=semitones).samples


def _render_layer(placement: Placement, plan: MashupPlan, stems: Mapping[str, Audio], rate: int) -> FloatArray:
    source = placement.sources[0]
    semitones = 0 if source.stem == "drums" else plan.transpose_semitones[source.track]
    layer = _render_sum(placement, [source], stems, rate, semitones=semitones)
    fade(layer, placement.fade_in_s, placement.fade_out_s, rate)
    return layer


def _add(mix: FloatArray, part: FloatArray, start: int) -> None:
    """Add a part to a mix, in blocks; what lies outside is left out."""
    first, last = max(0, -start), min(part.shape[1], mix.shape[1] - start)
    for low in range(first, last, _BLOCK):
        high = min(last, low + _BLOCK)
        mix[:, start + low : start + high] += part[:, low:high]


def _echo(voices: FloatArray, groups: list[list[Placement]], plan: MashupPlan, rate: int) -> None:
    """Let the last beat of each run of phrases ring on, where the next one leaves room."""
    beat_s = 60.0 / plan.tempo_bpm
    runs = sorted((group for group in groups if group[0].role == "lead"), key=lambda group: group[0].start_s)
    for number, group in enumerate(runs):
        release_s = group[-1].end_s - group[-1].fade_out_s
        following = runs[number + 1][0].start_s if number + 1 < len(runs) else plan.duration_s
        if following - release_s >= 2 * beat_s:
            add_echo(voices, round((release_s - beat_s) * rate), round(release_s * rate), round(beat_s * rate), rate)


def _drop(mix: FloatArray, plan: MashupPlan, rate: int) -> None:
    """Empty the accompaniment for the beat before a voice enters a chorus, and before its first entry."""
    beat_s = 60.0 / plan.tempo_bpm
    spacing_s = _DROP_EVERY_BARS * plan.time_signature * beat_s
    latest = -spacing_s
    downbeats = np.asarray(plan.downbeats_s)
    leads = [placement for placement in plan.placements if placement.role == "lead"]
    for number, placement in enumerate(leads):
        if not len(downbeats) or (number and placement.target_label != "chorus"):
            continue
        bar_s = float(downbeats[np.abs(downbeats - placement.start_s - placement.fade_in_s).argmin()])
        if bar_s - latest >= spacing_s and bar_s > 2 * beat_s:
            latest = bar_s
            times = [bar_s - beat_s - 0.01, bar_s - beat_s + 0.01, bar_s - 0.012, bar_s - 0.002]
            first = round((bar_s - 2 * beat_s) * rate)
            around = mix[:, first : round((bar_s + beat_s) * rate)]
            apply_curve(around, [t - first / rate for t in times], [1.0, 0.0, 0.0, 1.0], rate)
