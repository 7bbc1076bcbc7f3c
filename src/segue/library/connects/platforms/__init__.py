"""The platforms that can be connected: what each of them asks for, and how each of them is read."""
