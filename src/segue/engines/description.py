"""What an engine says of itself to whoever chooses one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """An engine, for ``segue doctor``.

    Attributes
    ----------
    name
        What the settings call it.
    available
        Whether it can run now.
    note
        What it is good for; where it is not available, how to get it.
    """

    name: str
    available: bool
    note: str
