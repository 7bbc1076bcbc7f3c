"""Which song it is, wherever it came from: names, ids, one track for each song, and finding it as one types."""
