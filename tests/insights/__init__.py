"""Tests of events and figures."""
