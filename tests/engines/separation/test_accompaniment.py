"""The network that ships tells drums, bass and the rest of songs it never heard, wherever their segments begin."""

from functools import cache

import numpy as np
import pytest

from segue.audio.blocks import ComplexArray
from segue.audio.signal import Audio, FloatArray
from segue.engines.separation import StemName
from segue.engines.separation.accompaniment import AccompanimentNetwork
from segue.engines.separation.masking import RATE, SEGMENT_FRAMES, STFT, separate_by_masks, stem_masks
from segue.music.composing import compose
from segue.music.rendering import render
from segue.music.wishes import Wishes
from tests.engines.separation.promises import distortion_db

pytestmark = pytest.mark.slow  # networks and pictures take their seconds

#: Nothing was fitted to songs of this number.
UNHEARD = 900_001


class WithoutVocals:
    """The network at work on mixes that have no vocals."""

    name, version = "accompaniment", "test"

    def __init__(self) -> None:
        self._network = AccompanimentNetwork(threads=1)

    def masks(self, spectrum: ComplexArray) -> FloatArray:
        return stem_masks(spectrum, np.zeros(spectrum.shape, dtype=np.float32), self._network.masks)

    def separate(self, samples: FloatArray) -> dict[StemName, FloatArray]:
        blocks = list(separate_by_masks(Audio(samples, RATE), self.masks))
        return {name: np.concatenate([block[name] for block in blocks], axis=1) for name in blocks[0]}


@cache
def song() -> dict[StemName, FloatArray]:
    """Sixteen seconds of a band of three."""
    wishes = Wishes(styles={"rock": 1.0}, tempo_bpm=120, bars=8, drums=True, vocals=False)
    stems = render(compose(UNHEARD, wishes)).stems
    return {name: stems[name] for name in ("drums", "bass", "other")}


@pytest.fixture(scope="module")
def network() -> WithoutVocals:
    return WithoutVocals()


def test_a_band_is_parted(network: WithoutVocals) -> None:
    mix = np.sum(list(song().values()), axis=0)
    found = network.separate(mix)
    for name, true in song().items():
        assert distortion_db(true, found[name]) > distortion_db(true, mix) + 3


@pytest.mark.parametrize("name", ["drums", "bass", "other"])
def test_who_plays_alone_is_recognised(network: WithoutVocals, name: StemName) -> None:
    found = network.separate(song()[name])
    energies = {stem: float(np.square(samples).sum()) for stem, samples in found.items()}
    assert max(energies, key=energies.__getitem__) == name


def test_it_does_not_matter_where_segments_begin(network: WithoutVocals) -> None:
    mix = np.sum(list(song().values()), axis=0)
    segment = (SEGMENT_FRAMES - 64) * STFT.hop
    shift = segment // 2 // STFT.hop * STFT.hop
    early = network.separate(mix)
    late = network.separate(np.concatenate([mix[:, :shift], mix], axis=1))
    for name in song():
        inner = slice(2 * RATE, -2 * RATE)
        assert distortion_db(early[name][:, inner], late[name][:, shift:][:, inner]) > 15


def test_masks_share_out_what_there_is() -> None:
    random = np.random.default_rng(1)
    parts = random.standard_normal((2, 1, STFT.size // 2 + 1, SEGMENT_FRAMES)).astype(np.float32)
    masks = AccompanimentNetwork(threads=1).masks((parts[0] + 1j * parts[1]).astype(np.complex64))
    assert masks.shape == (2, 1, STFT.size // 2 + 1, SEGMENT_FRAMES)
    assert masks.min() >= 0
    assert masks.sum(axis=0).max() <= 1 + 1e-5
