"""The files in which other services hand over a listener's music, a module for each family of formats."""
