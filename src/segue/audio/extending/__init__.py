"""Making a song longer out of itself: where it may jump to another of its beats unheard, and a walk along such jumps.

`material.gather` measures a song beat by beat, `graph.find_jumps` finds the jumps, `seams` places each of them to the
sample, `walking.walk` plans which stretches follow each other, and `rendering` plays the plan block by block.

After P. Lamere, "The Infinite Jukebox" (2012), and T. Wenner, J.-C. Bazin, A. Sorkine-Hornung, C. Kim, M. Gross,
"Scalable music: automatic music retargeting and synthesis", Computer Graphics Forum 32 (2013).
"""
