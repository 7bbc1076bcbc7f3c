"""Playing: where a track's sound is, here or at a platform, and which plays count."""
