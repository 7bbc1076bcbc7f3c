"""Embeddings: what is kept for a track, and who finds it."""
