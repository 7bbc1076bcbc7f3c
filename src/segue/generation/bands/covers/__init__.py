"""Covers for bands and releases: drawn from a seed, coloured by the music's mood, lettered with the name."""
