"""Teaching a small network to part an accompaniment into drums, bass and the rest."""
