"""Collections of songs that others publish, a module for each layout: from a file to what it tells of songs."""
