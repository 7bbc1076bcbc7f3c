"""Symbolic music, and how it sounds: scores, chords, styles, arranging, synthesis. As pure as `segue.audio`."""
