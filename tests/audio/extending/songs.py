"""Songs to extend: one that repeats every eight bars, measured once a run, and ones that are only beats."""

from functools import lru_cache

import numpy as np

from segue.audio.analysis import Analysis
from segue.audio.extending.graph import Graph, Jump, find_jumps
from segue.audio.extending.material import Material, gather
from segue.audio.extending.seams import Seam
from segue.audio.listening import analyze
from segue.audio.signal import Audio
from tests.audio.synthesis import render_song

TEMPO_BPM, BARS = 150.0, 24


@lru_cache(maxsize=1)
def repeating() -> tuple[Audio, Analysis, Material, Graph]:
    """Return a song of 24 bars, 38 seconds, whose chords come back every eight bars."""
    audio = render_song(tempo_bpm=TEMPO_BPM, bars=BARS, seed=3).audio
    analysis = analyze(audio)
    material = gather(audio, analysis)
    return audio, analysis, material, find_jumps(material)


def beats_alone(beats: int, *, beat_s: float = 0.5, beats_per_bar: int = 4) -> Material:
    """Return a song that is nothing but beats: what a walk needs to know."""
    return Material(
        edges_s=0.25 + beat_s * np.arange(beats + 1),
        places=np.arange(beats + 1) % beats_per_bar,
        bars=np.arange(beats + 1) // beats_per_bar,
        labels=("section",) * beats,
        features=np.zeros((1, beats), np.float32),
        level_db=np.zeros(beats, np.float32),
        pulse=True,
        beats_per_bar=beats_per_bar,
        duration_s=beat_s * beats + 0.75,
        mono=np.zeros(0, np.float32),
        log_mel=np.zeros((1, 0), np.float32),
    )


def jump(material: Material, leave: int, enter: int, cost: float = 0.3) -> Jump:
    """Return a jump that lies on the beats."""
    leave_s, enter_s = float(material.edges_s[leave]), float(material.edges_s[enter])
    return Jump(leave, enter, cost, Seam(leave_s, enter_s, 0.03, 0.5, 0.0, 0.0))
