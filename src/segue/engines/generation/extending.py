"""The offline engine that continues a song: out of itself, and over bridges that are composed for it."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.analysis import Analysis
from segue.audio.extending.bridging import Music, lay_bridge, possible_bridges
from segue.audio.extending.graph import find_jumps
from segue.audio.extending.loudening import find_level
from segue.audio.extending.material import Material, gather
from segue.audio.extending.rendering import pieces_of
from segue.audio.extending.walking import Bridge, Walk, walk
from segue.audio.files import OUR_LIMITS, DecodeLimits, decode, open_writer, probe
from segue.audio.listening import analyze
from segue.audio.signal import Audio, Progress, no_progress, part_of
from segue.engines.generation import BEGINNING, EXTENDED_FROM_S, LEAST_MORE_S, Generation, GenerationRequest
from segue.engines.generation.extension import Extension, describe, write
from segue.kit.errors import InvalidAudio, InvalidRequest
from segue.music.composing import compose
from segue.music.harmony import QUALITIES
from segue.music.rendering import render
from segue.music.score import ChordName
from segue.music.wishes import Wishes

_LOWEST_RATE, _RATE = 16_000, 44_100
_LONGEST_S: Final = 4 * 3600.0
_BEGINNING_S: Final = 25.0
_BEGINNING_BIT_RATE: Final = 192_000
_CUT_S: Final = 0.01
#: How far off the wanted length may be before it is said that the song cannot be extended: in bars, and as a share.
_MOST_OFF_BARS, _MOST_OFF = 16.0, 0.1
_HEARD, _FOUND, _WALKED, _BRIDGED = 0.1, 0.25, 0.35, 0.5


class ExtendingEngine:
    """Plays a song on and on by jumps between beats that sound alike, and over composed bridges where it has too few.

    Parameters
    ----------
    soundfont
        A General MIDI soundfont for the acoustic instruments of bridges.
    bridges
        Whether bridges may be composed.
    """

    name = "extending"
    version = "1"

    def __init__(self, soundfont: Path | None = None, *, bridges: bool = True) -> None:
        self._soundfont = soundfont
        self._bridges = bridges

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        The track is the source from its beginning to the last place that leads back; in the end, it ends as the source
        does. All of it is brought to -14 LUFS by one gain, with a limiter where peaks would exceed -1 dBTP.

        Raises
        ------
        InvalidRequest
            If nothing is to be continued, the track shall not be longer than the source, or nothing can follow in it.
        InvalidAudio
            If the source is silent.
        """
        if request.mode != "extend" or request.source is None:
            raise InvalidRequest("This engine continues songs: ask for the mode extend, with a source.")
        extension = self.extend(
            request.source,
            request.duration_s,
            seed=request.seed,
            wishes=request.wishes,
            progress=part_of(progress, 0, _BRIDGED),
        )
        tags = {key: text for key, text in (("title", request.title), ("artist", request.artist)) if text}
        _write_beginning(extension, folder / BEGINNING)
        mix = folder / "mix.flac"
        levels = write(extension, mix, tags=tags, progress=part_of(progress, _BRIDGED, 1 - _BRIDGED))
        return Generation(
            mix=mix,
            project={**describe(extension), **levels},
            provenance={
                "engine": self.name,
                "version": self.version,
                "seed": request.seed,
                "duration_s": request.duration_s,
                "soundfont": self._soundfont is not None,
            },
        )

    def extend(
        self,
        source: Path,
        duration_s: float,
        *,
        seed: int,
        wishes: Wishes | None = None,
        limits: DecodeLimits = OUR_LIMITS,
        progress: Progress = no_progress,
    ) -> Extension:
        """Plan how a song goes on, and compose what it needs for that.

        Parameters
        ----------
        source
            An audio file.
        duration_s
            How long all of it shall be: longer than the source by 5 seconds, up to four hours.
        seed
            The same seed gives the same.
        wishes
            What bridges shall be like where the song itself does not say it.
        limits
            What of a file is refused.
        progress
            Told how far it is.

        Raises
        ------
        InvalidRequest, InvalidAudio
            As `generate`.
        """
        song = _read(source, limits)
        _check(song, duration_s)
        progress(0.0)
        analysis = analyze(song, progress=part_of(progress, 0.0, _HEARD / _BRIDGED))
        material = gather(song, analysis)
        if material.count == 0:
            raise InvalidAudio(f"{source.name} is silent: there is nothing to go on with.")
        graph = find_jumps(material, progress=part_of(progress, _HEARD / _BRIDGED, (_FOUND - _HEARD) / _BRIDGED))
        bridges = possible_bridges(material) if self._bridges else ()
        planned = walk(material, graph, duration_s, seed=seed, bridges=bridges)
        _check_reached(planned, material, duration_s)
        progress(_WALKED / _BRIDGED)
        told = part_of(progress, _WALKED / _BRIDGED, 1 - _WALKED / _BRIDGED)
        wanted = [bridge_wishes(analysis, material, bridge, wishes or Wishes()) for bridge in planned.bridges]
        clips = []
        for number, (bridge, wish) in enumerate(zip(planned.bridges, wanted, strict=True)):
            music = self._music(seed + number, wish, song.sample_rate)
            clips.append(lay_bridge(song, material, bridge, music))
            told((number + 1) / len(wanted))
        pieces = pieces_of(song, planned, clips)
        return Extension(song, analysis, material, graph, planned, pieces, find_level(pieces))

    def _music(self, seed: int, wishes: Wishes, sample_rate: int) -> Music:
        """Compose and play a bridge."""
        score = compose(seed, wishes)
        sound = render(score, soundfont=self._soundfont, sample_rate=sample_rate).mix
        return Music(sound, float(score.beats_s[0]), float(score.beats_s[-1]))


def bridge_wishes(analysis: Analysis, material: Material, bridge: Bridge, wishes: Wishes) -> Wishes:
    """Return what a bridge shall be like: in the song's tempo, metre and key, with the chords that lead up to it."""
    edges = material.edges_s
    around = slice(max(bridge.leave - 4 * material.beats_per_bar, 0), bridge.leave + 1)
    period_s = float(np.median(np.diff(edges[around])))
    features = analysis.descriptors
    return replace(
        wishes,
        bars=bridge.bars,
        duration_s=None,
        tempo_bpm=float(np.clip(60.0 / period_s, 20.0, 400.0)),
        beats_per_bar=max(2, min(12, material.beats_per_bar)),
        key=analysis.key if analysis.key.confidence else wishes.key,
        energy=features.energy if wishes.energy is None else wishes.energy,
        valence=features.valence if wishes.valence is None else wishes.valence,
        chords=_chords_before(analysis, material, bridge.leave),
        vocals=False,
        drift=0.0,
        rubato=0.0,
    )


def _chords_before(analysis: Analysis, material: Material, leave: int) -> tuple[tuple[ChordName, float], ...]:
    """Return the chords of the eight bars before an edge, as far as they are known, with their lengths in beats."""
    first = max(0, leave - 8 * material.beats_per_bar)
    chords: list[tuple[ChordName, float]] = []
    for beat in range(first, leave):
        middle = float(material.edges_s[beat] + material.edges_s[beat + 1]) / 2
        sounding = next((one for one in analysis.chords if one.start_s <= middle < one.end_s), None)
        if sounding is not None and sounding.root is not None and sounding.quality in QUALITIES:
            name = ChordName(sounding.root, sounding.quality)
        elif chords:
            name = chords[-1][0]
        else:
            continue
        if chords and chords[-1][0] == name:
            chords[-1] = (name, chords[-1][1] + 1.0)
        else:
            chords.append((name, 1.0))
    return tuple(chords)


def _read(source: Path, limits: DecodeLimits) -> Audio:
    low = probe(source, limits).sample_rate < _LOWEST_RATE
    return decode(source, limits, channels=2, sample_rate=_RATE if low else None).audio


def _check(song: Audio, duration_s: float) -> None:
    if song.duration_s < EXTENDED_FROM_S:
        raise InvalidRequest(
            f"It lasts {song.duration_s:.1f} seconds: a song of {EXTENDED_FROM_S:.0f} seconds at least can be extended."
        )
    if duration_s < song.duration_s + LEAST_MORE_S:
        raise InvalidRequest(
            f"It lasts {song.duration_s:.0f} seconds already: ask for {LEAST_MORE_S:.0f} seconds more at least."
        )
    if duration_s > _LONGEST_S:
        raise InvalidRequest(f"A song can be extended to {_LONGEST_S / 3600:.0f} hours.")


def _check_reached(planned: Walk, material: Material, duration_s: float) -> None:
    off_s = abs(planned.duration_s - duration_s)
    if len(planned.stretches) == 1 or off_s > max(_MOST_OFF_BARS * material.bar_s, _MOST_OFF * duration_s):
        raise InvalidRequest(
            "Nothing in this song sounds enough like another place of it to go on from there, and it has no steady beat"
            " to compose a bridge on. Try a longer recording of it."
        )


def _write_beginning(extension: Extension, path: Path) -> None:
    """Write the first seconds as they will sound, whole or not at all."""
    rate = extension.song.sample_rate
    left, cut = round(_BEGINNING_S * rate), round(_CUT_S * rate)
    with open_writer(path, sample_rate=rate, channels=2, bit_rate=_BEGINNING_BIT_RATE) as writer:
        for block in extension.blocks():
            part = block[:, :left].copy()
            left -= part.shape[1]
            if left == 0:
                part[:, -cut:] *= np.linspace(1.0, 0.0, min(cut, part.shape[1]), dtype=np.float32)
            writer.write(part)
            if left == 0:
                break
