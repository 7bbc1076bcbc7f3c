"""Gives these tests signed-up users."""

from tests.callers import anonymous, caller, client

__all__ = ["anonymous", "caller", "client"]
