"""What a band plays, as its row keeps it."""

from dataclasses import asdict, replace
from typing import Any

from segue.engines.writing import Sound
from segue.generation.bands.tables import Band


def as_json(sound: Sound) -> dict[str, Any]:
    """Return a sound as JSON has it."""
    return {**asdict(sound), "styles": dict(sound.styles), "instruments": list(sound.instruments)}


def sound_of(band: Band) -> Sound:
    """Return what a band plays."""
    return replace(Sound(**band.sound), instruments=tuple(band.sound["instruments"]))
