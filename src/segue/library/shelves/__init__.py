"""Shelves: what a listener has audio of, by artist and album."""
