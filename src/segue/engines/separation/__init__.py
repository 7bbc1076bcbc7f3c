"""Parting a mix into stems."""

from collections.abc import Iterator
from typing import Final, Literal, Protocol

from segue.audio.signal import Audio, FloatArray

StemName = Literal["vocals", "drums", "bass", "other"]
STEM_NAMES: Final[tuple[StemName, ...]] = ("vocals", "drums", "bass", "other")


class Separator(Protocol):
    """An engine that parts a mix into four stems."""

    name: str
    version: str

    def separate(self, mix: Audio) -> Iterator[dict[StemName, FloatArray]]:
        """Yield the stems block by block, in order.

        Parameters
        ----------
        mix
            Any rate, any number of channels. Read in slices: memory does not grow with its length.

        Yields
        ------
        dict
            Each of `STEM_NAMES`, ``float32`` ``(channels, n)`` at the mix's rate; all four of one block have one
            length, the blocks' lengths sum to the mix's, and the four stems sum to the mix.
        """
        ...
