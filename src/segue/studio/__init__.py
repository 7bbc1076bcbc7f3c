"""Making: mashups, their lineage, their publication."""
