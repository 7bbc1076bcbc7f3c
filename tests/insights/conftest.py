"""Gives these tests signed-up users."""

from tests.callers import anonymous, caller, client, other

__all__ = ["anonymous", "caller", "client", "other"]
