"""Making a mashup of song files: hear, separate, plan, render, master, write, report."""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from segue.audio.analysis import Analysis
from segue.audio.files import OUR_LIMITS, DecodeLimits, Probe, decode
from segue.audio.listening import analyze
from segue.audio.mashup.planning import plan_mashup
from segue.audio.mashup.profiles import profile_stem
from segue.audio.mashup.rendering import render_mashup
from segue.audio.mashup.types import Compatibility, MashupOptions, MashupPlan, Placement, Source, StemKind, StemProfile
from segue.audio.mastering import MasterReport
from segue.audio.mastering.writing import write_mastered
from segue.audio.report import finite, key_report
from segue.audio.signal import Audio, Progress, no_progress, part_of
from segue.audio.waveform import waveform_peaks
from segue.engines.separation import STEM_NAMES
from segue.engines.separation.options import EngineChoice, optional_engines
from segue.kit.errors import InvalidRequest
from segue.kit.processes import ProcessLimits, run_in_process
from segue.kit.settings import Settings
from segue.stems.separation import separate_file
from segue.studio.mastering import read_song


@dataclass(frozen=True, slots=True)
class TrackFiles:
    """A track that goes into a mashup.

    Attributes
    ----------
    title
        What people call it.
    analysis
        What was heard in it.
    stems
        Files of its stems: of those that are to sound and, if there is one, of the foundation's vocals: where they were
        sung, the accompaniment holds what is left of them, and gives way.
    """

    title: str
    analysis: Analysis
    stems: Mapping[str, Path]


def mash_up_files(
    a: Path,
    b: Path,
    output: Path,
    *,
    options: MashupOptions,
    settings: Settings,
    limits: DecodeLimits,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Lay the vocals of song `a` over the accompaniment of song `b`, and return the report of `mash_up`.

    Raises
    ------
    InvalidAudio, TooLarge
        A song cannot be read as audio, or is over the limits.
    InvalidRequest
        The songs cannot be laid over each other; the message says why.

    Notes
    -----
    Runs an event loop of its own: not to be called on one.
    """
    songs = {"a": a, "b": b}
    heard = asyncio.run(_hear_all(songs, limits, settings, part_of(progress, 0.0, 0.15)))
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        tracks = {}
        for place, (name, song) in enumerate(songs.items()):
            stems = separate_file(
                song,
                Path(folder, name),
                EngineChoice(settings.separation_engine, settings.models_dir, optional_engines(settings)),
                limits,
                progress=part_of(progress, 0.15 + 0.25 * place, 0.25),
            )
            analysis, probe = heard[name]
            used = {stem: file for stem, file in stems.items() if name == "b" or stem == "vocals"}
            tracks[name] = TrackFiles(_title(song, probe), analysis, used)
        return mash_up(tracks, vocals_over("a", "b"), "b", options, output, progress=part_of(progress, 0.65, 0.35))


def vocals_over(lead: str, foundation: str) -> tuple[Source, ...]:
    """Return the stems of the usual mashup: the vocals of one track over all the rest of the other."""
    return (Source(lead, "vocals"), *(Source(foundation, name) for name in STEM_NAMES if name != "vocals"))


def mash_up(
    tracks: Mapping[str, TrackFiles],
    sources: tuple[Source, ...],
    foundation: str,
    options: MashupOptions,
    output: Path,
    *,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Plan, render and master a mashup of separated tracks, write it, and report what was done and why.

    Parameters
    ----------
    tracks
        By a name of the caller's.
    sources
        Which stems sound.
    foundation
        The track whose form and beat the mashup has.
    output
        An MP3, FLAC or WAV file.

    Returns
    -------
    dict
        The contract of ``segue mashup --json``.

    Raises
    ------
    InvalidRequest
        Nothing of one of the tracks would be heard.
    """
    stems: dict[str, Audio] = {}
    profiles: dict[str, StemProfile] = {}
    heard = [Source(name, cast("StemKind", stem)) for name, track in tracks.items() for stem in track.stems]
    for number, source in enumerate(heard, 1):
        stems[source.id] = _stem_audio(tracks, source)
        profiles[source.id] = profile_stem(stems[source.id])
        progress(0.2 * number / len(heard))
    plan = plan_mashup(
        {name: track.analysis for name, track in tracks.items()},
        sources,
        profiles,
        foundation=foundation,
        options=options,
        titles={name: track.title for name, track in tracks.items()},
    )
    _check_all_heard(plan, tracks, sources)
    audio, master = write_mastered(
        lambda ceiling_dbtp, told: render_mashup(plan, stems, ceiling_dbtp=ceiling_dbtp, progress=told),
        output,
        tags={"title": " x ".join(track.title for track in tracks.values())},
        progress=part_of(progress, 0.2, 0.8),
    )
    return {**report_of(plan, master, contributions(plan, profiles)), "peaks": waveform_peaks(audio)}


def report_of(plan: MashupPlan, master: MasterReport, shares: Mapping[str, float]) -> dict[str, Any]:
    """Return what a mashup is and why, JSON-ready."""
    return {
        "foundation": plan.foundation,
        "tempo_bpm": plan.tempo_bpm,
        "key": key_report(plan.key),
        "time_signature": plan.time_signature,
        "duration_s": plan.duration_s,
        "stretch": dict(plan.stretch),
        "transpose_semitones": dict(plan.transpose_semitones),
        "beats_s": list(plan.beats_s),
        "downbeats_s": list(plan.downbeats_s),
        "alignment": [_placement_report(placement) for placement in plan.placements],
        "loudness_lufs": finite(master.after.integrated_lufs),
        "true_peak_dbtp": finite(master.after.true_peak_dbtp),
        "compatibility": _compatibility_report(plan.compatibility),
        "options": asdict(plan.options),
        "contributions": dict(shares),
        "notes": [*plan.notes, *master.notes],
    }


def contributions(plan: MashupPlan, profiles: Mapping[str, StemProfile]) -> dict[str, float]:
    """Return each source's share of the sound of a mashup, by its id; they sum to one.

    A source's share is its K-weighted energy, as placed and at its gain, of that of all sources.
    """
    energy: dict[str, float] = {}
    for placement in plan.placements:
        for source in placement.sources:
            profile = profiles[source.id]
            start, end = (round(time / profile.frame_s) for time in (placement.source_start_s, placement.source_end_s))
            power = float(profile.power[max(0, start) : end].sum()) * profile.frame_s
            gain = 10 ** (placement.gains_db[source.id] / 10)
            energy[source.id] = energy.get(source.id, 0.0) + power * gain
    whole = sum(energy.values())
    return {name: value / whole for name, value in energy.items() if value > 0}


async def _hear_all(
    songs: Mapping[str, Path], limits: DecodeLimits, settings: Settings, progress: Progress
) -> dict[str, tuple[Analysis, Probe]]:
    """Analyse songs at the same time, each in a process of its own, which dies if we are interrupted."""
    process_limits = ProcessLimits(memory_bytes=settings.job_memory_bytes, threads=1)
    shares = dict.fromkeys(songs, 0.0)

    async def hear(name: str) -> tuple[Analysis, Probe]:
        def told(done: float) -> None:
            shares[name] = done
            progress(sum(shares.values()) / len(shares))

        return await run_in_process(_hear, songs[name], limits, limits=process_limits, progress=told)

    return dict(zip(songs, await asyncio.gather(*map(hear, songs)), strict=True))


def _hear(song: Path, limits: DecodeLimits, *, progress: Progress = no_progress) -> tuple[Analysis, Probe]:
    audio, probe = read_song(song, limits, progress=part_of(progress, 0.0, 0.3))
    return analyze(audio, progress=part_of(progress, 0.3, 0.7)), probe


def _title(song: Path, probe: Probe) -> str:
    """Return what people call a song: as its tags say, else as its file is called."""
    if probe.title is None:
        return song.stem
    return f"{probe.artist} - {probe.title}" if probe.artist else probe.title


def _check_all_heard(plan: MashupPlan, tracks: Mapping[str, TrackFiles], sources: tuple[Source, ...]) -> None:
    """Refuse a plan in which one of the tracks is not heard at all."""
    heard = {source.track for placement in plan.placements for source in placement.sources}
    for name, track in tracks.items():
        if name not in heard:
            chosen = ", ".join(source.stem for source in sources if source.track == name)
            raise InvalidRequest(
                f"Nothing of {track.title} would be heard: what was chosen of it ({chosen}) is silent, or too short to"
                " place. Choose other stems of it, or swap the songs."
            )


def _stem_audio(tracks: Mapping[str, TrackFiles], source: Source) -> Audio:
    return decode(tracks[source.track].stems[source.stem], OUR_LIMITS).audio


def _placement_report(placement: Placement) -> dict[str, Any]:
    return {
        "track": placement.sources[0].track,
        "stems": [source.stem for source in placement.sources],
        "role": placement.role,
        "source_start_s": placement.source_start_s,
        "source_end_s": placement.source_end_s,
        "start_s": placement.start_s,
        "end_s": placement.end_s,
        "bars": placement.bars,
        "source_section": placement.source_label,
        "section": placement.target_label,
        "gains_db": dict(placement.gains_db),
        "why": placement.why,
    }


def _compatibility_report(compatibility: Compatibility) -> dict[str, Any]:
    return {**asdict(compatibility), "reasons": list(compatibility.reasons)}
