"""Songs are drawn whatever they are, and the picture says what was heard."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from segue.audio.analysis import (
    Analysis,
    Chord,
    ChordQuality,
    Descriptors,
    Key,
    Loudness,
    Rhythm,
    Section,
    SectionLabel,
)
from segue.cli.picture import draw_analysis, short_name, tempo_curve
from tests.cli.command import segue

pytestmark = pytest.mark.slow  # networks and pictures take their seconds

_DESCRIPTORS = Descriptors(0.8, 0.5, 0.7, 0.2, 0.9, 0.0, 0.1)
_FORM: tuple[SectionLabel, ...] = ("silence", "intro", "verse", "chorus", "bridge", "break", "section", "outro")
_QUALITIES: tuple[ChordQuality, ...] = ("maj", "min7", "sus4", "dim")


def _analysis(duration_s: float, tempo_bpm: float = 120.0) -> Analysis:
    """Return what might be heard in a song so long, with every kind of section and of chord."""
    beats = tuple(np.arange(0.5, duration_s - 0.5, 60.0 / tempo_bpm)) if tempo_bpm else ()
    edges = np.linspace(0.0, duration_s, len(_FORM) + 1)
    changes = [*beats[::4], duration_s]
    return Analysis(
        duration_s=duration_s,
        sample_rate=44100,
        rhythm=Rhythm(tempo_bpm, 0.9, beats, beats[::4], 4),
        key=Key(4, "major", 0.9),
        loudness=Loudness(-9.5, 4.0, -0.3),
        sections=tuple(
            Section(float(a), float(b), label) for (a, b), label in zip(pairwise(edges), _FORM, strict=True)
        ),
        descriptors=_DESCRIPTORS,
        peaks=tuple(np.abs(np.sin(np.arange(1000) / 50.0))),
        chords=tuple(
            Chord(a, b, (4 + 5 * index) % 12 if index % 9 else None, _QUALITIES[index % 4])
            for index, (a, b) in enumerate(pairwise(changes))
        ),
    )


def _words(file: Path) -> str:
    """Return the words of an SVG picture, which it keeps beside their outlines."""
    return file.read_text(encoding="utf-8")


def test_the_picture_names_song_key_and_tempo(tmp_path: Path) -> None:
    file = tmp_path / "song.svg"
    draw_analysis(_analysis(180.0), file, title="Code Monkey")
    ET.parse(file)
    words = _words(file)
    for said in ("Code Monkey", "E major (12B)", "120.0 bpm", "3:00", "-9.5 LUFS", "chorus", "energy"):
        assert said in words, said


def test_the_same_analysis_gives_the_same_picture(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw_analysis(_analysis(30.0), tmp_path / name, title="Song")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("duration_s", [0.05, 2.0, 3 * 3600.0])
def test_a_moment_and_an_evening_are_drawn(duration_s: float, tmp_path: Path) -> None:
    draw_analysis(_analysis(duration_s), tmp_path / "song.png", title="Song")
    assert (tmp_path / "song.png").stat().st_size > 10_000


def test_what_has_neither_beat_nor_key_nor_level_is_drawn_and_says_so(tmp_path: Path) -> None:
    nothing = replace(
        _analysis(5.0, tempo_bpm=0.0),
        key=Key(0, "major", 0.0),
        loudness=Loudness(float("-inf"), 0.0, float("-inf")),
        sections=(Section(0.0, 5.0, "silence"),),
        chords=(),
        peaks=(),
    )
    draw_analysis(nothing, tmp_path / "song.svg", title="")
    for said in ("no key", "no beat", "silent", "nothing pulses"):
        assert said in _words(tmp_path / "song.svg"), said


@pytest.mark.parametrize("title", ["$ 100 \\frac{", "<script>&", "東京の夜 🎵", "x" * 400])
def test_a_title_is_drawn_as_it_is(title: str, tmp_path: Path) -> None:
    draw_analysis(_analysis(20.0), tmp_path / "song.svg", title=title)
    ET.parse(tmp_path / "song.svg")


def test_the_tempo_curve_follows_a_song_that_hastens() -> None:
    beats = np.cumsum(60.0 / np.linspace(100.0, 120.0, 80))
    times, tempo = tempo_curve(beats.tolist())
    assert tempo[0] == pytest.approx(101.0, abs=1.0)
    assert tempo[-1] == pytest.approx(119.0, abs=1.0)
    assert np.all(np.diff(times) > 0)


@pytest.mark.parametrize(
    ("key", "name"), [(Key(4, "major"), "C#m7"), (Key(1, "minor"), "C#m7"), (Key(8, "major"), "Dbm7")]
)
def test_chords_are_spelled_as_their_key_is(key: Key, name: str) -> None:
    assert short_name(Chord(0.0, 1.0, 1, "min7"), key) == name


def test_analyze_draws_the_song(song: Path, tmp_path: Path) -> None:
    told = segue("analyze", song, "--plot", "song.png", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert (tmp_path / "song.png").read_bytes().startswith(b"\x89PNG")
    assert "song.png" in told.out.splitlines()[-1]
    assert "C:maj" in next(line for line in told.out.splitlines() if line.startswith("chords"))


@pytest.mark.parametrize("name", ["song.txt", "nowhere/song.png"])
def test_a_picture_that_could_not_be_written_is_refused_before_the_work(name: str, song: Path, tmp_path: Path) -> None:
    told = segue("analyze", song, "--plot", name, folder=tmp_path)
    assert told.code == 2
    assert told.out == ""
