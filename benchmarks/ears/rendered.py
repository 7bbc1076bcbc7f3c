"""The rendered songs that the ears are measured on: what real songs vary, with everything about them known.

Their seeds begin at 900,000; nothing is fitted to songs from there on.
"""

from dataclasses import dataclass, field, replace

from segue.music.composing import compose
from segue.music.rendering import Rendering, render
from segue.music.score import Score
from segue.music.styles import STYLE_NAMES
from segue.music.wishes import Wishes

FIRST_SEED = 900_000
_LENGTH_S = 45.0
_ASSUMED_BPM, _ASSUMED_BEATS = 110.0, 4


@dataclass(frozen=True, slots=True)
class RenderedSong:
    """A song that can be rendered, the same every time.

    Attributes
    ----------
    kind
        What it is there for, such as ``swing``.
    seed, wishes
        What `segue.music.composing.compose` is given.
    """

    kind: str
    seed: int
    wishes: Wishes = field(hash=False)

    @property
    def name(self) -> str:
        """Its kind and its number."""
        return f"{self.kind} {self.seed - FIRST_SEED}"

    def score(self) -> Score:
        """Compose it."""
        return compose(self.seed, self.wishes)

    def render(self) -> Rendering:
        """Compose and render it, with our own synthesis alone: the same sound wherever this runs."""
        return render(self.score(), seed=self.seed)


def rendered_songs() -> list[RenderedSong]:
    """Return all songs, about 45 seconds each."""
    wishes = [(kind, _with_length(wish)) for kind, wish in _wishes()]
    return [RenderedSong(kind, FIRST_SEED + number, wish) for number, (kind, wish) in enumerate(wishes)]


def _wishes() -> list[tuple[str, Wishes]]:
    bands = ("pop", "rock", "house", "funk", "hip_hop", "synthwave", "latin")
    steady = [
        ("steady", Wishes(styles={bands[step % len(bands)]: 1.0}, tempo_bpm=60.0 + 10.0 * step, beats_per_bar=4))
        for step in range(15)
    ]
    swing = [
        ("swing", Wishes(styles={style: 1.0}, tempo_bpm=tempo, swing=swing))
        for style, tempo, swing in (
            ("swing_jazz", 120.0, 0.67),
            ("swing_jazz", 172.0, 0.64),
            ("blues", 96.0, 0.67),
            ("blues", 126.0, 0.64),
            ("hip_hop", 88.0, 0.6),
            ("house", 124.0, 0.58),
            ("pop", 106.0, 0.66),
            ("funk", 100.0, 0.58),
        )
    ]
    metres = [
        (kind, Wishes(styles={style: 1.0}, tempo_bpm=tempo, beats_per_bar=beats))
        for kind, beats, songs in (
            (
                "3/4",
                3,
                (
                    ("folk", 96.0),
                    ("ballad", 84.0),
                    ("orchestral", 120.0),
                    ("pop", 110.0),
                    ("folk", 165.0),
                    ("rock", 140.0),
                ),
            ),
            ("6/8", 6, (("folk", 150.0), ("ballad", 126.0), ("rock", 180.0), ("orchestral", 140.0), ("blues", 160.0))),
            ("5/4", 5, (("rock", 130.0), ("pop", 110.0), ("swing_jazz", 165.0), ("metal", 150.0))),
            ("7/4", 7, (("rock", 140.0), ("metal", 170.0), ("folk", 190.0))),
        )
        for style, tempo in songs
    ]
    loose = [
        *(
            ("rubato", Wishes(styles={style: 1.0}, rubato=rubato))
            for style, rubato in (
                ("ballad", 0.06),
                ("orchestral", 0.08),
                ("folk", 0.05),
                ("a_cappella", 0.06),
                ("pop", 0.04),
            )
        ),
        *(
            ("drift", Wishes(styles={style: 1.0}, drift=drift))
            for style, drift in (("rock", 0.1), ("folk", -0.08), ("funk", 0.06), ("metal", 0.12), ("pop", -0.1))
        ),
    ]
    without = [
        ("no drums", Wishes(styles={style: 1.0}, drums=False))
        for style in ("pop", "rock", "folk", "house", "bossa", "reggae", "swing_jazz")
    ]
    fast = [("metal", Wishes(styles={"metal": 1.0}, tempo_bpm=tempo)) for tempo in (95.0, 125.0, 155.0, 180.0, 200.0)]
    quiet = [
        (style.replace("_", " "), Wishes(styles={style: 1.0})) for style in ("ambient", "a_cappella") for _ in range(4)
    ]
    usual = [("as the style has it", Wishes(styles={style: 1.0})) for style in STYLE_NAMES]
    return [*steady, *swing, *metres, *loose, *without, *fast, *quiet, *usual]


def _with_length(wishes: Wishes) -> Wishes:
    beats = _LENGTH_S * (wishes.tempo_bpm or _ASSUMED_BPM) / 60.0
    return replace(wishes, bars=max(4, round(beats / (wishes.beats_per_bar or _ASSUMED_BEATS))))
