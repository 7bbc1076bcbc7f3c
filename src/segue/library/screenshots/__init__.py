"""Lists of songs on screenshots: read, laid out as rows, reviewed by the listener, then kept."""
