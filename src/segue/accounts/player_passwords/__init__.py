"""Passwords of players: made here, kept so that they can be told again to whoever speaks Subsonic."""
