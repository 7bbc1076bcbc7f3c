"""Tests of the queue and its radio."""
