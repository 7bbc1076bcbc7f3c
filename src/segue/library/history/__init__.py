"""What a listener has heard: looked at, counted, forgotten."""
