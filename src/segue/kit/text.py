"""Text that users send, before it is kept."""

from pydantic import AfterValidator


def _check(value: str) -> str:
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("a text has no NUL characters and no halves of characters")
    return value


#: For strings of users: refuses what PostgreSQL's UTF-8 has no place for.
Storable = AfterValidator(_check)
