"""Weights of neural models: what there is, installing it, and running it."""
