"""How the ears' models of chords and keys are made: from songs that `segue.music` composes and renders."""
