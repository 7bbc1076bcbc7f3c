"""The songs of a library: those that a listener keeps, likes, bans or rates."""
