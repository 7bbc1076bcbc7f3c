"""From an export to what a listener has: read whole, songs identified, listens counted once."""
