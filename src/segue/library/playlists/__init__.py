"""Playlists: made, edited, shared, commented on, and taken back."""
