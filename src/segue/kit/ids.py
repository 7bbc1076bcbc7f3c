"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by the time they were made."""

from uuid import UUID

import uuid_utils.compat as uuid_utils


def new_id() -> UUID:
    """Return a new time-ordered id."""
    return uuid_utils.uuid7()
