"""Collections that others publish, each in its layout."""
