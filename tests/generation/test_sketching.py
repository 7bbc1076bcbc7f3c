"""Sketches: of several takes the one is made that comes nearest to where a track is aimed."""

from dataclasses import replace

import numpy as np
import pytest

from segue.engines.embedding.statistics import StatisticsEmbedder
from segue.engines.generation.sounds import SoundAtlas, atlas_of
from segue.generation.conditioning import Conditions, condition
from segue.generation.sketching import sketched
from segue.music.composing import compose
from segue.music.producing import produce
from segue.music.production import plan_production

EMBEDDER = StatisticsEmbedder()
TAKES = 3


@pytest.fixture(scope="module")
def atlas() -> SoundAtlas:
    found = atlas_of(f"{EMBEDDER.name}-{EMBEDDER.version}")
    assert found is not None
    return found


def test_the_take_is_chosen_that_sounds_nearest(atlas: SoundAtlas) -> None:
    between = atlas.places[[8, 150]] @ np.linalg.pinv(atlas.projection)
    aim = np.asarray(between.mean(axis=0), dtype=np.float32)
    base = Conditions("new", 4, 60.0, atlas=atlas, vector=aim)
    takes = [condition(replace(base, take=number)) for number in range(TAKES)]
    chosen = takes.index(sketched(base, EMBEDDER, takes=TAKES))
    heard = []
    for take in takes:
        score = compose(4, replace(take.wishes, duration_s=10.0))
        heard.append(EMBEDDER.embed(produce(score, plan_production(score), sample_rate=16_000).premaster))
    assert chosen == int(np.argmax(np.stack(heard) @ aim))


def test_takes_differ_and_keep_what_was_wished(atlas: SoundAtlas) -> None:
    base = Conditions("new", 4, 60.0, atlas=atlas, vector=atlas.mean, number=3)
    takes = [condition(replace(base, take=number)).wishes for number in range(8)]
    assert len({tuple(take.styles.items()) for take in takes}) > 4
    assert len({take.key.tonic for take in takes if take.key}) == 1


@pytest.mark.parametrize(
    "changed",
    [{"vector": None}, {"trust": 0.0}, {"mode": "extend"}, {"atlas": None}],
    ids=lambda changed: next(iter(changed)),
)
def test_nothing_is_sketched_where_nothing_heard_is_aimed_at(atlas: SoundAtlas, changed: dict[str, object]) -> None:
    asked = replace(Conditions("new", 4, 60.0, atlas=atlas, vector=atlas.mean), **changed)  # type: ignore[arg-type]
    assert sketched(asked, EMBEDDER, takes=10_000) == condition(asked)
