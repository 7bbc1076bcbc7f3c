"""Sleeves: the picture and the words that come in a file."""
