"""What can be played: assets, tracks, their analysis."""
