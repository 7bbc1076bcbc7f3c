"""Gives these tests signed-up users."""

from tests.callers import caller, client, other

__all__ = ["caller", "client", "other"]
