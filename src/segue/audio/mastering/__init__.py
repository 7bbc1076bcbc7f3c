"""Mastering: tone, dynamics and loudness of a finished mix."""

from segue.audio.mastering.chain import master
from segue.audio.mastering.types import MasterReport

__all__ = ["MasterReport", "master"]
