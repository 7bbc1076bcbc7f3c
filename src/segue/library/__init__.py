"""What a listener has: the songs they heard, keep and like, wherever they come from."""
