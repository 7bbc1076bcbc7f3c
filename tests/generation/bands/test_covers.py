"""Covers are pictures that one can read, each band's its own, the same for the same seed."""

import io

import numpy as np
import pytest
from PIL import Image

from segue.engines.writing import Sound
from segue.generation.bands.covers.canvas import SIZE, Scene
from segue.generation.bands.covers.colours import as_rgb, lch, palette_for
from segue.generation.bands.covers.drawing import LAYOUTS, CoverRequest, draw_cover
from segue.generation.bands.covers.lettering import FACES, _fitted, letter
from segue.music.chance import chance

CALM = Sound(styles={"ambient": 1.0}, energy=0.1, valence=0.7)


def cover(**asked: object) -> Image.Image:
    request = CoverRequest(
        **{"name": "Quiet Harbour", "title": None, "sound": CALM, "band_seed": 1, "seed": 1, **asked}
    )
    return Image.open(io.BytesIO(draw_cover(request)))


def test_it_is_square_and_the_seeds_own() -> None:
    first, again, other = cover(), cover(), cover(band_seed=2, seed=2)
    assert (first.size, first.format, first.mode) == ((SIZE, SIZE), "JPEG", "RGB")
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_a_release_differs_from_its_band_and_from_another() -> None:
    pictures = [cover(), cover(title="Slow Light", seed=7), cover(title="Slow Light", seed=8)]
    assert len({picture.tobytes() for picture in pictures}) == 3


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_words_stand_out_where_each_layout_has_room_for_them(layout) -> None:  # type: ignore[no-untyped-def]
    """By WCAG's contrast for large text, 3 to 1, at the median of the words' surroundings."""
    for seed in range(3):
        rng = chance(seed, "test")
        sound = Sound(energy=float(rng.random()), valence=float(rng.random()))
        picture = layout(Scene(palette_for(sound, 360 * rng.random(), rng), sound, rng))
        blank = np.asarray(picture.image, dtype=float)
        rows = round(picture.room * SIZE)
        behind = blank[:rows] if picture.place == "top" else blank[-rows:]
        ratio = contrast(np.median(behind.reshape(-1, 3), axis=0), np.array(as_rgb(picture.ink), dtype=float))
        assert ratio > 3, (layout.__name__, seed, ratio)
        words = np.asarray(letter(picture, "Quiet Harbour", "Slow Light", rng), dtype=float)
        changed = np.abs(words - blank).max(axis=2) > 20
        assert 2_000 < changed.sum() < 0.2 * SIZE**2
        left, right = np.flatnonzero(changed.any(axis=0))[[0, -1]]
        top, bottom = np.flatnonzero(changed.any(axis=1))[[0, -1]]
        assert min(left, top) >= 30
        assert max(right, bottom) <= SIZE - 30


@pytest.mark.parametrize(
    "name", ["Io", "A Very Long Name For A Band That Goes On And On And On", "W" * 60, "Ёлка 東京"]
)
def test_any_name_finds_a_size_in_which_it_fits(name: str) -> None:
    for face in FACES:
        lines, size = _fitted(name, face, 872, 200)
        assert " ".join(lines) == name
        assert size >= 1
    cover(name=name, title=name)


def test_colours_are_what_they_are_called() -> None:
    assert as_rgb(lch(1.0, 0.0, 0.0)) == (255, 255, 255)
    assert as_rgb(lch(0.0, 0.0, 0.0)) == (0, 0, 0)
    red, green, blue = as_rgb(lch(0.628, 0.2577, 29.23))  # sRGB's red, by Ottosson's own figures
    assert (red > 250, green < 6, blue < 6) == (True, True, True)


@pytest.mark.slow
def test_bands_that_lie_near_each_other_have_like_hues() -> None:
    rng = np.random.default_rng(0)
    here = rng.standard_normal(768)
    near, far = here + 0.05 * rng.standard_normal(768), -here
    means = [np.asarray(cover(vector=tuple(vector))).mean(axis=(0, 1)) for vector in (here, near, far)]
    assert np.abs(means[0] - means[1]).sum() < np.abs(means[0] - means[2]).sum()


def contrast(first: np.ndarray, second: np.ndarray) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 10, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
