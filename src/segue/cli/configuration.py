"""The settings as the command line reads them: a wrong one ends in a sentence, not in a trace."""

from typing import TYPE_CHECKING

from segue.kit.errors import InvalidRequest

if TYPE_CHECKING:
    from segue.kit.settings import Settings


def read_settings() -> "Settings":
    """Read the settings from the environment.

    Raises
    ------
    InvalidRequest
        A variable has a value that it cannot have; the message names it.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from segue.kit.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        # Without the values: some are secrets.
        raise InvalidRequest("; ".join(f"{_variable(e['loc'])}: {e['msg']}" for e in error.errors())) from None
    except SettingsError as error:
        raise InvalidRequest(f"The environment cannot be read: {error}.") from None


def _variable(location: tuple[int | str, ...]) -> str:
    name = ".".join(map(str, location)).upper()
    return name if name.startswith("SEGUE_") else f"SEGUE_{name}"
