"""The words that the offline writer has, by what they make one think of: data, and nothing that would embarrass."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Theme:
    """Words that go together.

    Attributes
    ----------
    energy, valence
        The mood that they fit best, 0 to 1.
    nouns
        Things that can be counted, in the singular.
    masses
        Things that cannot.
    adjectives
        How things are.
    stems
        Beginnings of compounds ("fern" of "Fernlight").
    """

    energy: float
    valence: float
    nouns: tuple[str, ...]
    masses: tuple[str, ...]
    adjectives: tuple[str, ...]
    stems: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


THEMES: Final[dict[str, Theme]] = {
    "water": Theme(
        0.2,
        0.5,
        _words("harbour river tide lagoon estuary island anchor lighthouse ferry current delta reef jetty canal wave"),
        _words("rain salt driftwood seagrass foam mist"),
        _words("tidal drifting deep still coastal slow silver"),
        _words("salt lake rain tide harbour"),
    ),
    "night": Theme(
        0.35,
        0.15,
        _words("lantern shadow moon midnight corridor streetlight cellar comet nocturne owl moth window curtain"),
        _words("dusk velvet smoke twilight ink darkness"),
        _words("late dim hollow sleepless violet unlit"),
        _words("night moon dusk star lantern"),
    ),
    "light": Theme(
        0.5,
        0.95,
        _words("morning meadow orchard kite mirror prism balcony parasol lemon parade carousel garden picnic"),
        _words("sunlight honey gold citrus daybreak summer"),
        _words("bright golden open amber sunlit tender"),
        _words("sun honey gold day orchard"),
    ),
    "machine": Theme(
        0.75,
        0.4,
        _words("circuit signal engine dial antenna turbine transistor motor relay satellite terminal elevator beacon"),
        _words("static neon chrome voltage halogen plastic"),
        _words("electric parallel magnetic automatic neon analogue"),
        _words("wire copper glass signal chrome"),
    ),
    "woods": Theme(
        0.2,
        0.65,
        _words("fern pine fox cabin willow thicket heron sparrow acorn hillside brook bramble rowan trail"),
        _words("moss birch bark cedar wool clover"),
        _words("green wild quiet wooden northern gentle"),
        _words("fern pine moss field hazel"),
    ),
    "city": Theme(
        0.65,
        0.5,
        _words("avenue rooftop tram corner arcade market station platform stairwell billboard taxi kiosk bridge"),
        _words("traffic concrete asphalt steam brick noise"),
        _words("crowded downtown restless sideways borrowed concrete"),
        _words("street lamp bridge brick tram"),
    ),
    "stone": Theme(
        0.95,
        0.15,
        _words("furnace hammer anvil canyon wolf thunderhead crown ruin spire torch raven boulder gate avalanche"),
        _words("iron ash granite rust thunder flint"),
        _words("black burning heavy broken scarlet frozen"),
        _words("iron ash stone ember raven"),
    ),
    "home": Theme(
        0.15,
        0.55,
        _words("letter kettle armchair notebook postcard teacup blanket drawer envelope pocket attic ladder staircase"),
        _words("paper linen cinnamon tea dust wax"),
        _words("plain soft folded faded patient handwritten"),
        _words("paper linen candle cotton clover"),
    ),
    "sky": Theme(
        0.4,
        0.7,
        _words(
            "cloud horizon planet orbit balloon glider swallow aurora zenith observatory weathervane skyline feather"
        ),
        _words("air weather wind silence blue vapour"),
        _words("weightless distant pale blue endless airborne"),
        _words("cloud wind sky silver swallow"),
    ),
    "dance": Theme(
        0.9,
        0.85,
        _words("ballroom mirrorball heartbeat runner rocket firework trumpet tambourine pulse jukebox spotlight comet"),
        _words("sugar glitter rhythm pepper confetti brass"),
        _words("lucky dizzy quick loud velvet shining"),
        _words("heart spark sugar star brass"),
    ),
}
#: The themes that music of each style likes best.
STYLE_THEMES: Final[dict[str, tuple[str, ...]]] = {
    "house": ("dance", "city", "machine"),
    "techno": ("machine", "stone", "city"),
    "drum_and_bass": ("machine", "city", "night"),
    "hip_hop": ("city", "home", "night"),
    "trap": ("night", "city", "machine"),
    "pop": ("light", "dance", "sky"),
    "synthwave": ("machine", "night", "city"),
    "rock": ("stone", "city", "sky"),
    "metal": ("stone", "night", "stone"),
    "funk": ("dance", "city", "light"),
    "bossa": ("water", "light", "home"),
    "ambient": ("water", "sky", "woods"),
    "folk": ("woods", "home", "water"),
    "orchestral": ("sky", "night", "woods"),
    "ballad": ("home", "night", "water"),
    "swing_jazz": ("night", "city", "home"),
    "reggae": ("light", "water", "dance"),
    "a_cappella": ("light", "sky", "woods"),
    "latin": ("dance", "light", "water"),
    "blues": ("night", "water", "home"),
}
#: Ends of compounds.
TAILS: Final = _words("light water glass wood field house tide wing line fall shore bird path bell yard hour")
GIVEN_NAMES: Final = _words(
    "Mira Jonas Ada Ilya Noor Tomas Yuki Amara Priya Elif Mateo Ines Kofi Freya Rui Hana Silas Nadia Otto Zora Emil"
)
NUMBERS: Final = _words("Two Three Four Five Seven Nine Eleven Twelve Twenty Forty")
#: Both halves of made-up words; every pair of them was read.
COINED_HEADS: Final = _words("Vel Nor Lum Tal Sol Mar Ker Aur Lyr Cal Sil Ves Tem Hal Bel Cor")
COINED_TAILS: Final = _words("ora ane ara on is ova umi eth ium ette andra ino evan aya")
TIMES: Final = (
    "Morning",
    "Monday",
    "Sunday",
    "Midnight",
    "November",
    "Spring",
    "Tomorrow",
    "Four",
    "Sunrise",
    "Friday",
)
