"""What repeats is told from what does not."""

import numpy as np

from segue.audio.repetition import repeating_magnitude


def test_a_pattern_that_comes_again_is_found_under_a_voice_that_does_not() -> None:
    random = np.random.default_rng(0)
    pattern = random.random((64, 20)).astype(np.float32)
    background = np.tile(pattern, (1, 10))
    voice = np.zeros_like(background)
    voice[10:12, 70:90] = 1
    found = repeating_magnitude(background + voice, neighbours=5, distance=5)
    assert (found <= background + voice).all()
    np.testing.assert_allclose(found, background, atol=1e-5)
