"""Accounts elsewhere that a listener connects: each is looked at daily for what is new."""
