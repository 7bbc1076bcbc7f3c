"""Sketches: the beginnings of a few songs near where a track is aimed; the one that comes nearest is made."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from segue.audio.signal import FloatArray, Progress, no_progress
from segue.engines.embedding import Embedder
from segue.engines.embedding.choose import choose_embedder
from segue.generation.conditioning import Conditioned, Conditions, condition
from segue.generation.playing import OFFLINE
from segue.music.composing import compose
from segue.music.producing import produce
from segue.music.production import plan_production
from segue.music.wishes import Wishes

TAKES: Final = 5
_DURATION_S: Final = 10.0
_RATE: Final = 16_000
#: Engines that embed ten seconds in a fraction of one, on any processor.
_CHEAP: Final = ("auto", "musicnn", "statistics")


def sketched(
    asked: Conditions, embedder: Embedder, *, takes: int = TAKES, progress: Progress = no_progress
) -> Conditioned:
    """Return the wishes of the take whose sketch lies nearest to where it is aimed; about 0.7 s of a processor each.

    Where nothing is aimed at, or the embedder has another space, there is one take and no sketch.

    Parameters
    ----------
    embedder
        Of the space in which the conditions' vector lies.
    takes
        How many are sketched.
    progress
        Told how far it is.
    """
    space = f"{embedder.name}-{embedder.version}"
    aim = asked.vector
    if aim is None or asked.atlas is None or asked.atlas.space != space or not asked.trust or asked.mode == "extend":
        return condition(asked)
    found = [condition(replace(asked, take=asked.take + number)) for number in range(takes)]
    near = []
    for number, one in enumerate(found, 1):
        near.append(float(_sketch(asked.seed, one.wishes, embedder) @ aim))
        progress(number / takes)
    return found[near.index(max(near))]


def is_sketched(asked: Conditions, *, embedding_engine: str, generation_engine: str) -> bool:
    """Return whether sketches tell anything of what an engine will make, and are heard in a second each."""
    return asked.vector is not None and embedding_engine in _CHEAP and generation_engine in OFFLINE


def sketched_by(engine: str, models_dir: Path, asked: Conditions, *, progress: Progress = no_progress) -> Conditioned:
    """Return what `sketched` does with an embedding engine of this name; a process of its own can be told this."""
    return sketched(asked, choose_embedder(engine, models_dir, threads=1), progress=progress)


def _sketch(seed: int, wishes: Wishes, embedder: Embedder) -> FloatArray:
    """Return where the first seconds of a song lie, as it is before it is mastered."""
    score = compose(seed, replace(wishes, duration_s=_DURATION_S))
    production = plan_production(score, bass=wishes.bass)
    return embedder.embed(produce(score, production, sample_rate=_RATE, threads=1).premaster)
