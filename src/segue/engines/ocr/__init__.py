"""Reading the text in an image.

Images are ``uint8``, ``(height, width, 3)``, red, green, blue. Places are in pixels from the left upper corner.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segue.kit.processes import Progress, no_progress

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels; ``right`` and ``bottom`` are the first that do not belong to it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Its vertical middle."""
        return (self.top + self.bottom) / 2

    def joined(self, other: "Box") -> "Box":
        """Return the smallest rectangle that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class TextLine:
    """Some words beside each other.

    Attributes
    ----------
    text : str
        Never empty.
    box : Box
        Around the letters, with a little air, within the image.
    confidence : float
        0 to 1: the mean over the letters.
    """

    text: str
    box: Box
    confidence: float


class TextReader(Protocol):
    """An engine that reads the text in an image."""

    name: str
    version: str

    def read(self, image: Image, *, progress: Progress = no_progress) -> list[TextLine]:
        """Return the lines of text, from top to bottom; the same image gives the same lines."""
        ...
