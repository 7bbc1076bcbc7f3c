"""Segue: a self-hosted music backend to listen, make and earn."""

from importlib.metadata import version

__version__ = version("segue")
