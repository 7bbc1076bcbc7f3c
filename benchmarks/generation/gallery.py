"""`python -m benchmarks.generation.gallery`: twenty tracks over the styles, described and drawn.

They are made by nothing but seeds: no song of anybody's is in them. A table goes into a document, between
``<!-- gallery -->`` and ``<!-- /gallery -->``; two sheets of pictures lie beside it.
"""

import argparse
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from segue.audio.analysis import Analysis
from segue.audio.files import OUR_LIMITS, decode
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from segue.cli.made_score import PlayedPart, read_parts
from segue.engines.generation import GenerationRequest
from segue.engines.generation.composer import ComposerEngine
from segue.engines.writing import Sound
from segue.engines.writing.offline import OfflineWriter
from segue.generation.wording import style_in_words
from segue.music.styles import StyleName
from segue.music.wishes import Wishes

_TRACK_S: Final = 45.0
_SEED: Final = 2026
_COLUMNS: Final = 4
_COLOURS: Final = ("#e4572e", "#4c8bc9", "#2a9d8f", "#8d6cab", "#e9a23b", "#5b8e4d", "#c2577b", "#6b7a8f")
#: Twelve styles alone and eight in between, from calm to full, dark and bright.
_ASKED: Final[tuple[tuple[dict[StyleName, float], float, float], ...]] = (
    ({"house": 1}, 0.75, 0.6),
    ({"techno": 1}, 0.8, 0.25),
    ({"drum_and_bass": 1}, 0.85, 0.4),
    ({"hip_hop": 1}, 0.35, 0.45),
    ({"trap": 1}, 0.6, 0.3),
    ({"pop": 1}, 0.65, 0.8),
    ({"synthwave": 1}, 0.6, 0.4),
    ({"rock": 1}, 0.8, 0.65),
    ({"metal": 1}, 0.95, 0.15),
    ({"funk": 1}, 0.7, 0.75),
    ({"bossa": 1}, 0.35, 0.65),
    ({"ambient": 1}, 0.1, 0.5),
    ({"folk": 1}, 0.3, 0.7),
    ({"orchestral": 1}, 0.55, 0.5),
    ({"house": 0.6, "funk": 0.4}, 0.7, 0.8),
    ({"hip_hop": 0.6, "swing_jazz": 0.4}, 0.4, 0.55),
    ({"synthwave": 0.5, "rock": 0.5}, 0.75, 0.5),
    ({"ambient": 0.5, "orchestral": 0.5}, 0.2, 0.35),
    ({"pop": 0.5, "latin": 0.5}, 0.65, 0.85),
    ({"reggae": 0.6, "trap": 0.4}, 0.5, 0.45),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A track: what was asked for, what it is, what is heard in it."""

    title: str
    wishes: Wishes
    project: dict[str, Any]
    parts: list[PlayedPart]
    audio: Audio
    heard: Analysis


def main() -> None:
    """Make them, describe them, draw them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generation.gallery", description=__doc__)
    parser.add_argument("--document", type=Path, default=Path("docs/generation.md"))
    arguments = parser.parse_args()
    made = [_made(number) for number in range(len(_ASKED))]
    folder = arguments.document.parent
    _draw(made, folder / "generated-scores.png", _draw_score)
    _draw(made, folder / "generated-spectra.jpg", _draw_spectrum)
    text = arguments.document.read_text()
    table = f"<!-- gallery -->\n{_table(made)}\n<!-- /gallery -->"
    arguments.document.write_text(
        re.sub(r"<!-- gallery -->.*?<!-- /gallery -->", lambda _: table, text, flags=re.DOTALL)
    )


def _made(number: int) -> _Made:
    styles, energy, valence = _ASKED[number]
    wishes = Wishes(styles=styles, energy=energy, valence=valence)
    sound = Sound(styles=styles, energy=energy, valence=valence)
    (title,) = OfflineWriter().track_titles(sound, _SEED + number, 1)
    with tempfile.TemporaryDirectory(prefix="segue-") as name:
        request = GenerationRequest("new", _SEED + number, _TRACK_S, wishes, title=title)
        made = ComposerEngine().generate(request, Path(name))
        if made.midi is None:
            raise ValueError("the composer writes a score")
        audio = decode(made.mix, OUR_LIMITS).audio
        held = Audio(np.array(audio.samples), audio.sample_rate)  # the file goes with its folder
        return _Made(title, wishes, dict(made.project), read_parts(made.midi), held, analyze(held))


def _table(made: Sequence[_Made]) -> str:
    head = [
        *("", "track", "styles", "asked: energy, valence", "written: tempo, key, metre", "heard: tempo, key"),
        *("LUFS, dBTP, LRA", "heard: energy, valence", "form", "who plays"),
    ]
    lines = [_line(number, one) for number, one in enumerate(made, 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def _line(number: int, made: _Made) -> list[str]:
    project, heard, wishes = made.project, made.heard, made.wishes
    several = len(wishes.styles) > 1
    blend = ", ".join(
        style_in_words(name) + (f" {share:.0%}" if several else "") for name, share in wishes.styles.items()
    )
    key, level = project["key"], heard.loudness
    players = dict.fromkeys(str(part.get("instrument", part["name"])) for part in project["parts"])
    return [
        str(number),
        made.title,
        blend,
        f"{wishes.energy:.2f}, {wishes.valence:.2f}",
        f"{project['tempo_bpm']:.1f}, {key['name']}, {project['time_signature']}",
        f"{heard.rhythm.tempo_bpm:.1f}, {heard.key.tonic_name} {heard.key.mode}",
        f"{level.integrated_lufs:.1f}, {level.true_peak_dbtp:.1f}, {level.range_lu:.1f}",
        f"{heard.descriptors.energy:.2f}, {heard.descriptors.valence:.2f}",
        ", ".join(str(section["name"]).lower() for section in project["sections"]),
        ", ".join(players),
    ]


def _draw(made: Sequence[_Made], path: Path, draw: Any) -> None:
    mpl.use("Agg")
    rows = -(-len(made) // _COLUMNS)
    figure, grid = plt.subplots(rows, _COLUMNS, figsize=(16, 2.3 * rows), layout="constrained")
    for number, (one, axes) in enumerate(zip(made, grid.flat, strict=False), 1):
        draw(axes, one)
        axes.set_title(f"{number}  {one.title}", loc="left", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.savefig(path, dpi=62, **({"pil_kwargs": {"quality": 82}} if path.suffix == ".jpg" else {}))
    plt.close(figure)


def _draw_score(axes: Axes, made: _Made) -> None:
    """Draw who plays what: pitches above, drums below."""
    for index, part in enumerate(made.parts):
        colour = "#555555" if part.drums else _COLOURS[index % len(_COLOURS)]
        for note in part.notes:
            at = 12 + 0.2 * (note.pitch - 35) if part.drums else note.pitch
            axes.plot([note.start_s, note.end_s], [at, at], color=colour, linewidth=1.1, solid_capstyle="butt")
    for section in made.project["sections"]:
        axes.axvline(section["start_s"], color="#bbbbbb", linewidth=0.6)
    axes.set_ylim(8, 100)


def _draw_spectrum(axes: Axes, made: _Made) -> None:
    mono = made.audio.mono()
    axes.specgram(mono, NFFT=2048, Fs=made.audio.sample_rate, noverlap=512, cmap="magma", vmin=-130, vmax=-35)
    axes.set_yscale("symlog", linthresh=200)
    axes.set_ylim(30, 16_000)


if __name__ == "__main__":
    main()
