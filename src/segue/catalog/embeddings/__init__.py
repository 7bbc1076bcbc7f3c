"""Where tracks lie in the space in which tastes live."""
