"""Music made for listeners: what it is made from, how many a day, the bands that it is released by."""
