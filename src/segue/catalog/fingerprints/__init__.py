"""Recognising recordings: landmarks of every track, excerpts identified, the sources of a mix found."""
