"""The parts of a track: separation, stems."""
