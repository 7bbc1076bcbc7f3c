"""The values that a mashup is planned with and described by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from segue.audio.analysis import Key

if TYPE_CHECKING:  # the command line names the choices below, and shall not wait for NumPy to do so
    from segue.audio.signal import FloatArray

StemKind = Literal["vocals", "drums", "bass", "other", "accompaniment", "mix"]
Vibe = Literal["balanced", "faithful", "chill", "party", "dark"]
TransitionStyle = Literal["smooth", "cut", "echo", "drop"]
Role = Literal["foundation", "lead", "layer"]

VIBES: Final[tuple[Vibe, ...]] = ("balanced", "faithful", "chill", "party", "dark")
TRANSITION_STYLES: Final[tuple[TransitionStyle, ...]] = ("smooth", "cut", "echo", "drop")


@dataclass(frozen=True, slots=True)
class Source:
    """One stem of one track.

    Attributes
    ----------
    track
        The caller's name for the track.
    stem
        Which part of it; ``accompaniment`` is everything but the vocals.
    """

    track: str
    stem: StemKind

    @property
    def id(self) -> str:
        """The name under which plans and renderings know it: ``track/stem``."""
        return f"{self.track}/{self.stem}"


@dataclass(frozen=True, slots=True)
class MashupOptions:
    """What the user may choose.

    Attributes
    ----------
    vibe
        ``balanced``: between both songs' tempi. ``faithful``: the foundation's own tempo. ``chill``: 3 % slower, softer
        highs, the accompaniment gives way less. ``party``: 3 % faster, brighter, drums up, deeper ducking. ``dark``:
        2 % slower, darker.
    intensity
        0 to 1: how densely the vocals are laid and how far they and the drums stand out.
    transition_style
        How voices come and go: ``smooth`` fades over half a bar, ``cut`` is hard on the phrase, ``echo`` lets the last
        words ring on the beat, ``drop`` empties the accompaniment for the beat before a chorus.
    """

    vibe: Vibe = "balanced"
    intensity: float = 0.5
    transition_style: TransitionStyle = "smooth"


@dataclass(frozen=True, slots=True)
class StemProfile:
    """How loud and which pitches a stem is over time: all of its audio that planning needs.

    Attributes
    ----------
    power
        K-weighted mean square (ITU-R BS.1770-5) of each frame, summed over channels, shape ``(frames,)``.
    chroma
        Share of each pitch class in each frame, shape ``(12, frames)``; columns sum to 1, or 0 in silence.
    frame_s
        Length of a frame.
    """

    power: "FloatArray" = field(repr=False)
    chroma: "FloatArray" = field(repr=False)
    frame_s: float


@dataclass(frozen=True, slots=True)
class Compatibility:
    """How well two songs go together, 0 to 1, and why.

    Attributes
    ----------
    score
        The weighted whole.
    tempo, key, energy, form
        Its parts, each 0 to 1.
    reasons
        Each part in words.
    """

    score: float
    tempo: float
    key: float
    energy: float
    form: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """A stretch of one track laid into the mashup.

    Attributes
    ----------
    sources
        The stems that sound here, all of one track.
    role
        ``foundation`` carries the grid, ``lead`` sings over it, ``layer`` adds to it.
    source_start_s, source_end_s, start_s, end_s
        From where in the track to where in the mashup.
    first_bar, bars
        Where on the mashup's bars (the first is 0; an upbeat may sound before it), and for how many.
    source_label, target_label
        The section that it comes from and the one that it lies on.
    gains_db
        Of each source, by its id.
    fade_in_s, fade_out_s
        Of the beginning and the end: as much rest as there is around the phrases, so that none is faded.
    why
        The reason, in words.
    anchors_source_s, anchors_s
        Where the track's beats go: both rise strictly, are of one length, and span the placement.
    """

    sources: tuple[Source, ...]
    role: Role
    source_start_s: float
    source_end_s: float
    start_s: float
    end_s: float
    first_bar: int
    bars: int
    source_label: str
    target_label: str
    gains_db: Mapping[str, float]
    fade_in_s: float
    fade_out_s: float
    why: str
    anchors_source_s: tuple[float, ...] = field(repr=False)
    anchors_s: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MashupPlan:
    """Everything that the renderer does, decided beforehand.

    Attributes
    ----------
    foundation
        The track whose form and grid the mashup has.
    tempo_bpm, key, time_signature
        Of the mashup.
    duration_s
        Of the mashup.
    beats_s, downbeats_s
        The mashup's constant grid.
    stretch
        By track: length in the mashup over length in the track (1.05 is 5 % slower), octave changes of the beat apart.
    transpose_semitones
        By track.
    placements
        In the order of their start.
    ducking_db
        How far the accompaniment's middle gives way where a voice sings.
    compatibility
        Of the first lead with the foundation.
    notes
        What was decided and why, in words.
    """

    foundation: str
    tempo_bpm: float
    key: Key
    time_signature: int
    duration_s: float
    beats_s: tuple[float, ...] = field(repr=False)
    downbeats_s: tuple[float, ...] = field(repr=False)
    stretch: Mapping[str, float]
    transpose_semitones: Mapping[str, int]
    placements: tuple[Placement, ...]
    options: MashupOptions
    ducking_db: float
    compatibility: Compatibility
    notes: tuple[str, ...]
