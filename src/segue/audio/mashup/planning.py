"""Deciding everything about a mashup from what was measured: arithmetic only, no audio."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.audio.analysis import Analysis, Key
from segue.audio.mashup.compatibility import best_transposition, name_of, nearest_octave, score_compatibility
from segue.audio.mashup.grid import build_grid
from segue.audio.mashup.laying import Singer, lay_foundation, lay_layer, lay_voice
from segue.audio.mashup.phrases import is_active
from segue.audio.mashup.timeline import lay_out, mean_lufs, read_form, sung_share
from segue.audio.mashup.types import (
    TRANSITION_STYLES,
    VIBES,
    MashupOptions,
    MashupPlan,
    Placement,
    Source,
    StemProfile,
    Vibe,
)

_FOUNDATION_WEIGHT: Final = 0.65
#: Tempi closer than this are one: the foundation then keeps its own, and sounds untouched.
_SAME_TEMPO: Final = 0.02
_TEMPO_BIAS: Final[Mapping[Vibe, float]] = {
    "balanced": 1.0,
    "faithful": 1.0,
    "chill": 0.97,
    "party": 1.03,
    "dark": 0.98,
}
_STRONG_STRETCH: Final = 1.15
_INSTRUMENT_UNDER_LU: Final = 3.0
_DUCKING_DB: Final[Mapping[Vibe, float]] = {
    "balanced": 2.5,
    "faithful": 2.0,
    "chill": 2.0,
    "party": 4.0,
    "dark": 2.5,
}
_CLASH_DUCKING_DB: Final = 3.0
_CLASH_NOTE: Final = 0.2
#: The foundation's own singer gives way to the others, so what he sings keeps them out less.
_OWN_VOICE_SHARE: Final = 0.2


def plan_mashup(
    analyses: Mapping[str, Analysis],
    sources: Sequence[Source],
    profiles: Mapping[str, StemProfile],
    *,
    foundation: str,
    options: MashupOptions | None = None,
    titles: Mapping[str, str] | None = None,
) -> MashupPlan:
    """Plan a mashup of stems of one or several tracks.

    Parameters
    ----------
    analyses
        By track.
    sources
        The stems to use. Those of `foundation` sound throughout; other tracks' vocals are laid on its form phrase by
        phrase, other tracks' instruments run along.
    profiles
        Of every source, by its id. A profile of the foundation's vocals is welcome even if these are not used: their
        remains in the accompaniment then give way.
    foundation
        The track whose form, metre and (mostly) tempo the mashup has.
    options
        What the user chose.
    titles
        What the notes call each track; its key where absent.

    Returns
    -------
    MashupPlan
        The same arguments give the same plan.

    Raises
    ------
    ValueError
        If the foundation gives no source, a profile or an analysis is missing, or an option is out of its range.

    Notes
    -----
    Tempo: the geometric mean of the tempi, half and double time considered, 65 % the foundation's; its own tempo where
    they are within 2 % or the vibe is ``faithful``. Key: the foundation's; others move by at most 3 semitones to the
    same, the relative or a neighbouring key.
    """
    options = options or MashupOptions()
    _check(analyses, sources, profiles, foundation, options)
    return _Planner(analyses, sources, profiles, foundation, options, titles=titles or {}).plan()


def _check(
    analyses: Mapping[str, Analysis],
    sources: Sequence[Source],
    profiles: Mapping[str, StemProfile],
    foundation: str,
    options: MashupOptions,
) -> None:
    if not any(source.track == foundation for source in sources):
        raise ValueError(f"none of the sources is of the foundation {foundation!r}")
    if missing := [source.id for source in sources if source.id not in profiles or source.track not in analyses]:
        raise ValueError(f"no profile or analysis of {', '.join(missing)}")
    if not 0 <= options.intensity <= 1:
        raise ValueError(f"intensity must lie between 0 and 1, not {options.intensity}")
    if options.vibe not in VIBES:
        raise ValueError(f"there is no vibe {options.vibe!r}; there are {', '.join(VIBES)}")
    if options.transition_style not in TRANSITION_STYLES:
        raise ValueError(f"there is no transition style {options.transition_style!r}: {', '.join(TRANSITION_STYLES)}")


@dataclass(frozen=True, slots=True)
class _Match:
    """How a track is fitted to the foundation."""

    octave: float
    semitones: int


class _Planner:
    """One plan in the making."""

    def __init__(
        self,
        analyses: Mapping[str, Analysis],
        sources: Sequence[Source],
        profiles: Mapping[str, StemProfile],
        foundation: str,
        options: MashupOptions,
        *,
        titles: Mapping[str, str],
    ) -> None:
        self.analyses, self.sources, self.profiles = analyses, sources, profiles
        self.foundation, self.options, self.titles = foundation, options, titles
        self.tracks = list(dict.fromkeys(source.track for source in sources))
        self.grids = {track: build_grid(analyses[track].rhythm, analyses[track].duration_s) for track in self.tracks}
        self.matches = {track: self._match(track) for track in self.tracks}
        self.others = [track for track in self.tracks if track != foundation]
        self.own = [source for source in sources if source.track == foundation]
        own_profiles = [profiles[source.id] for source in self.own]
        self.timeline = lay_out(self.grids[foundation], self._tempo(), own_profiles, analyses[foundation].duration_s)
        self.level_lufs = mean_lufs(own_profiles)

    def plan(self) -> MashupPlan:
        """Return the finished plan."""
        timeline = self.timeline
        placements = [lay_foundation(self.own, timeline, self.options)]
        if timeline.bars:
            placements += self._lay_others()
        leads = [placement for placement in placements if placement.role == "lead"]
        partner = leads[0].sources[0].track if leads else next(iter(self.others), self.foundation)
        clash = self._clash(leads)
        return MashupPlan(
            foundation=self.foundation,
            tempo_bpm=round(timeline.tempo_bpm, 4),
            key=self.analyses[self.foundation].key,
            time_signature=timeline.metre,
            duration_s=timeline.duration_s,
            beats_s=tuple(float(t) for t in timeline.time_of(timeline.beats().astype(np.float64))),
            downbeats_s=tuple(float(t) for t in timeline.time_of(timeline.beats(timeline.metre).astype(np.float64))),
            stretch={track: self._stretch(track) for track in self.tracks},
            transpose_semitones={track: self.matches[track].semitones for track in self.tracks},
            placements=tuple(sorted(placements, key=lambda placement: placement.start_s)),
            options=self.options,
            ducking_db=round(_DUCKING_DB[self.options.vibe] + _CLASH_DUCKING_DB * clash, 2),
            compatibility=score_compatibility(self.analyses[partner], self.analyses[self.foundation]),
            notes=tuple(self._notes(leads, clash)),
        )

    def _match(self, track: str) -> _Match:
        if track == self.foundation:
            return _Match(1.0, 0)
        semitones, _, _ = best_transposition(self.analyses[track].key, self.analyses[self.foundation].key)
        return _Match(nearest_octave(self.grids[track].tempo_bpm, self.grids[self.foundation].tempo_bpm), semitones)

    def _tempo(self) -> float:
        own = self.grids[self.foundation].tempo_bpm
        fitted = [self.grids[track].tempo_bpm * self.matches[track].octave for track in self.others]
        if not fitted or self.options.vibe == "faithful":
            return own
        others = math.exp(float(np.mean(np.log(fitted))))
        alike = abs(others / own - 1) <= _SAME_TEMPO
        middle = own if alike else own * math.pow(others / own, 1 - _FOUNDATION_WEIGHT)
        return middle * _TEMPO_BIAS[self.options.vibe]

    def _stretch(self, track: str) -> float:
        return round(self.grids[track].tempo_bpm * self.matches[track].octave / self.timeline.tempo_bpm, 5)

    def _lay_others(self) -> list[Placement]:
        """Lay the other tracks' sources, each voice where the earlier ones leave room."""
        form = read_form(
            self.timeline, self.analyses[self.foundation].sections, [self.profiles[source.id] for source in self.own]
        )
        for source in self.own:
            if source.stem == "vocals":
                sung = _OWN_VOICE_SHARE * self._sung_in_place(self.profiles[source.id])
                form = replace(form, taken=np.maximum(form.taken, sung))
        placements: list[Placement] = []
        for source in self.sources:
            if source.track == self.foundation:
                continue
            if source.stem == "vocals":
                laid, taken = lay_voice(
                    self._singer(source), self.timeline, form, self.options, level_lufs=self.level_lufs
                )
                form = replace(form, taken=np.maximum(form.taken, taken))
            else:
                laid = self._lay_instrument(source)
            placements += laid
        return placements

    def _singer(self, source: Source) -> Singer:
        match = self.matches[source.track]
        return Singer(
            source=source,
            profile=self.profiles[source.id],
            grid=self.grids[source.track],
            sections=self.analyses[source.track].sections,
            octave=match.octave,
            semitones=match.semitones,
        )

    def _lay_instrument(self, source: Source) -> list[Placement]:
        gain_db = self.level_lufs - _INSTRUMENT_UNDER_LU - mean_lufs([self.profiles[source.id]])
        track = self.grids[source.track], self.matches[source.track].octave
        return lay_layer(source, track, self.timeline, gain_db=float(np.clip(gain_db, -12, 12)))

    def _sung_in_place(self, profile: StemProfile) -> NDArray[np.float64]:
        """Return in how much of each beat of the form a voice of the foundation sings."""
        first = self.timeline.first_bar * self.timeline.metre
        beats = np.arange(first, first + self.timeline.bars * self.timeline.metre + 1, dtype=np.float64)
        return sung_share(profile, is_active(profile), self.timeline.grid.time_of(beats))

    def _clash(self, leads: Sequence[Placement]) -> float:
        """Return in which share of the leads' time the foundation's own singer sings, 0 to 1."""
        profile = self.profiles.get(f"{self.foundation}/vocals")
        if profile is None or not leads:
            return 0.0
        active = is_active(profile)
        beats_per_s = self.timeline.tempo_bpm / 60
        spans = [np.arange(lead.start_s, lead.end_s, profile.frame_s) for lead in leads]
        times = self.timeline.grid.time_of(np.concatenate(spans) * beats_per_s + self.timeline.start_beat)
        frames = np.clip((times / profile.frame_s).astype(np.int64), 0, len(active) - 1)
        return float(active[frames].mean())

    def _notes(self, leads: Sequence[Placement], clash: float) -> list[str]:
        tempo_bpm, foundation = self.timeline.tempo_bpm, self.analyses[self.foundation]
        notes = [
            f"{self._title(self.foundation)} carries the form at {tempo_bpm:.1f} bpm, "
            f"stretched by {_percent(self._stretch(self.foundation))}"
        ]
        for track in self.others:
            match, stretch, title = self.matches[track], self._stretch(track), self._title(track)
            pace = {1.0: "", 0.5: " in half time", 2.0: " in double time"}[match.octave]
            notes.append(f"{title} is stretched by {_percent(stretch)}{pace}")
            notes.append(_key_note(title, self.analyses[track].key, foundation.key, match.semitones))
            if max(stretch, 1 / stretch) > _STRONG_STRETCH:
                notes.append(f"{title} is far from the tempo: expect to hear the stretching")
            if self.analyses[track].rhythm.time_signature != foundation.rhythm.time_signature:
                notes.append(f"{title} has another metre: its phrases begin on bars, but don't stay with them")
        for source in self.sources:
            if source.track != self.foundation and source.stem == "vocals":
                count = sum(source in lead.sources for lead in leads)
                voice = f"the voice of {self._title(source.track)}"
                notes.append(f"{voice}: {count} blocks of phrases laid" if count else f"{voice} finds no place")
        if clash > _CLASH_NOTE:
            notes.append(
                f"the foundation's own singer sang in {clash:.0%} of that time: the accompaniment gives way more"
            )
        return notes

    def _title(self, track: str) -> str:
        return self.titles.get(track, track)


def _percent(stretch: float) -> str:
    return "nothing" if abs(stretch - 1) < 5e-4 else f"{stretch - 1:+.1%}"


def _key_note(title: str, own: Key, target: Key, semitones: int) -> str:
    _, _, relation = best_transposition(own, target)
    moved = f"moved by {semitones:+d} semitones" if semitones else "kept where it is"
    return f"{title} in {name_of(own)} is {moved}: {relation} with {name_of(target)}"
