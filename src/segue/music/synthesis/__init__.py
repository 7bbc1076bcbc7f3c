"""Our own instruments: oscillators, strings, bells, drums and a voice, all seeded, none sampled."""
