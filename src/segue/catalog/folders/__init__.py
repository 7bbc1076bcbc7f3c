"""Folders of somebody's own music: their files become songs that were heard."""
