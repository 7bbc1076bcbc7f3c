"""Imaginary artists, under which generated music is released: their names, sound, covers, releases and followers."""
