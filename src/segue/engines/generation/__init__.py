"""Making music that was not there before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

from segue.audio.signal import Progress, no_progress
from segue.engines.separation import StemName
from segue.music.wishes import Wishes

GenerationMode = Literal["extend", "new", "similar", "radio"]
GENERATION_MODES: Final[tuple[GenerationMode, ...]] = get_args(GenerationMode)
#: The file that an engine which can do so writes into its folder as soon as the first seconds are done: it appears
#: whole (by renaming), long before the rest, and sounds as the beginning of the finished track does.
BEGINNING: Final = "beginning.mp3"
#: How long a song may be that is composed offline: what a job's memory holds (`SEGUE_JOB_MEMORY_BYTES`).
COMPOSED_S: Final = (10.0, 900.0)
#: How long a song must be to be continued, and how much longer that makes it at least.
EXTENDED_FROM_S, LEAST_MORE_S = 10.0, 5.0


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What is to be made.

    Attributes
    ----------
    mode
        ``extend`` continues ``source``: the track begins with it, up to its end or the last place in it from where the
        engine can go on. The other modes make a track of its own; ``source`` is then what it shall resemble, if there
        is one.
    seed
        The same request with the same seed gives the same bytes.
    duration_s
        How long the track shall be, in ``extend`` with the source.
    wishes
        What it shall be like, for engines that compose.
    description
        The same in words, for engines that are prompted: ``calm lo-fi hip hop, 82 bpm, A minor, electric piano``.
    title, artist
        What the track is called, for the tags of files.
    source
        An audio file: what is continued, or resembled (its melody, by engines that can).
    lyrics
        Lines to be sung, by engines that can; without any, such an engine has some written.
    explicit
        Whether words are welcome that not everybody should hear.
    """

    mode: GenerationMode
    seed: int
    duration_s: float
    wishes: Wishes = field(default_factory=Wishes)
    description: str = ""
    title: str = ""
    artist: str = ""
    source: Path | None = None
    lyrics: tuple[str, ...] = ()
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """What was made: files in the folder that the engine was given.

    Attributes
    ----------
    mix
        The track: FLAC, stereo, mastered to -14 LUFS and at most -1 dBTP.
    stems
        Its true stems, FLAC: they sum to the mix before mastering. Empty if the engine knows none.
    midi
        The score, if there is one.
    project
        What the track is, JSON-ready: ``tempo_bpm``, ``key``, ``time_signature``, ``sections``, ``chords``, ``parts``,
        ``lyrics``, as far as the engine knows them.
    provenance
        ``engine``, ``version``, ``seed`` and whatever else makes the same bytes again.
    """

    mix: Path
    stems: Mapping[StemName, Path] = field(default_factory=dict)
    midi: Path | None = None
    project: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


class GenerationEngine(Protocol):
    """An engine that makes music."""

    name: str
    version: str

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track.

        Parameters
        ----------
        request
            What is to be made.
        folder
            Empty; all files are written into it. See `BEGINNING`.
        progress
            Told how far it is, 0 to 1, at least every few seconds; may raise to stop the work.

        Raises
        ------
        InvalidRequest
            The engine cannot make this, whatever is done; the message says what to ask for instead.
        Unavailable
            It cannot make it now: not enough memory, an account without credit, a service that is down.
        """
        ...
